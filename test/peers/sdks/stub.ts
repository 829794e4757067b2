import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request as it came, its body as bytes. */
export interface Arrived {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Uint8Array;
}

/** What a stub answers: the status, and a JSON body, bytes, or the events of a stream. */
export type Answer =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly json: unknown }
  | { readonly bytes: Uint8Array }
  | { readonly events: readonly (readonly [event: string, data: unknown])[] };

/** A provider's endpoints that the simulator does not have: answers by what is asked, and keeps what it was. */
export function answering(arrived: Arrived[], toAnswer: (asked: Arrived) => Answer) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    void request.toArray().then((pieces: Uint8Array[]) => {
      const { method = '', url: target = '', headers } = request;
      const asked = { method, target, headers, bytes: Buffer.concat(pieces) };
      arrived.push(asked);
      write(response, toAnswer(asked));
    });
  };
}

function write(response: ServerResponse, answer: Answer): void {
  if ('json' in answer) {
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers }).end(JSON.stringify(answer.json));
  } else if ('bytes' in answer) {
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(answer.bytes);
  } else {
    const text = answer.events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join('');
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);
  }
}

/** The fields of a multipart body. */
export function formOf({ headers, bytes }: Arrived): Promise<FormData> {
  return new Response(bytes.slice(), { headers: { 'content-type': headers['content-type'] ?? '' } }).formData();
}

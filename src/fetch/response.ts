import { STATUS_CODES } from 'node:http';
import type { RawAnswer } from '../call.ts';

/** Names the call's report (`call-finished`) on every response that keywheel gives. */
const CALL_HEADER = 'x-keywheel-call';

/** Tells SDKs that all has been tried: OpenAI's and Anthropic's ask nobody again then. */
export const FINAL: Readonly<Record<string, string>> = { 'x-should-retry': 'false' };

/** What a response says beside its body. */
export interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The caller's URL, without a key. */
  readonly url: string;
  readonly callId: string | undefined;
}

/** Statuses whose responses have no body. */
const EMPTY = new Set([204, 205, 304]);

/** What held for the bytes on the way, which were unpacked. */
const OF_TRANSFER = new Set(['content-encoding', 'content-length', 'transfer-encoding', 'connection', 'keep-alive']);

/** A provider's bytes as a `Response`, read as its reader reads. */
export async function toResponse(answer: RawAnswer, head: Omit<Head, 'status' | 'headers'>, method: string): Promise<Response> {
  const { status, headers, parts } = answer;
  if (method !== 'HEAD' && !EMPTY.has(status)) return respond(toStream(parts), { ...head, status, headers });
  // Nobody reads what is not there, and the call ends with its last part.
  for await (const _ of parts);
  return respond(null, { ...head, status, headers });
}

export function respond(body: ReadableStream<Uint8Array> | string | null, { status, headers: given, url, callId }: Head): Response {
  const headers = toSendable(given);
  if (callId !== undefined) headers[CALL_HEADER] = callId;
  // What no `Response` can have: nobody has heard of such a status.
  const known = status >= 200 && status <= 599 ? status : 502;
  const response = new Response(EMPTY.has(known) ? null : body, { status: known, statusText: STATUS_CODES[known] ?? '', headers });
  // Only a runtime's own fetch can say it otherwise.
  return Object.defineProperty(response, 'url', { value: url, enumerable: true, configurable: true });
}

/** The label of a key that was scrubbed has a character that no header can carry. */
const UNSENDABLE = /[^\t\u0020-\u007e\u0080-\u00ff]/g;

/** Plain, as a `Response` copies them: to make `Headers` of them first took as long again. */
function toSendable(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of Object.keys(given)) if (!OF_TRANSFER.has(name)) headers[name] = (given[name] ?? '').replace(UNSENDABLE, '?');
  return headers;
}

/** Nothing is asked for before it is read; to cancel it aborts the call. */
function toStream(parts: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const part = await parts.next();
        if (part.done === true) controller.close();
        else controller.enqueue(part.value);
      },
      async cancel() {
        await parts.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

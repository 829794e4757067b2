import type { AnswerFault } from './faults.ts';
import type { Chunks, Headers, Script, Tongue } from './tongues/tongue.ts';

/** What goes over the wire for one request. */
export type Performance = { readonly kind: 'hang' } | { readonly kind: 'reset' } | WireAnswer;

/** An answer, cut into the pieces it is sent in. */
export interface WireAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Headers;
  readonly frames: readonly (string | Uint8Array)[];
  /** The pause before each frame after the first. */
  readonly paceMs: () => number;
  /** After the last frame: a proper end, a dropped connection, a reset one, or nothing more. */
  readonly ending: 'end' | 'destroy' | 'reset' | 'silence';
}

/** A right answer before it is sent. */
export type Answer =
  | { readonly kind: 'whole'; readonly body: object }
  | { readonly kind: 'stream'; readonly script: Script; readonly paceMs: () => number };

type Streamed = Extract<Answer, { readonly kind: 'stream' }>;

const AT_ONCE = (): number => 0;

/** An answer as it should be. */
export function perform(answer: Answer, headers: Headers): WireAnswer {
  return answer.kind === 'whole' ? toWhole(200, answer.body, headers) : toStream(answer, headers);
}

/** A body in one piece. Objects are sent as JSON, texts as they are. */
export function toWhole(status: number, body: unknown, headers: Headers): WireAnswer {
  const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  return toBytesOnce(status, text, { 'content-type': type, ...headers });
}

function toBytesOnce(status: number, content: string | Uint8Array, headers: Headers): WireAnswer {
  const length = String(Buffer.byteLength(content));
  return { kind: 'answer', status, headers: { ...headers, 'content-length': length }, frames: [content], paceMs: AT_ONCE, ending: 'end' };
}

function toStream({ script, paceMs }: Streamed, headers: Headers, chunks: Chunks = script.chunks): WireAnswer {
  const all = { ...headers, 'content-type': script.contentType, 'cache-control': 'no-cache' };
  return { kind: 'answer', status: 200, headers: all, frames: script.frame(chunks), paceMs, ending: 'end' };
}

/** What a fault makes of a right answer. */
export function distort(answer: Answer, headers: Headers, fault: AnswerFault, tongue: Tongue): WireAnswer {
  switch (fault.kind) {
    case 'reset_after_headers':
      return { ...perform(answer, headers), frames: [], ending: 'reset' };
    case 'ok_error':
      return toWhole(200, tongue.okError(fault.error), headers);
    case 'stream_error':
      if (answer.kind === 'whole') return perform(answer, headers);
      return toStream(answer, headers, [...answer.script.chunks.slice(0, fault.afterChunks ?? 0), ...tongue.streamError(fault.error)]);
    case 'silence':
      return { ...shorten(answer, headers, fault.afterChunks), ending: 'silence' };
    case 'cut':
      return cut(answer, headers, fault.afterChunks, fault.how ?? (answer.kind === 'stream' ? 'end' : 'destroy'));
    case 'malformed':
      return garble(answer, headers);
    case 'drip':
      return drip(perform(answer, headers), fault.everyMs ?? 1);
  }
}

function cut(answer: Answer, headers: Headers, afterChunks: number | undefined, how: 'end' | 'destroy'): WireAnswer {
  const short = shorten(answer, headers, afterChunks);
  if (how === 'destroy') return { ...short, ending: 'destroy' };
  // A message that ends well must not promise more bytes than it has.
  return answer.kind === 'stream' ? short : toBytesOnce(short.status, short.frames[0] ?? '', short.headers);
}

/** The beginning of an answer: some chunks of a stream, never what makes it complete, or half of a plain body. */
function shorten(answer: Answer, headers: Headers, afterChunks = 2): WireAnswer {
  if (answer.kind === 'stream') {
    const { chunks, closing } = answer.script;
    return toStream(answer, headers, chunks.slice(0, Math.min(afterChunks, chunks.length - closing)));
  }
  const whole = perform(answer, headers);
  const bytes = Buffer.concat(whole.frames.map((frame) => Buffer.from(frame)));
  return { ...whole, frames: [bytes.subarray(0, Math.floor(bytes.length / 2))] };
}

function garble(answer: Answer, headers: Headers): WireAnswer {
  if (answer.kind === 'whole') return toWhole(200, `${halve(answer.body)}<`, { 'content-type': 'application/json', ...headers });
  const chunks = answer.script.chunks.map((events, index) =>
    index === 1 ? events.map((event, place) => (place === 0 ? { ...event, data: halve(event.data) } : event)) : events,
  );
  return toStream(answer, headers, chunks);
}

function halve(json: object | string): string {
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  return text.slice(0, Math.floor(text.length / 2));
}

function drip(whole: WireAnswer, everyMs: number): WireAnswer {
  const all = Buffer.concat(whole.frames.map((frame) => Buffer.from(frame)));
  return { ...whole, frames: Array.from(all, (byte) => Uint8Array.of(byte)), paceMs: () => everyMs };
}

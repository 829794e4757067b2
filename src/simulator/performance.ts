import { DONE, toEvent } from './completion.ts';
import type { AnswerFault } from './faults.ts';

/** What goes over the wire for one request. */
export type Performance = { readonly kind: 'hang' } | { readonly kind: 'reset' } | WireAnswer;

/** An answer, cut into the pieces it is sent in. */
export interface WireAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** True for server-sent events: each frame is one. */
  readonly stream: boolean;
  readonly frames: readonly (string | Uint8Array)[];
  /** The pause before each frame after the first. */
  readonly paceMs: () => number;
  /** After the last frame: a proper end, a dropped connection, a reset one, or nothing more. */
  readonly ending: 'end' | 'destroy' | 'reset' | 'silence';
}

type Headers = WireAnswer['headers'];

const AT_ONCE = (): number => 0;

/** A body in one piece. Objects are sent as JSON, texts as they are. */
export function toWhole(status: number, body: unknown, headers: Headers): WireAnswer {
  const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
  const length = String(Buffer.byteLength(text));
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  const all = { 'content-type': type, ...headers, 'content-length': length };
  return { kind: 'answer', status, headers: all, stream: false, frames: [text], paceMs: AT_ONCE, ending: 'end' };
}

/** Server-sent events. */
export function toStream(events: readonly string[], headers: Headers, paceMs: () => number): WireAnswer {
  const all = { ...headers, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
  return { kind: 'answer', status: 200, headers: all, stream: true, frames: events, paceMs, ending: 'end' };
}

/** What a fault makes of a right answer. */
export function distort(answer: WireAnswer, fault: AnswerFault): WireAnswer {
  switch (fault.kind) {
    case 'reset_after_headers':
      return { ...answer, frames: [], ending: 'reset' };
    case 'ok_error':
      return toWhole(200, { error: fault.error ?? SERVER_ERROR }, withoutEntity(answer.headers));
    case 'stream_error': {
      const before = answer.frames.slice(0, fault.afterChunks ?? 0);
      return { ...answer, frames: [...before, toEvent({ error: fault.error ?? SERVER_ERROR }), DONE] };
    }
    case 'silence':
      return { ...shorten(answer, fault.afterChunks), ending: 'silence' };
    case 'cut':
      return cut(answer, fault.afterChunks, fault.how ?? (answer.stream ? 'end' : 'destroy'));
    case 'malformed':
      return garble(answer);
    case 'drip':
      return { ...answer, frames: toBytes(answer), paceMs: () => fault.everyMs ?? 1 };
  }
}

const SERVER_ERROR = {
  message: 'The server had an error while processing your request. Sorry about that!',
  type: 'server_error',
  param: null,
  code: null,
};

function cut(answer: WireAnswer, afterChunks: number | undefined, how: 'end' | 'destroy'): WireAnswer {
  const short = shorten(answer, afterChunks);
  if (how === 'destroy') return { ...short, ending: 'destroy' };
  // A message that ends well must not promise more bytes than it has.
  return answer.stream ? short : { ...short, headers: { ...short.headers, 'content-length': String(toBytes(short).length) } };
}

/** The beginning of an answer: some events of a stream, never the last two, or half of a plain body. */
function shorten(answer: WireAnswer, afterChunks = 2): WireAnswer {
  if (answer.stream) return { ...answer, frames: answer.frames.slice(0, Math.min(afterChunks, answer.frames.length - 2)) };
  const bytes = Buffer.concat(toBytes(answer));
  return { ...answer, frames: [bytes.subarray(0, Math.floor(bytes.length / 2))] };
}

function garble(answer: WireAnswer): WireAnswer {
  if (!answer.stream) return toWhole(answer.status, `${halve(answer.frames[0])}<`, answer.headers);
  return { ...answer, frames: answer.frames.map((frame, index) => (index === 1 ? `${halve(frame)}\n\n` : frame)) };
}

function halve(frame: string | Uint8Array | undefined): string {
  const text = String(frame ?? '');
  return text.slice(0, Math.floor(text.length / 2));
}

function toBytes(answer: WireAnswer): readonly Uint8Array[] {
  const all = Buffer.concat(answer.frames.map((frame) => Buffer.from(frame)));
  return Array.from(all, (byte) => Uint8Array.of(byte));
}

const ENTITY_HEADERS = ['content-type', 'content-length', 'cache-control'];

function withoutEntity(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ENTITY_HEADERS.includes(name)));
}

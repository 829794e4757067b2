import type { FetchBody } from '../chat/fetched.ts';
import { toShown } from '../printable.ts';
import { piecesOf } from './pieces.ts';

/** A body, and what it says of itself. */
export interface ReadBody {
  readonly body: FetchBody;
  /** For who sets no header of it. */
  readonly contentType?: string | undefined;
  /** Fields of a form that tell what JSON would. */
  readonly form?: { readonly model: string; readonly stream: boolean };
}

const NONE: ReadBody = { body: { kind: 'none' } };

/** Larger files are not kept in memory: they are sent once. 16 MiB. */
const MOST_KEPT = 16 * 1024 * 1024;

/** Reads whatever a WHATWG fetch takes for a body. Throws `TypeError` for what it does not, and for what was read before. */
export function readBody(given: unknown): ReadBody | Promise<ReadBody> {
  if (given == null) return NONE;
  if (typeof given === 'string') return { body: { kind: 'text', text: given }, contentType: 'text/plain;charset=UTF-8' };
  if (given instanceof URLSearchParams)
    return { body: { kind: 'text', text: given.toString() }, contentType: 'application/x-www-form-urlencoded;charset=UTF-8' };
  if (given instanceof ArrayBuffer) return { body: toRepeatable(new Uint8Array(given.slice(0))) };
  if (ArrayBuffer.isView(given)) {
    const { buffer, byteOffset, byteLength } = given;
    return { body: toRepeatable(new Uint8Array(buffer, byteOffset, byteLength).slice()) };
  }
  if (given instanceof Blob) return readBlob(given);
  if (isForm(given)) return readForm(given);
  if (given instanceof ReadableStream || isIterable(given)) return { body: toOnce(given) };
  throw new TypeError(`Cannot send the request as its body must be one that fetch takes: current value is ${toShown(given)}`);
}

/** The body of a `Request`: a stream, which is read where its type says that it is text, so that it can be sent again. */
export function readRequestBody(request: Request): ReadBody | Promise<ReadBody> {
  if (request.bodyUsed) throw new TypeError('Cannot send the request as its body was read before: current value is a used Request');
  if (request.body === null) return NONE;
  const type = request.headers.get('content-type') ?? '';
  if (!/^(text\/|application\/(x-www-form-urlencoded|([\w.+-]+\+)?json)\b)/i.test(type)) return { body: toOnce(request.body) };
  return request.arrayBuffer().then((buffer) => ({ body: toRepeatable(new Uint8Array(buffer)) }));
}

/** What is sent, parsed; `undefined` where it is no JSON. */
export function readJson(body: FetchBody, contentType: string | undefined): unknown {
  if (body.kind !== 'text' || !/\bjson\b|^text\/plain/i.test(contentType ?? '')) return undefined;
  try {
    return JSON.parse(body.text) as unknown;
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** As text where it is some, as JSON is read from that. */
function toRepeatable(bytes: Uint8Array): FetchBody {
  // What begins with neither bracket is a file, which nobody reads.
  if (bytes[0] !== 0x7b && bytes[0] !== 0x5b) return { kind: 'bytes', bytes };
  try {
    return { kind: 'text', text: utf8.decode(bytes) };
  } catch {
    return { kind: 'bytes', bytes };
  }
}

async function readBlob(blob: Blob): Promise<ReadBody> {
  const contentType = blob.type === '' ? undefined : blob.type;
  if (blob.size > MOST_KEPT) return { body: { ...toOnce(blob.stream()), bytes: blob.size }, contentType };
  return { body: toRepeatable(new Uint8Array(await blob.arrayBuffer())), contentType };
}

/** Written as it is sent, so that its files are never in memory whole. */
function readForm(given: FormData): ReadBody {
  const written = new Response(toOwnForm(given));
  const { body } = written;
  const model = given.get('model');
  return {
    body: body === null ? NONE.body : toOnce(body),
    contentType: written.headers.get('content-type') ?? undefined,
    form: { model: typeof model === 'string' ? model : '', stream: given.get('stream') === 'true' },
  };
}

/** Other libraries have forms of their own, which the runtime's writer does not know. */
function toOwnForm(given: FormData): FormData {
  if (given instanceof FormData) return given;
  const own = new FormData();
  for (const [name, value] of given as FormData) {
    if (typeof value === 'string') own.append(name, value);
    else own.append(name, value, value.name);
  }
  return own;
}

function isForm(given: unknown): given is FormData {
  if (given instanceof FormData) return true;
  return typeof given === 'object' && given !== null && Reflect.get(given, Symbol.toStringTag) === 'FormData' && 'entries' in given;
}

function isIterable(given: unknown): given is AsyncIterable<unknown> {
  return typeof given === 'object' && given !== null && Symbol.asyncIterator in given;
}

function toOnce(source: ReadableStream<Uint8Array> | AsyncIterable<unknown>): Extract<FetchBody, { readonly kind: 'once' }> {
  if (source instanceof ReadableStream && source.locked)
    throw new TypeError('Cannot send the request as its body is being read elsewhere: current value is a locked stream');
  return { kind: 'once', open: () => piecesOf(source), bytes: undefined };
}

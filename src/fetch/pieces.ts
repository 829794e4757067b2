import { toShown } from '../printable.ts';

const utf8 = new TextEncoder();

/**
 * The bytes of a body that is a stream. By hand rather than by a generator, whose `return()` would wait for the read that it should end.
 * Fails with a `TypeError` for pieces that are no bytes.
 */
export function piecesOf(source: ReadableStream<unknown> | AsyncIterable<unknown>): AsyncIterableIterator<Uint8Array> {
  const from = source instanceof ReadableStream ? readerOf(source) : source[Symbol.asyncIterator]();
  const pieces: AsyncIterableIterator<Uint8Array> = {
    next: () => from.next().then(toPiece),
    async return() {
      await from.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => pieces,
  };
  return pieces;
}

/** The same pieces; `broke` is told why there are no more, before who reads them is. */
export function watched(pieces: AsyncIterable<Uint8Array>, broke: (error: unknown) => void): AsyncIterableIterator<Uint8Array> {
  const from = pieces[Symbol.asyncIterator]();
  const told = (error: unknown): never => {
    broke(error);
    throw error;
  };
  const same: AsyncIterableIterator<Uint8Array> = {
    next: () => from.next().catch(told),
    return: async () => (await from.return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]: () => same,
  };
  return same;
}

function readerOf(stream: ReadableStream<unknown>): AsyncIterator<unknown> {
  const reader = stream.getReader();
  return {
    next: () => reader.read().then(({ done, value }) => (done ? { done, value: undefined } : { done, value })),
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

function toPiece({ done, value }: IteratorResult<unknown>): IteratorResult<Uint8Array> {
  if (done === true) return { done, value: undefined };
  if (value instanceof Uint8Array) return { done: false, value };
  // Node's own streams may have been told to decode.
  if (typeof value === 'string') return { done: false, value: utf8.encode(value) };
  throw new TypeError(`Cannot send the request as the pieces of its body must be bytes: current value is ${toShown(value)}`);
}

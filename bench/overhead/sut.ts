/** One system under test. */
export interface Sut {
  /** One whole call: the request from an object to JSON, the answer from JSON to an object. */
  readonly call?: () => Promise<unknown>;
  /** One stream to its end: the number of chunks seen. */
  readonly stream?: () => Promise<number>;
  /** A stream whose first chunk was read: what its reader holds. */
  readonly hold?: () => Promise<unknown>;
  /** CPU that it has burnt in other processes so far, ms. */
  readonly elsewhereMs?: () => Promise<number>;
}

/** Where the provider listens, and which build of keywheel is measured. */
export interface Surroundings {
  /** As `http://127.0.0.1:1234`, and what may come before the path of the protocol. */
  readonly origin: string;
  /** Folder of the built package. */
  readonly dist: string;
  /** Another build to compare with, or ''. */
  readonly against: string;
}

export type OpenSut = (surroundings: Surroundings) => Promise<Sut>;

/** Reads one chunk, and hands on what reads the rest. */
export async function begun<Chunk>(chunks: AsyncIterable<Chunk>): Promise<AsyncIterator<Chunk>> {
  const reader = chunks[Symbol.asyncIterator]();
  await reader.next();
  return reader;
}

export async function count(chunks: AsyncIterable<unknown>): Promise<number> {
  let seen = 0;
  for await (const _ of chunks) seen += 1;
  return seen;
}

import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { toPrintable } from '../printable.ts';
import { Body, type BodySource } from './body.ts';
import { toPlainError, WireError } from './failure.ts';
import type { Scrubber } from './scrub.ts';

/** Where a connection puts the bytes of a body. */
export interface Sink {
  /** What the reader of the answer gets. */
  readonly body: Body;
  write(bytes: Uint8Array): void;
  end(): void;
  fail(error: unknown): void;
  stop(reason: unknown): void;
}

/** A sink for a body in this `content-encoding`. Throws a `WireError` for one that is unknown. */
export function openSink(encoding: string, source: BodySource, maxBytes: number, scrubber: Scrubber): Sink {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return new PlainSink(new Body(source, maxBytes));
  const decoder = DECODERS.get(name);
  if (decoder !== undefined) return new InflatingSink(decoder, source, maxBytes, scrubber);
  throw new WireError('unreadable', `the answer's content-encoding is unknown: ${toPrintable(scrubber.text(encoding.trim()), 60)}`, {
    reached: true,
  });
}

class PlainSink implements Sink {
  readonly body: Body;

  constructor(body: Body) {
    this.body = body;
  }

  write(bytes: Uint8Array): void {
    this.body.push(bytes);
  }

  end(): void {
    this.body.end();
  }

  fail(error: unknown): void {
    this.body.fail(error);
  }

  stop(reason: unknown): void {
    this.body.stop(reason);
  }
}

type OpenDecoder = (first: Uint8Array) => Transform;

// Events of a stream must come out as they arrive, so every write is flushed. Truncated data is an error at the end all the same.
const GZIP: OpenDecoder = () => createGunzip({ flush: constants.Z_SYNC_FLUSH });
const DECODERS: ReadonlyMap<string, OpenDecoder> = new Map([
  ['gzip', GZIP],
  ['x-gzip', GZIP],
  ['deflate', openDeflate],
  ['br', () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH })],
]);

/** `deflate` means zlib, but some servers send the bare format; the first byte tells. */
function openDeflate([first = 0]: Uint8Array): Transform {
  const options = { flush: constants.Z_SYNC_FLUSH };
  return (first & 0x0f) === 8 ? createInflate(options) : createInflateRaw(options);
}

class InflatingSink implements Sink {
  readonly body: Body;
  readonly #open: OpenDecoder;
  readonly #source: BodySource;
  readonly #scrubber: Scrubber;
  #decoder: Transform | undefined;

  constructor(open: OpenDecoder, source: BodySource, maxBytes: number, scrubber: Scrubber) {
    this.#open = open;
    this.#source = source;
    this.#scrubber = scrubber;
    const inflated: BodySource = {
      pause: () => void this.#decoder?.pause(),
      resume: () => void this.#decoder?.resume(),
      abort: () => {
        this.#decoder?.destroy();
        source.abort();
      },
    };
    this.body = new Body(inflated, maxBytes);
  }

  write(bytes: Uint8Array): void {
    this.#decoder ??= this.#start(bytes);
    // A bomb inflates no further than its reader reads: the decoder pauses with the body, and the connection with the decoder.
    if (!this.#decoder.write(bytes)) this.#source.pause();
  }

  end(): void {
    if (this.#decoder === undefined) this.body.end();
    else this.#decoder.end();
  }

  fail(error: unknown): void {
    const decoder = this.#decoder;
    if (decoder === undefined || decoder.destroyed) this.body.fail(error);
    // What came before the cut is decoded and delivered first.
    else decoder.write(new Uint8Array(), () => this.body.fail(error));
  }

  stop(reason: unknown): void {
    this.body.stop(reason);
    this.#decoder?.destroy();
  }

  #start(first: Uint8Array): Transform {
    const decoder = this.#open(first);
    decoder.on('data', (bytes: Uint8Array) => this.body.push(bytes));
    decoder.on('drain', () => this.#source.resume());
    decoder.on('end', () => this.body.end());
    decoder.on('error', (error: Error) => {
      const cause = toPlainError(error, this.#scrubber);
      this.body.fail(new WireError('unreadable', `the answer does not decompress: ${cause.message}`, { reached: true, cause }));
      this.#source.abort();
    });
    return decoder;
  }
}

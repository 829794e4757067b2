import { WireError } from './failure.ts';

/** How a body steers the connection that it comes from. */
export interface BodySource {
  pause(): void;
  resume(): void;
  /** Ends the exchange; destroys the socket when bytes are still to come. */
  abort(): void;
}

/** The decoded body of an answer. It is always read to its end, discarded or cancelled, else its socket would never be free. */
export interface WireBody {
  /** The next piece; `undefined` at the end. One read at a time. Rejects when the body is cut, or with the reason of a stop. */
  read(): Promise<Uint8Array | undefined>;
  /** The whole body as text. Rejects when it is longer than the wire allows. */
  text(): Promise<string>;
  /** The same, as it came. */
  bytes(): Promise<Uint8Array>;
  /** All bytes have come, or none will. */
  readonly over: boolean;
  /** Throws away what is left so that the connection can serve again; resolves when it is over. Gives up where much is left. */
  discard(): Promise<void>;
  /** Lets go of the exchange; a pending read sees the end. */
  cancel(): void;
}

/** Bytes that wait for a reader before the connection is paused, and how few are left when it goes on. */
const HIGH_WATER = 64 * 1024;
const LOW_WATER = 16 * 1024;

/** Reading more than this only to keep a connection costs more than a new one. */
const WORTH_DISCARDING = 64 * 1024;

type State =
  | { readonly status: 'open' }
  | { readonly status: 'ended' }
  /** What came before the failure is still delivered. */
  | { readonly status: 'failed'; readonly error: unknown };

interface Waiter {
  readonly resolve: (bytes: Uint8Array | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** A queue of bytes between a connection that pushes and a reader that pulls. */
export class Body implements WireBody {
  readonly #source: BodySource;
  readonly #maxBytes: number;
  readonly #pieces: Uint8Array[] = [];
  #queued = 0;
  #paused = false;
  #state: State = { status: 'open' };
  #waiter: Waiter | undefined;
  /** Set while all of it is waited for, once rather than piece by piece. */
  #whole: { readonly resolve: (pieces: readonly Uint8Array[]) => void; readonly reject: (error: unknown) => void } | undefined;
  /** Set while the rest is thrown away. */
  #discarded: { bytes: number; readonly done: () => void } | undefined;

  constructor(source: BodySource, maxBytes: number) {
    this.#source = source;
    this.#maxBytes = maxBytes;
  }

  get over(): boolean {
    return this.#state.status !== 'open';
  }

  read(): Promise<Uint8Array | undefined> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      this.#queued -= piece.byteLength;
      if (this.#paused && this.#queued <= LOW_WATER) {
        this.#paused = false;
        this.#source.resume();
      }
      return Promise.resolve(piece);
    }
    if (this.#state.status === 'ended') return Promise.resolve(undefined);
    if (this.#state.status === 'failed') return Promise.reject(this.#state.error);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  text(): Promise<string> {
    return new Promise((resolve, reject) => this.#readWhole((pieces) => resolve(toText(pieces)), reject));
  }

  bytes(): Promise<Uint8Array> {
    return new Promise((resolve, reject) => this.#readWhole((pieces) => resolve(toOne(pieces)), reject));
  }

  discard(): Promise<void> {
    if (this.over) {
      this.#drop();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#discarded = { bytes: this.#queued, done: resolve };
      this.#drop();
      if (!this.#paused) return;
      this.#paused = false;
      this.#source.resume();
    });
  }

  cancel(): void {
    this.#drop();
    if (this.over) return;
    this.end();
    this.#source.abort();
  }

  /** @internal For the connection: the next bytes. */
  push(bytes: Uint8Array): void {
    if (this.over || bytes.byteLength === 0) return;
    if (this.#discarded !== undefined) {
      this.#discarded.bytes += bytes.byteLength;
      if (this.#discarded.bytes > WORTH_DISCARDING) this.cancel();
      return;
    }
    if (this.#waiter !== undefined) {
      this.#take()?.resolve(bytes);
      return;
    }
    this.#pieces.push(bytes);
    this.#queued += bytes.byteLength;
    if (this.#whole !== undefined) return this.#settleWhole();
    if (this.#paused || this.#queued < HIGH_WATER) return;
    this.#paused = true;
    this.#source.pause();
  }

  /** @internal For the connection: everything has come. */
  end(): void {
    if (this.over) return;
    this.#state = { status: 'ended' };
    this.#take()?.resolve(undefined);
    this.#settleWhole();
    this.#discarded?.done();
  }

  /** @internal For the connection: nothing more will come. What did come is still read first. */
  fail(error: unknown): void {
    if (this.over) return;
    this.#state = { status: 'failed', error };
    this.#take()?.reject(error);
    this.#settleWhole();
    this.#discarded?.done();
  }

  /** @internal For the exchange: the caller is gone, so is what they have not read. */
  stop(reason: unknown): void {
    this.#drop();
    this.fail(reason);
  }

  #readWhole(resolve: (pieces: readonly Uint8Array[]) => void, reject: (error: unknown) => void): void {
    this.#whole = { resolve, reject };
    if (this.#paused) {
      this.#paused = false;
      this.#source.resume();
    }
    this.#settleWhole();
  }

  #settleWhole(): void {
    const whole = this.#whole;
    if (whole === undefined) return;
    if (this.#queued > this.#maxBytes) {
      this.#whole = undefined;
      this.cancel();
      whole.reject(new WireError('unreadable', `the answer is longer than allowed: more than ${this.#maxBytes} bytes`, { reached: true }));
    } else if (this.#state.status !== 'open') {
      this.#whole = undefined;
      if (this.#state.status === 'failed') whole.reject(this.#state.error);
      else whole.resolve(this.#pieces);
      this.#drop();
    }
  }

  #drop(): void {
    this.#pieces.length = 0;
    this.#queued = 0;
  }

  #take(): Waiter | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }
}

/** Bytes of one body as text, without a byte order mark. */
export function toText(pieces: readonly Uint8Array[]): string {
  const bytes = toOne(pieces);
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function toOne(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
}

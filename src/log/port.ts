import type { LogStream } from '../options/log.ts';

/** The way into a stream that is open. */
export interface Port {
  /**
   * Hands a line over; `false`: no more until it says so. `done` is called when the line is written or lost, at once by streams that do not
   * tell. Throws what the stream throws.
   */
  write(line: string, done: (error?: unknown) => void): boolean;
  /** Lets go of it; one that is our own is written to its end first. */
  close(): Promise<void>;
  /** Lets go of one that failed. */
  drop(): void;
}

/** Told by a port. */
export interface PortListener {
  /** It takes lines again. */
  onReady(): void;
  onError(error: unknown): void;
}

/** What of Node's streams is used, as streams of other packages have it too. */
interface Emitter extends LogStream {
  write(line: string, done?: (error?: unknown) => void): unknown;
  on(event: string, listener: (error: unknown) => void): unknown;
  off(event: string, listener: (error: unknown) => void): unknown;
}

/** One of our own. */
export interface Closable extends Emitter {
  end(): unknown;
  destroy(): unknown;
}

/** A stream of the user's. Throws for one that is over. */
export function toPort(stream: LogStream, listener: PortListener): Port {
  if (Reflect.get(stream, 'destroyed') === true || Reflect.get(stream, 'writable') === false) throw new Error('the stream is over');
  return isEmitter(stream) ? new EmitterPort(stream, listener) : new PlainPort(stream, listener);
}

/** A stream that is ours to end. */
export function toOwnPort(stream: Closable, listener: PortListener): Port {
  return new OwnPort(stream, listener);
}

class EmitterPort implements Port {
  readonly #stream: Emitter;
  readonly #listener: PortListener;
  /** Node's streams tell of each line; some others have the events alone. */
  readonly #tells: boolean;
  readonly #onDrain = (): void => this.#listener.onReady();
  // Without it an error would end the process.
  readonly #onError = (error: unknown): void => this.#listener.onError(error);

  constructor(stream: Emitter, listener: PortListener) {
    this.#stream = stream;
    this.#listener = listener;
    this.#tells = 'writableLength' in stream;
    stream.on('drain', this.#onDrain);
    stream.on('error', this.#onError);
  }

  write(line: string, done: (error?: unknown) => void): boolean {
    const more = this.#tells ? this.#stream.write(line, done) : this.#stream.write(line);
    if (!this.#tells) done();
    return more !== false;
  }

  close(): Promise<void> {
    this.#stream.off('drain', this.#onDrain);
    this.#stream.off('error', this.#onError);
    return Promise.resolve();
  }

  /** A stream that told of a failure by its line may tell it once more by its event. */
  drop(): void {
    this.#stream.off('error', ignore);
    this.#stream.on('error', ignore);
    void this.close();
  }
}

/** One for all, so that a stream that fails again and again has it once. */
function ignore(): void {}

class OwnPort extends EmitterPort {
  readonly #own: Closable;

  constructor(stream: Closable, listener: PortListener) {
    super(stream, listener);
    this.#own = stream;
  }

  override close(): Promise<void> {
    return new Promise((resolve) => {
      this.#own.on('close', () => resolve());
      this.#own.end();
    });
  }

  /** Goes on listening: a stream that is destroyed may have an error still to tell. */
  override drop(): void {
    this.#own.destroy();
  }
}

/** A function `write` and nothing else; a promise is waited for. */
class PlainPort implements Port {
  readonly #stream: LogStream;
  readonly #listener: PortListener;

  constructor(stream: LogStream, listener: PortListener) {
    this.#stream = stream;
    this.#listener = listener;
  }

  write(line: string, settle: (error?: unknown) => void): boolean {
    const returned: unknown = this.#stream.write(line);
    if (typeof returned !== 'object' || returned === null || !('then' in returned)) {
      settle();
      return true;
    }
    Promise.resolve(returned).then(
      () => {
        settle();
        this.#listener.onReady();
      },
      (error: unknown) => settle(error ?? new Error('the stream gave no reason')),
    );
    return false;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  drop(): void {}
}

function isEmitter(stream: LogStream): stream is Emitter {
  return typeof Reflect.get(stream, 'on') === 'function' && typeof Reflect.get(stream, 'off') === 'function';
}

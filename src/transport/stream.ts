import type { End } from '../call.ts';
import type { ChatCompletion } from '../chat/reply.ts';
import type { Clock } from '../clock.ts';
import { StreamInterruptedError } from '../errors.ts';
import { AttemptError } from '../failure.ts';
import type { WireBody } from '../wire/index.ts';
import { Alarm } from './alarm.ts';
import type { Attempt } from './attempt.ts';
import { RELEASE_MS } from './exchange.ts';
import type { Next } from './reader.ts';

/** Where a stream gets its parts. */
export interface PartReader<Part> {
  /** What is at hand; `undefined`: more bytes are needed. Throws what ends the stream. */
  take(): Next<Part>;
  /** Waits for more bytes, or the end of the body. */
  fill(): Promise<void>;
  /** Nothing will be read any more. */
  close(): void;
}

/** What a stream's parts come to. */
export interface Tally<Part> {
  /** A part that the reader gets now. */
  add(part: Part): void;
  /** What was read so far, put together. */
  partial(): ChatCompletion;
  /** How a stream ended of which everything was read. */
  end(): End;
  /** Whether a reader who leaves now has the whole answer. */
  readonly isWhole: boolean;
  /** What its reader was given said that it is over, well or not: nothing that follows would change how it ended. */
  readonly isOver: boolean;
}

/** What a stream stands on once it is committed. */
export interface StreamParts<Part> {
  readonly attempt: Attempt;
  readonly body: WireBody;
  readonly reader: PartReader<Part>;
  readonly tally: Tally<Part>;
  readonly clock: Clock;
  readonly unreadTimeoutMs: number;
  /** A failure of the wire as an `AttemptError`; others as they are. */
  readonly explain: (error: unknown) => unknown;
  /** Gives the connection back after the terminal marker. */
  readonly release: () => void;
}

type State =
  | { readonly status: 'open' }
  /** The reader has not been told yet. */
  | { readonly status: 'failed'; readonly error: unknown }
  | { readonly status: 'over' };

type Result<Part> = IteratorResult<Part, undefined>;

const OVER: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * A stream that has begun to answer: what comes from here on the caller sees. An iterator by hand rather than a generator, as
 * `return()` of a generator waits for the read that it should end, and does nothing at all before the first `next()`.
 */
export class PartStream<Part> implements AsyncIterableIterator<Part, undefined> {
  /** Settles when the last chunk was read, at a failure or abort, or when the reader leaves. */
  readonly done: Promise<End>;
  readonly #parts: StreamParts<Part>;
  readonly #held: Part[];
  readonly #unread: Alarm;
  #settle: (end: End) => void = () => {};
  #state: State = { status: 'open' };
  /** Settles with the last read that was asked for; there is none at most times. */
  #reading: Promise<void> | undefined;

  /** `held`: what came up to the first output. */
  constructor(parts: StreamParts<Part>, held: Part[]) {
    this.#parts = parts;
    this.#held = held;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#unread = new Alarm(parts.clock, () => this.#leaveUnread());
    this.#seen();
    // Heard even while nobody reads: a key must not stay taken by a call that its caller gave up.
    parts.attempt.listen((reason) => this.#fail(reason));
  }

  /** What was read so far, put together. */
  collected(): ChatCompletion {
    return this.#parts.tally.partial();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result<Part>> {
    // Reads asked for at once are answered one after the other, as a generator does.
    if (this.#reading !== undefined) return this.#queue(this.#reading.then(() => this.#read()));
    try {
      const ready = this.#step();
      if (ready === undefined) return this.#queue(this.#read());
      this.#seen();
      return Promise.resolve(ready);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Ends the exchange, also in the middle of a read. */
  return(): Promise<Result<Part>> {
    if (this.#state.status !== 'over') {
      const { body, tally } = this.#parts;
      const isKnown = this.#state.status === 'open' && (tally.isWhole || tally.isOver);
      this.#state = { status: 'over' };
      body.cancel();
      this.#close(isKnown ? tally.end() : { status: 'abandoned' });
    }
    return Promise.resolve(OVER);
  }

  async throw(error: unknown): Promise<Result<Part>> {
    await this.return();
    throw error;
  }

  #queue(read: Promise<Result<Part>>): Promise<Result<Part>> {
    const rest = (): void => {
      if (this.#reading === reading) this.#reading = undefined;
    };
    const reading: Promise<void> = read.then(rest, rest);
    this.#reading = reading;
    return read;
  }

  async #read(): Promise<Result<Part>> {
    for (;;) {
      const ready = this.#step();
      if (ready !== undefined) {
        this.#seen();
        return ready;
      }
      this.#unread.mute();
      try {
        await this.#parts.reader.fill();
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  /** What can be said without waiting; throws a failure that the reader has not been told. */
  #step(): Result<Part> | undefined {
    if (this.#state.status === 'open') {
      try {
        return this.#take();
      } catch (error) {
        this.#fail(error);
      }
    }
    const state = this.#state;
    this.#state = { status: 'over' };
    if (state.status === 'failed') throw state.error;
    return OVER;
  }

  #take(): Result<Part> | undefined {
    const held = this.#held.length === 0 ? undefined : this.#held.shift();
    const next = held === undefined ? this.#parts.reader.take() : { chunk: held };
    if (next === undefined) return undefined;
    if (next === 'end') {
      this.#complete();
      return OVER;
    }
    this.#parts.tally.add(next.chunk);
    return { done: false, value: next.chunk };
  }

  #complete(): void {
    this.#state = { status: 'over' };
    this.#parts.release();
    this.#close(this.#parts.tally.end());
  }

  #fail(reason: unknown): void {
    if (this.#state.status !== 'open') return;
    const { attempt, explain, tally } = this.#parts;
    // Who was told of an error leaves by an abort, as OpenAI's SDK does: it is the error that ended the stream.
    if (attempt.endedByCaller && tally.isOver) return this.#abort(reason, tally.end());
    const cause = attempt.endedByCaller ? reason : explain(reason);
    const error = cause instanceof AttemptError ? toInterruption(cause, this.collected()) : cause;
    this.#abort(error, cause instanceof AttemptError ? { status: 'failed', error, verdict: cause.verdict } : { status: 'failed', error });
  }

  #leaveUnread(): void {
    if (this.#state.status !== 'open') return;
    if (this.#hasSaidAll) return void this.return();
    const message = `Cannot go on with the stream as nobody read it for too long: the limit is ${this.#parts.unreadTimeoutMs} ms`;
    const error = new StreamInterruptedError(message, { class: 'aborted', partial: this.collected() });
    this.#abort(error, { status: 'abandoned' });
  }

  #abort(error: unknown, end: End): void {
    this.#state = { status: 'failed', error };
    this.#parts.body.cancel();
    this.#close(end);
  }

  #close(end: End): void {
    this.#unread.cancel();
    this.#parts.reader.close();
    this.#parts.attempt.close();
    this.#settle(end);
  }

  /** The reader is here: they have a while until the next read, a short one where nothing but the end of the body is left to read. */
  #seen(): void {
    if (this.#state.status !== 'open') return;
    const { clock, unreadTimeoutMs } = this.#parts;
    this.#unread.set(clock.now() + (this.#hasSaidAll ? RELEASE_MS : unreadTimeoutMs));
  }

  get #hasSaidAll(): boolean {
    return this.#held.length === 0 && this.#parts.tally.isOver;
  }
}

/** What the reader of a stream is thrown. */
export function toInterruption(cause: AttemptError, partial: ChatCompletion): StreamInterruptedError {
  const { class: failure, why, message } = cause.verdict;
  // What the provider said of it, where the reason does not quote it already.
  const said = message === undefined || message === '' || why.includes(message) ? '' : `: ${JSON.stringify(message)}`;
  return new StreamInterruptedError(`Cannot go on with the stream after its first content as ${why}${said}`, {
    class: failure,
    partial,
    cause: cause.cause,
  });
}

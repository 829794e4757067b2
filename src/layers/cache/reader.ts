import type { End } from '../../call.ts';
import type { ChatCompletion, Usage } from '../../chat/reply.ts';
import type { Clock, Timer } from '../../clock.ts';
import type { Deadline } from '../../deadline.ts';
import { StreamInterruptedError } from '../../errors.ts';
import type { Trace } from '../../trace.ts';
import type { Kind } from './kinds.ts';

/** A stream that is left alone for so long is over: what it holds is needed elsewhere. */
const UNREAD_MS = 60_000;

/** Where a reader gets its parts, by number. */
export interface Feed<Part> {
  /** `undefined` after the last part; rejects where the stream broke. */
  at(index: number): Promise<Part | undefined>;
  /** How the stream ended after its last part, where that is more than that it is complete. */
  end(): End | undefined;
  /** The reader has everything before `index`. */
  passed(index: number): void;
  /** The parts before `index`, put together. */
  collected(index: number): ChatCompletion;
  /** The reader is through, or has left with `reason`. */
  left(reason: unknown): void;
}

export interface ReaderOptions<Part> {
  readonly kind: Pick<Kind<Part>, 'hasOutput' | 'usageOf'>;
  readonly feed: Feed<Part>;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly trace: Trace;
  /** Whether parts may be long in coming, so that the caller's abort must be heard between them. */
  readonly live: boolean;
}

interface Waiting<Part> {
  readonly resolve: (result: IteratorResult<Part, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

type State =
  | { readonly status: 'open' }
  /** The next read throws it. */
  | { readonly status: 'failed'; readonly error: unknown }
  | { readonly status: 'over' };

const OVER: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** One caller's way through a stream: at its own pace, ended by its own abort, over after a minute unread. */
export class PartsReader<Part> implements AsyncIterableIterator<Part> {
  readonly done: Promise<End>;
  readonly #options: ReaderOptions<Part>;
  readonly #waiting = new Set<Waiting<Part>>();
  #unlisten: () => void = () => {};
  #settle: (end: End) => void = () => {};
  #state: State = { status: 'open' };
  #asked = 0;
  #got = 0;
  #idleSince: number;
  #watch: Timer;
  #usage: Usage | undefined;

  constructor(options: ReaderOptions<Part>) {
    this.#options = options;
    this.done = new Promise((resolve) => (this.#settle = resolve));
    this.#idleSince = options.clock.now();
    this.#watch = this.#watchAfter(UNREAD_MS);
    if (options.live) this.#unlisten = options.deadline.listen((reason) => this.fail(reason));
  }

  /** What this reader got so far, put together. */
  collected(): ChatCompletion {
    return this.#options.feed.collected(this.#got);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Part, undefined>> {
    const ended = this.#state.status === 'open' ? this.#options.deadline.ended : undefined;
    if (ended !== undefined) this.fail(ended.reason);
    const state = this.#state;
    if (state.status === 'over') return Promise.resolve(OVER);
    if (state.status === 'failed') {
      this.#state = { status: 'over' };
      return Promise.reject(state.error);
    }
    const index = this.#asked++;
    return new Promise((resolve, reject) => {
      const waiting = { resolve, reject };
      this.#waiting.add(waiting);
      this.#options.feed.at(index).then(
        (part) => this.#deliver(waiting, index, part),
        (error: unknown) => this.fail(error),
      );
    });
  }

  /** The reader leaves, as `break` does. */
  return(): Promise<IteratorResult<Part, undefined>> {
    this.#finish({ status: 'abandoned' }, toInterrupted('the reader left', this));
    return Promise.resolve(OVER);
  }

  /** Ends the stream for this reader at once: a waiting read is rejected, else the next one. */
  fail(error: unknown): void {
    if (this.#state.status !== 'open') return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#finish({ status: 'failed', error }, error);
    if (waiting.length === 0) this.#state = { status: 'failed', error };
    for (const { reject } of waiting) reject(error);
  }

  #deliver(waiting: Waiting<Part>, index: number, part: Part | undefined): void {
    if (!this.#waiting.delete(waiting)) return;
    if (part === undefined) {
      waiting.resolve(OVER);
      this.#finish(this.#options.feed.end() ?? { status: 'complete', usage: this.#usage }, undefined);
      return;
    }
    const { clock, feed, trace, kind } = this.#options;
    this.#idleSince = clock.now();
    if (trace.firstTokenAt === undefined && kind.hasOutput(part, trace.beginning.stream)) trace.firstTokenAt = this.#idleSince;
    this.#usage = kind.usageOf(part) ?? this.#usage;
    this.#got = index + 1;
    feed.passed(this.#got);
    waiting.resolve({ done: false, value: part });
  }

  #finish(end: End, reason: unknown): void {
    if (this.#state.status !== 'open') return;
    this.#state = { status: 'over' };
    this.#watch.cancel();
    this.#unlisten();
    for (const { resolve } of this.#waiting) resolve(OVER);
    this.#waiting.clear();
    this.#settle(end);
    this.#options.feed.left(reason);
  }

  #watchAfter(ms: number): Timer {
    return this.#options.clock.after(ms, () => this.#checkIdle(), { background: true });
  }

  #checkIdle(): void {
    const idleMs = this.#waiting.size > 0 ? 0 : this.#options.clock.now() - this.#idleSince;
    if (idleMs < UNREAD_MS) {
      this.#watch = this.#watchAfter(UNREAD_MS - idleMs);
      return;
    }
    const error = toInterrupted(`nobody read it for ${UNREAD_MS} ms`, this);
    this.#finish({ status: 'abandoned' }, error);
    this.#state = { status: 'failed', error };
  }
}

/** What ends a stream before its end; `got` says what its reader has. */
export function toInterrupted(why: string, got: { collected(): ChatCompletion }): StreamInterruptedError {
  return new StreamInterruptedError(`Cannot go on with the stream as ${why}`, { class: 'aborted', partial: got.collected() });
}

import { type AbortListener, type EndListener, type Leavable, Listeners, type SignalHub } from './abort.ts';
import { type Clock, type Sleeper, timersOf, type Timer } from './clock.ts';
import { DeadlineError } from './errors.ts';

/** Why a call ended early: `reason` is thrown to the caller as it is. */
export interface Ended {
  readonly reason: unknown;
}

/**
 * The one controller of a call: the caller's signal, the call's time and whoever cancels it from above.
 * It hooks the signal and starts a timer only when somebody listens.
 */
export class Deadline implements EndListener, Sleeper {
  readonly #clock: Clock;
  readonly #hub: SignalHub;
  readonly #signal: AbortSignal | undefined;
  readonly #startedAt: number;
  #at: number;
  /** Of a part: what it is a part of. */
  #whole: Deadline | undefined;
  #ended: Ended | undefined;
  #listeners: Listeners | undefined;
  #timer: Timer | undefined;
  /** Where it listens itself: at the caller's signal, or at the whole. */
  #joined: Leavable | undefined;

  constructor(clock: Clock, hub: SignalHub, limits: { readonly signal?: AbortSignal | undefined; readonly timeoutMs: number }) {
    this.#clock = clock;
    this.#hub = hub;
    this.#signal = limits.signal;
    this.#startedAt = clock.now();
    this.#at = this.#startedAt + limits.timeoutMs;
  }

  /** When the call must have ended, epoch ms; `Infinity` when never. */
  get at(): number {
    return this.#whole?.at ?? this.#at;
  }

  now(): number {
    return this.#clock.now();
  }

  /** Set once the call was aborted, cancelled or out of time. */
  get ended(): Ended | undefined {
    if (this.#ended === undefined && this.#signal?.aborted === true) this.end(this.#signal.reason);
    if (this.#ended === undefined && this.#clock.now() >= this.#at) this.end(this.#timeout());
    const whole = this.#ended === undefined ? this.#whole?.ended : undefined;
    if (whole !== undefined) this.end(whole.reason);
    return this.#ended;
  }

  /** Throws the reason when the call has ended. */
  throwIfEnded(): void {
    const ended = this.ended;
    if (ended !== undefined) throw ended.reason;
  }

  /** Calls `listener` once when the call ends early, at once when it has. Returns the way to stop listening. */
  listen(listener: AbortListener): () => void {
    const ended = this.ended;
    if (ended !== undefined) {
      listener(ended.reason);
      return () => {};
    }
    const stop = (this.#listeners ??= new Listeners()).add(listener);
    this.#hook();
    return stop;
  }

  /** As `listen`, without functions. */
  join(listener: EndListener): void {
    const ended = this.ended;
    if (ended !== undefined) return listener.onEnd(ended.reason);
    (this.#listeners ??= new Listeners()).join(listener);
    this.#hook();
  }

  /** Stops listening. */
  leave(listener: EndListener): void {
    this.#listeners?.leave(listener);
  }

  /** The signal, or the whole, has ended. */
  onEnd(reason: unknown): void {
    this.end(reason);
  }

  /** Its time is over. */
  wake(): void {
    this.end(this.#timeout());
  }

  /** Ends the call now; later ends change nothing. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    const listeners = this.#listeners;
    this.close();
    listeners?.tell(reason);
  }

  /** Moves the end later, never earlier: a flight lives as long as its latest waiter. */
  extend(at: number): void {
    if (at <= this.#at) return;
    this.#at = at;
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    this.#timer = undefined;
    this.#hook();
  }

  /**
   * A deadline of a part of the call: it ends with the whole, also when that moves later, and can be ended alone. `close` it when the
   * part is over.
   */
  fork(): Deadline {
    const part = new Deadline(this.#clock, this.#hub, { timeoutMs: Infinity });
    part.#whole = this;
    part.#joined = this;
    this.join(part);
    return part;
  }

  /** The call is over: lets go of the signal and the timer. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#joined?.leave(this);
    this.#joined = undefined;
    this.#listeners = undefined;
  }

  #hook(): void {
    if (this.#signal !== undefined) this.#joined ??= this.#hub.join(this.#signal, this);
    if (this.#at === Infinity || this.#timer !== undefined) return;
    this.#timer = timersOf(this.#clock).at(this.#at, this.#at - this.#startedAt, this);
  }

  #timeout(): DeadlineError {
    return new DeadlineError(`Cannot finish the call as its time is over: 'timeoutMs' is ${this.#at - this.#startedAt}`);
  }
}

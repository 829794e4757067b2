import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from '../clock.ts';

/** A clock that stands still until it is told to move: time in tests without sleeping. */
export interface ManualClock extends Clock {
  /**
   * Moves time forward by `ms` and fires what falls due, in order; between two timers everything that became ready
   * (promises, sockets) runs, so that what one timer sets off may start the next one within the same advance.
   */
  advance(ms: number): Promise<void>;
  /** The same without letting anything run in between: for code that has no promises. */
  advanceSync(ms: number): void;
  /** Timers that keep a process alive. 0 at the end of a test means that no timer was left behind. */
  readonly pending: number;
  /** Timers that let a process exit (`background: true`). */
  readonly pendingBackground: number;
  /** When the next timer falls due, in epoch ms; `undefined` when there is none. */
  readonly nextAt: number | undefined;
  /** The durations asked of `after`, in the order they were asked, cancelled ones too: what was slept. */
  readonly slept: readonly number[];
}

/**
 * Makes a clock for tests.
 *
 * @param startMs What `now()` says first, in epoch ms. Default: 2026-01-01T00:00:00Z, the start of a minute and of a day.
 */
export function createManualClock(startMs: number = Date.UTC(2026, 0, 1)): ManualClock {
  return new StandingClock(startMs);
}

interface PendingTimer {
  readonly dueAt: number;
  readonly background: boolean;
  readonly fire: () => void;
}

class StandingClock implements ManualClock {
  #now: number;
  /** In the order they were asked, so that the first of two with the same due time fires first. */
  readonly #timers = new Set<PendingTimer>();
  readonly #slept: number[] = [];

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, fire: () => void, options?: { readonly background?: boolean }): Timer {
    this.#slept.push(ms);
    // Whole milliseconds, as with the real clock: whoever asks for 0.2 ms must not be served at once.
    const dueAt = this.#now + Math.max(0, Math.ceil(ms));
    const timer: PendingTimer = { dueAt, background: options?.background === true, fire };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  async advance(ms: number): Promise<void> {
    const target = this.#target(ms);
    await nextTurn();
    while (this.#fireNext(target)) await nextTurn();
    this.#now = Math.max(this.#now, target);
  }

  advanceSync(ms: number): void {
    const target = this.#target(ms);
    while (this.#fireNext(target));
    this.#now = Math.max(this.#now, target);
  }

  #target(ms: number): number {
    if (!(ms >= 0)) throw new RangeError(`Cannot advance the clock as 'ms' must be a number from 0: current value is ${ms}`);
    return this.#now + ms;
  }

  #fireNext(target: number): boolean {
    const timer = this.#first();
    if (timer === undefined || timer.dueAt > target) return false;
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.dueAt);
    timer.fire();
    return true;
  }

  #first(): PendingTimer | undefined {
    let first: PendingTimer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.dueAt < first.dueAt) first = timer;
    return first;
  }

  get pending(): number {
    return this.#timers.size - this.pendingBackground;
  }

  get pendingBackground(): number {
    let count = 0;
    for (const timer of this.#timers) if (timer.background) count++;
    return count;
  }

  get nextAt(): number | undefined {
    return this.#first()?.dueAt;
  }

  get slept(): readonly number[] {
    return this.#slept;
  }
}

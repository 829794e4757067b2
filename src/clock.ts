/** A pending timer; `cancel` after it fired does nothing. */
export interface Timer {
  cancel(): void;
}

/** The only door to time. Replace it in tests (`createManualClock` of `keywheel/simulator`). */
export interface Clock {
  /** Milliseconds since the Unix epoch; never goes backwards. */
  now(): number;
  /**
   * Runs `fire` once after `ms` milliseconds, however long that is.
   * `background: true` lets the process exit while the timer is pending.
   */
  after(ms: number, fire: () => void, options?: { readonly background?: boolean }): Timer;
}

/** A source of chance: uniform in [0, 1). */
export type Random = () => number;

/** Node fires a timer longer than this at once, so longer ones sleep in slices. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** After so many readings of one millisecond of the wall clock the monotonic one is looked at. */
const MOST_READINGS = 50;

class SystemClock implements Clock {
  // The monotonic clock carries the time, so that a wall clock set back cannot freeze a bucket; a wall clock
  // that is ahead (the machine slept) is followed, as resets at midnight are wall time.
  #ahead = Date.now() - performance.now();
  #wall = -1;
  #now = 0;
  #readings = 0;

  now(): number {
    const wall = Date.now();
    // The wall clock is the cheaper one to look at: within one of its milliseconds nothing moves. One that stands still is found out.
    if (wall === this.#wall && (this.#readings += 1) < MOST_READINGS) return this.#now;
    const elapsed = performance.now();
    this.#ahead = Math.max(this.#ahead, wall - elapsed);
    this.#wall = wall;
    this.#readings = 0;
    this.#now = Math.floor(elapsed + this.#ahead);
    return this.#now;
  }

  after(ms: number, fire: () => void, options?: { readonly background?: boolean }): Timer {
    return new SystemTimer(ms, fire, options?.background === true);
  }
}

class SystemTimer implements Timer {
  #timeout: NodeJS.Timeout | undefined;

  constructor(ms: number, fire: () => void, background: boolean) {
    this.#sleep(Math.max(0, Math.ceil(ms)), fire, background);
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  #sleep(ms: number, fire: () => void, background: boolean): void {
    const left = ms - LONGEST_TIMER_MS;
    this.#timeout = left > 0 ? setTimeout(() => this.#sleep(left, fire, background), LONGEST_TIMER_MS) : setTimeout(fire, ms);
    if (background) this.#timeout.unref();
  }
}

/** Real time. */
export const systemClock: Clock = new SystemClock();

/** Real chance. */
export const systemRandom: Random = Math.random;

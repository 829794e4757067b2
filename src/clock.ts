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

/** Who is woken by a shared timer. */
export interface Sleeper {
  wake(): void;
}

const shared = new WeakMap<Clock, SharedTimers>();

/** The timers that all calls of one clock share. */
export function timersOf(clock: Clock): SharedTimers {
  let timers = shared.get(clock);
  if (timers === undefined) {
    timers = new SharedTimers(clock);
    shared.set(clock, timers);
  }
  return timers;
}

/**
 * Thousands of calls wait with the same time-out, and nearly all end before it: equal ones stand in line in the order of their times and
 * share one timer. A timer each was 300 bytes of a waiting call.
 */
class SharedTimers {
  readonly #clock: Clock;
  readonly #lines = new Map<number, Line>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wakes `sleeper` at `at`, epoch ms; `lengthMs` says who shares a timer. */
  at(at: number, lengthMs: number, sleeper: Sleeper): Timer {
    let line = this.#lines.get(lengthMs);
    if (line === undefined) {
      line = new Line(this.#clock, () => void this.#lines.delete(lengthMs));
      this.#lines.set(lengthMs, line);
    }
    // Who began earlier but lay down later has a timer of its own.
    return line.add(at, sleeper) ?? this.#clock.after(at - this.#clock.now(), () => sleeper.wake());
  }
}

/** Sleepers in the order of their times. The timer is that of the first, or of one who was: then it finds out and is set again. */
class Line {
  readonly #clock: Clock;
  readonly #onEmpty: () => void;
  #first: Place | undefined;
  #last: Place | undefined;
  #timer: Timer | undefined;
  #timerAt = 0;

  constructor(clock: Clock, onEmpty: () => void) {
    this.#clock = clock;
    this.#onEmpty = onEmpty;
  }

  /** `undefined` where the last one is woken later. */
  add(at: number, sleeper: Sleeper): Place | undefined {
    const last = this.#last;
    if (last !== undefined && last.at > at) return undefined;
    const place = new Place(this, at, sleeper, last);
    if (last === undefined) this.#first = place;
    else last.next = place;
    this.#last = place;
    if (this.#timer === undefined) this.#set(at);
    return place;
  }

  remove(place: Place): void {
    const { previous, next } = place;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    if (this.#first !== undefined) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#onEmpty();
  }

  #set(at: number): void {
    this.#timerAt = at;
    this.#timer = this.#clock.after(at - this.#clock.now(), () => this.#ring());
  }

  /** A timer may come a little before its time by the clock: whose it was is woken all the same. */
  #ring(): void {
    this.#timer = undefined;
    const now = Math.max(this.#clock.now(), this.#timerAt);
    try {
      for (let first = this.#first; first !== undefined && first.at <= now; first = this.#first) {
        first.cancel();
        first.sleeper.wake();
      }
    } finally {
      if (this.#first !== undefined && this.#timer === undefined) this.#set(this.#first.at);
    }
  }
}

class Place implements Timer {
  readonly at: number;
  readonly sleeper: Sleeper;
  previous: Place | undefined;
  next: Place | undefined;
  #line: Line | undefined;

  constructor(line: Line, at: number, sleeper: Sleeper, previous: Place | undefined) {
    this.#line = line;
    this.at = at;
    this.sleeper = sleeper;
    this.previous = previous;
  }

  cancel(): void {
    const line = this.#line;
    this.#line = undefined;
    line?.remove(this);
  }
}

/** Real time. */
export const systemClock: Clock = new SystemClock();

/** Real chance. */
export const systemRandom: Random = Math.random;

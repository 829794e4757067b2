import type { Charge, FixedLaw, Law, SlidingLaw } from './bucket.ts';

/** A request may be faster than the one whose place it takes. */
const OVERTAKING_MS = 20;

/** What was sent before this began is dated by it: a little later than it was. */
const CERTAIN_MS = 3000;

/**
 * A window that answers show as a fixed one, before its end has proved it: one that slides looks the same until then. Both bind, as
 * what a sliding window allows a fixed one allows, too.
 */
export class GuardedLaw implements Law {
  readonly kind = 'fixed';
  readonly #fixed: FixedLaw;
  readonly #sliding: SlidingLaw;
  #since = Infinity;

  constructor(fixed: FixedLaw, sliding: SlidingLaw) {
    this.#fixed = fixed;
    this.#sliding = sliding;
  }

  get capacity(): number {
    return this.#fixed.capacity;
  }

  fitsAt(cost: number, now: number): number {
    const slid = this.#sliding.fitsAt(cost, now);
    return Math.max(this.#fixed.fitsAt(cost, now), slid > now ? slid + OVERTAKING_MS : now);
  }

  take(cost: number, now: number): Charge {
    this.#sliding.take(cost, now);
    return this.#fixed.take(cost, now);
  }

  correct(charge: Charge, cost: number, now: number): void {
    this.#fixed.correct(charge, cost, now);
  }

  remaining(now: number): number {
    return Math.min(this.#fixed.remaining(now), this.#sliding.remaining(now));
  }

  resetAt(now: number): number {
    return Math.max(this.#fixed.resetAt(now), this.#sliding.resetAt(now));
  }

  /** True when `remaining` has for a while been more than a window that slides could have left: its end gave everything back at once. */
  isProved(remaining: number, now: number): boolean {
    if (remaining <= this.#sliding.remaining(now) + this.#fixed.capacity / 20 + 3) this.#since = Infinity;
    else this.#since = Math.min(this.#since, now);
    return now - this.#since >= CERTAIN_MS;
  }
}

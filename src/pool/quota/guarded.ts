import type { Charge, FixedLaw, Law, SlidingLaw } from './bucket.ts';

/** A request may be so much faster than the one whose place it takes, as far as a window is long enough to wait for it. */
const OVERTAKING_MS = 60;
const OVERTAKING_SHARE = 0.02;

/** What was sent before a guard began is dated by its beginning; answers and ways add so much to that. */
const DATED_LATE_MS = 200;
/** What is left proves something only beyond what comes back in so long, as far as a window is long enough: others may have sent before us. */
const CERTAIN_MS = 3000;
const CERTAIN_SHARE = 0.25;
/** By so much more than was believed requests are taken to be late once one is refused. */
const LATER = 1.5;
/** What others of the same window took, or what the server rounds, proves nothing. */
const NOISE_SHARE = 0.05;
const NOISE = 3;

/**
 * A window that answers show as a fixed one, before its end has proved it: one that slides looks the same until then. Both bind, as
 * what a sliding window allows a fixed one allows, too. When the told end is there something is free in either, and one request
 * asks how much.
 */
export class GuardedLaw implements Law {
  readonly kind = 'fixed';
  readonly #fixed: FixedLaw;
  readonly #sliding: SlidingLaw;
  #overtakingMs: number;
  /** A refusal showed that nothing is free before. */
  #closedUntil = -Infinity;
  #closedAt = -Infinity;
  readonly #datedLateMs: number;
  readonly #certainMs: number;
  /** The told end of the window, as far as nobody was sent to see what follows it. */
  #askAt = Infinity;
  #askedAt = -Infinity;

  /** `sinceMs`: how long ago the first of what it counts was sent. */
  constructor(fixed: FixedLaw, sliding: SlidingLaw, windowMs: number, sinceMs: number) {
    this.#fixed = fixed;
    this.#sliding = sliding;
    this.#overtakingMs = Math.min(OVERTAKING_MS, windowMs * OVERTAKING_SHARE);
    this.#certainMs = Math.min(CERTAIN_MS, windowMs * CERTAIN_SHARE);
    this.#datedLateMs = Math.min(sinceMs + DATED_LATE_MS, this.#certainMs);
  }

  get capacity(): number {
    return this.#fixed.capacity;
  }

  fitsAt(cost: number, now: number): number {
    const slid = this.#sliding.fitsAt(cost, now);
    const free = slid > now ? slid + this.#overtakingMs : now;
    // One that slides gives back at the told end, too: where that is about when we expect it, there is nothing to ask.
    const at = slid - this.#askAt > this.#datedLateMs ? Math.max(now, this.#askAt) : free;
    return Math.max(this.#fixed.fitsAt(cost, now), at, this.#closedUntil);
  }

  take(cost: number, now: number): Charge {
    if (now >= this.#askAt) {
      this.#askedAt = this.#askAt;
      this.#askAt = Infinity;
    }
    this.#sliding.take(cost, now);
    return this.#fixed.take(cost, now);
  }

  correct(charge: Charge, cost: number, now: number): void {
    // As another charge: what it was is forgotten with it.
    if (cost !== charge.cost) this.#sliding.take(cost - charge.cost, now);
    this.#fixed.correct(charge, cost, now);
  }

  remaining(now: number): number {
    return Math.min(this.#fixed.remaining(now), this.#sliding.remaining(now));
  }

  resetAt(now: number): number {
    return Math.max(this.#fixed.resetAt(now), this.#sliding.resetAt(now));
  }

  /** The server told when its window ends, and it seems to be so long. */
  told(endsAt: number, windowMs: number): void {
    this.#sliding.setWindow(windowMs);
    // Where it slides the told end moves all the time: asking each time would be sending early.
    const at = endsAt + this.#overtakingMs;
    if (at > this.#askedAt + this.#certainMs) this.#askAt = at;
  }

  /** It was empty when we thought that it was not: what was sent came later than we date it, by more than was believed. */
  refused(sentAt: number, now: number): void {
    if (sentAt <= this.#closedAt) return;
    this.#closedAt = now;
    this.#overtakingMs = Math.min(this.#certainMs, this.#overtakingMs * LATER);
    this.#closedUntil = now + this.#overtakingMs;
  }

  /** True when `remaining` is more than a window that slides could have left: its end gave everything back at once. */
  isProved(remaining: number, now: number): boolean {
    return remaining > this.#sliding.remainingBy(now + this.#datedLateMs) + this.#fixed.capacity * NOISE_SHARE + NOISE;
  }
}

/** What a limit counts. */
export type Counts = 'requests' | 'tokens' | 'input' | 'output';

/** How a provider enforces a limit. Written apart from the client's own laws, so that a mistake of these is none of ours. */
export type Kind =
  | { readonly of: 'refill'; readonly burst: number }
  | { readonly of: 'fixed'; readonly anchor: 'clock' | 'first-use' }
  | { readonly of: 'sliding' };

export interface Reading {
  readonly limit: number;
  readonly remaining: number;
  /** Until it is whole again, ms. */
  readonly resetMs: number;
}

/** One limit at work. */
export interface Law {
  /** What is free. */
  free(now: number): number;
  take(amount: number, now: number): void;
  /** Gives back (or, below 0, takes) what was taken at `takenAt`. */
  correct(amount: number, takenAt: number, now: number): void;
  /** Until `amount` would be free, ms. */
  waitFor(amount: number, now: number): number;
  read(now: number): Reading;
  /** From now on it allows `factor` times as much. */
  change(factor: number, now: number): void;
}

export function createLaw(limit: number, windowMs: number, kind: Kind): Law {
  switch (kind.of) {
    case 'refill':
      return new TokenBucket(limit, windowMs, kind.burst);
    case 'fixed':
      return new FixedWindow(limit, windowMs, kind.anchor);
    case 'sliding':
      return new SlidingWindow(limit, windowMs);
  }
}

class TokenBucket implements Law {
  #limit: number;
  #burst: number;
  #perMs: number;
  #level: number;
  #at: number | undefined;

  constructor(limit: number, windowMs: number, burst: number) {
    this.#limit = limit;
    this.#burst = burst;
    this.#perMs = limit / windowMs;
    this.#level = burst;
  }

  free(now: number): number {
    this.#level = Math.min(this.#burst, this.#level + (now - (this.#at ?? now)) * this.#perMs);
    this.#at = now;
    return this.#level + 1e-9;
  }

  take(amount: number, now: number): void {
    this.free(now);
    this.#level -= amount;
  }

  correct(amount: number, _takenAt: number, now: number): void {
    this.take(-amount, now);
  }

  waitFor(amount: number, now: number): number {
    return Math.max(0, (amount - this.free(now)) / this.#perMs);
  }

  read(now: number): Reading {
    const level = this.free(now);
    return { limit: this.#limit, remaining: Math.max(0, Math.floor(level)), resetMs: Math.max(0, (this.#burst - level) / this.#perMs) };
  }

  change(factor: number, now: number): void {
    this.free(now);
    this.#limit *= factor;
    this.#burst *= factor;
    this.#perMs *= factor;
  }
}

class FixedWindow implements Law {
  #limit: number;
  readonly #windowMs: number;
  readonly #anchor: 'clock' | 'first-use';
  #start = -Infinity;
  #used = 0;

  constructor(limit: number, windowMs: number, anchor: 'clock' | 'first-use') {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#anchor = anchor;
  }

  free(now: number): number {
    if (now >= this.#start + this.#windowMs) {
      this.#start = this.#anchor === 'clock' ? Math.floor(now / this.#windowMs) * this.#windowMs : now;
      this.#used = 0;
    }
    return this.#limit - this.#used;
  }

  take(amount: number, now: number): void {
    this.free(now);
    this.#used += amount;
  }

  correct(amount: number, takenAt: number, now: number): void {
    this.free(now);
    if (takenAt >= this.#start) this.#used -= amount;
  }

  waitFor(amount: number, now: number): number {
    return amount <= this.free(now) ? 0 : this.#start + this.#windowMs - now;
  }

  read(now: number): Reading {
    const free = this.free(now);
    return { limit: this.#limit, remaining: Math.max(0, Math.floor(free)), resetMs: this.#start + this.#windowMs - now };
  }

  change(factor: number, now: number): void {
    this.free(now);
    this.#limit *= factor;
  }
}

class SlidingWindow implements Law {
  #limit: number;
  readonly #windowMs: number;
  #taken: { readonly at: number; amount: number }[] = [];
  #used = 0;

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  free(now: number): number {
    while ((this.#taken[0]?.at ?? Infinity) <= now - this.#windowMs) this.#used -= this.#taken.shift()?.amount ?? 0;
    return this.#limit - this.#used;
  }

  take(amount: number, now: number): void {
    this.free(now);
    this.#taken.push({ at: now, amount });
    this.#used += amount;
  }

  correct(amount: number, takenAt: number, now: number): void {
    this.free(now);
    const entry = this.#taken.findLast(({ at }) => at === takenAt);
    if (entry === undefined) return;
    entry.amount -= amount;
    this.#used -= amount;
  }

  waitFor(amount: number, now: number): number {
    let free = this.free(now);
    if (free >= amount) return 0;
    for (const entry of this.#taken) {
      free += entry.amount;
      if (free >= amount) return entry.at + this.#windowMs - now;
    }
    return 0;
  }

  read(now: number): Reading {
    const free = this.free(now);
    const oldest = this.#taken[0];
    // What such servers tell: when the next unit comes back.
    return {
      limit: this.#limit,
      remaining: Math.max(0, Math.floor(free)),
      resetMs: oldest === undefined ? 0 : oldest.at + this.#windowMs - now,
    };
  }

  change(factor: number, now: number): void {
    this.free(now);
    this.#limit *= factor;
  }
}

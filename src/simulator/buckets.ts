/** What a bucket counts. */
export type BucketCounts = 'requests' | 'tokens' | 'input' | 'output';

/**
 * How a bucket gives back: `refill` continuously at limit / window up to its burst (a token bucket), `fixed` all at once
 * when the window ends, `sliding` each unit one window after it was taken.
 */
export type BucketKind = 'refill' | 'fixed' | 'sliding';

/** One limit, checked, with every default filled in. */
export interface BucketSettings {
  readonly counts: BucketCounts;
  readonly kind: BucketKind;
  readonly limit: number;
  readonly windowMs: number;
  /** The most that is ever available at one moment. */
  readonly capacity: number;
  readonly anchor: 'clock' | 'first-use';
  /** Patterns of the models it is for; `undefined` for all. */
  readonly models: readonly string[] | undefined;
  /** True when each model has one of its own. */
  readonly perModel: boolean;
  /** How messages call its window. */
  readonly unit: 'min' | 'hour' | 'day';
}

/** What a bucket says of itself at a moment. */
export interface Reading {
  readonly limit: number;
  /** Whole units that are free now, never below 0. */
  readonly remaining: number;
  /** How long until it is full again. */
  readonly resetMs: number;
}

/** Takes the true amount, when it is known, in place of the one that was taken. */
export type Settle = (amount: number, now: number) => void;

/** One limit at work. Amounts may be taken whether they fit or not: the caller asks `waitFor` first. */
export interface Bucket {
  /** Milliseconds until `amount` fits if nobody else comes; 0 is now, `Infinity` never. */
  waitFor(amount: number, now: number): number;
  take(amount: number, now: number): Settle;
  /** Counts one refused request. A token bucket stops at empty: it cannot be asked into debt. */
  waste(now: number): void;
  read(now: number): Reading;
}

/** Makes an unused bucket. */
export function createBucket(settings: BucketSettings, now: number): Bucket {
  if (settings.kind === 'refill') return new RefillBucket(settings, now);
  return settings.kind === 'fixed' ? new FixedBucket(settings) : new SlidingBucket(settings);
}

/** A wait that was announced must be enough: sums of fractions miss a whole by less than what comes in during this. */
const TOLERANCE_MS = 1e-3;

class RefillBucket implements Bucket {
  readonly #limit: number;
  readonly #capacity: number;
  readonly #perMs: number;
  /** Below 0 when answers used more than was reserved: the debt is paid before the next request. */
  #level: number;
  #at: number;

  constructor(settings: BucketSettings, now: number) {
    this.#limit = settings.limit;
    this.#capacity = settings.capacity;
    this.#perMs = settings.limit / settings.windowMs;
    this.#level = settings.capacity;
    this.#at = now;
  }

  waitFor(amount: number, now: number): number {
    if (amount > this.#capacity) return Infinity;
    const missingMs = (amount - this.#refill(now)) / this.#perMs;
    return Math.max(0, Math.ceil(missingMs - TOLERANCE_MS));
  }

  take(amount: number, now: number): Settle {
    const left = this.#refill(now) - amount;
    // What was forgiven at admission must not add up.
    this.#level = left < 0 && left >= -TOLERANCE_MS * this.#perMs ? 0 : left;
    return (used, later) => {
      // Above full until it is looked at again: refilling cuts it off.
      this.#level = this.#refill(later) + amount - used;
    };
  }

  waste(now: number): void {
    const level = this.#refill(now);
    this.#level = Math.min(level, Math.max(0, level - 1));
  }

  read(now: number): Reading {
    const level = this.#refill(now);
    const resetMs = Math.ceil((this.#capacity - level) / this.#perMs - TOLERANCE_MS);
    const remaining = Math.floor(level + TOLERANCE_MS * this.#perMs);
    return { limit: this.#limit, remaining: Math.min(this.#capacity, Math.max(0, remaining)), resetMs: Math.max(0, resetMs) };
  }

  #refill(now: number): number {
    this.#level = Math.min(this.#capacity, this.#level + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = Math.max(this.#at, now);
    return this.#level;
  }
}

class FixedBucket implements Bucket {
  readonly #settings: BucketSettings;
  #start = -Infinity;
  #used = 0;

  constructor(settings: BucketSettings) {
    this.#settings = settings;
  }

  waitFor(amount: number, now: number): number {
    this.#turn(now);
    if (amount > this.#settings.limit) return Infinity;
    return this.#used + amount <= this.#settings.limit ? 0 : this.#start + this.#settings.windowMs - now;
  }

  take(amount: number, now: number): Settle {
    this.#turn(now);
    // A window that begins with its first use begins here.
    if (this.#start === -Infinity) this.#start = now;
    this.#used += amount;
    const start = this.#start;
    return (used, later) => {
      this.#turn(later);
      // The window in which it was taken is over, and with it the charge.
      if (this.#start === start) this.#used = Math.max(0, this.#used + used - amount);
    };
  }

  waste(now: number): void {
    this.take(1, now);
  }

  read(now: number): Reading {
    this.#turn(now);
    const resetMs = this.#used === 0 ? 0 : this.#start + this.#settings.windowMs - now;
    return { limit: this.#settings.limit, remaining: Math.max(0, this.#settings.limit - this.#used), resetMs };
  }

  #turn(now: number): void {
    const { windowMs, anchor } = this.#settings;
    if (now < this.#start + windowMs) return;
    this.#start = anchor === 'clock' ? Math.floor(now / windowMs) * windowMs : -Infinity;
    this.#used = 0;
  }
}

interface Taken {
  readonly at: number;
  amount: number;
}

class SlidingBucket implements Bucket {
  readonly #settings: BucketSettings;
  readonly #taken: Taken[] = [];
  /** Entries before this one have left the window; removing them one by one would move the whole list each time. */
  #head = 0;
  #used = 0;

  constructor(settings: BucketSettings) {
    this.#settings = settings;
  }

  waitFor(amount: number, now: number): number {
    this.#forget(now);
    const { limit, windowMs } = this.#settings;
    if (amount > limit) return Infinity;
    let excess = this.#used + amount - limit;
    for (let index = this.#head; excess > 0; index++) {
      const entry = this.#taken[index];
      if (entry === undefined) return 0;
      excess -= entry.amount;
      if (excess <= 0) return entry.at + windowMs - now;
    }
    return 0;
  }

  take(amount: number, now: number): Settle {
    this.#forget(now);
    const entry: Taken = { at: now, amount };
    this.#taken.push(entry);
    this.#used += amount;
    return (used, later) => {
      this.#forget(later);
      if (later >= entry.at + this.#settings.windowMs) return;
      this.#used += used - entry.amount;
      entry.amount = used;
    };
  }

  waste(now: number): void {
    this.take(1, now);
  }

  read(now: number): Reading {
    this.#forget(now);
    const newest = this.#taken.at(-1);
    const resetMs = newest === undefined || this.#head === this.#taken.length ? 0 : newest.at + this.#settings.windowMs - now;
    return { limit: this.#settings.limit, remaining: Math.max(0, this.#settings.limit - this.#used), resetMs };
  }

  #forget(now: number): void {
    for (let entry = this.#taken[this.#head]; entry !== undefined; entry = this.#taken[this.#head]) {
      if (entry.at + this.#settings.windowMs > now) break;
      this.#used -= entry.amount;
      this.#head++;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#taken.length) this.#head -= this.#taken.splice(0, this.#head).length;
  }
}

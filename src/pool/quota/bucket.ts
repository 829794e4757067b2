import type { BucketKind } from './limits.ts';

/** A reservation in a bucket, settled or given back later. */
export interface Charge {
  cost: number;
  /** The bucket's own mark of when it was charged. */
  readonly at: number;
}

/** How a bucket counts: the law of one kind. Costs are numbers of what it counts, instants are epoch ms. */
export interface Law {
  readonly kind: BucketKind;
  /** The most that can ever be taken at once. */
  readonly capacity: number;
  /** Instant at which `cost` fits; `now` when it fits already. A cost above the capacity counts as the capacity. */
  fitsAt(cost: number, now: number): number;
  take(cost: number, now: number): Charge;
  /** The true cost is known: what was reserved too much comes back, what was too little is owed. */
  correct(charge: Charge, cost: number, now: number): void;
  remaining(now: number): number;
  /** When everything is free again if nothing more is taken. */
  resetAt(now: number): number;
}

/** Two counts of one limit become one: what either has spent is spent of it. Both are of one kind and size. */
export function uniteLaws(into: Law, from: Law, now: number): void {
  if (into instanceof SlidingLaw && from instanceof SlidingLaw) into.absorb(from, now);
  else into.take(from.capacity - from.remaining(now), now);
}

/** The margin for sums of fractions, so that 10 refills of a tenth make a whole. */
const EPSILON = 1e-6;

/** A token bucket: `burst` at most, refilled continuously with `limit` a window. */
export class RefillLaw implements Law {
  readonly kind = 'refill';
  #perMs: number;
  #burst: number;
  #level: number;
  #at: number;

  constructor(spec: { readonly limit: number; readonly windowMs: number; readonly burst: number }, now: number) {
    this.#perMs = spec.limit / spec.windowMs;
    this.#burst = spec.burst;
    this.#level = spec.burst;
    this.#at = now;
  }

  get capacity(): number {
    return this.#burst;
  }

  fitsAt(cost: number, now: number): number {
    const short = Math.min(cost, this.#burst) - this.#levelAt(now);
    return short <= EPSILON ? now : now + Math.ceil(short / this.#perMs - EPSILON);
  }

  take(cost: number, now: number): Charge {
    this.#level = this.#levelAt(now) - cost;
    this.#at = now;
    return { cost, at: now };
  }

  correct(charge: Charge, cost: number, now: number): void {
    this.#level = Math.min(this.#burst, this.#levelAt(now) + charge.cost - cost);
    this.#at = now;
    charge.cost = cost;
  }

  remaining(now: number): number {
    return this.#levelAt(now);
  }

  resetAt(now: number): number {
    return now + Math.max(0, (this.#burst - this.#levelAt(now)) / this.#perMs);
  }

  /** Moves the level by so much. */
  give(amount: number, now: number): void {
    this.setLevel(this.#levelAt(now) + amount, now);
  }

  /** From now on it refills so fast. */
  setRate(perMs: number, now: number): void {
    if (perMs === this.#perMs) return;
    this.setLevel(this.#levelAt(now), now);
    this.#perMs = perMs;
  }

  get perMs(): number {
    return this.#perMs;
  }

  /** The server's word on the level. */
  setLevel(level: number, now: number): void {
    this.#level = Math.min(level, this.#burst);
    this.#at = now;
  }

  /** The server's word on rate and burst; the level stays what it is. */
  setShape(shape: { readonly limit: number; readonly windowMs: number; readonly burst: number }, now: number): void {
    const level = this.#levelAt(now);
    this.#perMs = shape.limit / shape.windowMs;
    this.#burst = shape.burst;
    this.setLevel(level, now);
  }

  #levelAt(now: number): number {
    return Math.min(this.#burst, this.#level + Math.max(0, now - this.#at) * this.#perMs);
  }
}

/** A counter that starts anew with each window; windows follow the wall clock until a server tells its own phase. */
export class FixedLaw implements Law {
  readonly kind = 'fixed';
  #limit: number;
  #windowMs: number;
  #used = 0;
  #endsAt: number;

  constructor(spec: { readonly limit: number; readonly windowMs: number }, now: number) {
    this.#limit = spec.limit;
    this.#windowMs = spec.windowMs;
    this.#endsAt = now - (now % spec.windowMs) + spec.windowMs;
  }

  get capacity(): number {
    return this.#limit;
  }

  fitsAt(cost: number, now: number): number {
    this.#turn(now);
    const wanted = Math.min(cost, this.#limit);
    if (this.#used + wanted <= this.#limit + EPSILON) return now;
    // What an overdraft took is owed by the following windows.
    const windows = Math.ceil((this.#used + wanted - EPSILON) / this.#limit) - 1;
    return this.#endsAt + (windows - 1) * this.#windowMs;
  }

  take(cost: number, now: number): Charge {
    this.#turn(now);
    this.#used += cost;
    return { cost, at: this.#endsAt };
  }

  correct(charge: Charge, cost: number, now: number): void {
    this.#turn(now);
    // A server's window end wobbles by the way of its answer, so the same window is one that ends at about the same time.
    if (Math.abs(charge.at - this.#endsAt) < this.#windowMs / 2) this.#used = Math.max(0, this.#used + cost - charge.cost);
    charge.cost = cost;
  }

  remaining(now: number): number {
    this.#turn(now);
    return this.#limit - this.#used;
  }

  resetAt(now: number): number {
    this.#turn(now);
    return this.#used > 0 ? this.#endsAt : now;
  }

  /** When the current window ends. */
  endsAt(now: number): number {
    this.#turn(now);
    return this.#endsAt;
  }

  /** The server's word: what is left and when its window ends. */
  setWindow(state: { readonly limit: number; readonly windowMs: number; readonly remaining: number; readonly endsAt: number }): void {
    this.#limit = state.limit;
    this.#windowMs = state.windowMs;
    this.#used = state.limit - state.remaining;
    this.#endsAt = state.endsAt;
  }

  #turn(now: number): void {
    if (now < this.#endsAt) return;
    const windows = Math.floor((now - this.#endsAt) / this.#windowMs) + 1;
    this.#used = Math.max(0, this.#used - windows * this.#limit);
    this.#endsAt += windows * this.#windowMs;
  }
}

/** Exactly what was taken during the last window. */
export class SlidingLaw implements Law {
  readonly kind = 'sliding';
  readonly #limit: number;
  #windowMs: number;
  #charges: Charge[] = [];
  #first = 0;
  #used = 0;

  constructor(spec: { readonly limit: number; readonly windowMs: number }) {
    this.#limit = spec.limit;
    this.#windowMs = spec.windowMs;
  }

  get capacity(): number {
    return this.#limit;
  }

  fitsAt(cost: number, now: number): number {
    this.#forget(now);
    let over = this.#used + Math.min(cost, this.#limit) - this.#limit - EPSILON;
    if (over <= 0) return now;
    for (let index = this.#first; index < this.#charges.length; index += 1) {
      const charge = this.#charges[index];
      if (charge === undefined) break;
      over -= charge.cost;
      if (over <= 0) return charge.at + this.#windowMs;
    }
    return now + this.#windowMs;
  }

  take(cost: number, now: number): Charge {
    this.#forget(now);
    const charge = { cost, at: now };
    this.#charges.push(charge);
    this.#used += cost;
    return charge;
  }

  /** The very charges of another one, so that each leaves the window at its own time. */
  absorb(other: SlidingLaw, now: number): void {
    this.#forget(now);
    other.#forget(now);
    const charges = [...this.#charges.slice(this.#first), ...other.#charges.slice(other.#first)];
    this.#charges = charges.toSorted((a, b) => a.at - b.at);
    this.#first = 0;
    this.#used += other.#used;
  }

  correct(charge: Charge, cost: number, now: number): void {
    this.#forget(now);
    if (charge.at > now - this.#windowMs) this.#used += cost - charge.cost;
    charge.cost = cost;
  }

  remaining(now: number): number {
    this.#forget(now);
    return this.#limit - this.#used;
  }

  /** The window turned out to be so long: what has left it already stays away. */
  setWindow(windowMs: number): void {
    this.#windowMs = windowMs;
  }

  /** What will be left at `at` if nothing more is taken. */
  remainingBy(at: number): number {
    let used = this.#used;
    for (let index = this.#first; index < this.#charges.length; index += 1) {
      const charge = this.#charges[index];
      if (charge === undefined || charge.at > at - this.#windowMs) break;
      used -= charge.cost;
    }
    return this.#limit - used;
  }

  resetAt(now: number): number {
    this.#forget(now);
    const last = this.#charges.at(-1);
    return last === undefined || this.#used <= 0 ? now : last.at + this.#windowMs;
  }

  #forget(now: number): void {
    for (
      let charge = this.#charges[this.#first];
      charge !== undefined && charge.at <= now - this.#windowMs;
      charge = this.#charges[this.#first]
    ) {
      this.#used -= charge.cost;
      this.#first += 1;
    }
    // Sums of fractions drift: a residue in an empty window would make a full-size cost wait for ever.
    if (this.#first === this.#charges.length) this.#used = 0;
    // Dropping the spent head only now and then keeps forgetting cheap.
    if (this.#first > 64 && this.#first * 2 > this.#charges.length) {
      this.#charges = this.#charges.slice(this.#first);
      this.#first = 0;
    }
  }
}

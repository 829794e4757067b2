import type { BucketReading, Counted } from '../../failure.ts';
import { type Charge, FixedLaw, type Law, RefillLaw, SlidingLaw } from './bucket.ts';
import { beginLearning, learn, type Learned } from './learn.ts';
import { type BucketSpec, type Cost, costIn } from './limits.ts';

/** Pays for jitter and for answers that overtake each other: a start computed from the server's word is never too early by so much. */
const SAFETY_MS = 5;

/** One bucket of a group: a law with what it counts, for whom and who said so. */
export interface Meter {
  readonly counts: Counted;
  readonly source: 'configured' | 'learned';
  /** `undefined` when models share it. */
  readonly model: string | undefined;
  readonly limit: number;
  readonly windowMs: number;
  readonly law: Law;
  readonly slackMs: number;
  /** What it was configured by. */
  readonly spec?: BucketSpec;
  /** The meter that counts for it since their groups turned out to be one. */
  heir: Meter | undefined;
}

/** The meter that counts now what `meter` counted. */
export function heirOf(meter: Meter): Meter {
  return meter.heir === undefined ? meter : heirOf(meter.heir);
}

/** An attempt whose answer's headers are not here yet: the server may not have counted it when it spoke. */
export interface Unheard {
  readonly cost: Cost;
  readonly sentAt: number | undefined;
  /** Whose it is. */
  readonly key?: object;
  /** Its key turned out to draw on another quota: what it charged to this one is given back. */
  release?(now: number): void;
  /** Charges it to a meter that came to bind its group while it was out. */
  reserve?(meter: Meter, now: number): void;
}

export function configuredMeter(spec: BucketSpec, model: string | undefined, now: number): Meter {
  const { counts, limit, windowMs } = spec;
  return { counts, source: 'configured', model, limit, windowMs, law: lawOf(spec, now), slackMs: 0, spec, heir: undefined };
}

function lawOf(spec: BucketSpec, now: number): Law {
  switch (spec.kind) {
    case 'refill':
      return new RefillLaw(spec, now);
    case 'fixed':
      return new FixedLaw(spec, now);
    case 'sliding':
      return new SlidingLaw(spec);
  }
}

/** A bucket that the server's answers tell of. */
export class LearnedMeter implements Meter {
  readonly source = 'learned';
  readonly slackMs = SAFETY_MS;
  readonly counts: Counted;
  readonly model: string;
  heir: Meter | undefined;
  #learned: Learned;
  #law: RefillLaw | FixedLaw;
  /** When the last believed answer's request was sent: answers of earlier ones are old news. */
  #sentAt = -Infinity;

  constructor(
    counts: Counted,
    model: string,
    sample: { readonly limit: number; readonly remaining: number; readonly resetMs: number | undefined },
    windowMs: number,
    now: number,
  ) {
    this.counts = counts;
    this.model = model;
    this.#learned = beginLearning(sample, windowMs);
    this.#law = new RefillLaw(this.#learned, now);
  }

  get limit(): number {
    return this.#learned.limit;
  }

  get windowMs(): number {
    return this.#learned.windowMs;
  }

  get law(): Law {
    return this.#law;
  }

  /**
   * Applies what an answer said. `remaining` is what the server had counted then, so what was sent after that request and is
   * still unanswered is subtracted. It lowers the level at once and raises it only as far as nothing in flight can explain.
   */
  hear(reading: BucketReading, sentAt: number, unheard: Iterable<Unheard>, now: number): void {
    const limit = reading.limit ?? this.#learned.limit;
    // A limit of nothing could never be unlearned, as nothing would be sent again.
    if (sentAt < this.#sentAt || limit <= 0) return;
    // Of two requests of one millisecond nobody knows which the server counted first.
    const latest = sentAt > this.#sentAt;
    this.#sentAt = sentAt;
    if (reading.remaining === undefined) {
      if (limit !== this.#learned.limit) this.#reshape(learn(this.#learned, { limit, remaining: limit, resetMs: undefined }), now);
      return;
    }
    this.#reshape(learn(this.#learned, { limit, remaining: reading.remaining, resetMs: reading.resetMs }), now);
    let after = 0;
    let all = 0;
    for (const attempt of unheard) {
      const cost = costIn(this.counts, attempt.cost);
      all += cost;
      if (attempt.sentAt === undefined || attempt.sentAt >= sentAt) after += cost;
    }
    this.#setLevel(reading.remaining - after, latest ? reading.remaining - all : -Infinity, reading.resetMs, now);
  }

  /** True when its last believed word is at least as young. */
  outlives(other: LearnedMeter): boolean {
    return this.#sentAt >= other.#sentAt;
  }

  /**
   * The other one told of the very same bucket, so the lower level counts. Neither knew what was out beside it: `own` is what this
   * one had out, `others` what the other one had.
   */
  absorb(other: LearnedMeter, out: { readonly own: number; readonly others: number }, now: number): void {
    other.heir = this;
    const law = this.#law;
    const remaining = Math.min(law.remaining(now) - out.others, other.law.remaining(now) - out.own);
    if (law.kind === 'refill') {
      law.setLevel(remaining, now);
      return;
    }
    const endsAt = Math.max(law.endsAt(now), other.#law.kind === 'fixed' ? other.#law.endsAt(now) : now);
    law.setWindow({ limit: this.limit, windowMs: this.windowMs, remaining, endsAt });
  }

  #setLevel(highest: number, surest: number, resetMs: number | undefined, now: number): void {
    const law = this.#law;
    const level = law.remaining(now);
    const remaining = highest < level ? highest : Math.max(level, surest);
    if (law.kind === 'refill') {
      if (remaining !== level) law.setLevel(remaining, now);
      return;
    }
    const endsAt = resetMs === undefined ? law.endsAt(now) : now + resetMs;
    law.setWindow({ limit: this.limit, windowMs: this.windowMs, remaining, endsAt: Math.max(now + 1, endsAt) });
  }

  #reshape(next: Learned, now: number): void {
    const before = this.#learned;
    this.#learned = next;
    if (next.kind !== this.#law.kind) {
      this.#law = next.kind === 'fixed' ? new FixedLaw(next, now) : new RefillLaw(next, now);
      return;
    }
    if (this.#law.kind === 'refill' && (next.limit !== before.limit || next.windowMs !== before.windowMs || next.burst !== before.burst)) {
      this.#law.setShape(next, now);
    }
  }
}

/** What one lease took from one meter. */
export interface Taken {
  readonly meter: Meter;
  readonly charge: Charge;
}

export function take(meter: Meter, cost: Cost, now: number): Taken {
  return { meter, charge: meter.law.take(costIn(meter.counts, cost), now) };
}

import type { BucketReading, Counted } from '../../failure.ts';
import { Alignment, type Mark } from './alignment.ts';
import { FixedLaw, type Law, RefillLaw, SlidingLaw } from './bucket.ts';
import { GuardedLaw } from './guarded.ts';
import { beginLearning, isFine, learn, type Learned, seenWindowMs } from './learn.ts';
import { costIn } from './limits.ts';
import type { Meter, Unheard } from './meter.ts';

/** Pays for jitter and for answers that overtake each other: a start computed from the server's word is never too early by so much. */
const SAFETY_MS = 5;

/** An attempt whose answer speaks of a limit. */
export interface Speaker {
  readonly sentAt: number;
  readonly mark: Mark | undefined;
  /** What it cost, as the limit counts; 0 where it was not charged. */
  readonly cost: number;
  /** Refused, so that what is left does not have it in it. */
  readonly refused: boolean;
  /** When it would have been admitted, as far as the answer said so to the millisecond. */
  readonly inMs: number | undefined;
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
  /** While nothing has proved that a window does not slide. */
  #guarded: GuardedLaw | undefined;
  #alignment: Alignment;
  readonly #beganAt: number;
  /** What the attempt found that told of it first. */
  #first: Mark | undefined;
  /** When the last believed answer's request was sent: of a window, answers of earlier ones are old news. */
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
    this.#alignment = new Alignment(now);
    this.#beganAt = now;
  }

  get limit(): number {
    return this.#learned.limit;
  }

  get windowMs(): number {
    return this.#learned.windowMs;
  }

  get law(): Law {
    return this.#guarded ?? this.#law;
  }

  mark(cost: number, now: number): Mark {
    return this.#alignment.mark(this.#law.remaining(now), cost, now);
  }

  settled(difference: number): void {
    this.#alignment.settle(difference);
  }

  /**
   * The first answer that tells of it: the level was `remaining` when its request came. What was sent since is taken again, each
   * at its time, and what was sent before gets the mark that it would have found.
   */
  begin(remaining: number, speaker: Speaker, unheard: Iterable<Unheard>): void {
    const law = this.#law;
    if (law.kind !== 'refill') return;
    const { sentAt } = speaker;
    law.setLevel(remaining, sentAt);
    this.#first = { level: remaining - (speaker.refused ? speaker.cost : 0), settled: 0 };
    const out = [...unheard].filter((attempt) => attempt.adopt !== undefined && attempt.sentAt !== undefined);
    const later = out.filter((attempt) => (attempt.sentAt ?? 0) >= sentAt).toSorted((a, b) => (a.sentAt ?? 0) - (b.sentAt ?? 0));
    const earlier = out.filter((attempt) => (attempt.sentAt ?? 0) < sentAt).toSorted((a, b) => (b.sentAt ?? 0) - (a.sentAt ?? 0));
    let level = remaining + (speaker.refused ? 0 : speaker.cost);
    for (const attempt of earlier) {
      const at = attempt.sentAt ?? sentAt;
      const amount = costIn(this.counts, attempt.cost);
      const mark = { level: level - law.perMs * (sentAt - at), settled: 0 };
      attempt.adopt?.({ meter: this, charge: { cost: amount, at }, mark });
      level += amount;
    }
    for (const attempt of later) {
      const at = attempt.sentAt ?? sentAt;
      const amount = costIn(this.counts, attempt.cost);
      const charge = law.take(amount, at);
      attempt.adopt?.({ meter: this, charge, mark: this.mark(amount, at) });
    }
  }

  /** Applies what an answer said: the rate, the burst and the kind of the bucket, and its level. */
  hear(reading: BucketReading, speaker: Speaker, unheard: Iterable<Unheard>, now: number): void {
    const limit = reading.limit ?? this.#learned.limit;
    // A limit of nothing could never be unlearned, as nothing would be sent again.
    if (limit <= 0) return;
    if (reading.remaining === undefined) {
      if (limit !== this.#learned.limit) this.#reshape(learn(this.#learned, { limit, remaining: limit, resetMs: undefined }), now);
      return;
    }
    const { remaining, resetMs } = reading;
    if (speaker.sentAt >= this.#sentAt) this.#reshape(learn(this.#learned, { limit, remaining, resetMs }), now);
    if (this.#law.kind === 'refill') this.#align(this.#law, this.#levelOf(remaining, resetMs, speaker), speaker, now);
    else if (speaker.sentAt >= this.#sentAt) this.#setWindow(this.#law, remaining, resetMs, speaker, unheard, now);
    if (speaker.sentAt > this.#sentAt) this.#sentAt = speaker.sentAt;
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
      this.#alignment = new Alignment(now);
      this.#first = undefined;
      return;
    }
    const endsAt = Math.max(law.endsAt(now), other.#law.kind === 'fixed' ? other.#law.endsAt(now) : now);
    law.setWindow({ limit: this.limit, windowMs: this.windowMs, remaining, endsAt });
  }

  /** What is out was charged to two: it gets the marks that it would have found at one. */
  remark(unheard: Iterable<Unheard>, now: number): void {
    const law = this.#law;
    if (law.kind !== 'refill') return;
    const out = [...unheard].filter(({ sentAt }) => sentAt !== undefined).toSorted((a, b) => (b.sentAt ?? now) - (a.sentAt ?? now));
    let level = law.remaining(now);
    for (const attempt of out) {
      const sentAt = attempt.sentAt ?? now;
      attempt.remark?.(this, { level: level - law.perMs * (now - sentAt), settled: 0 });
      level += costIn(this.counts, attempt.cost);
    }
  }

  /** Several meters turned out to be one, which is at `level`: what each knew of its own part is wrong for all. */
  restart(level: number, readAt: 'admission' | 'answer', now: number): void {
    if (this.#law.kind !== 'refill') return;
    this.#law.setLevel(level, now);
    this.#alignment = new Alignment(now, readAt);
  }

  /** `remaining` is a whole number; how long until the bucket is full tells the level finer, within that number. */
  #levelOf(remaining: number, resetMs: number | undefined, { refused, cost, inMs }: Speaker): number {
    const { limit, windowMs, burst } = this.#learned;
    if (refused && inMs !== undefined && remaining < cost) return Math.max(remaining, cost - (inMs * limit) / windowMs);
    if (resetMs === undefined || !isFine(this.#learned, resetMs)) return remaining;
    return Math.min(remaining + 1, Math.max(remaining, burst - (resetMs * limit) / windowMs));
  }

  #align(law: RefillLaw, value: number, speaker: Speaker, now: number): void {
    let mark = speaker.mark ?? this.#first;
    this.#first = undefined;
    if (mark !== undefined && speaker.refused) mark = { ...mark, level: mark.level + speaker.cost };
    const unit = Math.max(1, speaker.cost);
    // Answers on their way have settled at the server already: what they gave back is not ours to spend until they are here.
    const sure = this.counts === 'requests' ? value : value - unit;
    const change = this.#alignment.hear(sure, { mark, level: law.remaining(now), unit, now });
    if (change !== 0) law.give(change, now);
  }

  /** Lowered at once where it is more than is left; raised only as far as nothing in flight can explain. */
  #setWindow(
    law: FixedLaw,
    left: number,
    resetMs: number | undefined,
    { sentAt, refused }: Speaker,
    unheard: Iterable<Unheard>,
    now: number,
  ): void {
    let after = 0;
    let all = 0;
    for (const attempt of unheard) {
      const cost = costIn(this.counts, attempt.cost);
      all += cost;
      if (attempt.sentAt === undefined || attempt.sentAt >= sentAt) after += cost;
    }
    if (this.#guarded?.isProved(left - after, now) === true) this.#guarded = undefined;
    const level = law.remaining(now);
    const highest = left - after;
    // What is out may be counted in what is left, or not: an account that lies in between is not contradicted.
    const remaining = level > left ? highest : Math.max(level, sentAt > this.#sentAt ? left - all : -Infinity);
    const endsAt = resetMs === undefined ? law.endsAt(now) : now + resetMs;
    law.setWindow({ limit: this.limit, windowMs: seenWindowMs(this.#learned), remaining, endsAt: Math.max(now + 1, endsAt) });
    if (refused && left <= 0) this.#guarded?.refused(sentAt, now);
    if (resetMs !== undefined) this.#guarded?.told(endsAt, seenWindowMs(this.#learned));
  }

  #reshape(next: Learned, now: number): void {
    const before = this.#learned;
    this.#learned = next;
    if (next.kind !== this.#law.kind) {
      if (next.kind === 'fixed') {
        const windowMs = seenWindowMs(next);
        const sliding = new SlidingLaw({ limit: next.limit, windowMs });
        sliding.take(next.limit - Math.min(next.limit, Math.max(0, this.#law.remaining(now))), now);
        this.#law = new FixedLaw(next, now);
        this.#guarded = new GuardedLaw(this.#law, sliding, windowMs, now - this.#beganAt);
      } else {
        this.#law = new RefillLaw(next, now);
        this.#guarded = undefined;
      }
      this.#alignment = new Alignment(now);
      return;
    }
    if (this.#law.kind !== 'refill') return;
    if (next.limit !== before.limit || next.windowMs !== before.windowMs || next.burst !== before.burst) {
      const level = this.#law.remaining(now);
      this.#law.setShape(next, now);
      // A smaller bucket did not waste what it cannot hold: nothing was charged.
      this.#alignment.moved(this.#law.remaining(now) - level);
    }
    // What was measured of another limit says nothing of this one.
    if (next.limit !== before.limit) this.#alignment.restart(now);
  }
}

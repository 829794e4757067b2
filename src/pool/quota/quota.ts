import type { BucketReading } from '../../failure.ts';
import { uniteLaws } from './bucket.ts';
import { type BucketSpec, type Cost, costIn, leastIn, sameSpec } from './limits.ts';
import type { Mark } from './alignment.ts';
import { LearnedMeter } from './learned.ts';
import { heirOf, type Meter, type Unheard } from './meter.ts';
import { Opening } from './opening.ts';
import { UntoldMeter } from './untold.ts';

/** A bucket may be this much smaller than an estimate before the call is refused: estimates are guesses. */
const ESTIMATE_ERROR = 2;

/** Lost attempts that are remembered until an answer to a later one comes. */
const MOST_LOST = 64;

/** An attempt whose answer is here. */
export interface Answered {
  readonly cost: Cost;
  readonly sentAt: number;
  /** What its charge to `meter` found, where it was charged to it. */
  markOf(meter: Meter): Mark | undefined;
}

/** What an answer was, beside what it said of limits. */
export interface Word {
  readonly refused: boolean;
  /** When the request would have been admitted, as far as the answer said so to the millisecond. */
  readonly inMs?: number | undefined;
}

const SERVED: Word = { refused: false };

/** What one group may spend on one model. */
export class Quota {
  readonly model: string;
  readonly meters: Meter[];
  /** Attempts whose headers are not here yet. */
  readonly unheard = new Set<Unheard>();
  readonly #slots = new Map<string, LearnedMeter>();
  /** True when nothing is to be found out: a concurrency bounds it, or no key is needed. A configured rate says nothing of the burst. */
  #known: boolean;
  #lost: Unheard[] = [];
  inFlight = 0;
  lastUsedAt = -Infinity;
  /** Requests of groups that may draw on the same bucket, since the server last said what is left. */
  shadow = 0;
  #opening = new Opening();
  /** The limit that refusals show, where nobody tells of it. */
  #blind: UntoldMeter | undefined;
  #heir: Quota | undefined;

  constructor(model: string, meters: Meter[], known: boolean) {
    this.model = model;
    this.meters = meters;
    this.#known = known || meters.some((meter) => meter instanceof UntoldMeter);
  }

  /** The quota that counts now what this one counted. */
  get live(): Quota {
    return this.#heir?.live ?? this;
  }

  begin(attempt: Unheard, now: number): void {
    this.unheard.add(attempt);
    this.#opening.started(now);
    this.lastUsedAt = now;
  }

  /** When `cost` fits in every bucket: `now` when it does already, `Infinity` when it never will. */
  fitsAt(cost: Cost, now: number): number {
    let at = now;
    for (const meter of this.meters) {
      if (isTooSmall(meter, cost)) return Infinity;
      const fits = this.fitsInAt(meter, cost, now);
      if (fits > now) at = Math.max(at, fits + meter.slackMs);
    }
    return at;
  }

  /** When `cost` fits in one bucket: what may be missing to it by now is not there, but a full one is for somebody to use. */
  fitsInAt(meter: Meter, cost: Cost, now: number): number {
    const needed = costIn(meter.counts, cost);
    return meter.law.fitsAt(this.shadow > 0 && mayBeShared(meter) ? needed + this.shadow : needed, now);
  }

  /** When one more may be sent: as `fitsAt`, and slowly while nothing is known. */
  startsAt(cost: Cost, now: number): number {
    return Math.max(this.fitsAt(cost, now), this.rampsAt());
  }

  /** The bucket that `cost` can never fit in, if there is one. */
  tooSmall(cost: Cost): Meter | undefined {
    return this.meters.find((meter) => isTooSmall(meter, cost));
  }

  /** When one more may be out: `now` or before, or in a moment while nothing is known of it. */
  rampsAt(): number {
    // Answers count from their headers: long streams tell nothing more while they are read.
    return this.#open ? 0 : this.#opening.startsAt(this.unheard.size);
  }

  /** Nothing is to be found out any more, or it is found out in another way. */
  get #open(): boolean {
    return this.#known || this.#blind !== undefined || this.#slots.size > 0 || this.#opening.wide;
  }

  answered(): void {
    this.#opening.answered();
  }

  /** A refusal for a rate. Where no limit that the server tells explains it, one that it does not tell is empty. */
  refused(answered: Answered, word: Word, now: number): void {
    for (const meter of this.meters) {
      if (!(meter instanceof UntoldMeter) && meter.law.fitsAt(costIn(meter.counts, answered.cost), now) > now) return;
    }
    const pace = this.#opening.paceAt(now);
    let given = false;
    for (const meter of this.meters) {
      if (!(meter instanceof UntoldMeter) || meter.spec === undefined) continue;
      given = true;
      this.#empty(meter, answered, word, pace, now);
    }
    if (given) return;
    if (this.#blind === undefined) {
      this.#blind = new UntoldMeter('requests', undefined, this.model, now);
      this.meters.push(this.#blind);
    }
    this.#empty(this.#blind, answered, word, pace, now);
  }

  #empty(meter: UntoldMeter, answered: Answered, { inMs }: Word, pace: number, now: number): void {
    const { cost, sentAt } = answered;
    meter.law.refuse({ mark: answered.markOf(meter), cost: costIn(meter.counts, cost), sentAt, inMs }, pace, now);
  }

  /** Forgets what answers told: a person says that it is not so any more. */
  unlearn(): void {
    const learned = new Set<Meter>(this.#slots.values());
    if (this.#blind !== undefined) learned.add(this.#blind);
    this.#blind = undefined;
    this.#slots.clear();
    this.meters.splice(0, this.meters.length, ...this.meters.filter((meter) => !learned.has(meter)));
    for (const meter of this.meters) if (meter instanceof UntoldMeter) meter.law.overrule(undefined);
    this.#opening = new Opening();
  }

  hear(reading: BucketReading, answered: Answered, now: number, word = SERVED): void {
    const known = this.#slots.get(reading.slot);
    const unheard = this.#lost.length === 0 ? this.unheard : [...this.unheard, ...this.#lost];
    const meter = known ?? this.#begin(reading, answered, word, unheard);
    if (meter === undefined) return;
    const { sentAt } = answered;
    const cost = costIn(meter.counts, answered.cost);
    meter.hear(reading, { sentAt, mark: answered.markOf(meter), cost, refused: word.refused, inMs: word.inMs }, unheard, now);
  }

  #begin(reading: BucketReading, answered: Answered, word: Word, unheard: Iterable<Unheard>): LearnedMeter | undefined {
    const { limit, remaining, resetMs, counts, slot, windowMs } = reading;
    if (limit === undefined || limit <= 0 || remaining === undefined) return undefined;
    const { sentAt } = answered;
    const meter = new LearnedMeter(counts, this.model, { limit, remaining, resetMs }, windowMs, sentAt);
    this.#slots.set(slot, meter);
    this.meters.push(meter);
    meter.begin(
      remaining,
      { sentAt, mark: undefined, cost: costIn(counts, answered.cost), refused: word.refused, inMs: word.inMs },
      unheard,
    );
    for (const given of this.meters) if (given instanceof UntoldMeter && given.counts === counts) given.law.overrule(meter);
    return meter;
  }

  /** An attempt that was sent and whose headers will never be here: the server may count it, or have counted it. */
  lose(attempt: Unheard): void {
    this.#lost.push(attempt);
    if (this.#lost.length > MOST_LOST) this.#lost.shift();
  }

  /** An answer to a request sent at `sentAt` is here: the server had counted what came before it. */
  found(sentAt: number): void {
    if (this.#lost.length > 0) this.#lost = this.#lost.filter((lost) => lost.sentAt === undefined || lost.sentAt >= sentAt);
  }

  /** Adds a meter that binds from now on, also what is out. */
  bind(meter: Meter, now: number): void {
    this.meters.push(meter);
    for (const attempt of this.unheard) attempt.reserve?.(meter, now);
  }

  /** Takes out the meter of a configured limit that binds no more. What is charged to it is settled there, and nobody asks it. */
  release(spec: BucketSpec): void {
    const at = this.meters.findIndex((meter) => meter.spec === spec);
    if (at >= 0) this.meters.splice(at, 1);
  }

  /**
   * Another group's quota for the same model turned out to be this one: what either knows, has reserved and has out becomes one.
   * Every configured limit of the other one that still binds is among the meters here.
   */
  absorb(other: Quota, now: number): void {
    this.#uniteConfigured(other, now);
    this.#uniteLearned(other, now);
    this.#uniteOpenings(other);
    for (const attempt of other.unheard) this.unheard.add(attempt);
    for (const meter of this.#slots.values()) meter.remark(this.unheard, now);
    this.#lost = [...this.#lost, ...other.#lost].slice(-MOST_LOST);
    this.inFlight += other.inFlight;
    this.lastUsedAt = Math.max(this.lastUsedAt, other.lastUsedAt);
    other.#heir = this;
  }

  #uniteConfigured(other: Quota, now: number): void {
    for (const meter of other.meters) {
      const { spec } = meter;
      // What models share was united with its group.
      if (spec === undefined || meter.heir !== undefined) continue;
      const twin = this.meters.find((own) => own.spec !== undefined && sameSpec(own.spec, spec));
      if (twin === undefined) continue;
      uniteLaws(twin.law, meter.law, now);
      meter.heir = twin;
    }
    const theirs = new Set(other.meters.map(heirOf));
    for (const meter of this.meters) {
      if (meter.source === 'learned' || theirs.has(meter)) continue;
      for (const attempt of other.unheard) attempt.reserve?.(meter, now);
    }
  }

  #uniteLearned(other: Quota, now: number): void {
    for (const [slot, theirs] of other.#slots) {
      const ours = this.#slots.get(slot);
      const own = this.#outIn(theirs);
      const others = other.#outIn(theirs);
      if (ours === undefined) {
        theirs.law.take(own, now);
        this.meters.push(theirs);
        this.#slots.set(slot, theirs);
      } else if (ours.outlives(theirs)) ours.absorb(theirs, { own, others }, now);
      else {
        theirs.absorb(ours, { own: others, others: own }, now);
        this.meters.splice(this.meters.indexOf(ours), 1, theirs);
        this.#slots.set(slot, theirs);
      }
    }
    for (const [slot, ours] of this.#slots) if (!other.#slots.has(slot)) ours.law.take(other.#outIn(ours), now);
  }

  /** What is out of `keys` turned out to draw on another quota. */
  part(into: Quota, keys: ReadonlySet<object>, now: number): void {
    for (const attempt of this.unheard) {
      if (attempt.key === undefined || !keys.has(attempt.key)) continue;
      this.unheard.delete(attempt);
      this.inFlight -= 1;
      attempt.release?.(now);
      into.begin(attempt, now);
      into.inFlight += 1;
      for (const meter of into.meters) attempt.reserve?.(meter, now);
    }
  }

  /** Groups turned out to be one, and the newest answer, with what was sent since, says what is left. */
  beginAt(slot: string, level: number, readAt: 'admission' | 'answer', now: number): void {
    const meter = this.#slots.get(slot);
    if (meter === undefined) return;
    meter.restart(level, readAt, now);
    meter.remark(this.unheard, now);
    // Refusals that no limit explained were the others' doing.
    if (this.#blind === undefined) return;
    this.meters.splice(this.meters.indexOf(this.#blind), 1);
    this.#blind = undefined;
  }

  /** The bucket that answers tell of by this name. */
  slot(name: string): Meter | undefined {
    return this.#slots.get(name);
  }

  /** What the server may not have counted when it last spoke. */
  #outIn({ counts }: Meter): number {
    let out = 0;
    for (const attempt of [...this.unheard, ...this.#lost]) out += costIn(counts, attempt.cost);
    return out;
  }

  #uniteOpenings(other: Quota): void {
    this.#known ||= other.#known;
    this.#opening.absorb(other.#opening);
    if (other.#blind === undefined) return;
    if (this.#blind === undefined) {
      this.#blind = other.#blind;
      this.meters.push(this.#blind);
    } else other.#blind.heir = this.#blind;
  }

  /** True when forgetting it forgets nothing that was spent. */
  idle(now: number): boolean {
    return this.inFlight === 0 && this.meters.every(({ law, model }) => model === undefined || law.resetAt(now) <= now);
  }
}

/** Only what refills: a window's end may be far away. */
function mayBeShared({ source, counts, law }: Meter): boolean {
  return source === 'learned' && counts === 'requests' && law.kind === 'refill';
}

/** A learned limit refuses nothing: only an answer could unlearn it, so one that was wrong, or is raised, would refuse for ever. */
function isTooSmall({ source, limit, counts }: Meter, cost: Cost): boolean {
  return source === 'configured' && leastIn(counts, cost) > limit * ESTIMATE_ERROR;
}

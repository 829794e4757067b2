import type { BucketReading } from '../../failure.ts';
import { uniteLaws } from './bucket.ts';
import { type BucketSpec, type Cost, costIn, leastIn, sameSpec } from './limits.ts';
import { heirOf, LearnedMeter, type Meter, type Unheard } from './meter.ts';

/** How many calls a quota that has told nothing yet gets at once; each answer adds one, so that it doubles with each round. */
const FIRST_PROBES = 4;
/** Beyond this many at once nothing is learned by going slowly. */
const MANY = 512;
/** Plain answers tell of themselves only when they are whole: while no refusal comes, so much time doubles what may be out. */
const DOUBLES_MS = 1000;

/** A bucket may be this much smaller than an estimate before the call is refused: estimates are guesses. */
const ESTIMATE_ERROR = 2;

/** Lost attempts that are remembered until an answer to a later one comes. */
const MOST_LOST = 64;

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
  #ramp: number;
  /** Since when something has been out without a pause, while no refusal came. */
  #quietSince: number | undefined;
  #refused = false;
  #heir: Quota | undefined;

  constructor(model: string, meters: Meter[], known: boolean) {
    this.model = model;
    this.meters = meters;
    this.#known = known;
    this.#ramp = this.#known ? Infinity : FIRST_PROBES;
  }

  /** The quota that counts now what this one counted. */
  get live(): Quota {
    return this.#heir?.live ?? this;
  }

  begin(attempt: Unheard, now: number): void {
    if (this.unheard.size === 0) this.#quietSince = this.#refused ? undefined : now;
    this.unheard.add(attempt);
    this.lastUsedAt = now;
  }

  /** When `cost` fits in every bucket: `now` when it does already, `Infinity` when it never will. */
  fitsAt(cost: Cost, now: number): number {
    let at = now;
    for (const meter of this.meters) {
      const needed = costIn(meter.counts, cost);
      if (isTooSmall(meter, cost)) return Infinity;
      const fits = meter.law.fitsAt(needed, now);
      if (fits > now) at = Math.max(at, fits + meter.slackMs);
    }
    return at;
  }

  /** When one more may be sent: as `fitsAt`, and `Infinity` while only an answer can tell. */
  startsAt(cost: Cost, now: number): number {
    return Math.max(this.fitsAt(cost, now), this.rampsAt());
  }

  /** The bucket that `cost` can never fit in, if there is one. */
  tooSmall(cost: Cost): Meter | undefined {
    return this.meters.find((meter) => isTooSmall(meter, cost));
  }

  /** When one more may be out: `now` or before, unless as many are out as an unknown quota gets; `Infinity` when only an answer lets it. */
  rampsAt(): number {
    // Answers count from their headers: long streams tell nothing more while they are read.
    const out = this.unheard.size;
    if (out < this.#ramp) return 0;
    if (this.#quietSince === undefined) return Infinity;
    return this.#quietSince + DOUBLES_MS * (Math.floor(Math.log2(Math.min(out, MANY) / this.#ramp)) + 1);
  }

  answered(): void {
    this.#ramp = this.#ramp >= MANY ? Infinity : this.#ramp + 1;
  }

  /** One refusal, or one burst of them: what was out was too much, and from now on only answers let more out. */
  refused(): void {
    if (this.#known || this.#slots.size > 0) return;
    this.#ramp = Math.max(2, Math.min(this.#ramp, Math.floor(this.unheard.size / 2)));
    this.#refused = true;
    this.#quietSince = undefined;
  }

  /** Forgets what answers told: a person says that it is not so any more. */
  unlearn(): void {
    const learned = new Set<Meter>(this.#slots.values());
    this.#slots.clear();
    this.meters.splice(0, this.meters.length, ...this.meters.filter((meter) => !learned.has(meter)));
    this.#refused = false;
    if (!this.#known) this.#ramp = FIRST_PROBES;
  }

  hear(reading: BucketReading, sentAt: number, now: number): void {
    let meter = this.#slots.get(reading.slot);
    if (meter === undefined) {
      if (reading.limit === undefined || reading.limit <= 0 || reading.remaining === undefined) return;
      const sample = { limit: reading.limit, remaining: reading.remaining, resetMs: reading.resetMs };
      meter = new LearnedMeter(reading.counts, this.model, sample, reading.windowMs, now);
      this.#slots.set(reading.slot, meter);
      this.meters.push(meter);
    }
    meter.hear(reading, sentAt, this.#lost.length === 0 ? this.unheard : [...this.unheard, ...this.#lost], now);
    this.#ramp = Infinity;
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
    this.#uniteRamps(other);
    for (const attempt of other.unheard) this.unheard.add(attempt);
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

  #uniteRamps(other: Quota): void {
    this.#known ||= other.#known;
    this.#refused ||= other.#refused;
    this.#ramp = this.#known || this.#slots.size > 0 ? Infinity : Math.min(this.#ramp, other.#ramp);
    const since = [this, other].filter(({ unheard }) => unheard.size > 0).map((quota) => quota.#quietSince);
    this.#quietSince = this.#refused
      ? undefined
      : since.reduce((a, b) => (a === undefined || b === undefined ? undefined : Math.max(a, b)), -Infinity);
  }

  /** True when forgetting it forgets nothing that was spent. */
  idle(now: number): boolean {
    return this.inFlight === 0 && this.meters.every(({ law, model }) => model === undefined || law.resetAt(now) <= now);
  }
}

/** A learned limit refuses nothing: only an answer could unlearn it, so one that was wrong, or is raised, would refuse for ever. */
function isTooSmall({ source, limit, counts }: Meter, cost: Cost): boolean {
  return source === 'configured' && leastIn(counts, cost) > limit * ESTIMATE_ERROR;
}

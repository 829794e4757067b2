import type { BucketReading } from '../failure.ts';
import { LearnedMeter, type Meter, type Unheard } from './meter.ts';

/** How many calls a quota that has told nothing yet gets at once; each answer adds one, so that it doubles with each round. */
const FIRST_PROBES = 4;
/** Beyond this many at once nothing is learned by going slowly. */
const MANY = 512;
/** Plain answers tell of themselves only when they are whole: while no refusal comes, so much time doubles what may be out. */
const DOUBLES_MS = 1000;

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
  readonly #known: boolean;
  #lost: Unheard[] = [];
  inFlight = 0;
  lastUsedAt = -Infinity;
  #ramp: number;
  /** Since when something has been out without a pause, while no refusal came. */
  #quietSince: number | undefined;
  #refused = false;

  constructor(model: string, meters: Meter[], known: boolean) {
    this.model = model;
    this.meters = meters;
    this.#known = known;
    this.#ramp = this.#known ? Infinity : FIRST_PROBES;
  }

  begin(attempt: Unheard, now: number): void {
    if (this.unheard.size === 0) this.#quietSince = this.#refused ? undefined : now;
    this.unheard.add(attempt);
    this.lastUsedAt = now;
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

  /** True when forgetting it forgets nothing that was spent. */
  idle(now: number): boolean {
    return this.inFlight === 0 && this.meters.every(({ law, model }) => model === undefined || law.resetAt(now) <= now);
  }
}

import { createBucket, type Bucket, type BucketCounts, type BucketSettings, type Reading, type Settle } from './buckets.ts';
import { matchesAny } from './pattern.ts';

/** What one request takes, or took. */
export interface Use {
  readonly input: number;
  readonly output: number;
}

/** Why a request was not let in. */
export interface Refusal {
  readonly settings: BucketSettings;
  readonly requested: number;
  readonly reading: Reading;
  /** `Infinity` when it will never fit. */
  readonly waitMs: number;
}

/** The right to be answered: settles what it took in every bucket. */
export interface Charge {
  settle(use: Use, now: number): void;
}

/** What rate-limit headers may tell: one bucket of each kind. */
export type Readings = Readonly<Record<BucketCounts, Reading | undefined>>;

interface Applied {
  readonly settings: BucketSettings;
  readonly bucket: Bucket;
}

/** The limits of one group at work: finds the buckets of a model and takes from all of them or from none. */
export class Quota {
  readonly #settings: readonly BucketSettings[];
  readonly #refusedCount: boolean;
  /** By limit, and by model where each model has its own. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(settings: readonly BucketSettings[], refusedCount: boolean) {
    this.#settings = settings;
    this.#refusedCount = refusedCount;
  }

  /** Lets a request in, or says which limit it met: of several the one that takes longest. */
  admit(model: string, use: Use, now: number): Charge | Refusal {
    const applied = this.#applied(model, now);
    let worst: Refusal | undefined;
    for (const { settings, bucket } of applied) {
      const requested = amountOf(settings, use);
      const waitMs = bucket.waitFor(requested, now);
      if (waitMs > 0 && (worst === undefined || waitMs > worst.waitMs)) worst = { settings, requested, reading: bucket.read(now), waitMs };
    }
    if (worst === undefined) return take(applied, use, now);
    if (this.#refusedCount) this.#waste(applied, now);
    return worst;
  }

  /**
   * The state of a model's buckets for the headers. There is room for one bucket of each kind: the one
   * that refused, or else the first one declared.
   */
  read(model: string, now: number, refused?: BucketSettings): Readings {
    const applied = this.#applied(model, now);
    const readingOf = (counts: BucketCounts): Reading | undefined => {
      const candidates = applied.filter(({ settings }) => settings.counts === counts);
      const shown = candidates.find(({ settings }) => settings === refused) ?? candidates[0];
      return shown?.bucket.read(now);
    };
    return { requests: readingOf('requests'), tokens: readingOf('tokens'), input: readingOf('input'), output: readingOf('output') };
  }

  #waste(applied: readonly Applied[], now: number): void {
    for (const { settings, bucket } of applied) if (settings.counts === 'requests') bucket.waste(now);
  }

  #applied(model: string, now: number): readonly Applied[] {
    const applied: Applied[] = [];
    for (const [index, settings] of this.#settings.entries()) {
      if (!matchesAny(settings.models, model)) continue;
      const name = settings.perModel ? `${index} ${model}` : String(index);
      const bucket = this.#buckets.get(name) ?? createBucket(settings, now);
      this.#buckets.set(name, bucket);
      applied.push({ settings, bucket });
    }
    return applied;
  }
}

/** How much of a bucket one use is. */
export function amountOf(settings: BucketSettings, use: Use): number {
  if (settings.counts === 'requests') return 1;
  if (settings.counts === 'input') return use.input;
  return settings.counts === 'output' ? use.output : use.input + use.output;
}

function take(applied: readonly Applied[], use: Use, now: number): Charge {
  const settles: { readonly settings: BucketSettings; readonly settle: Settle }[] = [];
  for (const { settings, bucket } of applied) {
    const settle = bucket.take(amountOf(settings, use), now);
    if (settings.counts !== 'requests') settles.push({ settings, settle });
  }
  return {
    settle(used, later) {
      for (const { settings, settle } of settles) settle(amountOf(settings, used), later);
    },
  };
}

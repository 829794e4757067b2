import { uniteLaws } from './bucket.ts';
import { type BucketSpec, type GroupLimits, matchesModel, sameSpec } from './limits.ts';
import { givenMeter } from './given.ts';
import type { Meter } from './meter.ts';
import { Quota } from './quota.ts';

/** Quotas of models are forgotten beyond this many, so that made-up names cost no memory. */
const REMEMBERED = 512;

/** What one group may spend, on each model and on all. */
export class Quotas {
  /** True when nothing is to be found out about a new model's quota. */
  readonly #isKnown: () => boolean;
  #limits: GroupLimits;
  readonly #shared: Shared[];
  readonly #quotas = new Map<string, Quota>();
  #forgetsAt = REMEMBERED;

  constructor(limits: GroupLimits, isKnown: () => boolean, now: number) {
    this.#isKnown = isKnown;
    this.#limits = limits;
    this.#shared = limits.buckets.filter((spec) => !spec.perModel).map((spec) => ({ spec, meter: givenMeter(spec, undefined, now) }));
  }

  get limits(): GroupLimits {
    return this.#limits;
  }

  of(model: string, now: number): Quota {
    let quota = this.#quotas.get(model);
    if (quota === undefined) {
      if (this.#quotas.size >= this.#forgetsAt) this.#forget(now);
      const own = this.#limits.buckets.filter((spec) => countsApart(spec, model)).map((spec) => givenMeter(spec, model, now));
      const shared = this.#shared.filter(({ spec }) => matchesModel(spec.models, model)).map(({ meter }) => meter);
      quota = new Quota(model, [...own, ...shared], this.#isKnown());
      this.#quotas.set(model, quota);
    }
    return quota;
  }

  /** Forgets the limits that answers told. */
  unlearn(): void {
    for (const quota of this.#quotas.values()) quota.unlearn();
  }

  /** Every bucket once: those that models share, then those of each model. */
  meters(): readonly Meter[] {
    const own = [...this.#quotas.values()].flatMap((quota) => quota.meters);
    return [...new Set([...this.#shared.map(({ meter }) => meter), ...own])];
  }

  /** A key with limits of its own shares the quota: what both say of it binds from now on. */
  tighten(limits: GroupLimits, now: number): void {
    const known = this.#limits;
    this.#limits = both(known, limits);
    for (const spec of known.buckets) if (!this.#limits.buckets.includes(spec)) this.#drop(spec);
    for (const spec of this.#limits.buckets.filter((each) => !known.buckets.includes(each))) {
      if (!spec.perModel) this.#share({ spec, meter: givenMeter(spec, undefined, now) }, now);
      else
        for (const quota of this.#quotas.values()) if (countsApart(spec, quota.model)) quota.bind(givenMeter(spec, quota.model, now), now);
    }
  }

  /** Another group's turned out to be these: what either knows and has reserved becomes one. */
  absorb(other: Quotas, now: number): void {
    this.tighten(other.#limits, now);
    for (const { spec, meter } of other.#shared) {
      const twin = this.#shared.find((shared) => sameSpec(shared.spec, spec));
      if (twin === undefined) continue;
      uniteLaws(twin.meter.law, meter.law, now);
      meter.heir = twin.meter;
    }
    for (const quota of other.#quotas.values()) this.of(quota.model, now).absorb(quota, now);
  }

  /** Some keys turned out to have limits of their own: what they have out is theirs. */
  part(into: Quotas, keys: ReadonlySet<object>, now: number): void {
    for (const quota of this.#quotas.values()) quota.part(into.of(quota.model, now), keys, now);
  }

  #drop(spec: BucketSpec): void {
    const at = this.#shared.findIndex((shared) => shared.spec === spec);
    if (at >= 0) this.#shared.splice(at, 1);
    for (const quota of this.#quotas.values()) quota.release(spec);
  }

  #share(shared: Shared, now: number): void {
    this.#shared.push(shared);
    for (const quota of this.#quotas.values()) if (matchesModel(shared.spec.models, quota.model)) quota.bind(shared.meter, now);
  }

  /**
   * First those that would begin as they are: a bucket that is partly spent should not be full again. Then those that were not
   * used for longest, half of all at once, so that one costs little.
   */
  #forget(now: number): void {
    for (const [model, quota] of this.#quotas) if (quota.idle(now)) this.#quotas.delete(model);
    const unused = [...this.#quotas].filter(([, quota]) => quota.inFlight === 0).toSorted(([, a], [, b]) => a.lastUsedAt - b.lastUsedAt);
    for (const [model] of unused.slice(0, Math.max(0, this.#quotas.size - REMEMBERED / 2))) this.#quotas.delete(model);
    this.#forgetsAt = Math.max(REMEMBERED, this.#quotas.size * 2);
  }
}

/** A bucket that models share. */
interface Shared {
  readonly spec: BucketSpec;
  readonly meter: Meter;
}

/** A call without a model (`''`) spends nothing that belongs to models. */
function countsApart(spec: BucketSpec, model: string): boolean {
  return spec.perModel && model !== '' && matchesModel(spec.models, model);
}

/**
 * Limits of two keys that turned out to share one quota. Both are the user's words about the same thing, given when nobody knew that it is:
 * of two words on one limit the larger holds, so that a merge refuses nobody what was allowed before; the provider's own headers correct it.
 */
function both(a: GroupLimits, b: GroupLimits): GroupLimits {
  const kept = a.buckets.filter((spec) => !b.buckets.some((other) => isLike(spec, other) && other.limit > spec.limit));
  const added = b.buckets.filter(
    (spec) => !a.buckets.some((known) => sameSpec(known, spec) || (isLike(spec, known) && known.limit >= spec.limit)),
  );
  return {
    concurrency: looser(a.concurrency, b.concurrency, Math.max),
    minTimeMs: looser(a.minTimeMs, b.minTimeMs, Math.min),
    buckets: [...kept, ...added],
  };
}

/** True for two words on one limit. */
function isLike(a: BucketSpec, b: BucketSpec): boolean {
  const isSame = a.counts === b.counts && a.windowMs === b.windowMs && a.perModel === b.perModel;
  return isSame && JSON.stringify(a.models) === JSON.stringify(b.models);
}

/** What only one says holds. */
function looser(a: number | undefined, b: number | undefined, of: (a: number, b: number) => number): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : of(a, b);
}

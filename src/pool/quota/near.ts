import type { Events } from '../../events.ts';
import type { Group } from '../keys/members.ts';
import type { Meter } from './meter.ts';
import type { Quota } from './quota.ts';

/** Parts of what a bucket holds that must have come back before a share is told again: a bucket that is spent all the time is told once. */
const BACK = 0.05;

/** Tells once when as much of a bucket is spent as a share says, and again only after it was away from it. */
export class NearLimits {
  readonly #events: Events;
  /** In ascending order, of what is spent. */
  readonly #shares: readonly number[];
  /** How many of the shares were told, where any was. */
  readonly #told = new WeakMap<Meter, number>();

  constructor(events: Events, shares: readonly number[]) {
    this.#events = events;
    this.#shares = [...new Set(shares)].toSorted((a, b) => a - b);
  }

  check(group: Group, quota: Quota, now: number): void {
    if (this.#shares.length === 0 || !this.#events.hears('limit-near')) return;
    const { meters } = quota;
    for (const meter of meters) {
      const alike = meters.filter((other) => isAlike(meter, other));
      // Once for all of them, at the first.
      if (alike[0] === meter) this.#checkAlike(group, [meter, ...alike.slice(1)], now);
    }
  }

  /** A limit that was given and that the server tells as well is one to who listens: the tighter of both. */
  #checkAlike(group: Group, alike: readonly [Meter, ...Meter[]], now: number): void {
    const tightest = alike.reduce((found, meter) => (leftOf(meter, now) < leftOf(found, now) ? meter : found));
    const told = Math.max(...alike.map((meter) => this.#told.get(meter) ?? 0));
    const left = { remaining: tightest.law.remaining(now), most: tightest.law.capacity, counts: tightest.counts };
    const next = sharesTold(this.#shares, told, left);
    if (next === told) return;
    for (const meter of alike) this.#told.set(meter, next);
    for (const share of this.#shares.slice(told, next)) this.#tell(group, tightest, share, left.remaining);
  }

  #tell(group: Group, { counts, windowMs, limit, model }: Meter, share: number, remaining: number): void {
    this.#events.emit('limit-near', {
      provider: group.provider.name,
      group: group.id,
      ...(model === undefined ? {} : { model }),
      counts,
      windowMs,
      limit,
      remaining,
      share,
    });
  }
}

function isAlike(a: Meter, b: Meter): boolean {
  return a.counts === b.counts && a.windowMs === b.windowMs && a.model === b.model;
}

/** Part of it that is left. */
function leftOf({ law }: Meter, now: number): number {
  return law.remaining(now) / law.capacity;
}

/** What is left of a bucket, and the most that can be. */
interface Left {
  readonly remaining: number;
  readonly most: number;
  readonly counts: Meter['counts'];
}

/** How many of the shares stand as told: all that are spent, and those told before until some of the bucket is back. */
export function sharesTold(shares: readonly number[], told: number, { remaining, most, counts }: Left): number {
  const back = Math.max(most * BACK, counts === 'requests' ? 1 : 0);
  return shares.filter((share, index) => remaining < most * (1 - share) + (index < told ? back : 0)).length;
}

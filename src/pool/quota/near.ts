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
    for (const meter of quota.meters) {
      const told = this.#told.get(meter) ?? 0;
      const left = { remaining: meter.law.remaining(now), most: meter.law.capacity, counts: meter.counts };
      const next = sharesTold(this.#shares, told, left);
      if (next === told) continue;
      this.#told.set(meter, next);
      for (const share of this.#shares.slice(told, next)) this.#tell(group, meter, share, left.remaining);
    }
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

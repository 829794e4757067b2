import type { Events } from '../../events.ts';
import type { Group } from '../keys/members.ts';
import type { Meter } from './meter.ts';
import type { Quota } from './quota.ts';

/** A bucket with less than this share left is near its limit. */
const NEAR = 0.1;

/** Tells once when a bucket gets near its limit, and again only after it was away from it. */
export class NearLimits {
  readonly #events: Events;
  readonly #near = new WeakSet<Meter>();

  constructor(events: Events) {
    this.#events = events;
  }

  check(group: Group, quota: Quota, now: number): void {
    if (!this.#events.hears('limit-near')) return;
    for (const meter of quota.meters) {
      const remaining = meter.law.remaining(now);
      if (remaining >= meter.limit * NEAR) this.#near.delete(meter);
      else if (!this.#near.has(meter)) {
        this.#near.add(meter);
        const { counts, windowMs, limit, model } = meter;
        this.#events.emit('limit-near', {
          provider: group.provider.name,
          group: group.id,
          ...(model === undefined ? {} : { model }),
          counts,
          windowMs,
          limit,
          remaining,
        });
      }
    }
  }
}

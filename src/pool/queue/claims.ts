import type { Ask } from '../ask.ts';
import type { Group } from '../keys/members.ts';
import { costIn } from '../quota/limits.ts';
import type { Meter } from '../quota/meter.ts';
import { worthMs } from './affinity.ts';
import { readyAt, startsAt } from './readiness.ts';

/**
 * The buckets that keep `group` from serving an ask, and that smaller calls could drain again and again before it fits. What counts
 * requests is the same for everybody: whoever comes first is served first.
 */
export function claimOf(group: Group, ask: Ask, now: number): readonly Meter[] {
  return group
    .quota(ask.model, now)
    .meters.filter(({ counts, law }) => counts !== 'requests' && law.fitsAt(costIn(counts, ask.cost), now) > now);
}

/** Until when an ask that could start at `cold` now should rather wait for `home`, which has its prompt; `now` or before where it should not. */
export function patienceFor(ask: Ask, home: Group, cold: Group, now: number): number {
  const until = now + worthMs(ask, home.provider.charging.cachedPrice);
  if (home === cold || until <= now || readyAt(home, ask, now) > until) return now;
  // While it waits for calls in flight alone, nobody knows when these end.
  const at = startsAt(home, ask, now);
  return at > until && at < Infinity ? now : until;
}

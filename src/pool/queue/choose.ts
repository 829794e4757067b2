import type { Random } from '../../clock.ts';
import type { Ask } from '../ask.ts';
import type { Group, KeyEntry } from '../keys/members.ts';
import type { Meter } from '../quota/meter.ts';
import { affinityRank } from './affinity.ts';
import { hasFreeKey, isFree, isOpen } from './readiness.ts';

/** The key that serves an ask now. */
export interface Choice {
  readonly group: Group;
  readonly key: KeyEntry;
  /** How many groups could have served, as far as anybody knows. */
  readonly among: number;
  /** It has the ask's prompt, as it served its affinity last. */
  readonly warm?: boolean;
}

/** Buckets that others wait for, who came first: nobody behind them may spend of these. */
export type Claims = ReadonlySet<Meter>;

/** Of a group with more keys than this, so many are looked at from some point on, not all. */
const LOOKED_AT = 16;

/**
 * The group that serves now: of those that can start, the one of the ask's affinity, else the one with the least
 * (in flight + 1) / weight, ties at random. `undefined` when none can.
 */
export function choose(groups: Iterable<Group>, ask: Ask, now: number, random: Random, claims?: Claims): Choice | undefined {
  const { affinity } = ask;
  let best: Group | undefined;
  let rank = Infinity;
  let ties = 0;
  let among = 0;
  for (const group of groups) {
    if (!canStart(group, ask, now, claims)) continue;
    among += 1;
    const next = affinity === undefined ? rankOf(group) : affinityRank(affinity, group.id);
    if (next > rank) continue;
    ties = next < rank ? 1 : ties + 1;
    rank = next;
    if (ties === 1 || random() * ties < 1) best = group;
  }
  const key = best === undefined ? undefined : freeKey(best, ask, now, random);
  return best === undefined || key === undefined ? undefined : { group: best, key, among };
}

/** The lowest is the next to serve. */
export function rankOf(group: Group): number {
  return (group.inFlight + 1) / group.weight;
}

/** True when an ask can start at `group` now without spending what others claim. */
export function canStart(group: Group, ask: Ask, now: number, claims: Claims | undefined): boolean {
  if (!isOpen(group, ask, now) || !hasFreeKey(group, ask, now)) return false;
  return claims === undefined || !isClaimed(group, ask, now, claims);
}

export function isClaimed(group: Group, ask: Ask, now: number, claims: Claims): boolean {
  return group.quota(ask.model, now).meters.some((meter) => claims.has(meter));
}

/**
 * The free key of `group` with the least (in flight + 1) / weight, ties at random. Of many keys only some are looked at, from a random one
 * on, so that a group of ten thousand costs what one of sixteen does; where these are all taken or dead, the next free one serves.
 */
export function freeKey(group: Group, ask: Ask, now: number, random: Random): KeyEntry | undefined {
  const { keys } = group;
  const { length } = keys;
  const from = length > LOOKED_AT ? Math.floor(random() * length) : 0;
  let best: KeyEntry | undefined;
  let rank = Infinity;
  let ties = 0;
  for (let index = 0; index < Math.min(length, LOOKED_AT); index += 1) {
    const key = keys[(from + index) % length];
    if (key === undefined || !isFree(key, group, ask, now)) continue;
    const next = (key.inFlight + 1) / key.input.weight;
    if (next > rank) continue;
    ties = next < rank ? 1 : ties + 1;
    rank = next;
    if (ties === 1 || random() * ties < 1) best = key;
  }
  if (best !== undefined || length <= LOOKED_AT || !hasFreeKey(group, ask, now)) return best;
  return keys[group.foundAt % length];
}

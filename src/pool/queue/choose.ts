import type { Random } from '../../clock.ts';
import type { Ask } from '../ask.ts';
import type { Group, KeyEntry } from '../keys/members.ts';
import { allows, startsAt } from './readiness.ts';

/** The key that serves an ask now. */
export interface Choice {
  readonly group: Group;
  readonly key: KeyEntry;
  /** How many groups could have served. */
  readonly among: number;
}

/**
 * The group that serves now: of those that can start, the one of the ask's affinity, else the one with the least
 * (in flight + 1) / weight, ties at random. `undefined` when none can.
 */
export function choose(groups: Iterable<Group>, ask: Ask, now: number, random: Random): Choice | undefined {
  const draw = new Draw<Group>(random);
  for (const group of groups) {
    if (startsAt(group, ask, now) > now) continue;
    draw.offer(group, ask.affinity === undefined ? (group.inFlight + 1) / group.weight : affinityRank(ask.affinity, group.id));
  }
  const group = draw.winner;
  if (group === undefined) return undefined;
  const keys = new Draw<KeyEntry>(random);
  for (const key of group.keys) if (isFree(key, group, ask, now)) keys.offer(key, (key.inFlight + 1) / key.input.weight);
  return keys.winner === undefined ? undefined : { group, key: keys.winner, among: draw.offered };
}

function isFree(key: KeyEntry, group: Group, ask: Ask, now: number): boolean {
  return allows(ask, group, key, now) && key.holds.readyAt(ask.model) <= now && !key.holds.probing(ask.model, now);
}

/** Keeps the lowest rank; of equal ones each is as likely. */
class Draw<T> {
  readonly #random: Random;
  #rank = Infinity;
  #ties = 0;
  winner: T | undefined;
  offered = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  offer(candidate: T, rank: number): void {
    this.offered += 1;
    if (rank > this.#rank) return;
    this.#ties = rank < this.#rank ? 1 : this.#ties + 1;
    this.#rank = rank;
    if (this.#ties === 1 || this.#random() * this.#ties < 1) this.winner = candidate;
  }
}

/** Rendezvous hashing: the same affinity finds the same group without memory, and moves only when that group is gone. FNV-1a. */
function affinityRank(affinity: string, group: string): number {
  let hash = 0x811c9dc5;
  const text = `${affinity}\n${group}`;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  // FNV's last bytes hardly reach the high bits, which decide: without mixing, groups g1 to g9 would not share evenly.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

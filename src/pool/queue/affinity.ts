import type { Ask } from '../ask.ts';
import type { Group } from '../keys/members.ts';

/** A provider's prompt cache lives about so long after its last use. */
const WARM_MS = 5 * 60_000;

/** Affinities that are remembered; beyond it those go first that were not used for longest. */
const REMEMBERED = 10_000;

/**
 * What a token that needs not be paid in full is worth in waiting. Reading a prompt takes a provider some 0.1 ms a token, and its price is
 * worth some more: with half the price for cached tokens a prompt of 4,000 tokens is waited for a second at most.
 */
const MS_PER_SAVED_TOKEN = 0.5;

/** How long an ask may wait for the group that has its prompt, ms. `cachedPrice`: what a cached token costs of a full one. */
export function worthMs(ask: Ask, cachedPrice: number): number {
  return Math.floor(ask.cost.input * (1 - cachedPrice) * MS_PER_SAVED_TOKEN);
}

/** Which group served an affinity last: providers cache prompts, and the next call of it is cheaper and faster there. */
export class WarmGroups {
  readonly #warm = new Map<string, { readonly group: Group; readonly at: number }>();

  /** The group that has the prompt of the ask's affinity, unless that was too long ago. */
  of(ask: Ask, now: number): Group | undefined {
    if (ask.affinity === undefined) return undefined;
    const name = nameOf(ask, ask.affinity);
    const warm = this.#warm.get(name);
    if (warm === undefined) return undefined;
    const group = warm.group.live;
    if (warm.at > now - WARM_MS && group.provider.groups.get(group.id) === group) return group;
    this.#warm.delete(name);
    return undefined;
  }

  served(ask: Ask, group: Group, now: number): void {
    if (ask.affinity === undefined) return;
    const name = nameOf(ask, ask.affinity);
    this.#warm.delete(name);
    this.#warm.set(name, { group, at: now });
    if (this.#warm.size <= REMEMBERED) return;
    for (const oldest of this.#warm.keys()) {
      this.#warm.delete(oldest);
      return;
    }
  }
}

function nameOf(ask: Ask, affinity: string): string {
  return `${ask.model}\n${affinity}`;
}

/** Rendezvous hashing: the same affinity finds the same group without memory, and moves only when that group is gone. */
export function affinityRank(affinity: string, group: string): number {
  return hashOf(`${affinity}\n${group}`);
}

/** FNV-1a. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  // FNV's last bytes hardly reach the high bits, which decide: without mixing, groups g1 to g9 would not share evenly.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

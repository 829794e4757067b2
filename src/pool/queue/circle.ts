import type { Group } from '../keys/members.ts';
import { affinityRank, hashOf } from './affinity.ts';

/** Of very many groups an affinity has so many to choose its home from. */
const NEIGHBOURS = 16;

/** Groups by the hashes of their names: an affinity's neighbours are found without looking at all, and stay when other groups come or go. */
export class Circle {
  readonly #places: readonly { readonly at: number; readonly group: Group }[];

  constructor(groups: readonly Group[]) {
    this.#places = groups.map((group) => ({ at: hashOf(group.id), group })).toSorted((a, b) => a.at - b.at);
  }

  /** The best one first. */
  neighbours(affinity: string): readonly Group[] {
    const places = this.#places;
    const from = this.#firstFrom(hashOf(affinity));
    return Array.from({ length: Math.min(NEIGHBOURS, places.length) }, (_, index) => places[(from + index) % places.length]?.group)
      .flatMap((group) => group ?? [])
      .toSorted((a, b) => affinityRank(affinity, a.id) - affinityRank(affinity, b.id));
  }

  /** Index of the first from `at` on. */
  #firstFrom(at: number): number {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#places[middle]?.at ?? Infinity) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

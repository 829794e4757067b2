import { type Ask, laneOf } from '../ask.ts';
import type { KeyRing } from '../keys/ring.ts';
import type { Finder } from './finder.ts';
import { type Listing, listKeys, refusalOf } from './refusal.ts';

/** Sizes and names of calls may be many: so many words are kept. */
const MOST_KEPT = 32;

/** The errors of one provider's refusals. Thousands that are refused in one instant share the word on each key, which costs a look at all. */
export class Refusals {
  readonly #ring: KeyRing;
  readonly #provider: string;
  readonly #finder: Finder;
  #instant = { now: -Infinity, changes: -1 };
  /** By lane and size, of one instant. */
  readonly #listings = new Map<string, Listing>();

  constructor(ring: KeyRing, provider: string, finder: Finder) {
    this.#ring = ring;
    this.#provider = provider;
    this.#finder = finder;
  }

  /** `earliest`: when the first could start, epoch ms; `Infinity` when nobody ever will. */
  of(ask: Ask, earliest: number, now: number): Error {
    return refusalOf(this.#ring.provider(this.#provider), ask, earliest, now, this.#listing(ask, now));
  }

  #listing(ask: Ask, now: number): Listing {
    const { changes } = this.#finder;
    const isSame = this.#instant.now === now && this.#instant.changes === changes;
    if (!isSame || this.#listings.size >= MOST_KEPT) this.#listings.clear();
    this.#instant = { now, changes };
    const name = `${laneOf(ask)}\n${this.#finder.nameOfSize(ask)}`;
    let listing = this.#listings.get(name);
    if (listing === undefined) {
      listing = listKeys(this.#ring.provider(this.#provider), ask, now);
      this.#listings.set(name, listing);
    }
    return listing;
  }
}

import type { KeyEntry } from './members.ts';
import { forgetHalf } from './watches.ts';

/** Those that were parted are not taken for one again for so long, and each time for twice as long, up to the longest. */
const BARRED_MS = 10_000;
const LONGEST_MS = 3_600_000;
/** Pairs are forgotten beyond so many. */
const REMEMBERED = 1024;

/** Who was taken for one with whom, and was not. */
export class Partings {
  readonly #pairs = new Map<string, { readonly times: number; readonly until: number }>();

  note(a: KeyEntry, b: KeyEntry, now: number): void {
    const name = pairOf(a, b);
    const times = (this.#pairs.get(name)?.times ?? 0) + 1;
    if (this.#pairs.size >= REMEMBERED && times === 1) forgetHalf(this.#pairs);
    this.#pairs.set(name, { times, until: now + Math.min(LONGEST_MS, BARRED_MS * 2 ** (times - 1)) });
  }

  isBarred(a: KeyEntry, b: KeyEntry, now: number): boolean {
    return (this.#pairs.get(pairOf(a, b))?.until ?? -Infinity) > now;
  }
}

function pairOf(a: KeyEntry, b: KeyEntry): string {
  return [a.credential, b.credential].toSorted().join('\n');
}

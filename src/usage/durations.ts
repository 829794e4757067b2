import { DDSketch } from '@datadog/sketches-js';
import type { Percentiles } from './usage.ts';

/** How far a percentile may be from the true one. */
const ACCURACY = 0.02;

/** Longer ones count as so long: three weeks, ms. */
const LONGEST_MS = 2 ** 31;

/** So many are noted one by one before they are counted by their bins. */
const MOST_NOTED = 256;

/** What is above it in a packed bin. */
const COUNTS = 2 ** 32;

const { mapping } = new DDSketch({ relativeAccuracy: ACCURACY });

/** The bin of a duration in every sketch of this accuracy; 0 is for no time at all, which has no logarithm. */
export function binOf(ms: number): number {
  return ms < 1 ? 0 : mapping.key(Math.min(ms, LONGEST_MS)) + 1;
}

/**
 * How often something took how long: what a sketch counts, in a form that can be kept by the thousand. A sketch has two kB and grows by
 * 128 bins at once; most windows need some twenty. A bin and its count are one number, as a pair is twice as large.
 */
export class Durations {
  /** Not yet counted. */
  #noted: number[] | undefined;
  /** Bin times 2^32, and count; by their bins. */
  #packed: readonly number[] | undefined;

  /** `bin` rather than a duration, as a call is noted in many places. */
  note(bin: number): void {
    const noted = (this.#noted ??= []);
    noted.push(bin);
    if (noted.length < MOST_NOTED) return;
    this.#packed = merge(this.#packed, count(noted));
    noted.length = 0;
  }

  /** Counts what was noted. Returns how many numbers it holds. */
  pack(): number {
    if (this.#noted !== undefined && this.#noted.length > 0) this.#packed = merge(this.#packed, count(this.#noted));
    this.#noted = undefined;
    return this.#packed?.length ?? 0;
  }

  add(other: Durations): void {
    if (other.#packed !== undefined) this.#packed = merge(this.#packed, other.#packed);
    for (const bin of other.#noted ?? []) this.note(bin);
  }

  /** `undefined` when nothing was noted. */
  percentiles(): Percentiles | undefined {
    this.pack();
    if (this.#packed === undefined) return undefined;
    const sketch = new DDSketch({ relativeAccuracy: ACCURACY });
    for (const packed of this.#packed) {
      const bin = Math.floor(packed / COUNTS);
      sketch.accept(bin === 0 ? 0 : mapping.value(bin - 1), packed % COUNTS);
    }
    const at = (share: number): number => Math.round(sketch.getValueAtQuantile(share));
    return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) };
  }
}

function count(bins: readonly number[]): readonly number[] {
  const packed: number[] = [];
  let last = -1;
  for (const bin of Uint16Array.from(bins).sort()) {
    if (bin === last) packed[packed.length - 1] = (packed.at(-1) ?? 0) + 1;
    else packed.push(bin * COUNTS + 1);
    last = bin;
  }
  return packed;
}

function merge(a: readonly number[] | undefined, b: readonly number[]): readonly number[] {
  if (a === undefined) return b;
  const merged: number[] = [];
  let at = 0;
  for (const packed of a) {
    const bin = Math.floor(packed / COUNTS);
    while (at < b.length && Math.floor((b[at] ?? 0) / COUNTS) < bin) merged.push(b[at++] ?? 0);
    const same = at < b.length && Math.floor((b[at] ?? 0) / COUNTS) === bin;
    merged.push(same ? packed + ((b[at++] ?? 0) % COUNTS) : packed);
  }
  for (; at < b.length; at += 1) merged.push(b[at] ?? 0);
  return merged;
}

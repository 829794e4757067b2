import type { Random } from '../clock.ts';

/**
 * A small seeded source of chance, uniform in [0, 1): the same seed gives the same row of numbers on every machine.
 * Not for secrets.
 *
 * Source of the rule: mulberry32 by Tommy Ettinger, public domain.
 *
 * @param seed Any integer; only its lowest 32 bits count.
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A source of its own for one purpose. Were all purposes to share one row, one more fault would shift every latency
 * behind it and no two runs could be compared.
 */
export function branchRandom(seed: number, purpose: string): Random {
  return createRandom(seed ^ hashText(purpose));
}

/** 32 bits of a text (FNV-1a): the same text gives the same number on every machine. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** `length` hexadecimal digits: ids that look like the provider's and are the same in every run. */
export function randomHex(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += Math.floor(random() * 16).toString(16);
  return text;
}

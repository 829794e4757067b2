import { expect, it } from 'vitest';
import {
  afterParting,
  afterSign,
  consumedBetween,
  isProved,
  mayHaveBeenFull,
  readSide,
  type Shape,
  strangers,
} from '../../../src/pool/keys/evidence.ts';

const shape: Shape = { kind: 'refill', limit: 600, windowMs: 60_000 };

it('what was counted between two answers is what moved the instant at which the bucket is full', () => {
  const from = { sentAt: 0, at: 100, remaining: 90, fullAt: 1103 };
  const to = { sentAt: 1000, at: 1100, remaining: 70, fullAt: 4103 };
  const consumed = consumedBetween(from, to, shape);
  expect(consumed?.least).toBeGreaterThan(27);
  expect(consumed?.most).toBeLessThan(33);
});

it('a bucket that may have been full in between tells nothing', () => {
  const from = { sentAt: 0, at: 100, remaining: 99, fullAt: 203 };
  expect(mayHaveBeenFull(from, { sentAt: 5000, at: 5100, remaining: 99, fullAt: 5203 })).toBe(true);
  expect(mayHaveBeenFull(from, { sentAt: 150, at: 250, remaining: 99, fullAt: 353 })).toBe(false);
});

it.each([
  { unexplained: { least: 8, most: 12 }, byOther: { least: 9, most: 11 }, sign: 'shared' },
  { unexplained: { least: -1, most: 1 }, byOther: { least: 9, most: 11 }, sign: 'apart' },
  { unexplained: { least: -1, most: 1 }, byOther: { least: 0, most: 1 }, sign: 'none' },
  { unexplained: { least: 8, most: 12 }, byOther: { least: 0, most: 0 }, sign: 'none' },
])('$unexplained unexplained beside $byOther sent: $sign', ({ sign, ...side }) => {
  expect(readSide({ ...side, unit: 1 })).toBe(sign);
});

it('three signs prove it, one against it takes two away, and a parting doubles what is needed', () => {
  const twice = afterSign(afterSign(strangers, 'shared', 0), 'shared', 0);
  expect(isProved(twice)).toBe(false);
  expect(isProved(afterSign(twice, 'shared', 0))).toBe(true);
  expect(afterSign(twice, 'apart', 0).score).toBe(0);
  let parted = afterParting(twice, 0);
  for (const at of [1000, 2000, 3000, 4000, 5000]) parted = afterSign(parted, 'shared', at);
  expect(isProved(parted)).toBe(false);
  expect(isProved(afterSign(parted, 'shared', 6000))).toBe(true);
});

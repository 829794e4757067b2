import { expect, test } from 'vitest';
import { createRandom } from '../../src/simulator/index.ts';
import { branchRandom, hashText, randomHex } from '../../src/simulator/random.ts';

test('createRandom gives the published row of mulberry32', () => {
  const random = createRandom(1);
  expect([random(), random(), random()]).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
});

test('createRandom repeats itself for a seed and differs for another', () => {
  const row = (seed: number) => Array.from({ length: 20 }, createRandom(seed));
  expect(row(7)).toEqual(row(7));
  expect(row(7)).not.toEqual(row(8));
});

test('createRandom stays in [0, 1) and spreads evenly', () => {
  const random = createRandom(42);
  const counts = Array.from({ length: 10 }, () => 0);
  for (let index = 0; index < 10_000; index++) {
    const place = Math.floor(random() * 10);
    counts[place] = (counts[place] ?? Number.NaN) + 1;
  }
  expect(counts).toHaveLength(10);
  expect(Math.min(...counts)).toBeGreaterThan(850);
  expect(Math.max(...counts)).toBeLessThan(1150);
});

test('branchRandom gives each purpose a row of its own', () => {
  expect(branchRandom(1, 'latency')()).not.toBe(branchRandom(1, 'faults')());
  expect(branchRandom(1, 'latency')()).toBe(branchRandom(1, 'latency')());
});

test('hashText is FNV-1a', () => {
  expect(hashText('')).toBe(0x811c9dc5);
  expect(hashText('a')).toBe(0xe40c292c);
  expect(hashText('foobar')).toBe(0xbf9cf968);
});

test('randomHex has the length asked for', () => {
  expect(randomHex(createRandom(1), 24)).toMatch(/^[0-9a-f]{24}$/);
});

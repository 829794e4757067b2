import { expect, test } from 'vitest';
import { createRandom } from '../../src/simulator/index.ts';
import { Checker } from '../../src/simulator/check.ts';
import { formatGoDuration } from '../../src/simulator/durations.ts';
import { readLatency } from '../../src/simulator/latency.ts';
import { readLimits } from '../../src/simulator/limits.ts';
import { matches, matchesAny } from '../../src/simulator/pattern.ts';

const check = new Checker('test');

test.each([
  [0, '0s'],
  [0.2, '1ms'],
  [12, '12ms'],
  [999.1, '1s'],
  [1500, '1.5s'],
  [8640, '8.64s'],
  [60_000, '1m0s'],
  [61_001, '1m1.001s'],
  [360_000, '6m0s'],
  [6_836_832, '1h53m56.832s'],
  [86_400_000, '24h0m0s'],
])('formatGoDuration(%d) is %s', (ms, text) => {
  expect(formatGoDuration(ms)).toBe(text);
});

test.each([
  ['gpt-5', 'gpt-5', true],
  ['gpt-5', 'gpt-5-mini', false],
  ['gpt-*', 'gpt-5', true],
  ['*', '', true],
  ['*-mini', 'gpt-5-mini', true],
  ['a*a', 'a', false],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['*b*b*', 'ab', false],
  ['gpt.5', 'gpt-5', false],
])('pattern %s and %s: %s', (pattern, name, expected) => {
  expect(matches(pattern, name)).toBe(expected);
});

test('no list of patterns matches every name, an empty one none', () => {
  expect([matchesAny(undefined, 'x'), matchesAny([], 'x')]).toEqual([true, false]);
});

test('latencies are fixed, uniform or log-normal', () => {
  const random = createRandom(3);
  const draws = (value: unknown) => Array.from({ length: 2000 }, () => readLatency(check, 'x', value).draw(random)).sort((a, b) => a - b);
  expect(new Set(draws(7))).toEqual(new Set([7]));
  const uniform = draws({ min: 100, max: 200 });
  expect([uniform[0] ?? 0, uniform[1999] ?? 0].map((ms) => Math.round(ms / 10))).toEqual([10, 20]);
  const skewed = draws({ median: 100, p95: 400 });
  expect([skewed[1000] ?? 0, skewed[1900] ?? 0].map((ms) => Math.round(ms / 100))).toEqual([1, 4]);
});

test('the mean of a latency is known', () => {
  expect(readLatency(check, 'x', 7).meanMs).toBe(7);
  expect(readLatency(check, 'x', { min: 100, max: 200 }).meanMs).toBe(150);
  expect(readLatency(check, 'x', { median: 100, p95: 100 }).meanMs).toBe(100);
});

test('short forms become buckets with the windows given', () => {
  const buckets = readLimits(check, { rpm: 60, tpd: 1000, windowMs: 500, burst: 0.1 });
  expect(buckets).toEqual([
    {
      counts: 'requests',
      kind: 'refill',
      limit: 60,
      windowMs: 500,
      capacity: 6,
      anchor: 'clock',
      models: undefined,
      perModel: true,
      unit: 'min',
    },
    {
      counts: 'tokens',
      kind: 'refill',
      limit: 1000,
      windowMs: 86_400_000,
      capacity: 100,
      anchor: 'clock',
      models: undefined,
      perModel: true,
      unit: 'day',
    },
  ]);
});

test.each([
  [{ limit: 60 }, 60],
  [{ limit: 60, burst: 10 }, 10],
  [{ limit: 60, burst: 1 }, 1],
  [{ limit: 3, burst: 0.01 }, 1],
  [{ limit: 60, burst: 600 }, 600],
])('%o holds %d', (shape, capacity) => {
  expect(readLimits(check, { buckets: [{ counts: 'requests', windowMs: 1000, ...shape }] })).toMatchObject([{ capacity }]);
});

test.each([
  [60_000, 'min'],
  [3_600_000, 'hour'],
  [86_400_000, 'day'],
])('a window of %d ms is named per %s', (windowMs, unit) => {
  expect(readLimits(check, { buckets: [{ counts: 'tokens', limit: 1, windowMs }] })).toMatchObject([{ unit }]);
});

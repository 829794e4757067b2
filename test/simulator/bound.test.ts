import { describe, expect, test } from 'vitest';
import { allow, boundGroup } from '../../src/simulator/bound.ts';
import type { BucketSettings } from '../../src/simulator/buckets.ts';
import { SimulatedKey, uniteIntervals } from '../../src/simulator/keys.ts';

const BASE = {
  counts: 'requests',
  limit: 60,
  windowMs: 60_000,
  capacity: 10,
  anchor: 'clock',
  models: undefined,
  perModel: true,
  unit: 'min',
} as const;
const REFILL: BucketSettings = { ...BASE, kind: 'refill' };
const FIXED: BucketSettings = { ...BASE, kind: 'fixed', capacity: 60 };
const SLIDING: BucketSettings = { ...BASE, kind: 'sliding', capacity: 60 };

describe('allow', () => {
  test.each([
    ['burst and rate of a refill', REFILL, 1, [[0, 30_000]], 40],
    ['larger calls', REFILL, 4, [[0, 30_000]], 10],
    ['calls that never fit', REFILL, 11, [[0, 30_000]], 0],
    ['no calls of nothing', REFILL, 0, [[0, 30_000]], Infinity],
    [
      'what runs over in a gap is lost',
      REFILL,
      1,
      [
        [0, 10_000],
        [100_000, 110_000],
      ],
      40,
    ],
    [
      'a short gap is made up for',
      REFILL,
      1,
      [
        [0, 10_000],
        [15_000, 25_000],
      ],
      35,
    ],
    ['a window of the clock', FIXED, 1, [[0, 60_000]], 60],
    ['two windows of the clock that a stretch touches', FIXED, 1, [[50_000, 70_000]], 120],
    [
      'one window touched twice',
      FIXED,
      1,
      [
        [0, 10_000],
        [20_000, 30_000],
      ],
      60,
    ],
    ['whole calls in each window', FIXED, 40, [[0, 120_000]], 2],
    ['windows of first use', { ...FIXED, anchor: 'first-use' }, 1, [[50_000, 70_000]], 60],
    ['a sliding window', SLIDING, 1, [[0, 60_000]], 60],
    ['a sliding window that opens again', SLIDING, 1, [[0, 60_001]], 120],
    [
      'a sliding window across a gap',
      SLIDING,
      1,
      [
        [0, 1000],
        [59_000, 61_000],
      ],
      120,
    ],
  ] as [string, BucketSettings, number, [number, number][], number][])('%s', (_, settings, amount, stretches, calls) => {
    expect(
      allow(
        settings,
        amount,
        stretches.map(([from, to]) => ({ from, to })),
      ),
    ).toBe(calls);
  });
});

describe('boundGroup', () => {
  const usable = [{ from: 0, to: 60_000 }];
  const group = { id: 'g', buckets: [REFILL], concurrency: Infinity, usable };

  test('the tightest limit decides', () => {
    const tokens: BucketSettings = { ...FIXED, counts: 'tokens', limit: 1000, capacity: 1000 };
    const both = { ...group, buckets: [REFILL, tokens] };
    expect(boundGroup(both, {}, 0)).toEqual({ id: 'g', requests: 70, tokens: 1000, boundBy: 'requests per min' });
    expect(boundGroup(both, { tokensPerCall: 100 }, 0)).toEqual({ id: 'g', requests: 10, tokens: 1000, boundBy: 'tokens per min' });
  });

  test('limited places are taken again after each call', () => {
    expect(boundGroup({ ...group, concurrency: 2 }, {}, 10_000)).toMatchObject({ requests: 12, boundBy: 'concurrency' });
    expect(boundGroup({ ...group, concurrency: 2 }, {}, 0)).toMatchObject({ requests: 70, boundBy: 'requests per min' });
  });

  test('limits of other models do not count', () => {
    const other = { ...group, buckets: [{ ...REFILL, models: ['gpt-*'] }] };
    expect(boundGroup(other, { model: 'llama' }, 0)).toEqual({ id: 'g', requests: Infinity, tokens: Infinity, boundBy: undefined });
    expect(boundGroup(other, { model: 'gpt-5' }, 0).requests).toBe(70);
  });

  test('a group without a usable key gives nothing', () => {
    expect(boundGroup({ ...group, usable: [] }, {}, 0)).toEqual({ id: 'g', requests: 0, tokens: 0, boundBy: 'no usable key' });
  });
});

describe('SimulatedKey', () => {
  const changes = [
    { atMs: 100, state: 'dead' },
    { atMs: 200, state: 'ok' },
  ] as const;
  const key = () => new SimulatedKey({ id: 'a', secret: 'sk', state: 'ok', changes }, 1000);

  test('has the state of its last change', () => {
    expect([1000, 1099, 1100, 1199, 1200].map((at) => key().stateAt(at))).toEqual(['ok', 'ok', 'dead', 'dead', 'ok']);
  });

  test('keeps planned changes when it is changed by hand', () => {
    const changed = key();
    changed.set('spent', 1050);
    expect([1049, 1050, 1100, 1200].map((at) => changed.stateAt(at))).toEqual(['ok', 'spent', 'dead', 'ok']);
    expect(changed.usableIn({ from: 1000, to: 1300 })).toEqual([
      { from: 1000, to: 1050 },
      { from: 1200, to: 1300 },
    ]);
  });
});

test('uniteIntervals joins what touches or overlaps', () => {
  const stretches = [
    { from: 5, to: 9 },
    { from: 0, to: 3 },
    { from: 3, to: 4 },
    { from: 6, to: 7 },
  ];
  expect(uniteIntervals(stretches)).toEqual([
    { from: 0, to: 4 },
    { from: 5, to: 9 },
  ]);
});

import { describe, expect, test } from 'vitest';
import { carriedBy, carriedByPlaces, lastsMs, least, medianOf, sumOf, type Supply } from '../../src/pool/capacity-maths.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function supply(more: Partial<Supply> = {}): Supply {
  return { kind: 'refill', limit: 60, windowMs: MINUTE, remaining: 60, fullInMs: 0, perCall: 1, ...more };
}

describe('what a bucket carries', () => {
  const rows: readonly (readonly [string, Partial<Supply>, number | undefined])[] = [
    ['requests: its rate', {}, 60],
    ['of an hour', { limit: 600, windowMs: HOUR }, 10],
    ['of a second', { limit: 5, windowMs: 1000 }, 300],
    ['tokens: its rate by what a call takes', { limit: 200_000, perCall: 2500 }, 80],
    ['also when it is empty, as it refills', { remaining: 0, fullInMs: MINUTE }, 60],
    ['a short window that is spent: its rate', { kind: 'fixed', remaining: 0, fullInMs: 500 }, 60],
    ['a sliding one: its rate', { kind: 'sliding', limit: 1440, windowMs: DAY, remaining: 3, fullInMs: HOUR }, 1],
    ['a day that nobody has begun: its rate', { kind: 'fixed', limit: 1440, windowMs: DAY, remaining: 1440, fullInMs: 0 }, 1],
    [
      'a day that is half over: what is left, until its end',
      { kind: 'fixed', limit: 1440, windowMs: DAY, remaining: 120, fullInMs: HOUR },
      2,
    ],
    ['the end of a day: no more than is left', { kind: 'fixed', limit: 1440, windowMs: DAY, remaining: 50, fullInMs: 1000 }, 50],
    ['a day that is spent', { kind: 'fixed', limit: 1440, windowMs: DAY, remaining: 0, fullInMs: HOUR }, 0],
    ['a day that is overdrawn', { kind: 'fixed', limit: 1440, windowMs: DAY, remaining: -10, fullInMs: HOUR }, 0],
    ['nobody knows what a call takes', { perCall: undefined }, undefined],
    ['a call takes nothing of it', { perCall: 0 }, undefined],
  ];
  test.each(rows)('%s', (_, given, expected) => {
    expect(carriedBy(supply(given))).toBe(expected);
  });
});

test('places carry as many calls as fit one after the other', () => {
  expect(carriedByPlaces(5, 2000)).toBe(150);
  expect(carriedByPlaces(5, undefined)).toBe(undefined);
  expect(carriedByPlaces(5, 0)).toBe(undefined);
});

test('the limit that carries least binds; what nobody knows does not', () => {
  const rows = [{ perMinute: 60 }, { perMinute: undefined }, { perMinute: 5 }, { perMinute: 7 }];
  expect(least(rows)).toBe(rows[2]);
  expect(least([{ perMinute: undefined }])).toBe(undefined);
});

test('what is known is summed, and nothing known is no zero', () => {
  expect(sumOf([1, undefined, 2])).toBe(3);
  expect(sumOf([undefined])).toBe(undefined);
  expect(sumOf([])).toBe(undefined);
});

test('the one in the middle', () => {
  expect(medianOf([9, 1, 5])).toBe(5);
  expect(medianOf([4, 2])).toBe(2);
  expect(medianOf([])).toBe(undefined);
});

describe('how long it lasts', () => {
  const rows: readonly (readonly [string, readonly (readonly Partial<Supply>[])[], number, number | undefined])[] = [
    ['a pace below the rate: for ever', [[{}]], 59, undefined],
    ['twice the rate: what is there, and what comes meanwhile', [[{}]], 120, MINUTE],
    ['empty, above the rate: not at all', [[{ remaining: 0 }]], 120, 0],
    ['overdrawn', [[{ remaining: -5 }]], 120, 0],
    ['no pace: for ever', [[{ remaining: 0 }]], 0, undefined],
    ['tokens', [[{ limit: 60_000, remaining: 30_000, perCall: 1000 }]], 120, 30_000],
    ['a day: what is left', [[{ kind: 'fixed', limit: 1000, windowMs: DAY, remaining: 300, fullInMs: 10 * HOUR }]], 10, 30 * MINUTE],
    ['a day that ends before', [[{ kind: 'fixed', limit: 100_000, windowMs: DAY, remaining: 300, fullInMs: HOUR }]], 4, undefined],
    ['the tightest of a group', [[{}, { kind: 'fixed', limit: 1000, windowMs: DAY, remaining: 20, fullInMs: HOUR }]], 40, 30_000],
    ['two groups at one pace', [[{}], [{ remaining: 30 }]], 180, 90_000],
    ['one of them empty', [[{ remaining: 0 }], [{ limit: 120, remaining: 120 }]], 300, MINUTE],
    ['nothing is known of one', [[{ remaining: 0 }], []], 300, undefined],
    ['nobody knows what a call takes', [[{ remaining: 0, perCall: undefined }]], 300, undefined],
    ['no groups', [], 300, undefined],
  ];
  test.each(rows)('%s', (_, groups, perMinute, expected) => {
    const lasts = lastsMs(
      groups.map((group) => group.map(supply)),
      perMinute,
    );
    // Found by halving, to the millisecond.
    expect(lasts === undefined || expected === undefined ? lasts : Math.round(lasts / 10) * 10).toBe(expected);
  });
});

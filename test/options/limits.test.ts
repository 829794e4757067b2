import { expect, test } from 'vitest';
import { noLimits, resolveLimits } from '../../src/options/limits.ts';
import type { LimitOptions } from '../../src/options/types.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const short = { kind: 'refill', perModel: true, models: undefined } as const;

test('none are no limits', () => {
  expect(resolveLimits(undefined)).toBe(noLimits);
  expect(resolveLimits({})).toEqual(noLimits);
});

test.each<[LimitOptions, object]>([
  [{ rpm: 5 }, { counts: 'requests', limit: 5, burst: undefined, windowMs: MINUTE_MS, ...short }],
  [{ tpm: 5 }, { counts: 'tokens', limit: 5, burst: undefined, windowMs: MINUTE_MS, ...short }],
  [{ rpd: 5 }, { counts: 'requests', limit: 5, burst: undefined, windowMs: DAY_MS, ...short }],
  [{ tpd: 5 }, { counts: 'tokens', limit: 5, burst: undefined, windowMs: DAY_MS, ...short }],
])('%j is a bucket of each model', (limits, bucket) => {
  expect(resolveLimits(limits)).toEqual({ ...noLimits, buckets: [bucket] });
});

test('a bucket in full is shared by its models; nothing is assumed of its burst, and its kind is refill', () => {
  const bucket = { counts: 'input', limit: 100, windowMs: 1000 } as const;
  expect(resolveLimits({ buckets: [bucket] }).buckets).toEqual([
    { ...bucket, burst: undefined, kind: 'refill', perModel: false, models: undefined },
  ]);
  const full = { ...bucket, burst: 10, kind: 'sliding', models: ['gpt-*'] } as const;
  expect(resolveLimits({ buckets: [full] }).buckets).toEqual([{ ...full, perModel: false }]);
});

test('short forms come before buckets in full', () => {
  const limits = { buckets: [{ counts: 'output', limit: 1, windowMs: 1 }], tpd: 4, rpd: 3, tpm: 2, rpm: 1 } as const;
  expect(resolveLimits(limits).buckets.map(({ counts, limit }) => `${counts} ${limit}`)).toEqual([
    'requests 1',
    'tokens 2',
    'requests 3',
    'tokens 4',
    'output 1',
  ]);
});

test('Infinity is no limit, and no time between starts is none', () => {
  const buckets = [{ counts: 'tokens', limit: Infinity, windowMs: 1 }] as const;
  expect(
    resolveLimits({ rpm: Infinity, tpm: Infinity, rpd: Infinity, tpd: Infinity, concurrency: Infinity, minTimeMs: 0, buckets }),
  ).toEqual(noLimits);
});

test('concurrency and time between starts belong to the group', () => {
  expect(resolveLimits({ concurrency: 2, minTimeMs: 50 })).toEqual({ concurrency: 2, minTimeMs: 50, buckets: [] });
});

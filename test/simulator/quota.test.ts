import { describe, expect, test } from 'vitest';
import { Checker } from '../../src/simulator/check.ts';
import { readLimits } from '../../src/simulator/limits.ts';
import type { SimulatorLimits } from '../../src/simulator/index.ts';
import { Quota, type Charge } from '../../src/simulator/quota.ts';

const NONE = { input: 0, output: 0 };

function quotaOf(limits: SimulatorLimits, refusedCount = false): Quota {
  return new Quota(readLimits(new Checker('test'), { ...limits }), refusedCount);
}

function charge(quota: Quota, use = NONE): Charge {
  const admission = quota.admit('a', use, 0);
  if ('waitMs' in admission) throw new Error(`refused for ${admission.waitMs} ms`);
  return admission;
}

function admitted(quota: Quota, model: string, use = NONE, now = 0): boolean {
  return !('waitMs' in quota.admit(model, use, now));
}

test('short forms hold for each model on its own', () => {
  const quota = quotaOf({ rpm: 1 });
  expect(['a', 'a', 'b'].map((model) => admitted(quota, model))).toEqual([true, false, true]);
});

test('a bucket of the long form is shared by the models it is for', () => {
  const quota = quotaOf({ buckets: [{ counts: 'requests', limit: 2, windowMs: 1000, models: ['gpt-*'] }] });
  expect(['gpt-a', 'gpt-b', 'gpt-c', 'other', 'other', 'other'].map((model) => admitted(quota, model))).toEqual([
    true,
    true,
    false,
    true,
    true,
    true,
  ]);
});

test('a refused request takes from no bucket', () => {
  const quota = quotaOf({ rpm: 5, tpm: 100 });
  expect(admitted(quota, 'a', { input: 60, output: 0 })).toBe(true);
  expect(admitted(quota, 'a', { input: 60, output: 0 })).toBe(false);
  expect(quota.read('a', 0).requests?.remaining).toBe(4);
  expect(quota.read('a', 0).tokens?.remaining).toBe(40);
});

test('refused requests count where the group says so', () => {
  const quota = quotaOf({ rpm: 5, tpm: 100 }, true);
  expect(admitted(quota, 'a', { input: 101, output: 0 })).toBe(false);
  expect(quota.read('a', 0).requests?.remaining).toBe(4);
});

test('of several limits the one that takes longest is named', () => {
  const quota = quotaOf({ rpm: 1, rpd: 1 });
  admitted(quota, 'a');
  expect(quota.admit('a', NONE, 0)).toMatchObject({ settings: { unit: 'day' }, waitMs: 86_400_000, requested: 1 });
});

describe('settle', () => {
  test.each([
    ['tokens', 50],
    ['input', 70],
    ['output', 80],
  ] as const)('gives back what was reserved of %s', (counts, left) => {
    const quota = quotaOf({ buckets: [{ counts, limit: 100, windowMs: 1000 }] });
    charge(quota, { input: 30, output: 60 }).settle({ input: 30, output: 20 }, 0);
    expect(admitted(quota, 'a', { input: left, output: 0 })).toBe(true);
    expect(admitted(quota, 'a', { input: counts === 'output' ? 0 : 1, output: counts === 'output' ? 81 : 0 })).toBe(false);
  });

  test('leaves buckets of requests alone', () => {
    const quota = quotaOf({ rpm: 2 });
    charge(quota).settle(NONE, 0);
    expect(quota.read('a', 0).requests?.remaining).toBe(1);
  });
});

test('headers tell of the first bucket declared, or the one that refused', () => {
  const quota = quotaOf({ rpm: 10, rpd: 2 });
  expect(quota.read('a', 0).requests?.limit).toBe(10);
  admitted(quota, 'a');
  admitted(quota, 'a');
  const refusal = quota.admit('a', NONE, 0);
  expect('settings' in refusal && quota.read('a', 0, refusal.settings).requests?.limit).toBe(2);
  expect(quota.read('a', 0).tokens).toBeUndefined();
});

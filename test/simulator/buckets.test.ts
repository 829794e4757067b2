import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBucket, type BucketSettings } from '../../src/simulator/buckets.ts';

const MINUTE = 60_000;

function settings(changes: Partial<BucketSettings> = {}): BucketSettings {
  const limit = changes.limit ?? 60;
  const base = {
    counts: 'requests',
    kind: 'refill',
    windowMs: MINUTE,
    anchor: 'clock',
    models: undefined,
    perModel: false,
    unit: 'min',
  } as const;
  return { ...base, limit, capacity: limit, ...changes };
}

describe('refill', () => {
  test('starts full, gives its burst at once and then its rate', () => {
    const bucket = createBucket(settings({ limit: 60, capacity: 10 }), 0);
    for (let count = 0; count < 10; count++) bucket.take(1, 0);
    expect(bucket.waitFor(1, 0)).toBe(1000);
    expect(bucket.waitFor(1, 400)).toBe(600);
    expect(bucket.waitFor(1, 1000)).toBe(0);
  });

  test('reads floored remaining, and reset as the time until it is full', () => {
    const bucket = createBucket(settings({ limit: 60, capacity: 10 }), 0);
    expect(bucket.read(0)).toEqual({ limit: 60, remaining: 10, resetMs: 0 });
    bucket.take(4, 0);
    expect(bucket.read(0)).toEqual({ limit: 60, remaining: 6, resetMs: 4000 });
    expect(bucket.read(500)).toEqual({ limit: 60, remaining: 6, resetMs: 3500 });
    expect(bucket.read(1000)).toEqual({ limit: 60, remaining: 7, resetMs: 3000 });
  });

  test('holds no more than its burst however long it waits', () => {
    const bucket = createBucket(settings({ limit: 60, capacity: 10 }), 0);
    bucket.take(10, 0);
    expect(bucket.read(MINUTE * 60).remaining).toBe(10);
  });

  test('never fits what is larger than its burst', () => {
    const bucket = createBucket(settings({ limit: 60, capacity: 10 }), 0);
    expect(bucket.waitFor(11, 0)).toBe(Infinity);
  });

  test('settles to the true use: back up to full, or into debt', () => {
    const bucket = createBucket(settings({ limit: 60_000 }), 0);
    const settle = bucket.take(1000, 0);
    settle(100, 0);
    expect(bucket.read(0).remaining).toBe(59_900);
    const more = bucket.take(59_900, 0);
    more(60_900, 0);
    expect(bucket.read(0).remaining).toBe(0);
    expect(bucket.waitFor(1, 0)).toBe(1001);
  });

  test('a settled amount does not raise it above full', () => {
    const bucket = createBucket(settings({ limit: 60 }), 0);
    const settle = bucket.take(10, 0);
    settle(0, MINUTE);
    expect(bucket.read(MINUTE).remaining).toBe(60);
  });

  test('wasted requests empty it but bring no debt', () => {
    const bucket = createBucket(settings({ limit: 60, capacity: 1 }), 0);
    bucket.take(1, 0);
    for (let count = 0; count < 50; count++) bucket.waste(0);
    expect(bucket.waitFor(1, 0)).toBe(1000);
    bucket.waste(900);
    expect(bucket.waitFor(1, 900)).toBe(1000);
  });

  test('a clock that goes backwards gives nothing', () => {
    const bucket = createBucket(settings({ limit: 60, capacity: 1 }), 10_000);
    bucket.take(1, 10_000);
    expect(bucket.waitFor(1, 5000)).toBe(1000);
    expect(bucket.waitFor(1, 10_500)).toBe(500);
  });
});

describe('fixed', () => {
  test('gives the whole limit back when the window of the clock ends', () => {
    const bucket = createBucket(settings({ kind: 'fixed', limit: 3 }), 0);
    const late = MINUTE - 1000;
    bucket.take(3, late);
    expect(bucket.waitFor(1, late)).toBe(1000);
    expect(bucket.read(late)).toEqual({ limit: 3, remaining: 0, resetMs: 1000 });
    expect(bucket.waitFor(3, MINUTE)).toBe(0);
    expect(bucket.read(MINUTE)).toEqual({ limit: 3, remaining: 3, resetMs: 0 });
  });

  test('a window of its own begins with the first request', () => {
    const bucket = createBucket(settings({ kind: 'fixed', anchor: 'first-use', limit: 3 }), 0);
    bucket.take(3, 50_000);
    expect(bucket.waitFor(1, MINUTE)).toBe(50_000);
    expect(bucket.waitFor(1, 110_000)).toBe(0);
    bucket.take(1, 200_000);
    expect(bucket.read(200_000)).toEqual({ limit: 3, remaining: 2, resetMs: MINUTE });
  });

  test('what is settled after its window has ended changes nothing', () => {
    const bucket = createBucket(settings({ kind: 'fixed', limit: 100 }), 0);
    const settle = bucket.take(80, 0);
    settle(50, 10);
    expect(bucket.read(10).remaining).toBe(50);
    const late = bucket.take(50, 20);
    bucket.take(30, MINUTE);
    late(0, MINUTE);
    expect(bucket.read(MINUTE).remaining).toBe(70);
  });

  test('never fits what is larger than the limit', () => {
    expect(createBucket(settings({ kind: 'fixed', limit: 3 }), 0).waitFor(4, 0)).toBe(Infinity);
  });
});

describe('sliding', () => {
  test('gives each unit back one window after it was taken', () => {
    const bucket = createBucket(settings({ kind: 'sliding', limit: 3 }), 0);
    bucket.take(1, 0);
    bucket.take(2, 10_000);
    expect(bucket.waitFor(1, 20_000)).toBe(40_000);
    expect(bucket.waitFor(2, 20_000)).toBe(50_000);
    expect(bucket.read(20_000)).toEqual({ limit: 3, remaining: 0, resetMs: 50_000 });
    expect(bucket.waitFor(1, MINUTE)).toBe(0);
    expect(bucket.read(70_000)).toEqual({ limit: 3, remaining: 3, resetMs: 0 });
  });

  test('settles the entry it was taken with while that is in the window', () => {
    const bucket = createBucket(settings({ kind: 'sliding', limit: 100 }), 0);
    const settle = bucket.take(80, 0);
    settle(30, 1000);
    expect(bucket.read(1000).remaining).toBe(70);
    settle(10, MINUTE);
    expect(bucket.read(MINUTE).remaining).toBe(100);
  });

  test('wasted requests hold the window shut', () => {
    const bucket = createBucket(settings({ kind: 'sliding', limit: 1 }), 0);
    bucket.take(1, 0);
    bucket.waste(30_000);
    expect(bucket.waitFor(1, MINUTE)).toBe(30_000);
  });

  test('forgets what has left the window', () => {
    const bucket = createBucket(settings({ kind: 'sliding', limit: 10_000 }), 0);
    for (let at = 0; at < 5000; at++) bucket.take(1, at);
    expect(bucket.read(4999 + MINUTE)).toEqual({ limit: 10_000, remaining: 10_000, resetMs: 0 });
  });
});

const arbitrary = fc.record({
  kind: fc.constantFrom('refill', 'fixed', 'sliding' as const),
  anchor: fc.constantFrom('clock', 'first-use' as const),
  limit: fc.integer({ min: 1, max: 500 }),
  windowMs: fc.integer({ min: 1, max: 5000 }),
  share: fc.double({ min: 0.05, max: 1, noNaN: true }),
  steps: fc.array(fc.record({ gapMs: fc.integer({ min: 0, max: 3000 }), amount: fc.integer({ min: 1, max: 20 }) }), { maxLength: 60 }),
});

test('an announced wait is enough, and no shorter one is', () => {
  fc.assert(
    fc.property(arbitrary, ({ steps, share, ...rest }) => {
      const capacity = rest.kind === 'refill' ? Math.max(1, Math.floor(rest.limit * share)) : rest.limit;
      const bucket = createBucket(settings({ ...rest, capacity }), 0);
      let now = 0;
      for (const { gapMs, amount } of steps.filter((step) => step.amount <= capacity)) {
        now += gapMs;
        const wait = bucket.waitFor(amount, now);
        // A millisecond earlier it is not enough; without a wait there is no earlier.
        expect(wait === 0 || bucket.waitFor(amount, now + wait - 1) > 0).toBe(true);
        now += wait;
        expect(bucket.waitFor(amount, now)).toBe(0);
        bucket.take(amount, now);
        expect(bucket.read(now).remaining).toBeGreaterThanOrEqual(0);
      }
      expect(bucket.read(now + bucket.read(now).resetMs).remaining).toBe(capacity);
    }),
  );
});

test('no stretch of time is given more than the kind allows', () => {
  fc.assert(
    fc.property(arbitrary, ({ steps, share, ...rest }) => {
      const capacity = rest.kind === 'refill' ? Math.max(1, Math.floor(rest.limit * share)) : rest.limit;
      const bucket = createBucket(settings({ ...rest, capacity }), 0);
      const taken: { readonly at: number; readonly amount: number }[] = [];
      let now = 0;
      for (const { gapMs, amount } of steps) {
        now += gapMs;
        if (bucket.waitFor(amount, now) > 0) continue;
        bucket.take(amount, now);
        taken.push({ at: now, amount });
      }
      for (const { at: from } of taken) {
        for (const { at: to } of taken.filter((entry) => entry.at >= from)) {
          const sum = taken.filter((entry) => entry.at >= from && entry.at <= to).reduce((total, entry) => total + entry.amount, 0);
          expect(sum).toBeLessThanOrEqual(allowance(rest, capacity, to - from) + 1e-3);
        }
      }
    }),
  );
});

/** What may be taken within a closed stretch of time, at the very most. */
function allowance(
  { kind, limit, windowMs }: Pick<BucketSettings, 'kind' | 'limit' | 'windowMs'>,
  capacity: number,
  lengthMs: number,
): number {
  if (kind === 'refill') return capacity + (limit / windowMs) * lengthMs;
  return limit * (Math.floor(lengthMs / windowMs) + (kind === 'fixed' ? 2 : 1));
}

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { periodOf } from '../../src/usage/budgets-period.ts';

const at = (text: string): number => Date.parse(text);

test.each([
  ['day', '2026-11-22T08:45:00Z', '2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z'],
  ['day', '2026-11-22T00:00:00Z', '2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z'],
  ['day', '2026-11-22T23:59:59.999Z', '2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z'],
  ['day', '2026-02-28T12:00:00Z', '2026-02-28T00:00:00Z', '2026-03-01T00:00:00Z'],
  ['day', '2028-02-28T12:00:00Z', '2028-02-28T00:00:00Z', '2028-02-29T00:00:00Z'],
  ['day', '2026-12-31T12:00:00Z', '2026-12-31T00:00:00Z', '2027-01-01T00:00:00Z'],
  // Clocks that go forward or back elsewhere change nothing.
  ['day', '2026-03-29T01:30:00Z', '2026-03-29T00:00:00Z', '2026-03-30T00:00:00Z'],
  ['month', '2026-01-31T23:59:59.999Z', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'],
  ['month', '2026-02-01T00:00:00Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
  ['month', '2026-04-30T12:00:00Z', '2026-04-01T00:00:00Z', '2026-05-01T00:00:00Z'],
  ['month', '2028-02-29T12:00:00Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
  ['month', '2100-02-28T12:00:00Z', '2100-02-01T00:00:00Z', '2100-03-01T00:00:00Z'],
  ['month', '2026-12-15T12:00:00Z', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
  ['month', '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '1970-02-01T00:00:00Z'],
] as const)('the %s of %s is from %s until before %s', (per, now, from, until) => {
  expect(periodOf(per, at(now))).toEqual({ from: at(from), until: at(until) });
});

test.each(['day', 'month'] as const)('every instant is in one %s, and the next one begins where it ends', (per) => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 8e12 }), (now) => {
      const period = periodOf(per, now);
      expect(period.from).toBeLessThanOrEqual(now);
      expect(period.until).toBeGreaterThan(now);
      expect(periodOf(per, period.until - 1)).toEqual(period);
      expect(periodOf(per, period.until).from).toBe(period.until);
    }),
  );
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admit, afterEnd, afterEntry, type Breaker, type Health, NEW_BREAKER, type Passage } from '../../../src/layers/route/breaker.ts';

const T = 1_000_000;
const zero = (): number => 0;
const normal = (at = T): Passage => ({ as: 'normal', at });
const probe = (at = T): Passage => ({ as: 'probe', at });
const forced = (at = T): Passage => ({ as: 'forced', at });

const open = (until: number, strikes = 1): Breaker => ({ status: 'open', until, strikes });
const halfOpen = (since: number, strikes = 1): Breaker => ({ status: 'half-open', since, strikes });
const closed = (since = 0, strikes = 0): Breaker => ({ status: 'closed', since, strikes, seconds: [] });

/** The state after calls that all entered and ended at `now`. */
function after(healths: readonly Health[], now = T, from: Breaker = NEW_BREAKER): Breaker {
  return healths.reduce((state, health) => afterEnd(state, normal(now), health, now, zero), from);
}

const times = (count: number, health: Health): readonly Health[] => Array.from({ length: count }, () => health);

describe('admit', () => {
  const table: readonly (readonly [string, Breaker, number, string | undefined])[] = [
    ['closed', closed(), T, 'normal'],
    ['open before its time', open(T + 1), T, undefined],
    ['open at its time', open(T), T, 'probe'],
    ['half-open with a fresh probe', halfOpen(T - 9_999), T, undefined],
    ['half-open with a probe that takes long', halfOpen(T - 10_000), T, 'probe'],
  ];
  it.each(table)('%s', (_name, state, now, as) => {
    expect(admit(state, now)?.as).toBe(as);
  });
});

describe('sampling', () => {
  const table: readonly (readonly [string, readonly Health[], Breaker['status']])[] = [
    ['nine failures are too few', times(9, 'sick'), 'closed'],
    ['ten failures eject', times(10, 'sick'), 'open'],
    ['half of ten ejects', [...times(5, 'well'), ...times(5, 'sick')], 'open'],
    ['four of ten do not', [...times(6, 'well'), ...times(4, 'sick')], 'closed'],
    ['a success that completes the ten does not eject', [...times(9, 'sick'), 'well'], 'closed'],
    ['refused keys count neither way', [...times(20, 'nothing'), ...times(9, 'sick')], 'closed'],
  ];
  it.each(table)('%s', (_name, healths, status) => {
    expect(after(healths).status).toBe(status);
  });

  it('forgets what is ten seconds old', () => {
    const old = after(times(9, 'sick'), T);
    expect(after(['sick'], T + 9_999, old).status).toBe('open');
    expect(after(['sick'], T + 10_000, old).status).toBe('closed');
  });

  it('keeps at most ten seconds', () => {
    let state: Breaker = NEW_BREAKER;
    for (let second = 0; second < 100; second++) state = after(['well', 'well'], T + second * 1_000, state);
    expect(state).toMatchObject({ status: 'closed', seconds: { length: 10 } });
  });
});

describe('ejection', () => {
  const table: readonly (readonly [number, number, number])[] = [
    [0, 0, 1_000],
    [0, 1, 750],
    [1, 0, 2_000],
    [5, 0, 32_000],
    [6, 0, 60_000],
    [6, 1, 45_000],
    [2_000, 0, 60_000],
  ];
  it.each(table)('after %i strikes at a chance of %d lasts %i ms', (strikes, chance, lastsMs) => {
    const state = afterEnd(halfOpen(T, strikes), probe(), 'sick', T, () => chance);
    expect(state).toEqual(open(T + lastsMs, strikes + 1));
  });

  it('doubles when the route falls sick again, and starts short after a healthy minute', () => {
    const soon = after(times(10, 'sick'), T + 30_000, closed(T, 3));
    const late = after(times(10, 'sick'), T + 60_001, closed(T, 3));
    expect([soon, late]).toEqual([open(T + 38_000, 4), open(T + 61_001, 1)]);
  });
});

describe('afterEnd', () => {
  const table: readonly (readonly [string, Breaker, Passage, Health, Breaker])[] = [
    ['a well probe closes', halfOpen(T, 2), probe(), 'well', closed(T, 2)],
    ['a sick probe ejects for longer', halfOpen(T, 2), probe(), 'sick', open(T + 4_000, 3)],
    ['a probe that found nothing lets the next one go', halfOpen(T, 2), probe(), 'nothing', open(T, 2)],
    ['a late success does not close', open(T + 500), normal(T - 10), 'well', open(T + 500)],
    ['a late failure does not lengthen', open(T + 500), normal(T - 10), 'sick', open(T + 500)],
    ['a forced success does not close', open(T + 500), forced(), 'well', open(T + 500)],
    ['a late end does not decide for the probe', halfOpen(T), normal(T - 10), 'sick', halfOpen(T)],
    ['a forced end does not decide for the probe', halfOpen(T), forced(), 'well', halfOpen(T)],
    ['what left before the ejection is no news afterwards', closed(T, 1), normal(T - 1), 'sick', closed(T, 1)],
    ['a forced failure counts nowhere', closed(T, 1), forced(), 'sick', closed(T, 1)],
  ];
  it.each(table)('%s', (_name, state, passage, health, expected) => {
    expect(afterEnd(state, passage, health, T, zero)).toEqual(expected);
  });

  it('is half-open once the probe has entered', () => {
    expect(afterEntry(open(T, 3), probe())).toEqual(halfOpen(T, 3));
    expect(afterEntry(open(T + 9, 3), forced())).toEqual(open(T + 9, 3));
  });
});

describe('breaker', () => {
  it('admits at most one probe in ten seconds while a route stays sick, and always one in the end', () => {
    const event = fc.record({ waitMs: fc.integer({ min: 0, max: 5_000 }), health: fc.constantFrom<Health>('well', 'sick', 'nothing') });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        let now = T;
        let state: Breaker = NEW_BREAKER;
        for (const { waitMs, health } of events) {
          now += waitMs;
          const passage = admit(state, now);
          if (passage === undefined) continue;
          state = afterEntry(state, passage);
          // A probe is on its way: nobody else enters until it ends or takes long.
          expect(passage.as === 'probe' ? admit(state, now + 9_999) : undefined).toBeUndefined();
          state = afterEnd(state, passage, health, now, zero);
        }
        expect(admit(state, now + 60_000)).toBeDefined();
      }),
    );
  });
});

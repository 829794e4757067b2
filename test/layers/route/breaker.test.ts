import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admit, afterEnd, afterEntry, type Breaker, type Health, NEW_BREAKER, type Passage } from '../../../src/layers/route/breaker.ts';

const T = 1_000_000;
const zero = (): number => 0;
const normal = (at = T): Passage => ({ as: 'normal', at });
const probe = (at = T): Passage => ({ as: 'probe', at });
const forced = (at = T): Passage => ({ as: 'forced', at });

const open = (until: number, sickAt = T - 1_000): Breaker => ({ status: 'open', until, sickAt });
const halfOpen = (probedAt: number, sickAt = T - 10_000): Breaker => ({ status: 'half-open', probedAt, sickAt });
const closed = (since = 0): Breaker => ({ status: 'closed', since, seconds: [], inARow: 0 });

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
    ['half-open with a fresh probe', halfOpen(T - 999), T, undefined],
    ['half-open with a probe that takes long', halfOpen(T - 1_000), T, 'probe'],
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
    ['ten in a row eject, however many were well before', [...times(500, 'well'), ...times(10, 'sick')], 'open'],
    ['nine in a row do not', [...times(500, 'well'), ...times(9, 'sick'), 'well', ...times(9, 'sick')], 'closed'],
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
  const table: readonly (readonly [number, number])[] = [
    [0, 1_000],
    [0.5, 875],
    [1, 750],
  ];
  it.each(table)('at a chance of %d lasts %i ms, however often the route falls sick', (chance, lastsMs) => {
    const first = times(10, 'sick').reduce((state, health) => afterEnd(state, normal(), health, T, () => chance), NEW_BREAKER);
    expect(first).toEqual(open(T + lastsMs, T));
    let now = T;
    let state = first;
    for (let round = 0; round < 100; round++) {
      now += lastsMs;
      state = afterEntry(state, probe(now));
      state = afterEnd(state, probe(now), 'sick', now + 10, () => chance);
      // From probe to probe, not from the end of one to the next.
      expect(state).toEqual(open(now + lastsMs, now));
    }
  });
});

describe('afterEnd', () => {
  const table: readonly (readonly [string, Breaker, Passage, Health, Breaker])[] = [
    ['a well probe closes', halfOpen(T), probe(), 'well', closed(T)],
    ['a sick probe ejects again', halfOpen(T), probe(), 'sick', open(T + 1_000, T)],
    ['a probe that found nothing lets the next one go', halfOpen(T, T - 9), probe(), 'nothing', open(T, T - 9)],
    ['a probe that found nothing is no news while another is on its way', halfOpen(T), probe(T - 1_000), 'nothing', halfOpen(T)],
    ['an early probe that fails late leaves the next its time', halfOpen(T - 300), probe(T - 1_300), 'sick', open(T + 700, T - 1_300)],
    ['an early probe that is well late closes', halfOpen(T - 300), probe(T - 1_300), 'well', closed(T)],
    ['but not when a later one failed', open(T + 500, T - 300), probe(T - 1_300), 'well', open(T + 500, T - 300)],
    ['the later one is well after an earlier one failed', open(T + 500, T - 1_300), probe(T - 300), 'well', closed(T)],
    ['a probe of an outage long gone says nothing of this one', halfOpen(T, T - 9), probe(T - 60_000), 'well', halfOpen(T, T - 9)],
    ['a late success does not close', open(T + 500), normal(T - 10), 'well', open(T + 500)],
    ['a late failure does not lengthen', open(T + 500), normal(T - 10), 'sick', open(T + 500)],
    ['a forced success does not close', open(T + 500), forced(), 'well', open(T + 500)],
    ['a late end does not decide for the probe', halfOpen(T), normal(T - 10), 'sick', halfOpen(T)],
    ['a forced end does not decide for the probe', halfOpen(T), forced(), 'well', halfOpen(T)],
    ['what left before the ejection is no news afterwards', closed(T), normal(T - 1), 'sick', closed(T)],
    ['a forced failure counts nowhere', closed(T), forced(), 'sick', closed(T)],
  ];
  it.each(table)('%s', (_name, state, passage, health, expected) => {
    expect(afterEnd(state, passage, health, T, zero)).toEqual(expected);
  });

  it('is half-open once the probe has entered', () => {
    expect(afterEntry(open(T, T - 9), probe())).toEqual(halfOpen(T, T - 9));
    expect(afterEntry(open(T + 9), forced())).toEqual(open(T + 9));
  });
});

describe('breaker', () => {
  it('lets one call through in each second, and never keeps everybody out for more than one', () => {
    const event = fc.record({
      waitMs: fc.integer({ min: 0, max: 1_500 }),
      health: fc.constantFrom<Health>('well', 'sick', 'sick', 'sick', 'nothing'),
      lastsMs: fc.integer({ min: 0, max: 5_000 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), fc.float({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (events, chance) => {
        let now = T;
        let state: Breaker = NEW_BREAKER;
        let enteredAt = T;
        let calls: { readonly endsAt: number; readonly passage: Passage; readonly health: Health }[] = [];
        for (const { waitMs, health, lastsMs } of events) {
          now += waitMs;
          for (const call of calls.filter(({ endsAt }) => endsAt <= now).toSorted((a, b) => a.endsAt - b.endsAt))
            state = afterEnd(state, call.passage, call.health, call.endsAt, () => chance);
          calls = calls.filter(({ endsAt }) => endsAt > now);
          const passage = admit(state, now);
          // Whoever is refused knows of a call that entered, or a refusal that was seen, less than a second ago.
          const lastNews = state.status === 'open' ? Math.max(enteredAt, state.until - 1_000) : enteredAt;
          expect(passage !== undefined || now - lastNews < 1_000).toBe(true);
          if (passage === undefined) continue;
          enteredAt = now;
          state = afterEntry(state, passage);
          expect(passage.as === 'normal' || admit(state, now + 749) === undefined).toBe(true);
          calls.push({ endsAt: now + lastsMs, passage, health });
        }
        expect(admit(state, now + 1_000)).toBeDefined();
      }),
    );
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Charge, FixedLaw, type Law, RefillLaw, SlidingLaw } from '../../../src/pool/quota/bucket.ts';
import { START } from '../rig.ts';

const minute = { limit: 60, windowMs: 60_000, burst: 10 };

describe('refill', () => {
  it('starts with its burst and refills with its rate', () => {
    const law = new RefillLaw(minute, START);
    law.take(10, START);
    expect(law.remaining(START)).toBe(0);
    expect(law.fitsAt(1, START)).toBe(START + 1000);
    expect(law.fitsAt(3, START)).toBe(START + 3000);
    expect(law.remaining(START + 4000)).toBe(4);
    expect(law.resetAt(START + 4000)).toBe(START + 10_000);
    expect(law.remaining(START + 60_000)).toBe(10);
  });

  it('fits at the very instant it named, whatever the fractions', () => {
    for (const limit of [3, 7, 11, 70, 333, 999]) {
      const law = new RefillLaw({ limit, windowMs: 60_000, burst: 1 }, START);
      let now = START;
      for (let count = 0; count < 1000; count += 1) {
        expect(law.fitsAt(1, now)).toBe(now);
        law.take(1, now);
        now = law.fitsAt(1, now);
      }
      expect(now - START).toBeGreaterThanOrEqual(Math.floor((999 * 60_000) / limit));
    }
  });

  it('lets a cost above the burst through when full, and is overdrawn after it', () => {
    const law = new RefillLaw(minute, START);
    expect(law.fitsAt(25, START)).toBe(START);
    law.take(25, START);
    expect(law.remaining(START)).toBe(-15);
    expect(law.fitsAt(1, START)).toBe(START + 16_000);
  });

  it('gives back what was reserved too much, never above its burst, and owes what was too little', () => {
    const law = new RefillLaw(minute, START);
    const charge = law.take(8, START);
    law.correct(charge, 3, START);
    expect(law.remaining(START)).toBe(7);
    law.correct(charge, 9, START);
    expect(law.remaining(START)).toBe(1);
    law.correct(charge, 0, START + 5000);
    expect(law.remaining(START + 5000)).toBe(10);
  });

  it('takes a new shape without losing its level', () => {
    const law = new RefillLaw(minute, START);
    law.take(6, START);
    law.setShape({ limit: 120, windowMs: 60_000, burst: 20 }, START);
    expect(law.remaining(START)).toBe(4);
    expect(law.capacity).toBe(20);
    expect(law.fitsAt(6, START)).toBe(START + 1000);
    law.setShape({ limit: 120, windowMs: 60_000, burst: 2 }, START);
    expect(law.remaining(START)).toBe(2);
  });

  it('does not go back with a time that does', () => {
    const law = new RefillLaw(minute, START);
    law.take(5, START);
    expect(law.remaining(START - 1000)).toBe(5);
  });
});

describe('fixed', () => {
  const spec = { limit: 10, windowMs: 60_000 };

  it('follows the wall clock and starts anew with each window', () => {
    const law = new FixedLaw(spec, START + 59_000);
    law.take(10, START + 59_000);
    expect(law.fitsAt(1, START + 59_000)).toBe(START + 60_000);
    expect(law.fitsAt(1, START + 59_999)).toBe(START + 60_000);
    expect(law.remaining(START + 60_000)).toBe(10);
    expect(law.fitsAt(10, START + 60_000)).toBe(START + 60_000);
  });

  it('owes an overdraft to the windows that follow', () => {
    const law = new FixedLaw(spec, START);
    const charge = law.take(5, START);
    law.correct(charge, 25, START);
    expect(law.remaining(START)).toBe(-15);
    expect(law.fitsAt(1, START)).toBe(START + 120_000);
    expect(law.fitsAt(6, START)).toBe(START + 180_000);
    expect(law.remaining(START + 120_000)).toBe(5);
  });

  it('a correction of another window changes nothing', () => {
    const law = new FixedLaw(spec, START);
    const charge = law.take(10, START);
    law.take(4, START + 60_000);
    law.correct(charge, 0, START + 60_000);
    expect(law.remaining(START + 60_000)).toBe(6);
  });

  it('a correction of this window counts, also when the server moved its end a little', () => {
    const law = new FixedLaw(spec, START);
    const charge = law.take(10, START);
    law.setWindow({ ...spec, remaining: 0, endsAt: START + 60_030 });
    law.correct(charge, 4, START + 10);
    expect(law.remaining(START + 10)).toBe(6);
    expect(law.endsAt(START + 10)).toBe(START + 60_030);
  });

  it('is whole again at its end, and free at once when nothing was taken', () => {
    const law = new FixedLaw(spec, START);
    expect(law.resetAt(START + 5)).toBe(START + 5);
    law.take(1, START + 5);
    expect(law.resetAt(START + 5)).toBe(START + 60_000);
    expect(law.endsAt(START + 130_000)).toBe(START + 180_000);
  });
});

describe('sliding', () => {
  const spec = { limit: 3, windowMs: 1000 };

  it('frees each charge one window after it was taken', () => {
    const law = new SlidingLaw(spec);
    law.take(1, START);
    law.take(2, START + 400);
    expect(law.fitsAt(1, START + 500)).toBe(START + 1000);
    expect(law.fitsAt(2, START + 500)).toBe(START + 1400);
    expect(law.remaining(START + 999)).toBe(0);
    expect(law.remaining(START + 1000)).toBe(1);
    expect(law.resetAt(START + 1000)).toBe(START + 1400);
    expect(law.resetAt(START + 1400)).toBe(START + 1400);
  });

  it('corrects a charge where it stands, and not after it has left', () => {
    const law = new SlidingLaw(spec);
    const early = law.take(2, START);
    const late = law.take(1, START + 500);
    law.correct(early, 1, START + 600);
    expect(law.remaining(START + 600)).toBe(1);
    law.correct(late, 3, START + 700);
    expect(law.remaining(START + 700)).toBe(-1);
    law.correct(early, 0, START + 1000);
    expect(law.remaining(START + 1000)).toBe(0);
    expect(law.remaining(START + 1500)).toBe(3);
  });

  it('fractions leave nothing behind: an empty window fits its whole limit', () => {
    const law = new SlidingLaw({ limit: 1, windowMs: 1000 });
    for (let count = 0; count < 10; count += 1) law.take(0.1, START + count);
    expect(law.fitsAt(1, START + 1009)).toBe(START + 1009);
    expect(law.remaining(START + 1009)).toBe(1);
    for (let count = 0; count < 3; count += 1) law.take(0.1, START + 3000 + count);
    expect(law.remaining(START + 4002)).toBe(1);
    expect(law.resetAt(START + 4500)).toBe(START + 4500);
  });

  it('forgets what is spent, however much it was', () => {
    const law = new SlidingLaw({ limit: 1e6, windowMs: 10 });
    for (let at = 0; at < 10_000; at += 1) law.take(1, START + at);
    expect(law.remaining(START + 9999)).toBe(1e6 - 10);
  });
});

/** What a run of takes and corrections did: each at its instant, with its cost in the end. */
interface Spent {
  readonly at: number;
  readonly charge: Charge;
}

type Step = { readonly afterMs: number; readonly cost: number; readonly settle: number | undefined; readonly share: number };

const steps = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 700 }),
    cost: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.constant(0.7), fc.constant(3.3)),
    settle: fc.option(fc.nat(20), { nil: undefined }),
    share: fc.constantFrom(0, 0.3, 0.5, 1),
  }),
  { maxLength: 120 },
);

/** Takes whenever the law says that it fits, and settles earlier charges in any order. */
function spend(law: Law, run: readonly Step[], settles = true): readonly Spent[] {
  const spent: Spent[] = [];
  let now = START;
  for (const { afterMs, cost, settle, share } of run) {
    now = Math.max(now + afterMs, law.fitsAt(cost, now + afterMs));
    spent.push({ at: now, charge: law.take(cost, now) });
    const settled = settle === undefined || !settles ? undefined : spent.at(-1 - settle);
    if (settled !== undefined) law.correct(settled.charge, settled.charge.cost * share, now);
  }
  return spent;
}

const sum = (spent: readonly Spent[]): number => spent.reduce((total, { charge }) => total + charge.cost, 0);
/** Room for sums of fractions, not for time. */
const DUST = 1e-3;

describe('no order of leases and settlements goes over the law', () => {
  it('refill: never more than burst + rate x time, for any two instants', () => {
    fc.assert(
      fc.property(steps, (run) => {
        const spent = spend(new RefillLaw({ limit: 10, windowMs: 1000, burst: 10 }, START), run, false);
        for (const [first, from] of spent.entries())
          for (const [index, to] of spent.entries()) {
            const allowed = index < first ? Infinity : 10 + (to.at - from.at) / 100;
            expect(sum(spent.slice(first, index + 1))).toBeLessThanOrEqual(allowed + DUST);
          }
      }),
    );
  });

  it('refill: settled in any order, never more than burst + rate x time since it began', () => {
    fc.assert(
      fc.property(steps, (run) => {
        const law = new RefillLaw({ limit: 10, windowMs: 1000, burst: 10 }, START);
        const spent = spend(law, run);
        const last = spent.at(-1)?.at ?? START;
        expect(sum(spent)).toBeLessThanOrEqual(10 + (last - START) / 100 + DUST);
        expect(law.remaining(last)).toBeLessThanOrEqual(10);
      }),
    );
  });

  it('fixed: never more than the limit in one window', () => {
    fc.assert(
      fc.property(steps, (run) => {
        const spent = spend(new FixedLaw({ limit: 10, windowMs: 1000 }, START), run);
        const windowOf = ({ at }: Spent): number => Math.floor(at / 1000);
        for (const from of spent) expect(sum(spent.filter((other) => windowOf(other) === windowOf(from)))).toBeLessThanOrEqual(10 + DUST);
      }),
    );
  });

  it('sliding: never more than the limit in any window', () => {
    fc.assert(
      fc.property(steps, (run) => {
        const spent = spend(new SlidingLaw({ limit: 10, windowMs: 1000 }), run);
        for (const from of spent)
          expect(sum(spent.filter(({ at }) => at >= from.at && at < from.at + 1000))).toBeLessThanOrEqual(10 + DUST);
      }),
    );
  });

  it('what fitsAt promises is kept: nothing waits for ever', () => {
    const laws: readonly (() => Law)[] = [
      () => new RefillLaw({ limit: 10, windowMs: 1000, burst: 10 }, START),
      () => new FixedLaw({ limit: 10, windowMs: 1000 }, START),
      () => new SlidingLaw({ limit: 10, windowMs: 1000 }),
    ];
    fc.assert(
      fc.property(steps, fc.constantFrom(...laws), fc.double({ min: 0.1, max: 12, noNaN: true }), (run, makeLaw, cost) => {
        const law = makeLaw();
        const last = spend(law, run).at(-1)?.at ?? START;
        const at = law.fitsAt(cost, last);
        expect(law.fitsAt(cost, at)).toBe(at);
      }),
    );
  });
});

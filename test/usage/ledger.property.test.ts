import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FailureClass } from '../../src/failure.ts';
import type { AttemptReport } from '../../src/report.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import type { UsageBy, UsageQuery, UsageRow } from '../../src/usage/usage.ts';
import { Account } from './support.ts';

const BYS: readonly UsageBy[] = ['key', 'group', 'provider', 'model', 'tenant', 'tag'];
const START = Date.UTC(2026, 1, 27, 22);

const few = (prefix: string) => fc.nat(4).map((index) => `${prefix}${index}`);
const tokens = fc.record({ input: fc.nat(5000), output: fc.nat(5000), cached: fc.nat(9), cacheWrite: fc.nat(9), reasoning: fc.nat(9) });
const failure = fc.constantFrom<FailureClass>('rate_limited', 'key_invalid', 'timeout', 'aborted');
const failed = fc.record({ class: failure, key: few('k'), group: few('g'), model: few('m'), status: fc.constantFrom(200, 429, 500) });
const answered = fc.record({
  class: fc.constant('ok' as const),
  key: few('k'),
  group: few('g'),
  model: few('m'),
  action: fc.constant('answer' as const),
  tokens: fc.option(tokens, { nil: undefined }),
  // Some have no price.
  costUsd: fc.option(
    fc.nat(10_000).map((parts) => parts / 1e6),
    { nil: undefined },
  ),
});
const attempt: fc.Arbitrary<Partial<AttemptReport>> = fc
  .oneof(failed, answered)
  .map((made) => Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)));
const call = fc.record({
  tenant: fc.option(few('t'), { nil: undefined }),
  // At most one, as a call with several stands with each of them.
  tags: fc.option(
    fc.tuple(few('n'), few('v')).map(([name, value]) => ({ [name]: value })),
    { nil: undefined },
  ),
  attempts: fc.option(fc.array(attempt, { maxLength: 3 }), { nil: undefined }),
  as: fc.constantFrom<'ok' | 'aborted'>('ok', 'ok', 'aborted'),
  tookMs: fc.nat(100_000),
  firstTokenMs: fc.option(fc.nat(50_000), { nil: undefined }),
});
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: call.map((told) => ({ told }) as const) },
    { weight: 1, arbitrary: attempt.map((late) => ({ late }) as const) },
    { weight: 3, arbitrary: fc.oneof(fc.nat(90_000), fc.nat(7_200_000), fc.nat(100_000_000)).map((passed) => ({ passed }) as const) },
  ),
  { maxLength: 60 },
);

/** What must be the same however it is told apart. */
function sumOf(rows: readonly UsageRow[]) {
  const sums: Record<string, number> = {};
  const add = (name: string, more: number): void => void (sums[name] = (sums[name] ?? 0) + more);
  for (const { calls, attempts, tokens: used, priced } of rows) {
    for (const [name, count] of Object.entries(calls)) add(`calls ${name}`, count);
    for (const [name, count] of Object.entries(attempts)) add(`attempts ${name}`, count);
    for (const [name, count] of Object.entries(used)) add(`tokens ${name}`, count);
    add('unpriced', priced.unpriced);
    add('cost in millionths', Math.round(priced.costUsd * 1e6));
  }
  return sums;
}

describe('the ledger', () => {
  test('has the same sums in every dimension and by windows of every length, whatever happens when', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const clock = createManualClock(START);
        const account = new Account(clock);
        const told = { calls: 0, attempts: 0 };
        for (const step of taken) {
          if ('passed' in step) await clock.advance(step.passed);
          else if ('late' in step) account.late(step.late);
          else account.tell(step.told);
          told.attempts += 'late' in step ? 1 : 'told' in step ? (step.told.attempts?.length ?? 0) : 0;
          told.calls += 'told' in step ? 1 : 0;
        }
        const sum = (query: UsageQuery) => sumOf(account.ledger.usage(query));
        // A run is shorter than what is kept: 60 steps of at most 28 hours are 70 days, most are far fewer.
        fc.pre(clock.now() - START < 31 * 86_400_000);
        const whole = sum({});
        expect(whole['calls total'] ?? 0).toBe(told.calls);
        const ended = Object.entries(whole).filter(([name]) => name.startsWith('attempts '));
        expect(ended.reduce((all, [, count]) => all + count, 0)).toBe(told.attempts);
        for (const by of BYS) expect([by, sum({ by })]).toEqual([by, whole]);
        expect(sum({ per: 'day' })).toEqual(whole);
        const since = clock.now() - 47 * 3_600_000;
        expect(sum({ per: 'hour', since })).toEqual(sum({ since: Math.max(since, START) }));
        const lately = clock.now() - 59 * 60_000;
        expect(sum({ per: 'minute', since: lately })).toEqual(sum({ per: 'minute', since: lately, by: 'tag' }));
      }),
    );
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Budget, earn, FULL_BUDGET, pay, type Purse, RetryBudgets } from '../../../src/layers/retry/budget.ts';

const budget = (retries: number, reconnects: number): Budget => ({ retries, reconnects });

describe('pay', () => {
  const table: readonly (readonly [Budget, Purse, Budget | undefined])[] = [
    [budget(500, 100), 'retries', budget(495, 100)],
    [budget(500, 100), 'reconnects', budget(500, 95)],
    [budget(5, 0), 'retries', budget(0, 0)],
    [budget(4, 100), 'retries', undefined],
    [budget(500, 4), 'reconnects', undefined],
  ];
  it.each(table)('%j pays from %s: %j', (before, purse, after) => {
    expect(pay(before, purse)).toEqual(after);
  });
});

describe('earn', () => {
  const table: readonly (readonly [Budget, Purse | undefined, Budget])[] = [
    [budget(0, 0), undefined, budget(1, 1)],
    [budget(0, 0), 'retries', budget(5, 1)],
    [budget(0, 0), 'reconnects', budget(1, 5)],
    [budget(500, 100), undefined, budget(500, 100)],
    [budget(498, 99), 'retries', budget(500, 100)],
  ];
  it.each(table)('%j after an answer paid from %s: %j', (before, paidFrom, after) => {
    expect(earn(before, paidFrom)).toEqual(after);
  });
});

describe('RetryBudgets', () => {
  it('stays between nothing and full whatever happens', () => {
    const purse = fc.constantFrom<Purse>('retries', 'reconnects');
    const step = fc.oneof(
      purse.map((from) => (budgets: RetryBudgets) => void budgets.pay('a', from)),
      fc.option(purse, { nil: undefined }).map((from) => (budgets: RetryBudgets) => budgets.earn('a', from)),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const budgets = new RetryBudgets();
        for (const take of steps) {
          take(budgets);
          const { retries, reconnects } = budgets.balance('a');
          expect(retries >= 0 && retries <= FULL_BUDGET.retries && reconnects >= 0 && reconnects <= FULL_BUDGET.reconnects).toBe(true);
        }
      }),
    );
  });

  it('keeps each route apart, and no entry for a full one', () => {
    const budgets = new RetryBudgets();
    budgets.earn('a', undefined);
    expect(budgets.size).toBe(0);
    budgets.pay('a', 'retries');
    expect([budgets.balance('a').retries, budgets.balance('b').retries, budgets.size]).toEqual([495, 500, 1]);
    budgets.earn('a', 'retries');
    expect([budgets.balance('a'), budgets.size]).toEqual([FULL_BUDGET, 0]);
  });

  it('forgets the route longest unused when there are too many', () => {
    const budgets = new RetryBudgets(2);
    for (const route of ['a', 'b', 'a', 'c']) budgets.pay(route, 'retries');
    expect(['a', 'b', 'c'].map((route) => budgets.balance(route).retries)).toEqual([490, 500, 495]);
    expect(budgets.size).toBe(2);
  });
});

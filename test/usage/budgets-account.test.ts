import { describe, expect, test } from 'vitest';
import type { Bound } from '../../src/budget.ts';
import { type ClientEvents, Events } from '../../src/events.ts';
import { Account } from '../../src/usage/budgets-account.ts';
import { Accounts } from '../../src/usage/budgets-store.ts';

const NOON = Date.UTC(2026, 1, 28, 12);
const MIDNIGHT = Date.UTC(2026, 2, 1);
const spend = (account: Account | undefined, amount: number): void => {
  account?.reserve(0);
  account?.settle(0, amount, NOON);
};
const budgetOf = (more: Partial<Bound> = {}): Bound => ({ counts: 'tokens', limit: 100, per: 'day', near: [0.8], ...more });

function setUp(more: Partial<Bound> = {}) {
  const events = new Events();
  const told: string[] = [];
  events.on('budget-near', ({ share, spent }: ClientEvents['budget-near']) => told.push(`near ${share} at ${spent}`));
  events.on('budget-reached', ({ spent, until }: ClientEvents['budget-reached']) => told.push(`reached at ${spent} until ${until}`));
  const account = new Account('tenant', 'acme', budgetOf(more), events);
  const pay = (amount: number, now = NOON): void => {
    account.reserve(amount);
    account.settle(amount, amount, now);
  };
  return { account, told, pay };
}

describe('room', () => {
  test('is there for what fits beside what is reserved, and for one alone however large', () => {
    const { account, pay } = setUp();
    expect(account.room(NOON, () => 1000)).toBe('open');
    account.reserve(60);
    expect(account.room(NOON, () => 40)).toBe('open');
    expect(account.room(NOON, () => 41)).toBe('busy');
    expect(account.room(NOON, () => 0)).toBe('open');
    account.settle(60, 10, NOON);
    expect(account.room(NOON, () => 1000)).toBe('open');
    pay(89);
    expect(account.room(NOON, () => 1000)).toBe('open');
    pay(1);
    expect(account.room(NOON, () => 0)).toBe('reached');
  });

  test('is not there for the dust that sums of fractions leave', () => {
    const { account, pay, told } = setUp({ counts: 'usd', limit: 0.8, near: [] });
    pay(0.7);
    pay(0.1);
    expect(account.room(NOON, () => 0)).toBe('reached');
    expect(account.snapshot(NOON).spent).toBe(0.8);
    expect(told).toEqual(['near 1 at 0.8', `reached at 0.8 until ${MIDNIGHT}`]);
  });

  test('is there again with the next period, less what is still under way', () => {
    const { account, pay } = setUp();
    pay(100);
    expect(account.room(MIDNIGHT - 1, () => 1)).toBe('reached');
    expect(account.until(NOON)).toBe(MIDNIGHT);
    expect(account.room(MIDNIGHT, () => 1)).toBe('open');
    account.reserve(90);
    const next = MIDNIGHT + 86_400_000;
    expect(account.room(next, () => 11)).toBe('busy');
    account.settle(90, 95, next);
    expect(account.snapshot(next)).toMatchObject({ spent: 95, reserved: 0, from: next });
  });

  test('fractions leave no dust', () => {
    const { account } = setUp({ counts: 'usd', limit: 1 });
    const parts = [0.1, 0.2, 0.3, 0.7];
    for (const part of parts) account.reserve(part);
    for (const part of parts) account.settle(part, 0, NOON);
    expect(account.snapshot(NOON)).toMatchObject({ spent: 0, reserved: 0 });
  });
});

describe('events', () => {
  test('tell each share once a period, and all of it', () => {
    const { told, pay } = setUp({ near: [0.5, 0.8] });
    pay(49);
    expect(told).toEqual([]);
    pay(1);
    pay(10);
    expect(told).toEqual(['near 0.5 at 50']);
    pay(100);
    pay(5);
    const first = ['near 0.5 at 50', 'near 0.8 at 160', 'near 1 at 160', `reached at 160 until ${MIDNIGHT}`];
    expect(told).toEqual(first);
    pay(50, MIDNIGHT);
    expect(told).toEqual([...first, 'near 0.5 at 50']);
  });

  test('tell none of what was not spent, and anew what a person forgave', () => {
    const { account, told, pay } = setUp({ near: [] });
    account.reserve(100);
    account.settle(100, 0, NOON);
    expect(told).toEqual([]);
    pay(100);
    account.reset();
    expect(account.room(NOON, () => 1)).toBe('open');
    pay(100);
    expect(told).toHaveLength(4);
  });

  test('are told once of one answer, also to who forgives at once what was spent', () => {
    const events = new Events();
    const account = new Account('key', 'a', budgetOf({ near: [0.5, 0.8] }), events);
    const told: string[] = [];
    events.on('budget-near', ({ share }) => {
      told.push(`near ${share}`);
      account.reset();
    });
    events.on('budget-reached', () => told.push('reached'));
    spend(account, 90);
    expect(told).toEqual(['near 0.5', 'near 0.8']);
    expect(account.snapshot(NOON)).toMatchObject({ spent: 0, reached: false });
    spend(account, 50);
    expect(told).toEqual(['near 0.5', 'near 0.8', 'near 0.5']);
  });
});

describe('who waits', () => {
  test('is asked in the order of coming; the first without room keeps the others waiting', () => {
    const { account } = setUp();
    const asked: string[] = [];
    const waiter = (name: string, done: boolean) => {
      const look = (): boolean => {
        asked.push(name);
        if (done) account.leave(look);
        return done;
      };
      account.wait(look);
      return look;
    };
    account.reserve(100);
    waiter('a', true);
    const large = waiter('b', false);
    waiter('c', true);
    account.settle(100, 50, NOON);
    expect(asked).toEqual(['a', 'b']);
    expect(account.waiting).toBe(2);
    // Who leaves lets those behind look.
    account.leave(large);
    expect(asked).toEqual(['a', 'b', 'c']);
    expect(account.waiting).toBe(0);
  });
});

describe('words', () => {
  test.each([
    [{ counts: 'usd', limit: 2.5 }, 2.5000001, "the budget of tenant 'acme' of 2.5 USD a day is spent: spent so far 2.5 USD"],
    [{ counts: 'calls', limit: 1, per: 'month' }, 1, "the budget of tenant 'acme' of 1 call a month is spent: spent so far 1 call"],
    [{}, 120, "the budget of tenant 'acme' of 100 tokens a day is spent: spent so far 120 tokens, and it begins anew at 2026-03-01T00:00"],
    [{}, 12, "the budget of tenant 'acme' of 100 tokens a day is in use by calls under way: spent so far 12 tokens"],
  ] as const)('%j with %d spent', (more, spent, words) => {
    const { account, pay } = setUp(more);
    pay(spent);
    expect(account.why(NOON)).toContain(words);
  });

  test('of a name that is no name stay on one line', () => {
    const account = new Account('tenant', 'a\nb\u001b[31m', budgetOf(), new Events());
    for (const sign of ['\n', '\u001b']) expect(account.refusal(NOON).message).not.toContain(sign);
    expect(account.refusal(NOON).budget.name).toBe('a\nb\u001b[31m');
  });
});

describe('accounts', () => {
  test('are those of their name; of too many names the last ones share one', () => {
    const accounts = new Accounts('tenant', new Events(), 3);
    const bounds = [budgetOf()];
    const [a] = accounts.of('a', bounds, NOON);
    expect(accounts.of('a', bounds, NOON)[0]).toBe(a);
    for (const name of ['a', 'b', 'c']) spend(accounts.of(name, bounds, NOON)[0], 1);
    const [d] = accounts.of('d', bounds, NOON);
    expect(d?.budget.name).toBe('(others)');
    expect(accounts.of('e', bounds, NOON)[0]).toBe(d);
    expect(accounts.size).toBe(4);
  });

  test('of which nothing was spent in this period make room', () => {
    const accounts = new Accounts('tenant', new Events(), 3);
    const bounds = [budgetOf()];
    for (const name of ['spent', 'idle', 'used']) accounts.of(name, bounds, NOON);
    spend(accounts.of('spent', bounds, NOON)[0], 1);
    for (const account of accounts.of('used', bounds, NOON)) account.uses = 1;
    expect(accounts.of('new', bounds, NOON)[0]?.budget.name).toBe('new');
    expect([...accounts.all()].map(({ budget }) => budget.name)).toEqual(['spent', 'used', 'new']);
    expect(accounts.of('one more', bounds, MIDNIGHT)[0]?.budget.name).toBe('one more');
    expect([...accounts.all()].map(({ budget }) => budget.name)).toEqual(['used', 'one more']);
  });

  test('keep what was spent when somebody says anew how much it is', () => {
    const accounts = new Accounts('key', new Events());
    const [before] = accounts.open('a', [budgetOf(), budgetOf({ counts: 'calls', limit: 3 })]);
    spend(before, 70);
    const [after, ...rest] = accounts.open('a', [budgetOf({ limit: 70 })]);
    expect(after).toBe(before);
    expect(rest).toEqual([]);
    expect(after?.snapshot(NOON)).toMatchObject({ limit: 70, spent: 70, reached: true });
  });
});

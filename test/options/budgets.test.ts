import { describe, expect, test } from 'vitest';
import { KEY, type Loose, refusal, resolve } from './support.ts';

const key = (budget: unknown): Loose => ({ providers: { openai: { keys: [{ secret: KEY, id: 'a', budget }] } } });

describe('budgets', () => {
  test('are resolved by whose they are', () => {
    const calls = (limit: number) => ({ calls: limit, per: 'day' });
    const bound = (limit: number) => [{ counts: 'calls', limit, per: 'day', near: [0.8] }];
    const { budgets } = resolve({
      budgets: {
        groups: { '*': calls(1), main: calls(2) },
        tags: { team: calls(3), 'team=search': calls(4), 'feature=a=b': calls(5), 'region=*': calls(6) },
        tenants: { acme: [calls(7), { usd: 0.5, per: 'month', near: [0.9, 0.5, 0.9] }] },
      },
    });
    expect(budgets.groups).toEqual({ named: new Map([['main', bound(2)]]), each: bound(1) });
    expect(budgets.tags).toEqual(
      new Map([
        ['team', { named: new Map([['search', bound(4)]]), each: bound(3) }],
        ['feature', { named: new Map([['a=b', bound(5)]]), each: [] }],
        ['region', { named: new Map(), each: bound(6) }],
      ]),
    );
    const usd = { counts: 'usd', limit: 0.5, per: 'month', near: [0.5, 0.9] };
    expect(budgets.tenants).toEqual({ named: new Map([['acme', [...bound(7), usd]]]), each: [] });
    expect(resolve().budgets.groups).toEqual({ named: new Map(), each: [] });
  });

  test('of a key stand with the key', () => {
    const [provider] = resolve(key({ tokens: 5, per: 'month' })).providers;
    expect(provider?.source).toMatchObject({ keys: [{ budgets: [{ counts: 'tokens', limit: 5, per: 'month', near: [0.8] }] }] });
  });

  test.each<[Loose, string]>([
    [
      { tags: { '=x': { calls: 1, per: 'day' } } },
      `the names in 'budgets.tags' must be 'name=value', 'name=*' or 'name': current value is "=x"`,
    ],
    [{ tags: { 'team=': { calls: 1, per: 'day' } } }, `current value is "team="`],
    [{ tags: { '*': { calls: 1, per: 'day' } } }, `current value is "*"`],
    [
      { tags: { team: { calls: 1, per: 'day' }, 'team=*': { calls: 2, per: 'day' } } },
      `'team' and 'team=*' in 'budgets.tags' are the same`,
    ],
    [{ tenants: { a: { calls: 0, per: 'day' } } }, "'budgets.tenants.a.calls' must be an integer from 1: current value is 0"],
    [{ tenants: { a: { calls: 1.5, per: 'day' } } }, "'budgets.tenants.a.calls' must be an integer from 1"],
    [{ tenants: { a: { tokens: -1, per: 'day' } } }, "'budgets.tenants.a.tokens' must be an integer from 1"],
    [{ tenants: { a: { usd: 0, per: 'day' } } }, "'budgets.tenants.a.usd' must be a number above 0: current value is 0"],
    [{ tenants: { a: { usd: Infinity, per: 'day' } } }, "'budgets.tenants.a.usd' must be a finite number"],
    [{ tenants: { a: { calls: 1, tokens: 1, per: 'day' } } }, "must be a budget of one of 'usd', 'tokens' and 'calls'"],
    [{ tenants: { a: { per: 'day' } } }, "must be a budget of one of 'usd', 'tokens' and 'calls'"],
    [{ tenants: { a: { calls: 1, per: 'week' } } }, "'budgets.tenants.a.per' must be 'day' or 'month': current value is \"week\""],
    [{ tenants: { a: { calls: 1 } } }, "'budgets.tenants.a.per' is missing"],
    [{ tenants: { a: { calls: 1, per: 'day', near: [1] } } }, "'budgets.tenants.a.near.0' must be an array of numbers above 0 and below 1"],
    [{ tenants: { a: { calls: 1, pre: 'day' } } }, 'tenants'],
    [{ tenants: { a: [] } }, 'an array of one budget or more'],
    [{ tenants: { a: 5 } }, "'budgets.tenants.a' must be"],
    [
      {
        tenants: {
          a: [
            { calls: 1, per: 'day' },
            { calls: 2, per: 'day' },
          ],
        },
      },
      "budgets of 'budgets.tenants.a' differ in what they count or in their period: current value is two of calls a day",
    ],
    [{ tenant: { a: { calls: 1, per: 'day' } } }, "did you mean 'tenants'?"],
  ])('%j are refused', (budgets, message) => {
    expect(refusal(() => resolve({ budgets }))).toContain(message);
  });

  test.each<[unknown, string]>([
    [{ calls: 0, per: 'day' }, "'budget.calls' must be an integer from 1"],
    [{ usd: 1, tokens: 1, per: 'day' }, "a budget of one of 'usd', 'tokens' and 'calls'"],
    ['20 USD', "'budget' must be"],
  ])('of a key: %j is refused', (budget, message) => {
    const told = refusal(() => resolve(key(budget)));
    expect(told).toContain(message);
    expect(told).not.toContain(KEY);
  });

  test('in USD need prices', () => {
    const usd = { usd: 1, per: 'day' };
    const message = "is in USD, which needs prices: current value of 'prices' is false";
    expect(refusal(() => resolve({ prices: false, budgets: { tags: { team: usd } } }))).toBe(
      `Cannot create the client as 'budgets.tags.team' ${message}`,
    );
    expect(refusal(() => resolve({ ...key(usd), prices: false }))).toBe(
      `Cannot create the client as 'providers.openai.keys.0.budget' ${message}`,
    );
    expect(resolve({ prices: { 'openai/*': { input: 1, output: 1 } }, budgets: { tags: { team: usd } } }).budgets.tags.size).toBe(1);
  });
});

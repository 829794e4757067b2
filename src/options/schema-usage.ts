import * as v from 'valibot';
import { amount, options, positive, share, SHARES, table } from './checks.ts';

const usd = v.pipe(v.number('a number of USD from 0'), v.minValue(0, 'a number of USD from 0'), v.finite('a finite number'));

const price = options(
  { input: usd, output: usd, cached: v.optional(usd), cacheWrite: v.optional(usd) },
  'an object { input, output, cached, cacheWrite } of USD for a million tokens',
);

export const prices = v.union([v.boolean(), table(price, 'a boolean or an object of prices')], 'a boolean or an object of prices');

export const budget = v.pipe(
  options(
    {
      usd: v.optional(v.pipe(positive, v.finite('a finite number'))),
      tokens: v.optional(amount),
      calls: v.optional(amount),
      per: v.picklist(['day', 'month'], "'day' or 'month'"),
      near: v.optional(v.array(share, SHARES)),
    },
    'a budget',
  ),
  v.check(
    ({ usd: money, tokens, calls }) => [money, tokens, calls].filter((limit) => limit !== undefined).length === 1,
    "a budget of one of 'usd', 'tokens' and 'calls'",
  ),
);

const named = v.optional(table(budget, 'an object of budgets'));

export const budgets = options({ groups: named, tags: named, tenants: named }, 'an object { groups, tags, tenants } of budgets');

import { countFrom1, options, positive, share, SHARES, table, v } from './checks.ts';

const usd = v.pipe(v.number('a number of USD from 0'), v.minValue(0, 'a number of USD from 0'), v.finite('a finite number'));

const price = options(
  { input: usd, output: usd, cached: v.optional(usd), cacheWrite: v.optional(usd) },
  'an object { input, output, cached, cacheWrite } of USD for a million tokens',
);

const PRICES = 'a boolean or an object of prices';

// A name without its provider would never fit.
const byModel = v.pipe(
  table(price, PRICES),
  v.check((given) => Object.keys(given).every((name) => name.includes('/')), `${PRICES} by 'provider/model'`),
);

export const prices = v.union([v.boolean(), byModel], PRICES);

const one = v.pipe(
  options(
    {
      usd: v.optional(v.pipe(positive, v.finite('a finite number'))),
      tokens: v.optional(countFrom1),
      calls: v.optional(countFrom1),
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

const BUDGETS = "a budget of one of 'usd', 'tokens' and 'calls', or an array of one budget or more";

export const budget = v.union([one, v.pipe(v.array(one, BUDGETS), v.minLength(1, BUDGETS))], BUDGETS);

const named = v.optional(table(budget, 'an object of budgets'));

export const budgets = options({ groups: named, tags: named, tenants: named }, 'an object { groups, tags, tenants } of budgets');

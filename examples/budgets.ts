/** What keys, teams and customers may spend, who is near it, and which keys nobody uses. */
import { BudgetError, createClient } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
const [first = '', ...others] = provider.keys;
await using client = createClient({
  providers: { openai: { keys: [{ secret: first, id: 'paid', budget: { usd: 20, per: 'month' } }], baseURL: provider.baseURL } },
  budgets: {
    tags: { 'team=search': { tokens: 100_000, per: 'day' }, team: { calls: 100, per: 'day' } },
    // Each customer has their own; a big one may do more.
    tenants: { '*': { calls: 3, per: 'day', near: [0.5, 0.9] }, 'big-customer': { calls: 500, per: 'day' } },
  },
});
for (const [index, secret] of others.entries()) client.keys.add('openai', { id: `spare-${index + 1}`, secret });

client.on('budget-near', ({ budget, share }) =>
  console.log(`${budget.of} ${budget.name}: ${share * 100} % of its ${budget.counts} are spent`),
);
client.on('budget-reached', ({ budget, until }) =>
  console.log(`${budget.of} ${budget.name} is done until ${new Date(until).toISOString()}`),
);

const ask = (content: string, tenant: string): Promise<unknown> =>
  client.chat({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content }] }, { tenant, tags: { team: 'search' }, keys: ['paid'] });
for (const question of ['What is a key?', 'What is a wheel?', 'What is a keywheel?', 'And what does it cost?']) {
  try {
    await ask(question, 'small-customer');
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    console.log(`refused: ${error.budget.of} ${error.budget.name} may ask again at ${new Date(error.retryAt).toISOString()}`);
  }
}

for (const { of, name, spent, limit, counts, per } of client.budgets()) {
  console.log(`${of} ${name}: ${spent} of ${limit} ${counts} this ${per}`);
}
for (const { id, label, unusedDays, calls } of client.keys.unused({ days: 0 })) {
  console.log(`${id} (${label}): ${calls} calls, not used for ${unusedDays.toFixed(1)} days`);
}

/** Who used what, and what it cost: by key, by tag and by model, since the client began or by the minute, hour or day. */
import { createClient } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
await using client = createClient({
  env: provider.env,
  // Before those of the kept list, USD for a million tokens: what was agreed upon, or 0 for models of your own.
  prices: { 'openai/gpt-4.1*': { input: 1.5, output: 6, cached: 0.4 } },
});

const ask = (model: string, team: string) =>
  client.chat({ model, messages: [{ role: 'user', content: `A word for ${team}?` }] }, { tags: { team }, tenant: 'acme' });
const replies = await Promise.all([
  ask('openai/gpt-4o-mini', 'search'),
  ask('openai/gpt-4o-mini', 'search'),
  ask('openai/gpt-4.1', 'support'),
  // Nobody knows its price: it costs `undefined`, not zero.
  ask('openai/gpt-of-our-own', 'support'),
]);
const money = (usd: number | undefined) => (usd === undefined ? 'nobody knows how much' : `$${usd.toFixed(6)}`);
for (const { report } of replies) console.log(`${report.id} of ${report.model}: ${money(report.costUsd)}`);

const lastHour = Date.now() - 3_600_000;
for (const by of ['key', 'tag:team', 'model'] as const) {
  console.log(`\nby ${by}`);
  for (const { name, calls, tokens, costUsd, priced, latencyMs } of client.usage({ by, since: lastHour })) {
    const known = costUsd === undefined ? `${money(priced.costUsd)} and ${priced.unpriced} without a price` : money(costUsd);
    console.log(
      `${name}: ${calls.answered} answers, ${tokens.input} + ${tokens.output} tokens, ${known}, half within ${latencyMs?.p50} ms`,
    );
  }
}

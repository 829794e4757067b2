/** A pool of keys: groups that share a quota, weights and limits. */
import { createClient, type KeyOptions } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();

// The first two keys belong to one organisation, so that they share one quota. Say what is true of yours.
const keys = provider.keys.map((secret, index): KeyOptions => {
  const id = `key-${index + 1}`;
  return index < 2 ? { secret, id, group: 'first-organisation' } : { secret, id, weight: 2 };
});
await using client = createClient({
  providers: {
    openai: { keys, baseURL: provider.baseURL, limits: { rpm: 60, concurrency: 5 } },
  },
});

const questions = Array.from({ length: 12 }, (_, index) => `What is ${index} times 12?`);
await Promise.all(
  questions.map((content) => client.chat({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content }], max_tokens: 50 })),
);

for (const { id, group, label, state, totals, buckets } of client.keys.list()) {
  const left = buckets.map((bucket) => `${Math.floor(bucket.remaining)} of ${bucket.limit} ${bucket.counts} left (${bucket.source})`);
  console.log(`${id} (${label}, group ${group}) is ${state}, answered ${totals.calls}; ${left.join(', ')}`);
}

/** What happens inside: facts to log or count. No event holds a secret. */
import { createClient } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
await using client = createClient({
  // A key that the provider does not know, among good ones.
  providers: { openai: { keys: ['sk-nobody-knows-this-key', ...provider.keys], baseURL: provider.baseURL } },
});

client.on('attempt-failed', ({ attempt }) => console.log(`attempt with ${attempt.key} failed: ${attempt.why}`));
client.on('key-invalidated', ({ key }) => console.log(`${key} is dead: take it out of the configuration`));
client.on('key-held', ({ group, class: reason, until }) => console.log(`${group}: ${reason} until ${new Date(until).toISOString()}`));
client.on('limit-near', ({ group, remaining, limit, counts }) => console.log(`${group}: ${remaining} of ${limit} ${counts} left`));
client.on('call-finished', ({ report }) => console.log(`call ${report.tags['page']} answered after ${report.attempts.length} attempt(s)`));
client.on('call-failed', ({ report, class: reason }) => console.log(`call ${report.tags['page']} failed: ${reason}`));

for (let page = 1; page <= 6; page += 1) {
  const messages = [{ role: 'user', content: `Sum up page ${page}.` }] as const;
  await client.chat({ model: 'openai/gpt-4o-mini', messages }, { tags: { page: String(page) } });
}

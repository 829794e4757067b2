/** Tells a webhook (a chat's, a pager's) what should not wait: limits and budgets that come near, keys that are dead or spent. */
import { createServer } from 'node:http';
import { createClient } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();

// Yours is elsewhere: any URL that takes a POST of JSON. Chats show its `text`.
const webhook = createServer((request, response) => {
  request.setEncoding('utf8');
  request.on('data', (body: string) => console.log(`posted: ${body}`));
  request.on('end', () => response.end());
});
await new Promise<void>((resolve) => {
  webhook.listen(0, '127.0.0.1', resolve);
});
const address = webhook.address();
const port = typeof address === 'object' ? address?.port : undefined;

const client = createClient({
  // A key that the provider does not know, before good ones.
  providers: { openai: { keys: [{ secret: 'sk-nobody-knows-this-key', weight: 2 }, ...provider.keys], baseURL: provider.baseURL } },
  alerts: [
    { on: ['key-invalidated', 'keys-exhausted'], to: `http://127.0.0.1:${port}/alerts`, headers: { 'x-team': 'search' }, everyMs: 60_000 },
    { on: 'limit-near', to: ({ text }) => console.log(`told: ${text}`) },
  ],
});
client.on('alert-failed', ({ alert, to, reason }) => console.log(`nobody at ${to} was told of ${alert}: ${reason}`));

for (let page = 1; page <= 4; page += 1) {
  await client.chat({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: `Sum up page ${page}.` }] });
}
// What is not posted yet gets two seconds.
await client.close();
webhook.close();

/** Equal calls are answered once: from the store, or from the call already in flight. */
import { createClient } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
await using client = createClient({ env: provider.env, cache: { ttlMs: 600_000, maxEntries: 500 } });

const ask = (content: string) => client.chat({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content }] });

const together = await Promise.all([ask('What is a cache?'), ask('What is a cache?'), ask('What is a cache?')]);
console.log(`three at once: ${together.map(({ report }) => report.cache).join(', ')}`);

const later = await ask('What is a cache?');
console.log(`once more: ${later.report.cache} in ${later.report.durationMs} ms, without a key`);

// What was stored for a plain call is streamed to who asks for a stream.
const messages = [{ role: 'user', content: 'What is a cache?' }] as const;
const stream = await client.chat({ model: 'openai/gpt-4o-mini', messages, stream: true });
const { report, text } = await stream.reply();
console.log(`streamed: ${report.cache}: ${text}`);

const fresh = await client.chat({ model: 'openai/gpt-4o-mini', messages }, { cache: 'refresh' });
console.log(`refreshed: ${fresh.report.cache} with the key ${fresh.report.key}`);

/** Anthropic's SDK over keywheel, and options of keywheel for one call of it. */
import Anthropic from '@anthropic-ai/sdk';
import { createClient } from 'keywheel';
import { openProvider } from './provider.ts';

await using provider = await openProvider('anthropic');
await using client = createClient({ env: provider.env });
client.on('call-finished', ({ report }) => {
  console.log(`(${report.requested}: ${report.attempts.length} attempts, tags ${JSON.stringify(report.tags)})`);
});

const anthropic = new Anthropic({ apiKey: 'none', baseURL: provider.url, fetch: client.fetch });
const request = { model: 'claude-haiku-4-5', max_tokens: 200, messages: [{ role: 'user' as const, content: 'Why is the sky blue?' }] };

const { content } = await anthropic.messages.create(request);
console.log(content.map((block) => (block.type === 'text' ? block.text : '')).join(''));

// The SDK hands `fetchOptions` to keywheel as they are; its type knows the fields of a plain fetch alone.
const fetchOptions: object = { keywheel: { priority: 1, tags: { feature: 'sky' } } };
const stream = anthropic.messages.stream(request, { fetchOptions });
stream.on('text', (text) => process.stdout.write(text));
const { usage } = await stream.finalMessage();
console.log(`\n${usage.output_tokens} tokens`);

/** OpenAI's SDK over keywheel: it keeps its types, streams, helpers and errors, and meets no limit that another key can carry. */
import { createClient } from 'keywheel';
import OpenAI from 'openai';
import { openProvider } from './provider.ts';

await using provider = await openProvider('openai');
await using client = createClient({ env: provider.env });
client.on('attempt-failed', ({ attempt }) => console.log(`(${attempt.key}: ${attempt.class})`));

// The SDK wants a key to show; keywheel puts one of its own in its place.
const openai = new OpenAI({ apiKey: 'none', baseURL: provider.url, fetch: client.fetch });
const request = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'Why is the sky blue?' }] };

const reply = await openai.chat.completions.create(request);
console.log(reply.choices[0]?.message.content);

const stream = await openai.chat.completions.create({ ...request, stream: true });
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
console.log();

const { data } = await openai.embeddings.create({ model: 'text-embedding-3-small', input: ['a wheel', 'a key'] });
console.log(`${data.length} embeddings`);

try {
  await openai.chat.completions.create({ ...request, messages: [] });
} catch (error) {
  // What fails for good is the SDK's own error, after one call: keywheel tells it that all has been tried.
  if (!(error instanceof OpenAI.BadRequestError)) throw error;
  console.log(`${error.status} ${error.message}`);
}

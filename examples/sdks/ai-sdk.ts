/** The AI SDK over keywheel: its models are keywheel's, with their aliases, keys and reports. */
import { createClient } from 'keywheel';
import { createKeywheel, readReport } from 'keywheel/ai-sdk';
import { embedMany, generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { openProvider } from './provider.ts';

await using provider = await openProvider('openai', ({ prompt, body }) => {
  if (prompt.includes('wear')) return { toolCalls: [{ name: 'temperature', arguments: '{"city":"Lisbon"}' }] };
  if (JSON.stringify(body).includes('json_schema')) return '{"city":"Lisbon","degrees":24}';
  return 'The wheel turns to the key that may.';
});
await using client = createClient({ env: provider.env, models: { fast: ['openai/gpt-5-mini', 'openai/gpt-4o-mini'] } });
const keywheel = createKeywheel(client, { tags: { app: 'example' } });

const reply = await generateText({ model: keywheel('fast'), prompt: 'Why is the sky blue?' });
const report = readReport(reply);
console.log(`${reply.text} (key ${report?.key}, ${report?.attempts.length} attempts)`);

const { textStream } = streamText({ model: keywheel('fast'), prompt: 'And why is it red in the evening?' });
for await (const piece of textStream) process.stdout.write(piece);
console.log();

const temperature = tool({ inputSchema: z.object({ city: z.string() }), execute: ({ city }) => `24 degrees in ${city}` });
const answer = await generateText({
  model: keywheel('fast'),
  prompt: 'What shall I wear in Lisbon?',
  tools: { temperature },
  stopWhen: stepCountIs(3),
});
console.log(`${answer.steps.length} steps: ${answer.text}`);

const output = Output.object({ schema: z.object({ city: z.string(), degrees: z.number() }) });
console.log((await generateText({ model: keywheel('fast'), prompt: 'How warm is it in Lisbon, as JSON?', output })).output);

// What is not the AI SDK's to say stands in `providerOptions.keywheel`.
const providerOptions = { keywheel: { tenant: 'us', dimensions: 256 } };
const model = keywheel.embeddingModel('openai/text-embedding-3-small');
console.log(`${(await embedMany({ model, values: ['a wheel', 'a key'], providerOptions })).embeddings.length} embeddings`);

/** One question, answered whole and then as a stream. */
import { createClient, StreamInterruptedError } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
await using client = createClient({ env: provider.env });

const request = {
  model: 'openai/gpt-4o-mini',
  messages: [
    { role: 'system', content: 'Answer in one sentence.' },
    { role: 'user', content: 'Why is the sky blue?' },
  ],
} as const;

const reply = await client.chat(request);
const { key, durationMs, attempts } = reply.report;
console.log(reply.text);
console.log(`answered with the key ${key} after ${durationMs} ms and ${attempts.length} attempt(s), ${reply.usage?.total_tokens} tokens\n`);

const stream = await client.chat({ ...request, stream: true });
try {
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
  // The whole reply, put together from its chunks.
  const { usage, report } = await stream.reply();
  console.log(`\nfirst words after ${report.firstTokenMs} ms, all after ${report.durationMs} ms, ${usage?.total_tokens} tokens`);
} catch (error) {
  // Until the first words another key takes over unseen; after them the reader has to know.
  if (!(error instanceof StreamInterruptedError)) throw error;
  console.log(`\nbroke off (${error.class}): ${error.message}`);
}

/** A streamed answer: shown as it comes, then whole. */
import { createClient, StreamInterruptedError } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
await using client = createClient({ env: provider.env });

const stream = await client.chat({
  model: 'openai/gpt-4o-mini',
  messages: [{ role: 'user', content: 'Tell a story about a wheel, in three sentences.' }],
  stream: true,
});

try {
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
  const { usage, report } = await stream.reply();
  console.log(`\n\nfirst words after ${report.firstTokenMs} ms, all after ${report.durationMs} ms, ${usage?.total_tokens} tokens`);
} catch (error) {
  // Until the first words another key takes over unseen; after them the reader has to know.
  if (!(error instanceof StreamInterruptedError)) throw error;
  console.log(`\n\nbroke off (${error.class}): ${error.message}`);
}

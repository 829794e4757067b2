/** One question, one answer, and what the call did to get it. */
import { createClient } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
await using client = createClient({ env: provider.env });

const reply = await client.chat({
  model: 'openai/gpt-4o-mini',
  messages: [
    { role: 'system', content: 'Answer in one sentence.' },
    { role: 'user', content: 'Why is the sky blue?' },
  ],
});
console.log(reply.text);

const { key, durationMs, attempts } = reply.report;
console.log(`\nanswered with the key ${key} after ${durationMs} ms and ${attempts.length} attempt(s), ${reply.usage?.total_tokens} tokens`);

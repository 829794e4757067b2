/** One name for two targets: a model on this machine when it runs, else a hosted one. */
import { createClient } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
await using client = createClient({
  providers: {
    ollama: { keys: [], baseURL: 'http://127.0.0.1:11434/v1' },
    openai: { keys: provider.keys, baseURL: provider.baseURL },
  },
  models: { small: ['ollama/llama3.2', 'openai/gpt-4o-mini'] },
});

const reply = await client.chat({ model: 'small', messages: [{ role: 'user', content: 'Which model are you?' }] });
console.log(`${reply.report.provider} answered: ${reply.text}\n`);
for (const { provider: name, model, class: outcome, action, why } of reply.report.attempts) {
  console.log(`${name}/${model}: ${outcome}, so ${action} (${why})`);
}

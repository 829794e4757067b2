/** One name for three targets: a model on this machine when it runs, else Anthropic's, else OpenAI's. The request is the same. */
import { createClient } from 'keywheel';
import { openTwoProviders } from './support/provider.ts';

await using provider = await openTwoProviders();
await using client = createClient({
  env: provider.env,
  providers: { ollama: { keys: [], baseURL: 'http://127.0.0.1:11434/v1' }, anthropic: {}, openai: {} },
  models: { small: ['ollama/llama3.2', 'anthropic/claude-haiku-4-5', 'openai/gpt-4o-mini'] },
});

const reply = await client.chat({ model: 'small', messages: [{ role: 'user', content: 'Which model are you?' }] });
console.log(`${reply.report.provider} answered: ${reply.text}\n`);
for (const { provider: name, model, class: outcome, action, why } of reply.report.attempts) {
  console.log(`${name}/${model}: ${outcome}, so ${action} (${why})`);
}

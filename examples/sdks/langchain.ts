/** LangChain over keywheel: models, embeddings and structured output. Its own retries are off, as keywheel's are enough. */
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { createClient } from 'keywheel';
import { z } from 'zod';
import { openProvider } from './provider.ts';

await using provider = await openProvider('openai');
await using client = createClient({ env: provider.env });

const configuration = { fetch: client.fetch, ...(provider.url !== undefined && { baseURL: provider.url }) };
const shared = { apiKey: 'none', configuration, maxRetries: 0 };
const model = new ChatOpenAI({ model: 'gpt-5-mini', ...shared });

console.log((await model.invoke('Why is the sky blue?')).text);

for await (const chunk of await model.stream('And why is it red in the evening?')) process.stdout.write(chunk.text);
console.log();

const Weather = z.object({ city: z.string(), degrees: z.number() });
console.log(await model.withStructuredOutput(Weather).invoke('How warm is it in Lisbon?'));

const vectors = await new OpenAIEmbeddings({ model: 'text-embedding-3-small', ...shared }).embedDocuments(['a wheel', 'a key']);
console.log(`${vectors.length} embeddings`);
for (const { id, state, totals } of client.keys.list()) console.log(`${id}: ${state}, ${totals.attempts} attempts`);

/** Embeddings go through the same pool, limits and cache as chats. */
import { createClient } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
await using client = createClient({ env: provider.env, cache: true });

const input = ['a wheel of keys', 'a ring of keys', 'a bowl of soup'];
const { data, usage, report } = await client.embed({ model: 'openai/text-embedding-3-small', input });
const vectors = data.map(({ embedding }) => (typeof embedding === 'string' ? [] : embedding));
const [first = [], ...others] = vectors;

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
for (const [index, vector] of others.entries()) console.log(`'${input[0]}' and '${input[index + 1]}': ${dot(first, vector).toFixed(3)}`);
console.log(`${first.length} dimensions, ${usage?.prompt_tokens} tokens, key ${report.key}`);

const again = await client.embed({ model: 'openai/text-embedding-3-small', input });
console.log(`asked again: cache ${again.report.cache}`);

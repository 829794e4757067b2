/** A provider's own SDK, or any script, over the pool: `client.fetch` is a fetch, and the keys are keywheel's. */
import { createClient } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
await using client = createClient({ providers: { openai: { keys: provider.keys, baseURL: provider.baseURL } } });

// As an SDK asks, which takes it by an option: `new OpenAI({ fetch: client.fetch, apiKey: 'unused', baseURL })`.
const { fetch } = client;
const ask = (path: string, body: object, init: Parameters<typeof fetch>[1] = {}): Promise<Response> => {
  const headers = { authorization: 'Bearer unused', 'content-type': 'application/json' };
  return fetch(`${provider.baseURL}${path}`, { method: 'POST', headers, body: JSON.stringify(body), ...init });
};
client.on('call-finished', ({ report }) =>
  console.log(`${report.id}: ${report.model} by ${report.key} (${report.tags['for'] ?? 'no tag'})`),
);

const messages = [{ role: 'user', content: 'Why is the sky blue?' }];
const whole = await ask(
  '/chat/completions',
  { model: 'gpt-4o-mini', messages },
  { keywheel: { tags: { for: 'example' }, maxWaitMs: 5000 } },
);
console.log(whole.status, (await whole.text()).slice(0, 80));

const stream = await ask('/chat/completions', { model: 'gpt-4o-mini', messages, stream: true });
const pieces: AsyncIterable<Uint8Array> | null = stream.body;
let bytes = 0;
for await (const piece of pieces ?? []) bytes += piece.length;
console.log(stream.status, stream.headers.get('content-type'), `${bytes} bytes`);

// What fails for good is a Response as well: SDKs make their own errors of it, and `x-should-retry` tells them that all was tried.
const refused = await ask('/chat/completions', { model: 'gpt-4o-mini' });
console.log(refused.status, refused.headers.get('x-should-retry'), refused.headers.get('x-keywheel-call'));

import { expect, test } from 'vitest';
import { createClient, KeysExhaustedError, ProviderError } from '../../src/index.ts';
import { createManualClock } from '../../src/simulator/index.ts';

const KEYS = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6'].map((id) => ({ secret: `sk-of-${id}-0123456789abcdef`, id }));

/** A provider, or a firewall before it, that refuses what it is asked, not who asks. */
function start(refuse: () => Response) {
  const clock = createManualClock();
  const client = createClient({
    clock,
    providers: { own: { protocol: 'openai', baseURL: 'http://provider.test/v1', keys: KEYS } },
    fetch: async (_url, init) => (typeof init?.body === 'string' && init.body.includes('POISON') ? refuse() : Response.json(ANSWER)),
  });
  const ask = (content: string, maxWaitMs = 5000) => client.chat({ model: 'own/m', messages: [{ role: 'user', content }] }, { maxWaitMs });
  return { client, ask, clock };
}

const ANSWER = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
};
const page = (): Response => new Response('<html>Blocked</html>', { status: 403, headers: { 'content-type': 'text/html' } });
const invalid = (): Response =>
  Response.json({ error: { message: 'Incorrect API key', code: 'invalid_api_key', type: 'invalid_request_error' } }, { status: 401 });

test("a firewall's page ends the call that met it, and holds nobody back", async () => {
  const { client, ask } = start(page);
  await ask('hello');
  await expect(ask('POISON')).rejects.toThrow(ProviderError);
  expect(client.keys.list().map(({ state }) => state)).toEqual(KEYS.map(() => 'ready'));
  expect((await ask('hello again')).text).toBe('ok');
  await client.close();
});

test('a second call that meets it, without an answer in between, holds the provider', async () => {
  const { client, ask } = start(page);
  await expect(ask('POISON')).rejects.toThrow(ProviderError);
  await expect(ask('POISON')).rejects.toThrow(ProviderError);
  await expect(ask('hello')).rejects.toThrow(KeysExhaustedError);
  await client.close();
});

test('poisoned calls are no probes of the hold that they began: a good call is', async () => {
  const { client, ask, clock } = start(invalid);
  const poisoned = Promise.allSettled(Array.from({ length: 5 }, () => ask('POISON', 60_000)));
  await clock.advance(0);
  const good = ask('hello', 15_000);
  await clock.advance(15_000);
  expect((await good).text).toBe('ok');
  expect((await poisoned).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'rejected'));
  expect(client.keys.list().filter(({ state }) => state === 'invalid').length).toBeLessThan(KEYS.length);
  await client.close();
});

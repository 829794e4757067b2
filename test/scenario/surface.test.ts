import { Agent } from 'undici';
import { describe, expect, test } from 'vitest';
import { type ClientOptions, createClient } from '../../src/index.ts';
import { Secret } from '../../src/secret.ts';
import { ask, askStream, at, attemptsOf, group, readAll, secretOf, useWorld } from '../support/world.ts';

// What the surface offers beside chat: embeddings, environment variables, names of models, ways to send.

const world = useWorld();

describe('embed', () => {
  test('answers in OpenAI’s shape, in the order of the input', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    const reply = await client.embed({ model: 'openai/text-embedding-3-small', input: ['one', 'two'], dimensions: 4 });
    expect(reply).toMatchObject({
      object: 'list',
      data: [{ index: 0 }, { index: 1 }],
      report: { key: 'a', model: 'text-embedding-3-small' },
    });
    expect(reply.data[0]?.embedding).toHaveLength(4);
    expect(simulator.requests()[0]).toMatchObject({ path: '/v1/embeddings', model: 'text-embedding-3-small' });
  });

  test('rotates and retries as chat does', async () => {
    const simulator = await world.simulator({
      groups: [group('a')],
      faults: [{ kind: 'overloaded' }, { kind: 'rate_limit', retryAfterMs: 1 }],
    });
    const client = world.client(at(simulator, 'a'));
    expect(attemptsOf(await client.embed({ model: 'm', input: 'one' }))).toEqual([
      'a overloaded retry',
      'a rate_limited rotate',
      'a ok answer',
    ]);
  });
});

describe('keys of the environment', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(secretOf) as [string, string, string, string];
  const forms: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
    ['OPENAI_API_KEY', { OPENAI_API_KEY: a }, [a]],
    ['OPENAI_API_KEYS with commas', { OPENAI_API_KEYS: `${a}, ${b},${c}` }, [a, b, c]],
    ['OPENAI_API_KEYS with line breaks', { OPENAI_API_KEYS: `${a}\n${b}\r\n\n${c}\n` }, [a, b, c]],
    [
      'OPENAI_API_KEY_1, _2, … in the order of their numbers',
      { OPENAI_API_KEY_10: c, OPENAI_API_KEY_2: b, OPENAI_API_KEY_1: a },
      [a, b, c],
    ],
    [
      'all forms at once, each key once',
      { OPENAI_API_KEYS: `${a},${b}`, OPENAI_API_KEY: a, OPENAI_API_KEY_1: c, OPENAI_API_KEY_2: d },
      [a, b, c, d],
    ],
    ['none that is empty', { OPENAI_API_KEYS: ' ,', OPENAI_API_KEY: a, OPENAI_API_KEY_1: '' }, [a]],
  ];
  const idOf = (secret: string): string => `openai-${new Secret(secret).fingerprint}`;

  test.each(forms)('%s', async (_name, env, secrets) => {
    const simulator = await world.simulator({ groups: ['a', 'b', 'c', 'd'].map((name) => group(name)) });
    for (const options of [{}, { providers: { openai: {} } }] as readonly ClientOptions[]) {
      const client = world.client({ ...options, env: { ...env, OPENAI_BASE_URL: simulator.baseURL } });
      expect(client.keys.list().map(({ id }) => id)).toEqual(secrets.map(idOf));
      expect((await client.chat(ask('Hi', { model: 'gpt-5-mini' }))).report.provider).toBe('openai');
    }
  });

  test('are read from the process where no env is given', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    process.env['OPENAI_API_KEY'] = a;
    process.env['OPENAI_BASE_URL'] = simulator.baseURL;
    try {
      await using client = createClient();
      expect((await client.chat(ask())).report.key).toBe(idOf(a));
    } finally {
      delete process.env['OPENAI_API_KEY'];
      delete process.env['OPENAI_BASE_URL'];
    }
  });

  test('are not asked when keys are given', () => {
    const client = world.client({ providers: { openai: { keys: b } }, env: { OPENAI_API_KEY: a } });
    expect(client.keys.list().map(({ id }) => id)).toEqual([idOf(b)]);
  });
});

test('names of models: an alias first, then provider and model, then a bare name', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client({ ...at(simulator, 'a'), models: { 'openai/fast': 'openai/gpt-5-nano' } });
  const names = ['openai/fast', 'openai/gpt-5-mini', 'openai:gpt-5-mini', 'llama3:8b', 'meta-llama/Llama-3-8B', 'ft:gpt-4o:org::id'];
  for (const model of names) await client.chat(ask('Hi', { model }));
  expect(simulator.requests().map(({ model }) => model)).toEqual([
    'gpt-5-nano',
    'gpt-5-mini',
    'gpt-5-mini',
    'llama3:8b',
    'meta-llama/Llama-3-8B',
    'ft:gpt-4o:org::id',
  ]);
});

test('headers, query, account and a provider’s own options are sent', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client({
    providers: {
      openai: {
        baseURL: simulator.baseURL,
        keys: secretOf('a'),
        headers: { 'X-Title': 'Wheel' },
        query: { trace: '1' },
        organization: 'org-1',
        project: 'proj-1',
      },
    },
  });
  await client.chat(ask('Hi', { top_k: 5, providerOptions: { openai: { service_tier: 'flex' } } }));
  expect(simulator.requests()[0]).toMatchObject({
    query: '?trace=1',
    headers: { 'x-title': 'Wheel', 'openai-organization': 'org-1', 'openai-project': 'proj-1' },
    body: { model: 'gpt-5-mini', top_k: 5, service_tier: 'flex' },
  });
  expect(simulator.requests()[0]?.body).not.toHaveProperty('providerOptions');
});

describe('a way to send of the user’s own', () => {
  test('a fetch', async () => {
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'overloaded' }] });
    const urls: string[] = [];
    const fetch: typeof globalThis.fetch = (input, init) => {
      urls.push(input instanceof Request ? input.url : input.toString());
      return globalThis.fetch(input, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), connection: 'close' } });
    };
    const client = world.client({ ...at(simulator, 'a'), fetch });
    expect(await readAll(await client.chat(askStream()))).not.toBe('');
    expect(urls).toEqual(Array.from({ length: 2 }, () => `${simulator.baseURL}/chat/completions`));
  });

  test('a dispatcher', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const dispatcher = new Agent({ connections: 1 });
    const client = world.client({ ...at(simulator, 'a'), dispatcher });
    await Promise.all([client.chat(ask('1')), client.chat(ask('2'))]);
    expect(simulator.stats().connections).toBe(1);
    await client.close();
    await dispatcher.close();
  });
});

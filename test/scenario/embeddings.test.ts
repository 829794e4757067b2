import { describe, expect, test } from 'vitest';
import { CacheMissError, ConfigError, KeywheelError, ProviderError, RequestError } from '../../src/index.ts';
import { at, attemptsOf, errorOf, group, key, secretOf, useWorld } from '../support/world.ts';
import { json } from '../support/stub-server.ts';

// Embeddings of more inputs than a provider takes at once, of providers that have none, and lists of models.

const world = useWorld();

/** More than one request of OpenAI's takes, and more than two. */
const TEXTS = Array.from({ length: 5000 }, (_, index) => `text ${index}`);

describe('embed', () => {
  test('of more inputs than a request takes goes in several, and comes back as one', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    const reply = await client.embed({ model: 'm', input: TEXTS, dimensions: 2 });
    expect(simulator.requests().map(({ body }) => (body?.['input'] as unknown[] | undefined)?.length)).toEqual([2048, 2048, 904]);
    expect(reply.data.map(({ index }) => index)).toEqual(TEXTS.map((_, index) => index));
    const alone = await client.embed({ model: 'm', input: ['text 4999'], dimensions: 2 });
    expect(reply.data[4999]?.embedding).toEqual(alone.data[0]?.embedding);
    expect(attemptsOf(reply)).toEqual(['a ok answer', 'a ok answer', 'a ok answer']);
    const tokens = TEXTS.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
    expect(reply.usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens });
    expect(reply.raw).toHaveLength(3);
    expect(client.keys.get('a')).toMatchObject({ inFlight: 0, totals: { attempts: 4 } });
  });

  test('in pieces rotates and retries each of them', async () => {
    const simulator = await world.simulator({
      groups: [group('a'), group('b', { state: 'spent' })],
      faults: [{ kind: 'overloaded' }],
    });
    const client = world.client(at(simulator, 'a', key('b', { weight: 2 })));
    const reply = await client.embed({ model: 'm', input: TEXTS, dimensions: 1 });
    expect(attemptsOf(reply).toSorted()).toEqual(
      ['a ok answer', 'a ok answer', 'a ok answer', 'a overloaded retry', 'b quota_exhausted rotate'].toSorted(),
    );
    expect(reply.data).toHaveLength(5000);
  });

  test('in pieces fails with the piece that failed, and leaves no key taken', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ ...at(simulator, 'a'), retry: { attempts: 1 } });
    simulator.fail({ kind: 'status', status: 503, after: 1, times: 9 });
    const error = await errorOf(client.embed({ model: 'm', input: TEXTS, dimensions: 1 }), ProviderError);
    expect(error.report?.attempts.map((attempt) => attempt.class)).toContain('ok');
    expect(client.keys.get('a')).toMatchObject({ inFlight: 0 });
  });

  test('takes its pieces from one target: another model’s do not fit', async () => {
    const sick = await world.simulator({ groups: [group('a')] });
    const well = await world.simulator({ groups: [group('b')] });
    const client = world.client({
      providers: {
        one: { protocol: 'openai', baseURL: sick.baseURL, keys: [key('a')] },
        two: { protocol: 'openai', baseURL: well.baseURL, keys: [key('b')] },
      },
      models: { any: ['one/m', 'two/n'] },
      retry: { attempts: 1 },
    });
    sick.fail({ kind: 'status', status: 503, after: 1, times: 9 });
    const reply = await client.embed({ model: 'any', input: TEXTS, dimensions: 1 });
    expect(reply.model).toBe('n');
    expect(well.stats().served).toBe(3);
    expect(reply.report).toMatchObject({ provider: 'two', model: 'n' });
  });

  test('of a batch is cached as one', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ ...at(simulator, 'a'), cache: true });
    const first = await client.embed({ model: 'm', input: TEXTS, dimensions: 1 });
    const second = await client.embed({ model: 'm', input: TEXTS, dimensions: 1 });
    expect(second.report.cache).toBe('hit');
    expect(second.data).toEqual(first.data);
    expect(simulator.stats().received).toBe(3);
  });

  test('counts no output, and says nothing of what was not counted', async () => {
    const usages = [
      { prompt_tokens: 5, total_tokens: 5, completion_tokens: 0, completion_tokens_details: null },
      { total_tokens: 5 },
      undefined,
    ];
    const server = await world.server((_request, response) => {
      json(response, 200, { object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding: [1] }], usage: usages.shift() });
    });
    const client = world.client(at({ baseURL: `${server.url}/v1` }, 'a'));
    const ask = () => client.embed({ model: 'm', input: 'x' });
    expect((await ask()).usage).toEqual({ prompt_tokens: 5, total_tokens: 5 });
    expect(await ask()).not.toHaveProperty('usage');
    expect(await ask()).not.toHaveProperty('usage');
  });

  test('is refused at once where no target has embeddings, and leaves out those that have none', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({
      providers: { anthropic: { keys: secretOf('x') }, openai: { baseURL: simulator.baseURL, keys: [key('a')] } },
      models: { some: ['anthropic/claude', 'openai/m'], none: ['anthropic/claude'] },
    });
    const error = await errorOf(client.embed({ model: 'none', input: 'x' }), RequestError);
    expect(error).toMatchObject({ code: 'invalid_request', class: 'bad_request', status: undefined });
    expect(error.message).toBe("Cannot send the embeddings request to 'anthropic' as keywheel knows of no embeddings there");
    expect((await client.embed({ model: 'some', input: 'x', dimensions: 1 })).report).toMatchObject({
      provider: 'openai',
      attempts: [{ class: 'ok' }],
    });
  });
});

describe('models', () => {
  test('lists what a provider offers', async () => {
    const simulator = await world.simulator({ groups: [group('a')], models: ['gpt-5-mini', 'gpt-5'] });
    const client = world.client({ ...at(simulator, 'a'), cache: true });
    const list = await client.models();
    expect(list).toMatchObject({
      object: 'list',
      data: [
        { id: 'gpt-5-mini', object: 'model' },
        { id: 'gpt-5', object: 'model' },
      ],
      report: { provider: 'openai', model: '', key: 'a', cache: 'off', attempts: [{ class: 'ok', action: 'answer' }] },
      raw: { object: 'list' },
    });
    await client.models('openai');
    expect(simulator.requests().map(({ method, path }) => [method, path])).toEqual([
      ['GET', '/v1/models'],
      ['GET', '/v1/models'],
    ]);
  });

  test('goes through the same layers as every call', async () => {
    const simulator = await world.simulator({ groups: [group('a', { state: 'dead' }), group('b')], faults: [{ kind: 'overloaded' }] });
    const client = world.client(at(simulator, key('a', { weight: 9 }), 'b'));
    expect(attemptsOf(await client.models())).toEqual(['a key_invalid rotate', 'b overloaded retry', 'b ok answer']);
  });

  test('that cannot be had are told without the name of a model', async () => {
    const simulator = await world.simulator({ groups: [group('a', { state: 'dead' }), group('b')], faults: [{ kind: 'overloaded' }] });
    const dead = world.client(at(simulator, 'a'));
    const once = world.client({ ...at(simulator, 'b'), retry: { attempts: 1 } });
    expect((await errorOf(once.models(), KeywheelError)).message).toMatch(/^Cannot answer with openai as the provider is overloaded: /);
    expect((await errorOf(dead.models(), KeywheelError)).message).toMatch(/^Cannot answer with openai as no key can serve /);
  });

  test('is bound by no limit of models', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const limits = { rpm: 1, buckets: [{ counts: 'requests', limit: 1, windowMs: 60_000, models: ['gpt-*'] }] } as const;
    const client = world.client(at(simulator, key('a', { models: ['gpt-*'], limits })));
    for (let call = 0; call < 3; call += 1) await client.models('openai', { maxWaitMs: 0 });
    expect(simulator.stats().served).toBe(3);
  });

  test('wants the name of a configured provider', async () => {
    const two = { keys: secretOf('a') };
    const client = world.client({ providers: { openai: two, mine: { ...two, protocol: 'openai', baseURL: 'http://127.0.0.1:9/v1' } } });
    expect((await errorOf(client.models(), ConfigError)).message).toBe(
      "Cannot list the models as 'provider' must be a configured provider, name one of openai, mine: current value is undefined",
    );
    expect((await errorOf(client.models('opnai'), ConfigError)).message).toContain("did you mean 'openai'?");
    // As a program in plain JavaScript may.
    await errorOf(client.models(5 as never), ConfigError);
  });

  test('are never kept', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ ...at(simulator, 'a'), cache: true });
    const only = { cache: 'only' } as never;
    expect((await errorOf(client.models('openai', only), CacheMissError)).message).toContain('they are never kept');
    expect(simulator.stats().received).toBe(0);
  });
});

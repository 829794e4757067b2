import { Keyv } from 'keyv';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CacheMissError, type ClientOptions, DeadlineError, ProviderError, StreamInterruptedError } from '../../src/index.ts';
import type { SimulatorOptions } from '../../src/simulator/index.ts';
import { frozenStore } from '../support/frozen-store.ts';
import { ask, askStream, at, errorOf, group, key, nextEvent, readAll, record, useWorld } from '../support/world.ts';

const world = useWorld();

async function open(cache: ClientOptions['cache'] = true, more: SimulatorOptions = {}, options: ClientOptions = {}) {
  const simulator = await world.simulator({ groups: [group('a')], ...more });
  const client = world.client({ ...at(simulator, 'a'), cache, ...options });
  return { simulator, client, received: () => simulator.stats().received };
}

test('an equal call is a hit: no request, no key, the stored usage, no cost', async () => {
  const { client, received } = await open();
  const heard = record(client, 'cache-hit', 'cache-stored', 'call-finished');
  const miss = await client.chat(ask());
  const hit = await client.chat(ask());
  expect(received()).toBe(1);
  expect({ ...hit, report: undefined, raw: undefined }).toEqual({ ...miss, report: undefined, raw: undefined });
  expect(miss.report).toMatchObject({ cache: 'miss', key: 'a', attempts: [{ class: 'ok' }] });
  expect(hit.report).toMatchObject({ cache: 'hit', key: undefined, provider: 'openai', model: 'gpt-5-mini', attempts: [], costUsd: 0 });
  expect(hit.usage).toEqual(miss.usage);
  expect(heard.map(({ name }) => name)).toEqual(['cache-stored', 'call-finished', 'cache-hit', 'call-finished']);
});

test('what a caller does to an answer never changes the stored one', async () => {
  const { client } = await open();
  const first = await client.chat(ask());
  const { text } = first;
  Object.assign(first.choices[0]?.message ?? {}, { content: 'changed' });
  const second = await client.chat(ask());
  Object.assign(second.choices[0]?.message ?? {}, { content: 'changed' });
  expect((await client.chat(ask())).text).toBe(text);
});

test('without the option nothing is stored', async () => {
  const { client, received } = await open(false);
  await client.chat(ask());
  expect((await client.chat(ask())).report.cache).toBe('off');
  expect(received()).toBe(2);
});

test.each([
  ['another text', ask('Ho'), {}],
  ['another model', ask('Hi', { model: 'openai/other' }), {}],
  ['another temperature', ask('Hi', { temperature: 0.5 }), {}],
  ['another tenant', ask(), { tenant: 'other' }],
  ['other keys', ask(), { keys: ['a'] }],
  ['other groups', ask(), { groups: ['a'] }],
])('a call with %s is another one', async (_name, request, options) => {
  const { client, received } = await open();
  await client.chat(ask());
  expect((await client.chat(request, options)).report.cache).toBe('miss');
  expect(received()).toBe(2);
});

test('tenants never share, not even while a call is in flight', async () => {
  const { client, received } = await open();
  const tenants = ['x', 'y', undefined];
  const replies = await Promise.all(
    tenants.flatMap((tenant) => [1, 2].map(() => client.chat(ask(), tenant === undefined ? {} : { tenant }))),
  );
  expect(received()).toBe(3);
  expect(new Set(replies.map(({ id }) => id)).size).toBe(3);
});

describe('a call may say', () => {
  test('refresh: a new answer, which is stored', async () => {
    const { client, received } = await open();
    const first = await client.chat(ask());
    const second = await client.chat(ask(), { cache: 'refresh' });
    expect(second.id).not.toBe(first.id);
    expect((await client.chat(ask())).id).toBe(second.id);
    expect(received()).toBe(2);
  });

  test('only: a stored answer or a CacheMissError, and never a request', async () => {
    const { client, received } = await open();
    const error = await errorOf(client.chat(ask(), { cache: 'only' }), CacheMissError);
    expect(error).toMatchObject({
      code: 'cache_miss',
      message: "Cannot answer the call as its cache mode is 'only': nothing is stored for it",
    });
    await client.chat(ask());
    expect((await client.chat(ask(), { cache: 'only' })).report.cache).toBe('hit');
    expect(received()).toBe(1);
  });

  test('false: neither read nor stored', async () => {
    const { client, received } = await open();
    await client.chat(ask(), { cache: false });
    await client.chat(ask());
    expect((await client.chat(ask(), { cache: false })).report.cache).toBe('off');
    expect(received()).toBe(3);
  });

  test('how long its answer is fresh', async () => {
    const clock = world.clock();
    const { client, received } = await open({ ttlMs: 60_000 }, {}, { clock });
    await client.chat(ask('short'), { cache: { ttlMs: 1_000 } });
    await client.chat(ask('usual'));
    await clock.advance(1_000);
    expect((await client.chat(ask('short'))).report.cache).toBe('miss');
    expect((await client.chat(ask('usual'))).report.cache).toBe('hit');
    expect(received()).toBe(3);
  });
});

describe('an answer that is too old', () => {
  async function stale(cache: ClientOptions['cache']) {
    const clock = world.clock();
    const opened = await open(cache, {}, { clock, retry: { attempts: 1 } });
    const { id } = await opened.client.chat(ask());
    await clock.advance(1_000);
    return { ...opened, clock, id };
  }

  test('is replaced when a key can serve', async () => {
    const { client, id } = await stale({ ttlMs: 1_000, staleMs: 60_000 });
    const fresh = await client.chat(ask());
    expect([fresh.report.cache, fresh.id === id]).toEqual(['miss', false]);
  });

  test('is served within staleMs when no key can', async () => {
    const { client, id } = await stale({ ttlMs: 1_000, staleMs: 60_000 });
    client.keys.disable('a');
    const heard = nextEvent(client, 'cache-hit');
    expect(await client.chat(ask())).toMatchObject({ id, report: { cache: 'stale', costUsd: 0 } });
    expect(await heard).toMatchObject({ stale: true });
  });

  test('is served within staleMs when the provider is sick', async () => {
    const { client, id, simulator } = await stale({ ttlMs: 1_000, staleMs: 60_000 });
    simulator.fail({ kind: 'status', status: 500 });
    expect(await client.chat(ask())).toMatchObject({ id, report: { cache: 'stale' } });
  });

  test('is not served after staleMs', async () => {
    const { client, clock } = await stale({ ttlMs: 1_000, staleMs: 60_000 });
    client.keys.disable('a');
    await clock.advance(60_000);
    await expect(client.chat(ask())).rejects.toMatchObject({ code: 'keys_exhausted' });
  });

  test('is not served without staleMs', async () => {
    const { client } = await stale({ ttlMs: 1_000 });
    client.keys.disable('a');
    await expect(client.chat(ask())).rejects.toMatchObject({ code: 'keys_exhausted' });
  });

  test('is not served to a request that is wrong', async () => {
    const { client, simulator } = await stale({ ttlMs: 1_000, staleMs: 60_000 });
    simulator.fail({ kind: 'status', status: 400 });
    await expect(client.chat(ask())).rejects.toMatchObject({ code: 'request_rejected' });
  });
});

describe('a stream', () => {
  test('is recorded and replayed as a stream, chunk by chunk', async () => {
    const { client, received } = await open();
    const chunksOf = async () => {
      const chunks: unknown[] = [];
      for await (const chunk of await client.chat(askStream())) chunks.push(chunk);
      return chunks;
    };
    const first = await chunksOf();
    expect(await chunksOf()).toEqual(first);
    expect(received()).toBe(1);
  });

  test('serves plain calls, and a plain answer serves streams', async () => {
    const { client, received } = await open();
    const streamed = await (await client.chat(askStream('one'))).reply();
    const plain = await client.chat(ask('one'));
    expect([plain.id, plain.text, plain.report.cache, plain.usage]).toEqual([streamed.id, streamed.text, 'hit', streamed.usage]);
    const second = await client.chat(ask('two'));
    const replayed = await client.chat(askStream('two'));
    expect(await readAll(replayed)).toBe(second.text);
    expect((await replayed.reply()).report).toMatchObject({ cache: 'hit', attempts: [] });
    expect(received()).toBe(2);
  });

  test('that was cut or left early is never stored', async () => {
    const { client, simulator, received } = await open();
    simulator.fail({ kind: 'cut', afterChunks: 3 });
    await errorOf(readAll(await client.chat(askStream())), StreamInterruptedError);
    for await (const _ of await client.chat(askStream())) break;
    expect((await client.chat(ask())).report.cache).toBe('miss');
    expect(received()).toBe(3);
  });
});

test.each([
  ['truncated', { reply: () => ({ content: 'cut', finishReason: 'length' }) }],
  ['filtered', { reply: () => ({ content: '', finishReason: 'content_filter' }) }],
  ['refused', { reply: () => ({ refusal: 'I will not' }) }],
] as const)('an answer that was %s is never stored', async (_name, more) => {
  const { client, received } = await open(true, more);
  await client.chat(ask());
  await (await client.chat(askStream())).reply();
  await client.chat(ask());
  expect(received()).toBe(3);
});

test('a failure is never stored', async () => {
  const { client, simulator, received } = await open(true, {}, { retry: { attempts: 1 } });
  simulator.fail({ kind: 'status', status: 500 });
  await errorOf(client.chat(ask()), ProviderError);
  expect((await client.chat(ask())).report.cache).toBe('miss');
  expect(received()).toBe(2);
});

describe('equal calls at the same time', () => {
  test('a thousand make one request, plain and streamed', async () => {
    const { client, received } = await open();
    const calls = Array.from({ length: 1_000 }, async (_, index) =>
      index % 2 === 0 ? client.chat(ask()) : (await client.chat(askStream())).reply(),
    );
    const replies = await Promise.all(calls);
    expect(received()).toBe(1);
    expect(new Set(replies.map(({ id, text }) => `${id} ${text}`)).size).toBe(1);
    const caches = replies.map(({ report }) => report.cache);
    expect([caches.filter((cache) => cache === 'miss').length, caches.filter((cache) => cache === 'shared').length]).toEqual([1, 999]);
    expect(client.keys.get('a')?.totals).toMatchObject({ calls: 1, attempts: 1 });
  });

  test('all get the same failure, each with a report of its own', async () => {
    const { client, received } = await open(true, { faults: [{ kind: 'status', status: 400 }] });
    const errors = await Promise.all(Array.from({ length: 20 }, () => client.chat(ask()).catch((error: unknown) => error)));
    expect(received()).toBe(1);
    expect(new Set(errors).size).toBe(20);
    expect(new Set(errors.map((error) => (error as { readonly report: { readonly id: string } }).report.id)).size).toBe(20);
  });

  test('have each their own time: who can wait gets the answer of an attempt that takes too long for the first', async () => {
    const { client, received } = await open(true, { latencyMs: 150 });
    const first = client.chat(ask(), { timeoutMs: 50 });
    const second = client.chat(ask(), { timeoutMs: 20_000 });
    await errorOf(first, DeadlineError);
    expect((await second).report).toMatchObject({ cache: 'shared', attempts: [] });
    expect(received()).toBe(1);
  });

  test.each([
    ['maxWaitMs', { maxWaitMs: 50 }, { maxWaitMs: 20_000 }],
    ['timeoutMs', { timeoutMs: 50 }, { timeoutMs: 20_000 }],
  ])('have each their own patience: %s of the first is not that of the others', async (_name, short, long) => {
    const simulator = await world.simulator({ groups: [group('a')], latencyMs: 150 });
    const client = world.client({ ...at(simulator, key('a', { limits: { concurrency: 1 } })), cache: true });
    const other = client.chat(ask('other'));
    await simulator.until(({ inFlight }) => inFlight === 1);
    const [first, ...rest] = [short, ...Array.from({ length: 20 }, () => long)].map((options) => client.chat(ask(), options));
    await expect(first).rejects.toMatchObject({ code: expect.stringMatching(/keys_exhausted|deadline_exceeded/) });
    const caches = (await Promise.all(rest)).map(({ report }) => report.cache);
    expect(caches.toSorted()).toEqual(['miss', ...Array.from({ length: 19 }, () => 'shared')]);
    await other;
    expect(simulator.stats().received).toBe(2);
  });

  test('that come while a stream is on its way read it from the beginning', async () => {
    const { client, received } = await open(true, { stream: { chunks: 6, chunkMs: 1 } });
    const first = await client.chat(askStream());
    const parts = first[Symbol.asyncIterator]();
    await parts.next();
    await parts.next();
    const late = await client.chat(askStream());
    const [text, rest] = await Promise.all([
      readAll(late),
      (async () => {
        for (let next = await parts.next(); next.done !== true; next = await parts.next()) continue;
        return (await first.reply()).text;
      })(),
    ]);
    expect([text, received()]).toEqual([rest, 1]);
  });
});

describe('a store of the user’s own', () => {
  test('keeps answers beyond the client', async () => {
    const store = new Keyv();
    const first = await open({ store });
    const { id } = await first.client.chat(ask());
    await first.client.close();
    const client = world.client({ ...at(first.simulator, 'a'), cache: { store } });
    expect(await client.chat(ask())).toMatchObject({ id, report: { cache: 'hit' } });
  });

  test('is separated by namespace', async () => {
    const store = new Keyv();
    const { client, simulator, received } = await open({ store, namespace: 'one' });
    await client.chat(ask());
    const other = world.client({ ...at(simulator, 'a'), cache: { store, namespace: 'two' } });
    expect((await other.chat(ask())).report.cache).toBe('miss');
    expect(received()).toBe(2);
  });

  test('that fails harms no call, and is told once', async () => {
    const fail = (): never => {
      throw new Error('the store is down');
    };
    const { client, received } = await open({ store: new Keyv({ store: { get: fail, set: fail, delete: fail, clear: fail } }) });
    const heard = record(client, 'cache-failed');
    for (let index = 0; index < 5; index += 1) await client.chat(ask());
    expect(received()).toBe(5);
    expect(heard).toEqual([{ name: 'cache-failed', payload: { operation: 'get', reason: 'the store is down' } }]);
  });

  test('that is frozen costs a call 50 ms, and the next ones nothing', async () => {
    const clock = world.clock();
    const { client, received } = await open({ store: frozenStore() }, {}, { clock });
    const heard = record(client, 'cache-failed');
    const first = client.chat(ask());
    await clock.advance(49);
    expect(received()).toBe(0);
    await clock.advance(1);
    expect((await first).report).toMatchObject({ cache: 'miss', durationMs: 50 });
    expect((await client.chat(ask('next'))).report).toMatchObject({ durationMs: 0 });
    await turn();
    expect(heard).toHaveLength(1);
  });

  test('that holds rubbish is as good as empty', async () => {
    const map = new Map<string, unknown>();
    const { client, received } = await open({ store: new Keyv({ store: map }) });
    await client.chat(ask());
    for (const name of map.keys()) map.set(name, JSON.stringify({ value: '{"version":1,"whole":' }));
    expect((await client.chat(ask())).report.cache).toBe('miss');
    expect(received()).toBe(2);
  });
});

test('embeddings are kept as well', async () => {
  const { client, received } = await open();
  const request = { model: 'openai/text-embedding-3-small', input: ['one', 'two'] };
  const first = await client.embed(request);
  const second = await client.embed(request);
  expect([second.data, second.report.cache, received()]).toEqual([first.data, 'hit', 1]);
});

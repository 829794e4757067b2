import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ProviderError } from '../../src/index.ts';
import { json } from '../support/stub-server.ts';
import { ask, askStream, at, attemptsOf, errorOf, group, key, readAll, record, speaking, SPEECHES, useWorld } from '../support/world.ts';

// What a call costs, and when its report can say so.

const world = useWorld();

/** Without a count of tokens. */
const ANSWER = {
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
};

describe('the cost of a call', () => {
  test('is known from the first one on, from a list that loads beside it', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    const told = record(client, 'attempt-finished', 'call-finished');
    const { usage, report } = await client.chat(ask());
    const cost = ((usage?.prompt_tokens ?? 0) * 0.25 + (usage?.completion_tokens ?? 0) * 2) / 1e6;
    expect(report.costUsd).toBeCloseTo(cost, 12);
    expect(report.attempts).toMatchObject([{ costUsd: report.costUsd }]);
    // The attempt was over before the call was.
    expect(told.map(({ name }) => name)).toEqual(['attempt-finished', 'call-finished']);
    expect(told).toMatchObject([
      { payload: { attempt: { costUsd: report.costUsd } } },
      { payload: { report: { costUsd: report.costUsd } } },
    ]);
    expect(client.usage()).toMatchObject([{ name: 'a', costUsd: expect.closeTo(cost, 9) as number }]);
  });

  test('of a stream is known at its end, the first one’s too', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    const stream = await client.chat(askStream());
    expect(await readAll(stream)).not.toBe('');
    const { usage, report } = await stream.reply();
    expect(report.costUsd).toBeCloseTo(((usage?.prompt_tokens ?? 0) * 0.25 + (usage?.completion_tokens ?? 0) * 2) / 1e6, 12);
  });

  test('is nobody’s where none is wanted, and your own where you say it', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const none = world.client({ ...at(simulator, 'a'), prices: false });
    expect((await none.chat(ask())).report).not.toHaveProperty('costUsd');
    expect(none.usage()).toMatchObject([{ costUsd: undefined, priced: { costUsd: 0, unpriced: 1 } }]);
    const own = world.client({ ...at(simulator, 'a'), prices: { 'openai/gpt-*': { input: 0, output: 0 } } });
    expect((await own.chat(ask())).report.costUsd).toBe(0);
    expect(own.usage()).toMatchObject([{ costUsd: 0 }]);
  });

  test('is not known of a model that nobody knows, nor of a known one at an address of your own', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ providers: { mine: { protocol: 'openai', baseURL: simulator.baseURL, keys: [key('a')] } } });
    const { report } = await client.chat(ask('Hi', { model: 'mine/gpt-5-mini' }));
    expect([report.costUsd, report.tokens?.input]).toEqual([undefined, 1]);
  });

  test('has none for what was refused, and that of the answer', async () => {
    const simulator = await world.simulator({ groups: [group('a', { state: 'spent' }), group('b')] });
    const client = world.client({ ...at(simulator, key('a', { weight: 9 }), 'b'), prices: { '*/*': { input: 1e6, output: 0 } } });
    const reply = await client.chat(ask());
    expect(attemptsOf(reply)).toEqual(['a quota_exhausted rotate', 'b ok answer']);
    expect(reply.report.costUsd).toBe(reply.usage?.prompt_tokens);
    expect(reply.report.attempts[0]).not.toHaveProperty('costUsd');
  });

  test('is nothing for an answer of the cache', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ ...at(simulator, 'a'), cache: true });
    const [one, other] = await Promise.all([client.chat(ask()), client.chat(ask())]);
    const hit = await client.chat(ask());
    const costs = [one, other, hit].map(({ report }) => [report.cache, report.costUsd]);
    expect(costs).toEqual([
      ['miss', one.report.costUsd],
      ['shared', 0],
      ['hit', 0],
    ]);
    expect(one.report.costUsd).toBeGreaterThan(0);
  });

  test('of embeddings in pieces is that of all pieces, and a list of models costs nothing', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    const input = Array.from({ length: 3000 }, (_, index) => `text ${index}`);
    const { report, usage } = await client.embed({ model: 'text-embedding-3-small', input, dimensions: 1 });
    expect(report.attempts.length).toBe(2);
    expect(report.costUsd).toBeCloseTo(((usage?.prompt_tokens ?? 0) * 0.02) / 1e6, 12);
    expect((await client.models()).report.costUsd).toBe(0);
  });

  test('is not known where an answer did not count', async () => {
    const server = await world.server((_, response) => json(response, 200, ANSWER));
    const client = world.client(at({ baseURL: `${server.url}/v1` }, 'a'));
    const reply = await client.chat(ask());
    expect(reply.report).not.toHaveProperty('costUsd');
    expect(client.usage()).toMatchObject([{ costUsd: undefined, priced: { unpriced: 1 } }]);
  });

  test('is not known of a stream that was left in the middle, or broke off', async () => {
    const simulator = await world.simulator({ groups: [group('a')], stream: { chunks: 4 } });
    simulator.fail({ kind: 'cut', stream: true, afterChunks: 3 });
    const client = world.client(at(simulator, 'a'));
    await expect(readAll(await client.chat(askStream()))).rejects.toThrow();
    for await (const _ of await client.chat(askStream())) break;
    expect(client.usage()).toMatchObject([{ costUsd: undefined, priced: { unpriced: 2 } }]);
  });

  test('is not known where the slower one of two attempts, or one whose caller left, had begun to answer', async () => {
    const open: ServerResponse[] = [];
    const server = await world.server((_, response) => {
      if (open.length === 1) return json(response, 200, { ...ANSWER, usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } });
      open.push(response);
      // Tells that the head is here.
      const limits = { 'x-ratelimit-limit-requests': 100, 'x-ratelimit-remaining-requests': 5, 'x-ratelimit-reset-requests': '1s' };
      return response.writeHead(200, { 'content-type': 'application/json', ...limits }).write('{');
    });
    const clock = world.clock();
    const client = world.client({
      ...at({ baseURL: `${server.url}/v1` }, 'a', 'b'),
      prices: { 'openai/*': { input: 1, output: 1 } },
      clock,
    });
    const heads = async (count: number): Promise<void> => {
      while (client.keys.list().filter(({ buckets }) => buckets.length > 0).length < count) await setImmediate();
    };
    const asked = client.chat(ask(), { hedge: { afterMs: 100 } });
    await heads(1);
    await clock.advance(100);
    const { report } = await asked;
    expect(report.attempts.map(({ action, status }) => [action, status])).toEqual([
      ['hedge', 200],
      ['answer', 200],
    ]);
    expect(report).not.toHaveProperty('costUsd');
    for (const response of open.splice(0)) response.destroy();
    const controller = new AbortController();
    const [other = ''] = report.attempts.flatMap(({ action, key: id }) => (action === 'answer' ? id : []));
    const left = client.chat(ask(), { signal: controller.signal, keys: [other] });
    await heads(2);
    controller.abort('enough');
    await expect(left).rejects.toBe('enough');
    expect(client.usage({ by: 'provider' })).toMatchObject([{ costUsd: undefined, priced: { unpriced: 2 } }]);
    for (const response of open) response.destroy();
  });

  test.each(SPEECHES)('of $title counts tokens of its cache apart', async (speech) => {
    const simulator = await world.simulator({ groups: [{ id: 'a', keys: [{ secret: speech.secretOf('a'), id: 'a' }] }] });
    const client = world.client({ ...speaking(speech, simulator, 'a'), prices: { 'p/*': { input: 1e6, output: 1e9 } } });
    const { report } = await client.chat(ask('Hi', { model: speech.model, max_tokens: 50 }));
    expect(report.costUsd).toBe((report.tokens?.input ?? 0) + 1000 * (report.tokens?.output ?? 0));
  });
});

describe('while prices load', () => {
  test('a first call that fails does not wait for them, and its attempts are told before it is', async () => {
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'status', status: 500, times: 9 }] });
    const client = world.client({ ...at(simulator, 'a'), retry: { attempts: 2 } });
    const told = record(client, 'attempt-failed', 'call-failed');
    await errorOf(client.chat(ask()), ProviderError);
    expect(told.map(({ name }) => name)).toEqual(['attempt-failed', 'attempt-failed', 'call-failed']);
    expect(client.usage()).toMatchObject([{ attempts: { server_error: 2 }, calls: { total: 1, failed: 1 }, costUsd: 0 }]);
  });

  test('a call that is aborted on its way rejects with the reason of its caller', async () => {
    const server = await world.mute();
    const client = world.client(at({ baseURL: `${server.url}/v1` }, 'a'));
    const controller = new AbortController();
    const asked = client.chat(ask(), { signal: controller.signal });
    controller.abort('no longer wanted');
    await expect(asked).rejects.toBe('no longer wanted');
    expect(client.usage()).toMatchObject([{ calls: { total: 1, failed: 1 } }]);
  });

  test('a client can be closed: the answer that is here comes, with its cost', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    const asked = client.chat(ask());
    await client.close();
    expect((await asked).report.costUsd).toBeGreaterThan(0);
    expect(client.usage()).toMatchObject([{ calls: { answered: 1 }, priced: { unpriced: 0 } }]);
  });

  test('a clock that stands still holds nobody up, and the answer takes the time that it took', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const clock = world.clock();
    const client = world.client({ ...at(simulator, 'a'), clock });
    const { report } = await client.chat(ask(), { timeoutMs: 50 });
    expect([report.durationMs, report.costUsd]).toEqual([0, expect.any(Number)]);
  });

  test('`ready` waits for them, so that no call has to', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    await client.ready();
    expect((await client.chat(ask())).report.costUsd).toBeGreaterThan(0);
  });
});

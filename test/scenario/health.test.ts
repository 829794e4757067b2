import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ProviderError, type ClientOptions } from '../../src/index.ts';
import type { SimulatorOptions } from '../../src/simulator/index.ts';
import { ask, askStream, at, attemptsOf, errorOf, group, key, nextEvent, readAll, record, useWorld } from '../support/world.ts';

// Sick providers with another one beside them: the breaker of a route, and the time to the first token.

const world = useWorld();

async function open(first: SimulatorOptions = {}, options: ClientOptions = {}) {
  const clock = world.clock();
  const one = await world.simulator({ groups: [group('a1'), group('a2')], ...first });
  const two = await world.simulator({ groups: [group('b')] });
  const client = world.client({
    providers: {
      one: { protocol: 'openai', baseURL: one.baseURL, keys: [key('a1'), key('a2')] },
      two: { protocol: 'openai', baseURL: two.baseURL, keys: [key('b')] },
    },
    models: { fast: ['one/m', 'two/m'] },
    retry: { attempts: 1 },
    clock,
    ...options,
  });
  const changes = record(client, 'route-changed');
  const call = async (text = 'Hi') => (await client.chat(ask(text, { model: 'fast' }))).report.provider;
  return { clock, one, two, client, changes, call };
}

describe('a route', () => {
  const times = 12;

  test('that is sick is left out after ten calls, tried by one in each second, and taken again when it is well', async () => {
    const { clock, one, changes, call } = await open({ faults: [{ kind: 'status', status: 500, times: times + 1 }] });
    const since = clock.now();
    for (let index = 0; index < 30; index += 1) expect(await call(`${index}`)).toBe('two');
    expect(one.stats().received).toBe(10);
    for (const tried of [11, 12, 13]) {
      await clock.advance(1_000);
      expect(await Promise.all([call('x'), call('y'), call('z')])).toEqual(['two', 'two', 'two']);
      expect(one.stats().received).toBe(tried);
    }
    await clock.advance(1_000);
    expect([await call('x'), await call('y')]).toEqual(['one', 'one']);
    const route = { provider: 'one', model: 'm' };
    expect(changes.map(({ payload }) => payload)).toEqual([
      { ...route, status: 'open', until: since + 1_000 },
      ...[2, 3, 4].flatMap((second) => [
        { ...route, status: 'half-open' },
        { ...route, status: 'open', until: since + second * 1_000 },
      ]),
      { ...route, status: 'half-open' },
      { ...route, status: 'closed' },
    ]);
  });

  test.each([
    ['the overload of', { kind: 'overloaded', times }],
    ['reset connections of', { kind: 'reset', times }],
  ] as const)('is opened by %s its provider', async (_name, fault) => {
    const { call, changes } = await open({ faults: [fault] });
    for (let index = 0; index < times; index += 1) await call(`${index}`);
    expect(changes).toMatchObject([{ payload: { status: 'open' } }]);
  });

  test.each([
    ['rate limits', 30, { faults: [{ kind: 'rate_limit', times: 100, retryAfterMs: 50 }] }],
    ['an upstream that is rate limited', 30, { faults: [{ kind: 'status', status: 429, times: 100, body: upstream() }] }],
    ['spent keys', 2, { groups: [group('a1', { state: 'spent' }), group('a2', { state: 'spent' })] }],
    ['dead keys', 2, { groups: [group('a1', { state: 'dead' }), group('a2', { state: 'dead' })] }],
    ['forbidden keys', 2, { groups: [group('a1', { state: 'forbidden' }), group('a2', { state: 'forbidden' })] }],
  ] as readonly (readonly [string, number, SimulatorOptions])[])('is never opened by %s', async (_name, asked, first) => {
    // Nobody waits for a key of the first: a call that finds none goes on at once.
    const { call, changes, clock, one } = await open(first, { fallbackAfterMs: 0 });
    for (let index = 0; index < 30; index += 1) {
      expect(await call(`${index}`)).toBe('two');
      await clock.advance(100);
    }
    expect([changes, one.stats().received >= asked]).toEqual([[], true]);
  });

  test('that is the only one is asked by every call, however sick it is', async () => {
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'status', status: 500, times: 30 }] });
    const client = world.client({ ...at(simulator, 'a'), retry: { attempts: 1 } });
    for (let index = 0; index < 30; index += 1) await errorOf(client.chat(ask(`${index}`)), ProviderError);
    expect(simulator.stats().received).toBe(30);
    expect((await client.chat(ask('well'))).report.attempts).toHaveLength(1);
  });
});

describe('a stream that says nothing within firstTokenTimeoutMs', () => {
  const firstTokenTimeoutMs = 5_000;

  async function hanging(first: SimulatorOptions, options: ClientOptions = {}) {
    const opened = await open(first, { retry: { attempts: 4 }, firstTokenTimeoutMs, ...options });
    const { client, clock, one } = opened;
    const stream = client.chat(askStream('Hi', { model: 'fast' }));
    stream.catch(() => {});
    /** Lets the `count`th request of the first provider pass its time. */
    const pass = async (count: number): Promise<void> => {
      await one.until(({ received }) => received === count);
      for (let round = 0; round < 3; round += 1) await turn();
      const failed = nextEvent(client, 'attempt-failed');
      await clock.advance(firstTokenTimeoutMs);
      await failed;
      await clock.advance(0);
    };
    return { ...opened, stream, pass };
  }

  test.each([
    ['never answers', { kind: 'hang', times: 9 }],
    ['sends what comes before the content, then nothing', { kind: 'silence', afterChunks: 1, times: 9 }],
  ] as const)('as it %s is answered by the next target, and the report says why', async (_name, fault) => {
    const { stream, pass, one } = await hanging({ faults: [fault] });
    await pass(1);
    const answered = await stream;
    expect(await readAll(answered)).not.toBe('');
    const { report } = await answered.reply();
    expect(report).toMatchObject({ provider: 'two', firstTokenMs: 5_000 });
    expect(report.attempts.map(({ class: taken, action }) => [taken, action])).toEqual([
      ['timeout', 'fallback'],
      ['ok', 'answer'],
    ]);
    expect(report.attempts[0]?.why).toContain("'firstTokenTimeoutMs' is 5000");
    expect(one.stats().received).toBe(1);
  });

  test('is repeated once at the only target, and no hold is laid on its keys', async () => {
    const { stream, pass, client } = await hanging({ faults: [{ kind: 'hang', times: 9 }] }, { models: { fast: 'one/m' } });
    await pass(1);
    await pass(2);
    const error = await errorOf(stream, ProviderError);
    expect(error).toMatchObject({ class: 'timeout', report: { attempts: [{ action: 'retry' }, { action: 'reject' }] } });
    expect(client.keys.list().flatMap(({ holds }) => holds)).toEqual([]);
  });

  test('may be answered by another key of the only target', async () => {
    const { stream, pass } = await hanging({ faults: [{ kind: 'hang' }] }, { models: { fast: 'one/m' } });
    await pass(1);
    const answered = await stream;
    await readAll(answered);
    expect(attemptsOf(await answered.reply()).map((attempt) => attempt.slice(3))).toEqual(['timeout retry', 'ok answer']);
  });

  test('is not one whose first content came in time, however long the rest takes', async () => {
    const { client, clock, stream } = await hanging({ stream: { chunks: 3 }, faults: [{ kind: 'silence', afterChunks: 2 }] });
    const answered = await stream;
    await clock.advance(firstTokenTimeoutMs * 3);
    expect(client.keys.list().filter(({ inFlight }) => inFlight > 0)).toHaveLength(1);
    for await (const chunk of answered) if (chunk.choices[0]?.delta.content) break;
    expect(client.keys.list().map(({ inFlight }) => inFlight)).toEqual([0, 0, 0]);
  });

  test('says nothing of plain calls', async () => {
    const { clock, client, one } = await open({ latencyMs: 0, faults: [{ kind: 'hang' }] }, { firstTokenTimeoutMs });
    const call = client.chat(ask('Hi', { model: 'fast' }), { attemptTimeoutMs: 20_000 });
    await one.until(({ received }) => received === 1);
    await clock.advance(19_999);
    expect(client.keys.list().filter(({ inFlight }) => inFlight > 0)).toHaveLength(1);
    await clock.advance(1);
    expect((await call).report).toMatchObject({ provider: 'two', attempts: [{ class: 'timeout' }, { class: 'ok' }] });
  });
});

function upstream(): object {
  return {
    error: { message: 'Provider returned error', code: 429, metadata: { raw: 'rate-limited upstream', provider_name: 'Somebody' } },
  };
}

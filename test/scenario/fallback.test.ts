import { describe, expect, test } from 'vitest';
import { KeysExhaustedError, ProviderError, RequestError, type ClientOptions } from '../../src/index.ts';
import type { SimulatorOptions } from '../../src/simulator/index.ts';
import { ask, askStream, attemptsOf, errorOf, group, key, nextEvent, readAll, useWorld } from '../support/world.ts';

// An alias with a target at each of two providers.

const world = useWorld();

async function open(first: SimulatorOptions, options: ClientOptions = {}) {
  const one = await world.simulator({ groups: [group('a')], ...first });
  const two = await world.simulator({ groups: [group('b')] });
  const client = world.client({
    providers: {
      one: { protocol: 'openai', baseURL: one.baseURL, keys: [key('a')] },
      two: { protocol: 'openai', baseURL: two.baseURL, keys: [key('b')] },
    },
    models: { fast: ['one/m', 'two/m'] },
    retry: { attempts: 2 },
    ...options,
  });
  return { one, two, client };
}

const fast = (text = 'Hi') => ask(text, { model: 'fast' });

test('the preferred target answers while it can', async () => {
  const { client, two } = await open({});
  const reply = await client.chat(fast());
  expect(reply.report).toMatchObject({ provider: 'one', model: 'm', key: 'a' });
  expect(two.stats().received).toBe(0);
});

test.each([
  ['is overloaded', { faults: [{ kind: 'overloaded', times: 5 }] }, ['a overloaded retry', 'a overloaded fallback']],
  ['fails', { faults: [{ kind: 'status', status: 500, times: 5 }] }, ['a server_error retry', 'a server_error fallback']],
  ['redirects', { faults: [{ kind: 'redirect', location: 'http://127.0.0.1:9/', times: 5 }] }, ['a server_error fallback']],
  ['has no key with money', { groups: [group('a', { state: 'spent' })] }, ['a quota_exhausted fallback']],
  ['has no living key', { groups: [group('a', { state: 'dead' })] }, ['a key_invalid fallback']],
  ['does not have the model', { models: ['other'] }, ['a model_unavailable fallback']],
  [
    'has a shorter window',
    { faults: [{ kind: 'status', status: 400, body: { error: { message: 'too long', code: 'context_length_exceeded' } } }] },
    ['a context_length fallback'],
  ],
] as readonly (readonly [string, SimulatorOptions, readonly string[]])[])(
  'the next target answers when the preferred one %s',
  async (_name, first, before) => {
    const { client, two } = await open(first);
    const reply = await client.chat(fast());
    expect(attemptsOf(reply)).toEqual([...before, 'b ok answer']);
    expect(reply.report).toMatchObject({ provider: 'two', model: 'm', key: 'b' });
    expect(two.stats()).toMatchObject({ received: 1, servedIds: [reply.id] });
  },
);

test('a stream that breaks before its first content falls back as well', async () => {
  const { client } = await open({ faults: [{ kind: 'cut', afterChunks: 1, times: 5 }] });
  const stream = await client.chat(askStream('Hi', { model: 'fast' }));
  expect(await readAll(stream)).not.toBe('');
  expect((await stream.reply()).report.provider).toBe('two');
});

test('a request that is wrong goes to nobody else', async () => {
  const { client, two } = await open({ faults: [{ kind: 'status', status: 400 }] });
  expect(await errorOf(client.chat(fast()), RequestError)).toMatchObject({ status: 400 });
  expect(two.stats().received).toBe(0);
});

describe('a preferred target that can start only later', () => {
  async function held(retryAfterMs: number) {
    const clock = world.clock();
    const opened = await open({ faults: [{ kind: 'rate_limit', retryAfterMs }] }, { clock });
    await errorOf(opened.client.chat(ask('first', { model: 'one/m' }), { maxWaitMs: 0 }), KeysExhaustedError);
    return { ...opened, clock };
  }

  test('within fallbackAfterMs is waited for', async () => {
    const { client, clock, two } = await held(900);
    const call = client.chat(fast());
    await clock.advance(900);
    expect((await call).report).toMatchObject({ provider: 'one', waitedMs: 900 });
    expect(two.stats().received).toBe(0);
  });

  test('than fallbackAfterMs is passed over at once', async () => {
    const { client, one } = await held(5_000);
    const reply = await client.chat(fast());
    expect(reply.report).toMatchObject({ provider: 'two', waitedMs: 0, attempts: [{ key: 'b', class: 'ok' }] });
    expect(one.stats().received).toBe(1);
  });

  test('is waited for when nobody else can serve', async () => {
    const { client, clock, two } = await held(5_000);
    client.keys.disable('b');
    const call = client.chat(fast());
    await clock.advance(5_000);
    expect((await call).report).toMatchObject({ provider: 'one', waitedMs: 5_000 });
    expect(two.stats().received).toBe(0);
  });

  test('than the caller’s time is named in the refusal, when nobody else can serve', async () => {
    const { client, clock } = await held(5_000);
    client.keys.disable('b');
    const error = await errorOf(client.chat(fast(), { maxWaitMs: 4_999 }), KeysExhaustedError);
    expect(error).toMatchObject({
      retryAt: clock.now() + 5_000,
      keys: [
        { id: 'a', state: 'cooling' },
        { id: 'b', state: 'disabled' },
      ],
    });
    expect(error.message).toContain('Cannot answer with one/m, two/m as no key can serve in time');
  });
});

test('when every target is sick the error tells of the last, with all of them in its cause', async () => {
  const { client, one, two } = await open({ faults: [{ kind: 'status', status: 500, times: 9 }] });
  two.fail({ kind: 'overloaded', times: 9 });
  const error = await errorOf(client.chat(fast()), ProviderError);
  expect(error).toMatchObject({
    class: 'overloaded',
    status: 503,
    message: expect.stringMatching(/^Cannot answer with two\/m .*\(2 attempts\)$/),
  });
  expect(error.cause).toMatchObject({ errors: [{ class: 'server_error' }, { class: 'overloaded' }] });
  expect([one.stats().received, two.stats().received]).toEqual([2, 2]);
});

test('a target that keeps failing is left out for a while, and probed by one call after that', async () => {
  const clock = world.clock();
  const { client, one } = await open({}, { clock, retry: { attempts: 1 } });
  const outage = one.fail({ kind: 'status', status: 500, times: 100 });
  for (let index = 0; index < 10; index += 1) await client.chat(fast(`question ${index}`));
  expect(one.stats().received).toBe(10);
  const meanwhile = await client.chat(fast('meanwhile'));
  expect(meanwhile.report.attempts.map(({ key: id }) => id)).toEqual(['b']);
  outage.cancel();
  await clock.advance(1_000);
  expect((await client.chat(fast('later'))).report).toMatchObject({ provider: 'one' });
});

test('a held key at the preferred target is told as an event with its scope', async () => {
  const { client } = await open({ faults: [{ kind: 'rate_limit', retryAfterMs: 60_000 }] });
  const held = nextEvent(client, 'key-held');
  expect((await client.chat(fast())).report.provider).toBe('two');
  expect(await held).toMatchObject({ provider: 'one', key: 'a', group: 'a', scope: 'group', model: 'm', class: 'rate_limited' });
});

import { describe, expect, test } from 'vitest';
import { KeysExhaustedError, ProviderError, RequestError, type ClientOptions } from '../../src/index.ts';
import type { SimulatorOptions } from '../../src/simulator/index.ts';
import { ask, askStream, attemptsOf, errorOf, group, key, nextEvent, readAll, record, useWorld } from '../support/world.ts';

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

describe('a target that cannot express the request', () => {
  const seeded = (more = {}) => ask('Hi', { model: 'fast', seed: 7, ...more });

  /** Three protocols, of which Anthropic's has no seed. */
  async function three(targets: readonly string[], first: SimulatorOptions = {}) {
    const simulators = {
      openai: await world.simulator({ groups: [group('o')], ...first }),
      anthropic: await world.simulator({ groups: [group('a')] }),
      google: await world.simulator({ groups: [group('g')] }),
    };
    const client = world.client({
      providers: {
        openai: { baseURL: simulators.openai.baseURLs.openai, keys: [key('o')] },
        anthropic: { baseURL: simulators.anthropic.baseURLs.anthropic, keys: [key('a')] },
        google: { baseURL: simulators.google.baseURLs.google, keys: [key('g')] },
        // One more without a seed.
        claude: { protocol: 'anthropic', baseURL: simulators.anthropic.baseURLs.anthropic, keys: [key('a', { id: 'c' })] },
      },
      models: { fast: targets },
      retry: { attempts: 1 },
    });
    return { client, simulators };
  }

  const SICK: SimulatorOptions = { faults: [{ kind: 'status', status: 500, times: 5 }] };

  test('is passed over, the preferred one as well', async () => {
    const { client, simulators } = await three(['anthropic/m', 'google/m']);
    const reply = await client.chat(seeded());
    expect(attemptsOf(reply)).toEqual(['g ok answer']);
    expect(simulators.anthropic.stats().received).toBe(0);
  });

  test('does not stand between a sick one and the next', async () => {
    const { client } = await three(['openai/m', 'anthropic/m', 'google/m'], SICK);
    expect(attemptsOf(await client.chat(seeded()))).toEqual(['o server_error fallback', 'g ok answer']);
  });

  test('does not hide what the others said', async () => {
    const { client } = await three(['openai/m', 'anthropic/m'], SICK);
    const error = await errorOf(client.chat(seeded()), ProviderError);
    expect(error).toMatchObject({ class: 'server_error', status: 500, cause: { errors: [{ status: 500 }, { code: 'invalid_request' }] } });
    // Nothing took over, so nothing was fallen back to.
    expect(error.report?.attempts).toMatchObject([{ key: 'o', action: 'reject' }]);
    client.keys.disable('o');
    const exhausted = await errorOf(client.chat(seeded()), KeysExhaustedError);
    expect(exhausted).toMatchObject({ keys: [{ id: 'o' }], cause: { errors: [{ code: 'keys_exhausted' }, { code: 'invalid_request' }] } });
  });

  test('is the error where there is no other, without an attempt or a trace at its route', async () => {
    const { client } = await three(['anthropic/m', 'claude/m']);
    const routes = record(client, 'route-changed');
    const error = await errorOf(client.chat(seeded()), RequestError);
    expect(error.message).toContain("'anthropic' as 'seed'");
    expect(error).toMatchObject({ code: 'invalid_request', report: { attempts: [] }, cause: { errors: [{}, {}] } });
    const alone = await errorOf(client.chat(ask('Hi', { model: 'anthropic/m', seed: 7 })), RequestError);
    expect(alone).toMatchObject({ code: 'invalid_request', report: { attempts: [] } });
    expect(alone.cause).toBeUndefined();
    for (let call = 0; call < 20; call += 1) await errorOf(client.chat(seeded()), RequestError);
    expect(routes).toEqual([]);
    expect(attemptsOf(await client.chat(fast()))).toEqual(['a ok answer']);
  });
});

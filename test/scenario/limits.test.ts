import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { KeysExhaustedError, RequestError } from '../../src/index.ts';
import type { StatusFault } from '../../src/simulator/index.ts';
import { ask, askStream, at, attemptsOf, errorOf, group, key, nextEvent, readAll, record, useWorld } from '../support/world.ts';

const world = useWorld();

/** What a 429 says, in every place and spelling in which providers say when to come back. */
const body = (hint = ''): unknown => ({
  error: { message: `Rate limit reached.${hint}`, type: 'requests', param: null, code: 'rate_limit_exceeded' },
});
const hints: readonly (readonly [string, Omit<StatusFault, 'kind' | 'status'>, number])[] = [
  ['retry-after-ms', { body: body(), headers: { 'retry-after-ms': '1234' } }, 1_234],
  ['retry-after in seconds', { body: body(), headers: { 'retry-after': '7' } }, 7_000],
  [
    'retry-after as a date',
    { body: body(), headers: { date: 'Thu, 01 Jan 2026 00:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' } },
    9_000,
  ],
  ['retry-after-ms before retry-after', { body: body(), headers: { 'retry-after-ms': '300', 'retry-after': '1' } }, 300],
  ['seconds in prose', { body: body(' Please try again in 1.5s.') }, 1_500],
  ['milliseconds in prose', { body: body(' Please try again in 20ms.') }, 20],
  ['a Go duration in prose', { body: body(' Please try again in 1m12.5s.') }, 72_500],
  ['a Go duration in a header', { body: body(), headers: limitHeaders('6s') }, 6_000],
  ['a Go duration of minutes in a header', { body: body(), headers: limitHeaders('1m30s') }, 90_000],
];

function limitHeaders(reset: string): Readonly<Record<string, string>> {
  return { 'x-ratelimit-limit-requests': '500', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': reset };
}

describe('a 429 and then an answer, on the only key', () => {
  test.each(hints)('waits as long as it was told by %s', async (_name, said, waitMs) => {
    const clock = world.clock();
    const simulator = await world.simulator({
      groups: [group('a', { headers: 'never' })],
      faults: [{ kind: 'status', status: 429, ...said }],
    });
    const client = world.client({ ...at(simulator, 'a'), clock });
    const held = nextEvent(client, 'key-held');
    const call = client.chat(ask(), { maxWaitMs: 300_000 });
    expect(await held).toMatchObject({ key: 'a', class: 'rate_limited', until: clock.now() + waitMs });
    await turn();
    await clock.advance(waitMs - 1);
    expect(simulator.stats().received).toBe(1);
    await clock.advance(1);
    const reply = await call;
    expect(attemptsOf(reply)).toEqual(['a rate_limited rotate', 'a ok answer']);
    expect(reply.report).toMatchObject({ waitedMs: waitMs, durationMs: waitMs });
  });

  test('waits more than a second where nobody says how long, and longer after each further refusal', async () => {
    const clock = world.clock();
    const fault = { kind: 'status', status: 429, body: body(), times: 3 } as const;
    const simulator = await world.simulator({ groups: [group('a', { headers: 'never' })], faults: [fault] });
    const client = world.client({ ...at(simulator, 'a'), clock });
    let held = nextEvent(client, 'key-held');
    const call = client.chat(ask());
    const waits: number[] = [];
    for (let refused = 0; refused < 3; refused += 1) {
      const waitMs = (await held).until - clock.now();
      waits.push(waitMs);
      held = nextEvent(client, 'key-held');
      await clock.advance(waitMs);
    }
    expect(waits[0]).toBeGreaterThanOrEqual(1_000);
    expect(waits).toEqual([...new Set(waits)].toSorted((a, b) => a - b));
    expect((await call).report.waitedMs).toBe(waits.reduce((sum, waitMs) => sum + waitMs, 0));
    expect(simulator.stats().byStatus).toEqual({ 200: 1, 429: 3 });
  });

  test('does so for a stream as well', async () => {
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'rate_limit', retryAfterMs: 2 }] });
    const client = world.client(at(simulator, 'a'));
    const stream = await client.chat(askStream());
    expect(await readAll(stream)).not.toBe('');
    expect(attemptsOf(await stream.reply())).toEqual(['a rate_limited rotate', 'a ok answer']);
  });
});

test('a 429 on one of two keys costs no time: the other one answers, and the first is left alone', async () => {
  const simulator = await world.simulator({
    groups: [group('a'), group('b')],
    faults: [{ kind: 'rate_limit', retryAfterMs: 60_000, key: 'a' }],
  });
  const client = world.client(at(simulator, key('a', { weight: 2 }), 'b'));
  const reply = await client.chat(ask());
  expect(attemptsOf(reply)).toEqual(['a rate_limited rotate', 'b ok answer']);
  expect(reply.report.waitedMs).toBe(0);
  for (let index = 0; index < 5; index += 1) await client.chat(ask(`question ${index}`));
  expect(simulator.key('a').stats()).toMatchObject({ received: 1 });
  expect(client.keys.get('a')).toMatchObject({ state: 'ready', holds: [{ scope: 'group', model: 'gpt-5-mini', class: 'rate_limited' }] });
});

test('a 429 of one model leaves the key to the others', async () => {
  const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'rate_limit', retryAfterMs: 60_000, model: 'big' }] });
  const client = world.client(at(simulator, 'a'));
  await errorOf(client.chat(ask('Hi', { model: 'openai/big' }), { maxWaitMs: 0 }), KeysExhaustedError);
  expect((await client.chat(ask('Hi', { model: 'openai/small' }))).report.attempts).toHaveLength(1);
});

test('keys of one group share a 429: none of them is tried again', async () => {
  const simulator = await world.simulator({ faults: [{ kind: 'rate_limit', retryAfterMs: 60_000 }] });
  const keys = ['a', 'b', 'c'].map((name) => key(name, { group: 'org' }));
  const client = world.client(at(simulator, ...keys));
  const error = await errorOf(client.chat(ask(), { maxWaitMs: 1_000 }), KeysExhaustedError);
  expect(simulator.stats().received).toBe(1);
  expect(error.keys.map(({ id, state }) => `${id} ${state}`)).toEqual(['a cooling', 'b cooling', 'c cooling']);
});

test('insufficient_quota is not a rate limit: the key is exhausted for long, and the other one answers', async () => {
  const clock = world.clock();
  const simulator = await world.simulator({ groups: [group('a', { state: 'spent' }), group('b')] });
  const client = world.client({ ...at(simulator, key('a', { weight: 2 }), 'b'), clock });
  const heard = record(client, 'key-held', 'key-invalidated');
  const reply = await client.chat(ask());
  expect(attemptsOf(reply)).toEqual(['a quota_exhausted rotate', 'b ok answer']);
  expect(heard).toMatchObject([{ name: 'key-held', payload: { key: 'a', class: 'quota_exhausted' } }]);
  expect(client.keys.get('a')).toMatchObject({
    state: 'exhausted',
    until: clock.now() + 3_600_000,
    reason: { class: 'quota_exhausted', status: 429 },
  });
});

test('a spent key that was paid for comes back: one probe after its hold, and then it serves again', async () => {
  const clock = world.clock();
  const simulator = await world.simulator({ groups: [group('a', { state: 'spent' })] });
  const client = world.client({ ...at(simulator, 'a'), clock });
  await errorOf(client.chat(ask()), KeysExhaustedError);
  simulator.key('a').set('ok');
  await errorOf(client.chat(ask()), KeysExhaustedError);
  expect(simulator.stats().received).toBe(1);
  await clock.advance(3_600_000);
  const recovered = nextEvent(client, 'key-recovered');
  expect(attemptsOf(await client.chat(ask()))).toEqual(['a ok answer']);
  expect(await recovered).toEqual({ provider: 'openai', key: 'a', group: 'a' });
  expect(client.keys.get('a')).toMatchObject({ state: 'ready', holds: [] });
});

test('a dead key is invalid until a person changes it, and the other one answers', async () => {
  const simulator = await world.simulator({ groups: [group('a', { state: 'dead' }), group('b')] });
  const client = world.client(at(simulator, key('a', { weight: 2 }), 'b'));
  const invalidated = nextEvent(client, 'key-invalidated');
  expect(attemptsOf(await client.chat(ask()))).toEqual(['a key_invalid rotate', 'b ok answer']);
  expect(await invalidated).toMatchObject({ provider: 'openai', key: 'a', group: 'a' });
  expect(client.keys.get('a')).toMatchObject({ state: 'invalid', reason: { class: 'key_invalid', status: 401 } });
  simulator.key('a').set('ok');
  await client.chat(ask('again'));
  expect(simulator.key('a').stats().received).toBe(1);
  client.keys.enable('a');
  expect(attemptsOf(await client.chat(ask('and again')))).toEqual(['a ok answer']);
});

test('a key that may not is held, not dead', async () => {
  const simulator = await world.simulator({ groups: [group('a', { state: 'forbidden' }), group('b')] });
  const client = world.client(at(simulator, key('a', { weight: 2 }), 'b'));
  expect(attemptsOf(await client.chat(ask()))).toEqual(['a key_forbidden rotate', 'b ok answer']);
  expect(client.keys.get('a')).toMatchObject({ state: 'cooling', reason: { class: 'key_forbidden', status: 403 } });
});

test('a model that one key may not use is served by another', async () => {
  const simulator = await world.simulator({ groups: [group('a', { models: ['small'] }), group('b')] });
  const client = world.client(at(simulator, key('a', { weight: 2 }), 'b'));
  expect(attemptsOf(await client.chat(ask('Hi', { model: 'openai/big' })))).toEqual(['a model_unavailable rotate', 'b ok answer']);
  expect(attemptsOf(await client.chat(ask('Hi', { model: 'openai/small' })))).toEqual(['a ok answer']);
});

test('when every key is spent the error names each, its state, the reason and the earliest time', async () => {
  const clock = world.clock();
  const simulator = await world.simulator({ groups: [group('a', { state: 'spent' }), group('b', { state: 'dead' }), group('c')] });
  const client = world.client({
    ...at(simulator, key('a', { weight: 4 }), key('b', { weight: 2 }), 'c', key('d'), key('e', { models: ['gpt-4*'] })),
    clock,
  });
  client.keys.disable('d');
  simulator.fail({ kind: 'rate_limit', retryAfterMs: 1_800_000, key: 'c' });
  const exhausted = nextEvent(client, 'keys-exhausted');
  const error = await errorOf(client.chat(ask()), KeysExhaustedError);
  const retryAt = clock.now() + 1_800_000;
  expect(error).toMatchObject({ code: 'keys_exhausted', retryAt });
  expect(error.keys).toEqual([
    { id: 'a', state: 'exhausted', until: clock.now() + 3_600_000, reason: expect.stringContaining('quota_exhausted') },
    { id: 'b', state: 'invalid', until: undefined, reason: expect.stringContaining('401') },
    { id: 'c', state: 'cooling', until: retryAt, reason: expect.stringContaining('rate_limited') },
    { id: 'd', state: 'disabled', until: undefined, reason: 'the key is disabled' },
    { id: 'e', state: 'ready', until: undefined, reason: "its 'models' leave out 'gpt-5-mini'" },
  ]);
  expect(error.message).toContain('Cannot answer with openai/gpt-5-mini as no key can serve');
  expect(error.report?.attempts.map((attempt) => `${attempt.key} ${attempt.class}`)).toEqual([
    'a quota_exhausted',
    'b key_invalid',
    'c rate_limited',
  ]);
  expect(await exhausted).toEqual({ provider: 'openai', model: 'gpt-5-mini', retryAt });
  // Everybody else is refused at once and costs nothing.
  const next = await errorOf(client.chat(ask('next')), KeysExhaustedError);
  expect(next.report).toMatchObject({ attempts: [], waitedMs: 0 });
  expect(simulator.stats().received).toBe(3);
});

test('one poisoned call does not empty the pool: when all keys refuse one call, the call is at fault', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const simulator = await world.simulator({ groups: names.map((name) => group(name)) });
  const client = world.client(at(simulator, ...names));
  const fault = simulator.fail({
    kind: 'status',
    status: 401,
    body: { error: { message: 'Incorrect API key provided', code: 'invalid_api_key' } },
    times: 20,
  });
  await errorOf(client.chat(ask('poison')), Error);
  fault.cancel();
  expect(client.keys.list().filter(({ state }) => state === 'invalid')).toEqual([]);
  expect((await client.chat(ask('well'))).report.attempts).toHaveLength(1);
});

test('a provider that refuses every key for several calls is held itself, and no key is lost', async () => {
  const names = ['a', 'b', 'c'];
  const clock = world.clock();
  const simulator = await world.simulator({ groups: names.map((name) => group(name)) });
  const client = world.client({ ...at(simulator, ...names), clock });
  const fault = simulator.fail({ kind: 'status', status: 401, times: 100 });
  for (const text of ['one', 'two', 'three', 'four']) await errorOf(client.chat(ask(text), { maxWaitMs: 0 }), Error);
  fault.cancel();
  await clock.advance(600_000);
  expect((await client.chat(ask('well'))).report.attempts.at(-1)).toMatchObject({ class: 'ok' });
  expect(client.keys.list().filter(({ state }) => state === 'invalid')).toEqual([]);
});

test('a request larger than every limit is refused at once: waiting never helps', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client(at(simulator, key('a', { limits: { tpm: 10 } })));
  const error = await errorOf(client.chat(ask('word '.repeat(200))), RequestError);
  expect(error).toMatchObject({ class: 'request_too_large', status: undefined });
  expect(simulator.stats().received).toBe(0);
});

test('configured limits are kept: what does not fit in the window waits for it, and nobody is refused', async () => {
  const clock = world.clock();
  const simulator = await world.simulator({ groups: [group('a', { limits: { rpm: 2 }, headers: 'never' })], clock });
  const client = world.client({ ...at(simulator, key('a', { limits: { rpm: 2 } })), clock });
  const calls = Array.from({ length: 4 }, (_, index) => client.chat(ask(`question ${index}`)));
  await simulator.until(({ served }) => served === 2);
  for (const served of [3, 4]) {
    await turn();
    await clock.advance(30_000);
    await simulator.until((stats) => stats.served === served);
  }
  expect((await Promise.all(calls)).map(({ report }) => report.waitedMs)).toEqual([0, 0, 30_000, 60_000]);
  expect(simulator.stats().refused).toBe(0);
});

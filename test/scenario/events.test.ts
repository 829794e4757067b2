import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type ClientEvent, KeysExhaustedError, ProviderError } from '../../src/index.ts';
import { ask, askStream, at, errorOf, group, key, nextEvent, readAll, record, useWorld } from '../support/world.ts';

const world = useWorld();

test('an answered call: one attempt-finished, then one call-finished, with the report that the reply has', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client(at(simulator, 'a'));
  const heard = record(client, 'attempt-finished', 'attempt-failed', 'call-finished', 'call-failed');
  const { report } = await client.chat(ask(), { tags: { user: '7' } });
  expect(heard).toEqual([
    { name: 'attempt-finished', payload: { callId: report.id, attempt: report.attempts[0] } },
    { name: 'call-finished', payload: { report, answer: expect.any(Function) as unknown } },
  ]);
  expect(report.tags).toEqual({ user: '7' });
});

test('a stream is finished after its last chunk, not before', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client(at(simulator, 'a'));
  const heard = record(client, 'attempt-finished', 'call-finished');
  const stream = await client.chat(askStream());
  await turn();
  expect(heard).toEqual([]);
  await readAll(stream);
  await stream.reply();
  expect(heard.map(({ name }) => name)).toEqual(['attempt-finished', 'call-finished']);
});

test('a call that failed: each attempt, then the call with its class, its error and its report', async () => {
  const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'status', status: 500, times: 2 }] });
  const client = world.client({ ...at(simulator, 'a'), retry: { attempts: 2 } });
  const heard = record(client, 'attempt-finished', 'attempt-failed', 'call-finished', 'call-failed');
  const error = await errorOf(client.chat(ask()), ProviderError);
  expect(heard).toMatchObject([
    { name: 'attempt-failed', payload: { attempt: { class: 'server_error', status: 500, key: 'a', group: 'a' } } },
    { name: 'attempt-failed', payload: { attempt: { class: 'server_error' } } },
    { name: 'call-failed', payload: { class: 'server_error', error, report: error.report } },
  ]);
});

test('attempt-failed says nothing of what follows, as that is not decided yet; the report does', async () => {
  const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'overloaded' }] });
  const client = world.client(at(simulator, 'a'));
  const told: (string | undefined)[] = [];
  client.on('attempt-failed', ({ attempt }) => told.push(attempt.action));
  const kept = nextEvent(client, 'attempt-failed');
  const { report } = await client.chat(ask());
  expect([told, report.attempts[0]?.action]).toEqual([[undefined], 'retry']);
  // And what was told does not change afterwards.
  expect((await kept).attempt.action).toBeUndefined();
});

test('a key that is held, found dead, given back, and missing', async () => {
  const clock = world.clock();
  const simulator = await world.simulator({
    groups: [group('a', { state: 'dead' }), group('b')],
    faults: [{ kind: 'rate_limit', retryAfterMs: 5_000, key: 'b' }],
  });
  const client = world.client({ ...at(simulator, key('a', { weight: 2 }), 'b'), clock });
  const heard = record(client, 'key-invalidated', 'key-held', 'keys-exhausted', 'key-recovered');
  await errorOf(client.chat(ask(), { maxWaitMs: 0 }), KeysExhaustedError);
  const until = clock.now() + 5_000;
  await clock.advance(5_000);
  await client.chat(ask());
  client.keys.enable('a');
  expect(heard).toMatchObject([
    { name: 'key-invalidated', payload: { provider: 'openai', key: 'a', group: 'a' } },
    { name: 'key-held', payload: { key: 'b', scope: 'group', class: 'rate_limited', model: 'gpt-5-mini', until } },
    { name: 'keys-exhausted', payload: { provider: 'openai', model: 'gpt-5-mini', retryAt: until } },
    { name: 'key-recovered', payload: { key: 'b' } },
    { name: 'key-recovered', payload: { key: 'a' } },
  ]);
});

test('limit-near: less than a tenth of a limit is left', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  // With a burst: a limit alone says nothing of it, and its calls start spread over the minute.
  const buckets = [{ counts: 'requests', limit: 20, windowMs: 60_000, burst: 20 }] as const;
  const client = world.client(at(simulator, key('a', { limits: { buckets } })));
  const near = nextEvent(client, 'limit-near');
  for (let index = 0; index < 20; index += 1) await client.chat(ask(`question ${index}`));
  expect(await near).toMatchObject({ provider: 'openai', group: 'a', counts: 'requests', limit: 20, windowMs: 60_000 });
});

describe('a listener', () => {
  test('that throws or rejects harms nobody', async () => {
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'overloaded' }] });
    const client = world.client({ ...at(simulator, 'a'), cache: true });
    const heard: string[] = [];
    for (const name of ['attempt-failed', 'attempt-finished', 'call-finished', 'cache-stored', 'cache-hit'] as const) {
      client.on(name, () => {
        throw new Error('the listener is broken');
      });
      client.on(name, (): unknown => Promise.reject(new Error('so is this one')));
      client.on(name, () => void heard.push(name));
    }
    const onEvent = (): never => {
      throw new Error('and this one');
    };
    await client.chat(ask(), { onEvent });
    await client.chat(ask(), { onEvent });
    await turn();
    expect(heard).toEqual(['attempt-failed', 'attempt-finished', 'cache-stored', 'call-finished', 'cache-hit', 'call-finished']);
  });

  test('hears nothing after it has left', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    let heard = 0;
    const listener = (): void => void (heard += 1);
    const stops = [client.on('call-finished', listener), client.on('call-finished', listener)];
    await client.chat(ask());
    stops[0]?.();
    stops[0]?.();
    await client.chat(ask());
    stops[1]?.();
    await client.chat(ask());
    expect(heard).toBe(3);
  });
});

test('call-started says where its targets are, with the port that their scheme has where their address names none', async () => {
  const addresses = ['http://127.0.0.1/v1', 'https://[::1]/v1', 'http://llm.lan:8080/v1'];
  const providers = Object.fromEntries(
    addresses.map((baseURL, index) => [`p${index}`, { protocol: 'openai' as const, baseURL, keys: [] }]),
  );
  const client = world.client({ providers, models: { any: ['p0/m', 'p1/m', 'p2/m'] } });
  const started = nextEvent(client, 'call-started');
  await expect(client.chat(ask('Hi', { model: 'any' }), { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  expect((await started).targets).toEqual([
    { provider: 'p0', model: 'm', protocol: 'openai', host: '127.0.0.1', port: 80 },
    { provider: 'p1', model: 'm', protocol: 'openai', host: '[::1]', port: 443 },
    { provider: 'p2', model: 'm', protocol: 'openai', host: 'llm.lan:8080', port: 8080 },
  ]);
});

test('onEvent hears the events of its own call, with their names', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client({ ...at(simulator, 'a'), cache: true });
  const mine: ClientEvent[] = [];
  const { report } = await client.chat(ask('mine'), { onEvent: (event) => mine.push(event) });
  await client.chat(ask('not mine'));
  await client.chat(ask('mine'), { onEvent: (event) => mine.push(event) });
  expect(mine.map(({ name }) => name)).toEqual([
    'call-started',
    'attempt-finished',
    'cache-stored',
    'call-finished',
    'call-started',
    'cache-hit',
    'call-finished',
  ]);
  expect(mine[0]).toMatchObject({ callId: report.id });
});

test('a report explains: which key and why, what it waited for, what each failure was taken for', async () => {
  const clock = world.clock();
  const simulator = await world.simulator({ groups: [group('a'), group('b', { state: 'spent' })] });
  const client = world.client({ ...at(simulator, key('a', { limits: { rpm: 1 } }), key('b', { weight: 2 })), clock });
  const first = await client.chat(ask('first'));
  expect(first.report.attempts.map(({ why }) => why)).toEqual([
    expect.stringMatching(/^least in flight of 2 groups; .*insufficient_quota/),
    'the only group that could start',
  ]);
  const call = client.chat(ask('second'));
  await turn();
  await clock.advance(60_000);
  const { report } = await call;
  expect(report).toMatchObject({
    id: 'call-2',
    provider: 'openai',
    model: 'gpt-5-mini',
    key: 'a',
    cache: 'off',
    waitedMs: 60_000,
    durationMs: 60_000,
  });
  expect(report.attempts).toMatchObject([
    {
      key: 'a',
      group: 'a',
      startedAt: clock.now(),
      waitedMs: 60_000,
      status: 200,
      class: 'ok',
      action: 'answer',
      requestId: expect.stringMatching(/^req_/),
    },
  ]);
  expect(report.attempts[0]?.why).toBe(
    'waited for configured limit of 1 requests per 60000 ms (group a), then the only group that could start',
  );
});

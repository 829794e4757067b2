import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type ChatReply, type Client, ProviderError, RequestError } from '../../src/index.ts';
import type { Fault } from '../../src/simulator/index.ts';
import { ask, askStream, at, attemptsOf, errorOf, group, nextEvent, useWorld } from '../support/world.ts';

const world = useWorld();

/** Everything that goes wrong once and is over the next time, with what it is taken for; for plain calls and for streams. */
const passing: readonly (readonly [string, Fault, string])[] = [
  ['a 500', { kind: 'status', status: 500 }, 'server_error'],
  ['a 502', { kind: 'status', status: 502 }, 'server_error'],
  ['a 503', { kind: 'status', status: 503, body: '' }, 'overloaded'],
  ['a 504', { kind: 'status', status: 504 }, 'timeout'],
  ['a 529', { kind: 'status', status: 529, body: 'overloaded' }, 'overloaded'],
  ['an overload', { kind: 'overloaded' }, 'overloaded'],
  ['a page of a proxy', { kind: 'html' }, 'server_error'],
  ['a page with status 200', { kind: 'html', status: 200 }, 'server_error'],
  ['a 200 with an error inside', { kind: 'ok_error' }, 'server_error'],
  ['broken JSON', { kind: 'malformed' }, 'server_error'],
  ['a reset before the headers', { kind: 'reset' }, 'network'],
  ['a reset after the headers', { kind: 'reset_after_headers' }, 'network'],
  ['a body that is cut', { kind: 'cut', afterChunks: 1, how: 'destroy' }, 'network'],
];

describe.each([
  ['a plain call', (client) => client.chat(ask())],
  ['a stream', async (client) => (await client.chat(askStream())).reply()],
] as readonly (readonly [string, (client: Client) => Promise<ChatReply>])[])('%s', (_kind, call) => {
  test.each(passing)('is repeated at the same provider after %s, and the key keeps its good name', async (_name, fault, taken) => {
    const simulator = await world.simulator({ groups: [group('a')], faults: [fault] });
    const client = world.client(at(simulator, 'a'));
    const reply = await call(client);
    expect(attemptsOf(reply)).toEqual([`a ${taken} retry`, 'a ok answer']);
    expect(reply.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } });
    expect(simulator.stats()).toMatchObject({ received: 2, served: 1, servedIds: [reply.id] });
    expect(client.keys.get('a')).toMatchObject({ state: 'ready', holds: [], totals: { calls: 1, attempts: 2, errors: 1 } });
  });

  test('that comes one byte at a time is read as any other', async () => {
    const simulator = await world.simulator({
      groups: [group('a')],
      faults: [{ kind: 'drip', everyMs: 0 }],
      reply: () => 'Grüße, 世界 🎡',
    });
    const client = world.client(at(simulator, 'a'));
    const reply = await call(client);
    expect([reply.text, reply.report.attempts.length]).toEqual(['Grüße, 世界 🎡', 1]);
  });
});

test('a plain body that ends half way, as if all were well, is no answer', async () => {
  const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'cut', how: 'end' }] });
  const client = world.client(at(simulator, 'a'));
  expect(attemptsOf(await client.chat(ask()))).toEqual(['a server_error retry', 'a ok answer']);
});

test('a provider that stays sick gets four attempts with growing pauses, and the error says what it was', async () => {
  const clock = world.clock();
  const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'status', status: 500, times: 10 }] });
  const client = world.client({ ...at(simulator, 'a'), clock, random: () => 0.5 });
  const call = errorOf(client.chat(ask()), ProviderError);
  // Full jitter: half of 500, 1000 and 2000 ms.
  for (const [failed, pause] of [250, 500, 1_000].entries()) {
    await nextEvent(client, 'attempt-failed');
    await turn();
    expect([failed, clock.slept.at(-1)]).toEqual([failed, pause]);
    await clock.advance(pause - 1);
    expect(simulator.stats().received).toBe(failed + 1);
    await clock.advance(1);
  }
  const error = await call;
  expect(error).toMatchObject({ code: 'provider_failed', class: 'server_error', status: 500 });
  expect(error.message).toMatch(/^Cannot answer with openai\/gpt-5-mini as the provider failed: 500 .*\(4 attempts\)$/);
  expect(error.report).toMatchObject({
    waitedMs: 1_750,
    attempts: [{ action: 'retry' }, { action: 'retry' }, { action: 'retry' }, { action: 'reject' }],
  });
});

test('an overloaded provider that says when to come back is never asked before', async () => {
  const clock = world.clock();
  const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'overloaded', retryAfterMs: 5_000 }] });
  const client = world.client({ ...at(simulator, 'a'), clock, random: () => 0.5 });
  const failed = nextEvent(client, 'attempt-failed');
  const call = client.chat(ask());
  await failed;
  await turn();
  expect(clock.slept.at(-1)).toBe(5_250);
  await clock.advance(5_250);
  expect((await call).report).toMatchObject({ waitedMs: 5_250 });
});

test('a socket that hangs is given up after attemptTimeoutMs, and repeated once', async () => {
  const clock = world.clock();
  const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'hang' }] });
  const client = world.client({ ...at(simulator, 'a'), clock });
  const call = client.chat(ask(), { attemptTimeoutMs: 2_000 });
  await simulator.until(({ inFlight }) => inFlight === 1);
  const failed = nextEvent(client, 'attempt-failed');
  await clock.advance(2_000);
  expect(await failed).toMatchObject({ attempt: { class: 'timeout', durationMs: 2_000 } });
  await clock.advance(0);
  expect(attemptsOf(await call)).toEqual(['a timeout retry', 'a ok answer']);
  expect(client.keys.get('a')).toMatchObject({ state: 'ready', holds: [] });
});

test('a timeout is repeated at most once', async () => {
  const clock = world.clock();
  const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'hang', times: 10 }] });
  const client = world.client({ ...at(simulator, 'a'), clock });
  const call = errorOf(client.chat(ask(), { attemptTimeoutMs: 2_000 }), ProviderError);
  for (const received of [1, 2]) {
    await simulator.until((stats) => stats.received === received);
    await clock.advance(2_000);
    await clock.advance(0);
  }
  expect(await call).toMatchObject({ class: 'timeout', message: expect.stringContaining("'attemptTimeoutMs' is 2000") });
  expect(simulator.stats().received).toBe(2);
});

test('a connection that is refused is tried again, and the error says that the request never left', async () => {
  const simulator = await world.simulator();
  await simulator.close();
  const client = world.client(at(simulator, 'a'));
  const error = await errorOf(client.chat(ask()), ProviderError);
  expect(error).toMatchObject({ class: 'network', status: undefined });
  expect(error.message).toContain('ECONNREFUSED');
  expect(error.report?.attempts.map((attempt) => attempt.class)).toEqual([
    'network',
    'network',
    'network',
    'network',
    'network',
    'network',
  ]);
});

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])('%i is refused: the key goes nowhere else', async (status) => {
    let visits = 0;
    const elsewhere = await world.server((_request, response) => {
      visits += 1;
      response.end('{}');
    });
    const simulator = await world.simulator({
      groups: [group('a')],
      faults: [{ kind: 'redirect', status, location: `${elsewhere.url}/v1/chat/completions?token=hidden` }],
    });
    const client = world.client(at(simulator, 'a'));
    const error = await errorOf(client.chat(ask()), ProviderError);
    expect(error.message).toContain(`keywheel never follows a redirect with a key: ${status} to ${elsewhere.url}`);
    expect(error.message).not.toContain('hidden');
    expect([visits, elsewhere.opened, simulator.stats().received]).toEqual([0, 0, 1]);
  });

  test('is refused over a fetch as well', async () => {
    const elsewhere = await world.server((_request, response) => void response.end('{}'));
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'redirect', location: elsewhere.url }] });
    const closing = { headers: { connection: 'close' } };
    const client = world.client({
      ...at(simulator, 'a'),
      fetch: (input, init) =>
        globalThis.fetch(input, {
          ...init,
          ...closing,
          headers: { ...Object.fromEntries(new Headers(init?.headers)), ...closing.headers },
        }),
    });
    await errorOf(client.chat(ask()), ProviderError);
    expect(elsewhere.opened).toBe(0);
  });
});

describe('a request that is wrong', () => {
  test.each([
    ['a bad value', { max_tokens: -1 }, 'bad_request', 400],
    ['an unknown model', { model: 'openai/none' }, 'model_unavailable', 404],
  ])('for %s is refused after one attempt', async (_name, more, taken, status) => {
    const simulator = await world.simulator({ groups: [group('a'), group('b')], models: ['gpt-5-mini'] });
    const client = world.client(at(simulator, 'a'));
    await expect(client.chat(ask('Hi', more), { maxWaitMs: 0 })).rejects.toMatchObject({
      report: { attempts: [{ class: taken, status }] },
    });
    expect(simulator.stats().received).toBe(1);
  });

  test('is a RequestError with the provider’s answer, and neither retried nor rotated', async () => {
    const body = {
      error: { message: 'This content is against our usage policies', type: 'invalid_request_error', code: 'content_policy_violation' },
    };
    const simulator = await world.simulator({ groups: [group('a'), group('b')], faults: [{ kind: 'status', status: 400, body }] });
    const client = world.client(at(simulator, 'a', 'b'));
    const error = await errorOf(client.chat(ask()), RequestError);
    expect(error).toMatchObject({ code: 'request_rejected', status: 400, class: 'content_filtered', body });
    expect(simulator.stats().received).toBe(1);
    expect(client.keys.list().map(({ state }) => state)).toEqual(['ready', 'ready']);
  });
});

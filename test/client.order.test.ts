import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Answer, Leased, Routed } from '../src/call.ts';
import { Events } from '../src/events.ts';
import { CacheMissError, DeadlineError, KeysExhaustedError } from '../src/index.ts';
import { rotate } from '../src/layers/rotate.ts';
import { createThrottle } from '../src/layers/throttle.ts';
import type { LimitOptions } from '../src/options/types.ts';
import { resolveKey } from '../src/options/keys.ts';
import { noLimits } from '../src/options/limits.ts';
import { Pool } from '../src/pool/pool.ts';
import { createManualClock } from '../src/simulator/manual-clock.ts';
import { fakeRouted, fakeWhole } from './support/fake-call.ts';
import { createDeferred, type Deferred } from './support/deferred.ts';
import { PERSON_TEXT, personSchema } from './support/schemas.ts';
import { ask, at, attemptsOf, errorOf, group, key, record, useWorld } from './support/world.ts';

// The order of the layers, seen from outside: observe, deadline, cache, route, batch, retry, output, rotate, throttle, transport.

const world = useWorld();

test('observe is outermost: what the layers below refuse is an event with a report', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client({ ...at(simulator, 'a'), cache: true });
  const heard = record(client, 'call-failed', 'call-finished');
  const error = await errorOf(client.chat(ask(), { cache: 'only' }), CacheMissError);
  expect(heard).toMatchObject([{ name: 'call-failed', payload: { report: { id: 'call-1', cache: 'miss', attempts: [] } } }]);
  expect(error.report).toMatchObject({ id: 'call-1', cache: 'miss' });
});

test('deadline is above the cache: a call that waits for a store, or for another call, ends in its own time', async () => {
  const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'hang' }] });
  const clock = world.clock();
  const client = world.client({ ...at(simulator, 'a'), cache: true, clock });
  const leader = client.chat(ask(), { timeoutMs: 5_000 });
  await simulator.until(({ inFlight }) => inFlight === 1);
  const follower = errorOf(client.chat(ask(), { timeoutMs: 1_000 }), DeadlineError);
  const led = errorOf(leader, DeadlineError);
  await clock.advance(1_000);
  expect((await follower).message).toBe("Cannot finish the call as its time is over: 'timeoutMs' is 1000");
  await clock.advance(4_000);
  expect((await led).report).toMatchObject({ cache: 'miss' });
  expect(simulator.stats().received).toBe(1);
});

test('the cache is above the keys: a hit leases nothing, also when no key is left', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client({ ...at(simulator, 'a'), cache: true });
  await client.chat(ask());
  client.keys.disable('a');
  const hit = await client.chat(ask());
  expect(hit.report).toMatchObject({ cache: 'hit', attempts: [], key: undefined, waitedMs: 0 });
  expect(client.keys.get('a')).toMatchObject({ state: 'disabled', inFlight: 0, totals: { calls: 1, attempts: 1 } });
  await errorOf(client.chat(ask('Something else')), KeysExhaustedError);
});

test('the cache is above the route: an answer of the second target serves the alias without asking the first', async () => {
  const sick = await world.simulator({ groups: [group('a')], faults: [{ kind: 'overloaded', times: 2 }] });
  const well = await world.simulator({ groups: [group('b')] });
  const client = world.client({
    providers: {
      one: { protocol: 'openai', baseURL: sick.baseURL, keys: [key('a')] },
      two: { protocol: 'openai', baseURL: well.baseURL, keys: [key('b')] },
    },
    models: { fast: ['one/m', 'two/m'] },
    retry: { attempts: 2 },
    cache: true,
  });
  const first = await client.chat(ask('Hi', { model: 'fast' }));
  const second = await client.chat(ask('Hi', { model: 'fast' }));
  expect(second.id).toBe(first.id);
  expect(second.report).toMatchObject({ cache: 'hit', provider: 'two', model: 'm' });
  expect([sick.stats().received, well.stats().received]).toEqual([2, 1]);
});

test('route is above retry: each target gets all its attempts, one target after the other', async () => {
  const first = await world.simulator({ groups: [group('a')], faults: [{ kind: 'overloaded', times: 3 }] });
  const second = await world.simulator({ groups: [group('b')], faults: [{ kind: 'status', status: 500, times: 2 }] });
  const client = world.client({
    providers: {
      one: { protocol: 'openai', baseURL: first.baseURL, keys: [key('a')] },
      two: { protocol: 'openai', baseURL: second.baseURL, keys: [key('b')] },
    },
    models: { fast: ['one/m', 'two/m'] },
    retry: { attempts: 3 },
  });
  const reply = await client.chat(ask('Hi', { model: 'fast' }));
  expect(attemptsOf(reply)).toEqual([
    'a overloaded retry',
    'a overloaded retry',
    'a overloaded fallback',
    'b server_error retry',
    'b server_error retry',
    'b ok answer',
  ]);
});

test('rotate is below retry: a walk over five groups takes five leases and no retry', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const spent = names.slice(0, 4).map((name) => group(name, { state: 'spent' }));
  const simulator = await world.simulator({ groups: [...spent, group('e')] });
  // The heaviest goes first, so that the walk has one order.
  const keys = names.map((name, index) => key(name, { weight: 5 - index }));
  const client = world.client({ ...at(simulator, ...keys), retry: { attempts: 1 } });
  const reply = await client.chat(ask());
  expect(attemptsOf(reply)).toEqual([...names.slice(0, 4).map((name) => `${name} quota_exhausted rotate`), 'e ok answer']);
  expect(client.keys.list().map(({ totals }) => totals.attempts)).toEqual([1, 1, 1, 1, 1]);
  expect(simulator.stats().received).toBe(5);
  expect(reply.report.waitedMs).toBe(0);
});

test('rotate stops after maxRotations, and retry does not repeat the walk', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const simulator = await world.simulator({ groups: names.map((name) => group(name, { state: 'spent' })) });
  const keys = names.map((name, index) => key(name, { weight: 5 - index }));
  const client = world.client({ ...at(simulator, ...keys), maxRotations: 2 });
  await expect(client.chat(ask())).rejects.toMatchObject({ code: 'provider_failed', class: 'quota_exhausted' });
  expect(simulator.stats().received).toBe(3);
});

test('retry is above rotate: a sick provider is asked again with a new lease, and no key is held for it', async () => {
  const simulator = await world.simulator({
    groups: [group('a'), group('b')],
    faults: [{ kind: 'overloaded' }, { kind: 'rate_limit', retryAfterMs: 60_000 }, { kind: 'status', status: 502 }],
  });
  const client = world.client({ ...at(simulator, 'a', key('b', { weight: 0.5 })), retry: { attempts: 3 } });
  const held = record(client, 'key-held');
  const reply = await client.chat(ask());
  // Three tries at a sick provider, one of which took two keys.
  expect(attemptsOf(reply)).toEqual(['a overloaded retry', 'a rate_limited rotate', 'b server_error retry', 'b ok answer']);
  expect(held).toMatchObject([{ payload: { key: 'a', class: 'rate_limited' } }]);
  expect(client.keys.list().map(({ totals }) => totals.attempts)).toEqual([2, 2]);
});

test('retry is above rotate: an outage leaves every key as it was', async () => {
  const simulator = await world.simulator({
    groups: [group('a'), group('b'), group('c')],
    faults: [{ kind: 'status', status: 503, times: 4 }],
  });
  const client = world.client(at(simulator, 'a', 'b', 'c'));
  await expect(client.chat(ask())).rejects.toMatchObject({ code: 'provider_failed' });
  expect(simulator.stats().received).toBe(4);
  expect(client.keys.list().map(({ state, holds }) => [state, holds])).toEqual([
    ['ready', []],
    ['ready', []],
    ['ready', []],
  ]);
});

test('output is below retry: an answer that does not fit is asked for again, and uses up no try at a sick provider', async () => {
  let asked = 0;
  const simulator = await world.simulator({
    groups: [group('a')],
    faults: [{ kind: 'overloaded' }],
    reply: () => ['no', PERSON_TEXT][asked++] ?? '',
  });
  const client = world.client({ ...at(simulator, 'a'), retry: { attempts: 2, invalidOutput: 1 } });
  const reply = await client.chat({ ...ask(), schema: personSchema() });
  expect(attemptsOf(reply)).toEqual(['a overloaded retry', 'a bad_output retry', 'a ok answer']);
});

test('output is above rotate: an answer that does not fit is asked for with a new lease, and holds no key', async () => {
  let asked = 0;
  const simulator = await world.simulator({
    groups: [group('a'), group('b')],
    reply: () => ['no', PERSON_TEXT][asked++] ?? '',
    faults: [{ kind: 'rate_limit', retryAfterMs: 60_000, after: 1 }],
  });
  const client = world.client(at(simulator, key('a', { weight: 9 }), 'b'));
  const reply = await client.chat({ ...ask(), schema: personSchema() });
  expect(attemptsOf(reply)).toEqual(['a bad_output retry', 'a rate_limited rotate', 'b ok answer']);
  expect(client.keys.list().map(({ totals }) => totals.attempts)).toEqual([2, 1]);
});

test('the cache is above output: what is stored did fit, and is validated anew for who reads it', async () => {
  let asked = 0;
  const simulator = await world.simulator({ groups: [group('a')], reply: () => ['no', PERSON_TEXT][asked++] ?? '' });
  const client = world.client({ ...at(simulator, 'a'), cache: true });
  await client.chat({ ...ask(), schema: personSchema() });
  const seen: unknown[] = [];
  const hit = await client.chat({ ...ask(), schema: personSchema({ onValidate: (value) => seen.push(value) }) });
  expect(hit.report).toMatchObject({ cache: 'hit', attempts: [] });
  expect(seen).toEqual([{ name: 'Ada', age: 36 }]);
});

test('batch is above retry: each piece is retried by itself', async () => {
  const simulator = await world.simulator({
    groups: [group('a')],
    faults: [
      { kind: 'overloaded', times: 2 },
      { kind: 'overloaded', after: 1 },
    ],
  });
  const client = world.client({ ...at(simulator, 'a'), retry: { attempts: 3 } });
  const reply = await client.embed({ model: 'm', input: Array.from({ length: 2049 }, () => 'x'), dimensions: 1 });
  expect(attemptsOf(reply)).toEqual(['a overloaded retry', 'a overloaded retry', 'a ok answer', 'a overloaded retry', 'a ok answer']);
});

/** `rotate` over a pool and the throttle over a transport that answers when it is told to. */
function throttled(limits: LimitOptions) {
  const clock = createManualClock();
  const pool = new Pool(clock, () => 0, new Events());
  const place = { provider: 'openai', task: 'add the key', limits: noLimits };
  pool.ring.add('openai', resolveKey(key('a', { limits }), 'key', place), clock.now());
  const throttle = createThrottle({ clock });
  const begun: { readonly at: number; readonly answer: Deferred<Answer> }[] = [];
  const transport = (call: Leased): Promise<Answer> => {
    call.lease.sent();
    const answer = createDeferred<Answer>();
    begun.push({ at: clock.now(), answer });
    return answer.promise;
  };
  const free = { ...fakeRouted({ clock }).target.provider.protocol, estimate: () => ({ input: 1, output: 1 }) };
  const send = rotate(pool, { clock, maxRotations: 0, onAttempt: () => {} })(throttle.layer(transport));
  const call = (): Promise<Answer> => {
    const routed = fakeRouted({ clock });
    const target: Routed['target'] = { ...routed.target, provider: { ...routed.target.provider, protocol: free } };
    return send({ ...routed, target });
  };
  return { clock, pool, throttle, begun, call };
}

test('rotate is above throttle: the pool counts concurrency, so that calls wait there and the throttle has no queue', async () => {
  const { pool, throttle, begun, call } = throttled({ concurrency: 3 });
  const calls = Array.from({ length: 30 }, call);
  const queued: number[] = [];
  for (let served = 0; served < 30; served += 1) {
    await turn();
    queued.push(throttle.queued);
    expect([begun.length, throttle.running, pool.waiting]).toEqual([
      Math.min(served + 3, 30),
      Math.min(3, 30 - served),
      Math.max(0, 27 - served),
    ]);
    begun[served]?.answer.resolve(fakeWhole());
  }
  await Promise.all(calls);
  expect(queued).toEqual(queued.map(() => 0));
});

test('rotate is above throttle: the pool counts spacing, so that calls wait there and the throttle has no queue', async () => {
  const { clock, pool, throttle, begun, call } = throttled({ minTimeMs: 40 });
  const startedAt = clock.now();
  const calls = Array.from({ length: 10 }, call);
  const queued: number[] = [];
  for (let served = 0; served < 10; served += 1) {
    await turn();
    queued.push(throttle.queued);
    expect([begun.length, pool.waiting]).toEqual([served + 1, 9 - served]);
    begun[served]?.answer.resolve(fakeWhole());
    await clock.advance(40);
  }
  await Promise.all(calls);
  expect(begun.map((each) => each.at - startedAt)).toEqual(Array.from({ length: 10 }, (_, index) => index * 40));
  expect(queued).toEqual(queued.map(() => 0));
  expect(clock.pending).toBe(0);
});

test('throttle is above the transport: with the client’s limits no more requests are on the wire than allowed', async () => {
  const simulator = await world.simulator({ groups: [group('a')], latencyMs: 1 });
  const client = world.client(at(simulator, key('a', { limits: { concurrency: 2 } })));
  await Promise.all(Array.from({ length: 20 }, (_, index) => client.chat(ask(`question ${index}`))));
  expect(simulator.stats()).toMatchObject({ served: 20, peakInFlight: 2 });
});

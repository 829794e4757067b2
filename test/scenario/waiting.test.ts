import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { DeadlineError, KeysExhaustedError } from '../../src/index.ts';
import { ask, askStream, at, errorOf, group, key, useWorld } from '../support/world.ts';

// How long a call waits, and for what.

const world = useWorld();

/** A client whose only key has used up its one request of this minute. */
async function spent() {
  const clock = world.clock();
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client({ ...at(simulator, key('a', { limits: { rpm: 1 } })), clock });
  await client.chat(ask('first'));
  return { clock, simulator, client };
}

describe('a call that is out of time', () => {
  test('ends with a DeadlineError while it waits for the answer, and its request is aborted', async () => {
    const clock = world.clock();
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'hang' }] });
    const client = world.client({ ...at(simulator, 'a'), clock });
    const call = errorOf(client.chat(ask(), { timeoutMs: 3_000 }), DeadlineError);
    await simulator.until(({ inFlight }) => inFlight === 1);
    await clock.advance(3_000);
    const error = await call;
    expect(error).toMatchObject({ code: 'deadline_exceeded', message: "Cannot finish the call as its time is over: 'timeoutMs' is 3000" });
    expect(error.report).toMatchObject({ durationMs: 3_000, attempts: [{ key: 'a', class: 'aborted' }] });
    await simulator.until(({ inFlight }) => inFlight === 0);
    expect(client.keys.get('a')).toMatchObject({ state: 'ready', holds: [], inFlight: 0 });
  });

  test('ends with a DeadlineError in the middle of a stream', async () => {
    const clock = world.clock();
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'silence', afterChunks: 3 }] });
    const client = world.client({ ...at(simulator, 'a'), clock });
    const stream = await client.chat(askStream(), { timeoutMs: 3_000 });
    const reply = errorOf(stream.reply(), DeadlineError);
    await turn();
    await clock.advance(3_000);
    expect((await reply).report).toMatchObject({ durationMs: 3_000 });
    await simulator.until(({ inFlight }) => inFlight === 0);
  });

  test('ends with a DeadlineError while it backs off, unless it knows better before', async () => {
    const clock = world.clock();
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'overloaded', retryAfterMs: 5_000, times: 9 }] });
    const client = world.client({ ...at(simulator, 'a'), clock });
    // Sleeping into the deadline helps nobody.
    await expect(client.chat(ask(), { timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'provider_failed', class: 'overloaded' });
    expect(simulator.stats().received).toBe(1);
  });
});

describe('a wait that cannot fit the caller’s time', () => {
  test.each([
    ['maxWaitMs', { maxWaitMs: 59_999 }],
    ['timeoutMs', { timeoutMs: 59_999 }],
    ['maxWaitMs 0', { maxWaitMs: 0 }],
  ])('is refused at once for %s, with the earliest time that could serve', async (_name, options) => {
    const { client, clock, simulator } = await spent();
    const error = await errorOf(client.chat(ask('second'), options), KeysExhaustedError);
    expect(error.retryAt).toBe(clock.now() + 60_000);
    expect(error.keys).toEqual([
      { id: 'a', state: 'ready', until: clock.now() + 60_000, reason: expect.stringContaining('1 requests per 60000 ms') },
    ]);
    expect(error.report).toMatchObject({ attempts: [], waitedMs: 0, durationMs: 0 });
    expect([simulator.stats().received, clock.pending]).toEqual([1, 0]);
  });

  test('is not waited for a second time: maxWaitMs is for all waiting of a call', async () => {
    const clock = world.clock();
    const simulator = await world.simulator({
      groups: [group('a', { headers: 'never' })],
      faults: [{ kind: 'rate_limit', retryAfterMs: 6_000, times: 2 }],
    });
    const client = world.client({ ...at(simulator, 'a'), clock });
    const call = errorOf(client.chat(ask(), { maxWaitMs: 10_000 }), KeysExhaustedError);
    await simulator.until(({ received, inFlight }) => received === 1 && inFlight === 0);
    while (clock.nextAt !== clock.now() + 6_000) await turn();
    await clock.advance(6_000);
    expect((await call).report).toMatchObject({ waitedMs: 6_000 });
    expect(simulator.stats().received).toBe(2);
  });
});

describe('the queue', () => {
  test('is served by priority, then in the order of arrival', async () => {
    const { client, clock, simulator } = await spent();
    const patience = { maxWaitMs: 600_000 };
    const calls = [
      client.chat(ask('low'), { ...patience, priority: -1 }),
      client.chat(ask('plain 1'), patience),
      client.chat(ask('plain 2'), patience),
      client.chat(ask('high'), { ...patience, priority: 5 }),
    ];
    for (let served = 2; served <= 5; served += 1) {
      await turn();
      await clock.advance(60_000);
      await simulator.until((stats) => stats.served === served);
    }
    await Promise.all(calls);
    expect(simulator.requests().map(({ prompt }) => prompt)).toEqual(['first', 'high', 'plain 1', 'plain 2', 'low']);
  });

  test('ages: whoever has waited long goes before one of a little higher priority', async () => {
    const { client, clock, simulator } = await spent();
    const patience = { maxWaitMs: 600_000 };
    const old = client.chat(ask('old'), patience);
    await turn();
    await clock.advance(30_000);
    const young = client.chat(ask('young'), { ...patience, priority: 10 });
    await turn();
    await clock.advance(30_000);
    await old;
    await clock.advance(60_000);
    await young;
    expect(simulator.requests().map(({ prompt }) => prompt)).toEqual(['first', 'old', 'young']);
  });

  test('lets nobody wait behind a call that cannot run: another model is served meanwhile', async () => {
    const { client, clock } = await spent();
    const waiting = client.chat(ask('second'));
    await turn();
    expect((await client.chat(ask('other', { model: 'openai/other' }))).report.waitedMs).toBe(0);
    await clock.advance(60_000);
    expect((await waiting).report.waitedMs).toBe(60_000);
  });

  test('restricted calls wait for their own keys only', async () => {
    const simulator = await world.simulator({ groups: [group('a'), group('b')] });
    const client = world.client(at(simulator, 'a', 'b'));
    const replies = await Promise.all([
      client.chat(ask('1'), { keys: ['b'] }),
      client.chat(ask('2'), { groups: ['b'] }),
      client.chat(ask('3'), { keys: ['a'] }),
    ]);
    expect(replies.map(({ report }) => report.key)).toEqual(['b', 'b', 'a']);
    const error = await errorOf(client.chat(ask(), { keys: ['none'] }), KeysExhaustedError);
    expect(error.keys.map(({ reason }) => reason)).toEqual(Array.from({ length: 2 }, () => "the call's 'keys' or 'groups' leave it out"));
  });

  test('calls of one affinity stay with one group', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const simulator = await world.simulator({ groups: names.map((name) => group(name)) });
    const client = world.client(at(simulator, ...names));
    const used: (string | undefined)[] = [];
    for (let index = 0; index < 8; index += 1) used.push((await client.chat(ask(`${index}`), { affinity: 'thread-7' })).report.key);
    expect(new Set(used).size).toBe(1);
  });
});

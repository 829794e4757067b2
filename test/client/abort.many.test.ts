import { getEventListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Client } from '../../src/index.ts';
import { settledBeforeImmediate } from '../support/deferred.ts';
import { frozenStore } from '../support/frozen-store.ts';
import { ask, askStream, at, group, key, useWorld } from '../support/world.ts';

// One signal, ten thousand calls that wait: Node removes listeners one by one in linear time, so that each with a listener of its
// own would take most of a minute.
const MANY = 10_000;

const world = useWorld();

async function abortAll(client: Client, controller: AbortController, calls: readonly Promise<unknown>[]): Promise<void> {
  await turn();
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
  const reason = new Error('the caller left');
  const reasons = new Set<unknown>();
  let rejected = 0;
  for (const call of calls) {
    call.catch((error: unknown) => {
      reasons.add(error);
      rejected += 1;
    });
  }
  controller.abort(reason);
  // The last one's turn comes after all the others'.
  expect(await settledBeforeImmediate(Promise.allSettled(calls))).not.toBe('pending');
  expect([rejected, [...reasons]]).toEqual([calls.length, [reason]]);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  expect(client.keys.list().filter(({ inFlight }) => inFlight > 0)).toEqual([]);
}

test('ten thousand calls that wait for a key leave at once, without a trace', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const clock = world.clock();
  const client = world.client({ ...at(simulator, key('a', { limits: { rpm: 1 } })), clock, retry: { timeoutMs: 1e9, maxWaitMs: 1e9 } });
  await client.chat(ask());
  const controller = new AbortController();
  const calls = Array.from({ length: MANY }, (_, index) => client.chat(ask(`question ${index}`), { signal: controller.signal }));
  await abortAll(client, controller, calls);
  expect(clock.pending).toBe(0);
  // Whoever comes next is the first in the queue.
  const next = client.chat(ask('next'));
  await turn();
  await clock.advance(60_000);
  expect((await next).report.attempts[0]?.waitedMs).toBe(60_000);
  expect(simulator.stats().received).toBe(2);
});

test('ten thousand equal calls in one flight leave at once, and end its request', async () => {
  const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'hang' }] });
  const clock = world.clock();
  const client = world.client({ ...at(simulator, 'a'), clock, cache: true });
  const controller = new AbortController();
  const calls = Array.from({ length: MANY }, (_, index) =>
    index % 2 === 0 ? client.chat(ask(), { signal: controller.signal }) : client.chat(askStream(), { signal: controller.signal }),
  );
  await simulator.until(({ inFlight }) => inFlight === 1);
  await abortAll(client, controller, calls);
  await simulator.until(({ inFlight }) => inFlight === 0);
  expect([simulator.stats().received, clock.pending]).toEqual([1, 0]);
});

test('a thousand calls that read a frozen store leave at once', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const clock = world.clock();
  const client = world.client({ ...at(simulator, 'a'), clock, cache: { store: frozenStore() } });
  const controller = new AbortController();
  const calls = Array.from({ length: 1_000 }, (_, index) => client.chat(ask(`question ${index}`), { signal: controller.signal }));
  await abortAll(client, controller, calls);
  expect([simulator.stats().received, clock.pending]).toEqual([0, 0]);
  clock.advanceSync(50);
});

test('a thousand calls that wait for the first load of keys leave at once', async () => {
  const clock = world.clock();
  const client = world.client({ providers: { openai: { keys: () => new Promise(() => {}) } }, clock });
  const controller = new AbortController();
  const calls = Array.from({ length: 1_000 }, () => client.chat(ask(), { signal: controller.signal }));
  await abortAll(client, controller, calls);
  expect(clock.pending).toBe(0);
});

import { getEventListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ChatStream, Client } from '../../src/index.ts';
import type { ManualClock, Simulator } from '../../src/simulator/index.ts';
import { settledBeforeImmediate } from '../support/deferred.ts';
import { frozenStore } from '../support/frozen-store.ts';
import { ask, askStream, at, group, key, nextEvent, secretOf, useWorld } from '../support/world.ts';

const world = useWorld();

/** A call on its way to a state, and how it was set up. */
interface Reached {
  readonly client: Client;
  readonly clock: ManualClock;
  /** What the abort must settle. */
  readonly call: Promise<unknown>;
  /** Where requests may have come to. */
  readonly simulator?: Simulator;
}

type Reach = (signal: AbortSignal) => Promise<Reached>;

async function open(faults: Parameters<Simulator['fail']>[0][], options: Parameters<typeof world.client>[0] = {}) {
  const simulator = await world.simulator({ groups: [group('a')], faults });
  const clock = world.clock();
  const client = world.client({ ...at(simulator, 'a'), clock, random: () => 0.5, ...options });
  return { simulator, clock, client };
}

async function begun(faults: Parameters<Simulator['fail']>[0][], signal: AbortSignal): Promise<Reached & { readonly stream: ChatStream }> {
  const opened = await open(faults);
  const stream = await opened.client.chat(askStream(), { signal });
  return { ...opened, stream, call: Promise.resolve() };
}

const states: Readonly<Record<string, Reach>> = {
  'queued in the pool, for a call in flight': async (signal) => {
    const limited = key('a', { limits: { concurrency: 1 } });
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'hang' }] });
    const clock = world.clock();
    const client = world.client({ ...at(simulator, limited), clock });
    const first = new AbortController();
    const holder = client.chat(ask('first'), { signal: first.signal });
    await simulator.until(({ inFlight }) => inFlight === 1);
    const call = client.chat(ask('second'), { signal });
    await turn();
    expect(clock.slept).toContain(60_000);
    // The place becomes free in the same moment, and must not go to a call that has just left.
    signal.addEventListener('abort', () => first.abort('done'));
    holder.catch(() => {});
    return { client, clock, call, simulator };
  },
  'queued in the pool, for time to pass': async (signal) => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const clock = world.clock();
    const client = world.client({ ...at(simulator, key('a', { limits: { rpm: 1 } })), clock });
    await client.chat(ask('first'));
    const call = client.chat(ask('second'), { signal, maxWaitMs: 120_000 });
    await turn();
    expect(clock.pending).toBe(2);
    return { client, clock, call, simulator };
  },
  'on a connection that does not open': async (signal) => {
    const clock = world.clock();
    let asked = 0;
    // Takes every request and never starts one, as a pool whose sockets are all connecting.
    const dispatcher = { dispatch: () => (asked += 1) > 0, close: async () => {}, destroy: async () => {} };
    // As much of a dispatcher as keywheel uses.
    const client = world.client({ ...at({ baseURL: 'http://127.0.0.1:9/v1' }, 'a'), clock, dispatcher: dispatcher as never });
    const call = client.chat(ask(), { signal });
    await turn();
    expect(asked).toBe(1);
    return { client, clock, call };
  },
  'waiting for headers': async (signal) => {
    const opened = await open([{ kind: 'hang' }]);
    const call = opened.client.chat(ask(), { signal });
    await opened.simulator.until(({ inFlight }) => inFlight === 1);
    return { ...opened, call };
  },
  'waiting for the headers of a stream': async (signal) => {
    const opened = await open([{ kind: 'hang' }]);
    const call = opened.client.chat(askStream(), { signal });
    await opened.simulator.until(({ inFlight }) => inFlight === 1);
    return { ...opened, call };
  },
  'in the middle of a plain body': async (signal) => {
    const opened = await open([{ kind: 'silence' }]);
    const call = opened.client.chat(ask(), { signal });
    await opened.simulator.until(({ byStatus }) => byStatus[200] === 1);
    await turn();
    return { ...opened, call };
  },
  'in a stream before its first content': async (signal) => {
    const opened = await open([{ kind: 'silence', afterChunks: 1 }]);
    const call = opened.client.chat(askStream(), { signal });
    await opened.simulator.until(({ byStatus }) => byStatus[200] === 1);
    await turn();
    return { ...opened, call };
  },
  'in a stream, while it is read': async (signal) => {
    const reached = await begun([{ kind: 'silence', afterChunks: 2 }], signal);
    const parts = reached.stream[Symbol.asyncIterator]();
    await parts.next();
    await parts.next();
    return { ...reached, call: parts.next() };
  },
  'in a stream, while reply() reads it': async (signal) => {
    const reached = await begun([{ kind: 'silence', afterChunks: 3 }], signal);
    return { ...reached, call: reached.stream.reply() };
  },
  'in a stream that nobody reads at the moment': async (signal) => {
    const reached = await begun([{ kind: 'silence', afterChunks: 3 }], signal);
    const parts = reached.stream[Symbol.asyncIterator]();
    await parts.next();
    const aborted = new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
    return { ...reached, call: aborted.then(() => parts.next()) };
  },
  'backing off': async (signal) => {
    const opened = await open([{ kind: 'overloaded', times: 10 }]);
    const failed = nextEvent(opened.client, 'attempt-failed');
    const call = opened.client.chat(ask(), { signal });
    await failed;
    await turn();
    expect(opened.clock.slept.at(-1)).toBe(250);
    return { ...opened, call };
  },
  'reading the cache': async (signal) => {
    const opened = await open([], { cache: { store: frozenStore() } });
    const call = opened.client.chat(ask(), { signal });
    await turn();
    expect(opened.simulator.stats().received).toBe(0);
    return { ...opened, call };
  },
  'in a flight of its own': async (signal) => {
    const opened = await open([{ kind: 'hang' }], { cache: true });
    const call = opened.client.chat(ask(), { signal });
    await opened.simulator.until(({ inFlight }) => inFlight === 1);
    return { ...opened, call };
  },
  'waiting for the first load of keys': async (signal) => {
    const clock = world.clock();
    const client = world.client({ providers: { openai: { keys: () => new Promise(() => {}) } }, clock });
    const call = client.chat(ask(), { signal });
    await turn();
    return { client, clock, call };
  },
};

test.each(Object.entries(states))('an abort of a call %s settles it with the caller’s reason and leaves nothing', async (_name, reach) => {
  const controller = new AbortController();
  const { client, clock, call, simulator } = await reach(controller.signal);
  const reason = { the: 'caller’s own' };
  controller.abort(reason);
  const settled = await settledBeforeImmediate(call);
  expect(settled).toEqual({ error: reason });
  expect('error' in Object(settled) && (settled as { readonly error: unknown }).error).toBe(reason);
  await turn();
  expect(client.keys.list().map(({ inFlight }) => inFlight)).toEqual(client.keys.list().map(() => 0));
  // No deadline, no back-off, no queue: at most the limit of a store that is still being asked.
  expect(clock.pending).toBe(0);
  await simulator?.until(({ inFlight }) => inFlight === 0);
  // Frozen stores are given up by their own limit.
  await clock.advance(50);
});

test('a call whose signal has aborted before is refused without a request, a wait or a lease', async () => {
  const { client, simulator, clock } = await open([], { cache: true });
  const reason = new Error('too late');
  await expect(client.chat(ask(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect([clock.slept, simulator.stats().received, client.keys.get('a')?.totals.attempts]).toEqual([[], 0, 0]);
});

test('an abort after the answer changes nothing', async () => {
  const { client } = await open([]);
  const controller = new AbortController();
  const reply = await client.chat(ask(), { signal: controller.signal });
  controller.abort(new Error('too late'));
  expect(reply.text).not.toBe('');
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('an abort without a reason rejects with the AbortError of the signal', async () => {
  const { client, simulator } = await open([{ kind: 'hang' }]);
  const controller = new AbortController();
  const call = client.chat(ask(), { signal: controller.signal });
  await simulator.until(({ inFlight }) => inFlight === 1);
  controller.abort();
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
});

test('an abort is told as an event of class aborted without an error, and its report has what was done', async () => {
  const { client, simulator } = await open([{ kind: 'hang' }]);
  const controller = new AbortController();
  const failed = nextEvent(client, 'call-failed');
  const call = client.chat(ask(), { signal: controller.signal });
  await simulator.until(({ inFlight }) => inFlight === 1);
  controller.abort('left');
  await expect(call).rejects.toBe('left');
  const told = await failed;
  expect(told).toMatchObject({ class: 'aborted', report: { attempts: [{ key: 'a', class: 'aborted', action: 'reject' }] } });
  expect(told).not.toHaveProperty('error');
});

describe('an abort of one of several equal calls', () => {
  async function share() {
    const opened = await open([], { cache: true });
    const fault = opened.simulator.fail({ kind: 'hang' });
    const controllers = [new AbortController(), new AbortController(), new AbortController()];
    const calls = controllers.map(({ signal }) => opened.client.chat(ask(), { signal }));
    await opened.simulator.until(({ inFlight }) => inFlight === 1);
    return { ...opened, fault, controllers, calls };
  }

  test('settles it alone, whoever came first; the last one ends the request', async () => {
    const { controllers, calls, simulator, client, clock } = await share();
    for (const [index, controller] of controllers.entries()) {
      expect(simulator.stats()).toMatchObject({ received: 1, inFlight: 1 });
      controller.abort(`reason ${index}`);
      expect(await Promise.all(calls.map((call) => settledBeforeImmediate(call)))).toEqual(
        calls.map((_, other) => (other <= index ? { error: `reason ${other}` } : 'pending')),
      );
    }
    await simulator.until(({ inFlight }) => inFlight === 0);
    expect([simulator.stats().received, clock.pending, client.keys.get('a')?.inFlight]).toEqual([1, 0, 0]);
  });

  test('leaves the others their answer, and causes no second request', async () => {
    const simulator = await world.simulator({ groups: [group('a')], latencyMs: 5 });
    const client = world.client({ ...at(simulator, 'a'), cache: true });
    const controller = new AbortController();
    const first = client.chat(ask(), { signal: controller.signal });
    const others = [client.chat(ask()), client.chat(ask())];
    await simulator.until(({ inFlight }) => inFlight === 1);
    controller.abort('left');
    await expect(first).rejects.toBe('left');
    const ids = (await Promise.all(others)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);
    expect(simulator.stats()).toMatchObject({ received: 1, served: 1 });
  });

  test('leaves the other readers of a stream alone', async () => {
    const { client, simulator } = await open([], { cache: true });
    const controller = new AbortController();
    const [left, stays] = await Promise.all([client.chat(askStream(), { signal: controller.signal }), client.chat(askStream())]);
    const parts = left[Symbol.asyncIterator]();
    await parts.next();
    controller.abort('left');
    await expect(parts.next()).rejects.toBe('left');
    expect((await stays.reply()).choices[0]?.finish_reason).toBe('stop');
    expect(simulator.stats()).toMatchObject({ received: 1, served: 1 });
  });
});

test('wherever a call is, an abort settles it: one call for each of the first hundred steps', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client({ ...at(simulator, key('a', { limits: { concurrency: 200 } })), cache: { store: frozenStore() } });
  for (let steps = 0; steps < 100; steps += 1) {
    const controller = new AbortController();
    // With `refresh` in a flight, with `false` on its own; both go through the pool, a limiter and onto a socket.
    const call = client.chat(ask(`question ${steps}`), { signal: controller.signal, cache: steps % 2 === 0 ? 'refresh' : false });
    for (let step = 0; step < steps; step += 1) await Promise.resolve();
    controller.abort(steps);
    expect(await settledBeforeImmediate(call)).toEqual({ error: steps });
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  }
  expect(client.keys.get('a')?.inFlight).toBe(0);
  await simulator.until(({ inFlight }) => inFlight === 0);
});

test('an abort while the secret’s connection is busy elsewhere touches only its own request', async () => {
  const simulator = await world.simulator({ groups: [group('a')], latencyMs: 5 });
  const client = world.client(at(simulator, { secret: secretOf('a'), id: 'a' }));
  const controller = new AbortController();
  const left = client.chat(ask('left'), { signal: controller.signal });
  const stay = client.chat(ask('stay'));
  await simulator.until(({ inFlight }) => inFlight === 2);
  controller.abort('left');
  await expect(left).rejects.toBe('left');
  expect((await stay).report.attempts).toHaveLength(1);
});

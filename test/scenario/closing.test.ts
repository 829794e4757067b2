import { rm, writeFile, mkdir } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ClosedError, createClient } from '../../src/index.ts';
import { runProgram } from '../support/program.ts';
import { settledBeforeImmediate } from '../support/deferred.ts';
import { ask, askStream, at, errorOf, group, key, readAll, useWorld } from '../support/world.ts';

const world = useWorld();

describe('close()', () => {
  test('refuses new calls', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    await client.close();
    for (const call of [client.chat(ask()), client.chat(askStream()), client.embed({ model: 'm', input: 'x' }), client.ready()]) {
      expect((await errorOf(call, ClosedError)).code).toBe('client_closed');
    }
    expect(simulator.stats().received).toBe(0);
  });

  test('is one, however often it is called', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    await client.chat(ask());
    await Promise.all([client.close(), client.close({ timeoutMs: 5 })]);
    await client.close();
    await expect(client.chat(ask())).rejects.toThrow(ClosedError);
  });

  test('rejects who waits for a key at once, and lets calls under way finish', async () => {
    const simulator = await world.simulator({ groups: [group('a')], latencyMs: 5 });
    const client = world.client(at(simulator, key('a', { limits: { concurrency: 1 } })));
    const running = client.chat(ask('running'));
    await simulator.until(({ inFlight }) => inFlight === 1);
    const waiting = client.chat(ask('waiting'));
    await turn();
    const closing = client.close();
    expect(await settledBeforeImmediate(waiting)).toMatchObject({ error: { name: 'ClosedError' } });
    expect(await settledBeforeImmediate(closing)).toBe('pending');
    expect((await running).report.attempts).toHaveLength(1);
    await closing;
    expect(simulator.stats()).toMatchObject({ received: 1, served: 1 });
  });

  test('waits for a stream until its reader is through', async () => {
    const simulator = await world.simulator({ groups: [group('a')], stream: { chunks: 4, chunkMs: 1 } });
    const client = world.client(at(simulator, 'a'));
    const stream = await client.chat(askStream());
    const closing = client.close();
    expect(await readAll(stream)).not.toBe('');
    await closing;
  });

  test('aborts what is not over in time with a ClosedError', async () => {
    const clock = world.clock();
    const simulator = await world.simulator({
      groups: [group('a'), group('b')],
      faults: [
        { kind: 'hang', times: 2, stream: false },
        { kind: 'silence', afterChunks: 3 },
      ],
    });
    const client = world.client({ ...at(simulator, 'a', 'b'), clock });
    const plain = errorOf(client.chat(ask()), ClosedError);
    const stream = await client.chat(askStream());
    const read = errorOf(readAll(stream), ClosedError);
    await simulator.until(({ inFlight }) => inFlight === 2);
    const closing = client.close({ timeoutMs: 4_000 });
    await clock.advance(3_999);
    expect(await settledBeforeImmediate(closing)).toBe('pending');
    await clock.advance(1);
    const message = 'Cannot finish the call as the client was closed and the call was not over after 4000 ms';
    expect([(await plain).message, (await read).message]).toEqual([message, message]);
    await closing;
    await simulator.until(({ inFlight }) => inFlight === 0);
    expect([clock.pending, clock.pendingBackground]).toEqual([0, 0]);
  });

  test('ends a call that backs off, at the latest when its time is over', async () => {
    const clock = world.clock();
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'overloaded', retryAfterMs: 20_000 }] });
    const client = world.client({ ...at(simulator, 'a'), clock });
    const call = errorOf(client.chat(ask()), ClosedError);
    await simulator.until(({ faulted }) => faulted === 1);
    while (!clock.slept.includes(20_000)) await turn();
    const closing = client.close({ timeoutMs: 1_000 });
    await clock.advance(1_000);
    await call;
    await closing;
  });

  test('waits for what is being stored', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ ...at(simulator, 'a'), cache: true });
    let stored = 0;
    client.on('cache-stored', () => (stored += 1));
    await client.chat(ask());
    await client.close();
    expect(stored).toBe(1);
  });

  test('leaves a dispatcher of the user’s own open', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const { Agent } = await import('undici');
    const dispatcher = new Agent();
    for (const text of ['one', 'two']) {
      const client = world.client({ ...at(simulator, 'a'), dispatcher });
      await client.chat(ask(text));
      await client.close();
    }
    await dispatcher.close();
    expect(simulator.stats()).toMatchObject({ served: 2 });
  });

  test('of a client that was never used is over at once', async () => {
    await createClient({ providers: { openai: { keys: 'sk-a' } }, env: {} }).close();
  });
});

test('await using closes the client at the end of the block', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const call = async (): Promise<unknown> => {
    await using client = createClient({ ...at(simulator, 'a'), env: {} });
    await client.chat(ask());
    return client;
  };
  const closed = (await call()) as ReturnType<typeof createClient>;
  await errorOf(closed.chat(ask()), ClosedError);
});

const PROGRAM = `
import { createClient } from 'keywheel';
import { startSimulator } from 'keywheel/simulator';

const simulator = await startSimulator({ groups: [{ keys: ['sk-a', 'sk-b'] }] });
const keys = async () => ['sk-a', 'sk-b'];
const client = createClient({ providers: { openai: { baseURL: simulator.baseURL, keys, limits: { rpm: 600 } } }, cache: true });
const messages = [{ role: 'user', content: 'Hi' }] as const;
await client.chat({ model: 'gpt-5-mini', messages });
await (await client.chat({ model: 'gpt-5', messages, stream: true })).reply();
for await (const _ of await client.chat({ model: 'gpt-5-nano', messages, stream: true })) break;
await simulator.close();
console.log('done');
`;

test('a program ends by itself, also when it never closes its client', async () => {
  const folder = fileURLToPath(new URL('../../.tmp', import.meta.url));
  const file = `${folder}/exits-${process.pid}.ts`;
  await mkdir(folder, { recursive: true });
  await writeFile(file, PROGRAM);
  try {
    expect(await runProgram(file, {}, 12_000)).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
  } finally {
    await rm(file);
  }
});

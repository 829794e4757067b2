import { expect, test } from 'vitest';
import { KeysExhaustedError } from '../../src/index.ts';
import type { SimulatorGroup } from '../../src/simulator/index.ts';
import { ask, askStream, at, errorOf, group, key, readAll, useWorld } from '../support/world.ts';

const world = useWorld();

/** Key `a` is asked first, as it has by far the most weight, and hangs once. */
async function open(more: { readonly b?: Partial<SimulatorGroup>; readonly hangs?: 0; readonly names?: readonly string[] } = {}) {
  const clock = world.clock();
  const simulator = await world.simulator({
    groups: [group('a'), group('b', more.b)],
    faults: more.hangs === 0 ? [] : [{ kind: 'hang', key: 'a' }],
    reply: ({ prompt }) => `answer to ${prompt}`,
  });
  const names = more.names ?? ['a', 'b'];
  const client = world.client({ ...at(simulator, ...names.map((name) => key(name, { weight: name === 'a' ? 100 : 1 }))), clock });
  const arrived = (count: number): Promise<void> => simulator.until((stats) => stats.received >= count);
  return { clock, simulator, client, arrived };
}

const lines = (reply: { report: { attempts: readonly { key: string; class: string; action?: string }[] } }): readonly string[] =>
  reply.report.attempts.map((attempt) => `${attempt.key} ${attempt.class} ${attempt.action}`);

test('a second attempt in another group answers for a slow first one, which is aborted and accounted', async () => {
  const { clock, client, arrived } = await open();
  const asked = client.chat(ask(), { hedge: { afterMs: 300 } });
  await arrived(1);
  await clock.advance(299);
  await clock.advance(1);
  const reply = await asked;
  expect(reply.text).toBe('answer to Hi');
  expect(reply.report.key).toBe('b');
  expect(lines(reply)).toEqual(['a aborted hedge', 'b ok answer']);
  expect(reply.report.attempts[0]?.why).toContain('another attempt of the call answered first');
  expect(reply.report.attempts[1]?.why).toContain('hedged beside group a');
  expect(client.keys.list().map(({ inFlight }) => inFlight)).toEqual([0, 0]);
});

test('a stream is hedged until its first content', async () => {
  const { clock, client, arrived } = await open();
  const asking = client.chat(askStream(), { hedge: { afterMs: 300 } });
  await arrived(1);
  await clock.advance(300);
  const stream = await asking;
  expect(await readAll(stream)).toBe('answer to Hi');
  expect(lines(await stream.reply())).toEqual(['a aborted hedge', 'b ok answer']);
});

test('is off by default, and nothing is sent twice where the first answers in time', async () => {
  const { client, simulator } = await open({ hangs: 0 });
  const reply = await client.chat(ask(), { hedge: { afterMs: 300 } });
  expect(lines(reply)).toEqual(['a ok answer']);
  expect(simulator.stats().received).toBe(1);
});

test('takes nothing from those who wait: without a free group the first attempt goes on alone', async () => {
  const { clock, client, simulator, arrived } = await open({ names: ['a'] });
  const asked = client.chat(ask(), { hedge: { afterMs: 300 }, timeoutMs: 1000 });
  await arrived(1);
  await clock.advance(300);
  const failed = errorOf(asked, Error);
  await clock.advance(700);
  expect((await failed).name).toBe('DeadlineError');
  expect(simulator.stats().received).toBe(1);
});

test('a second attempt that is refused leaves the call to the first', async () => {
  const { clock, client, arrived } = await open({ b: { limits: { rpm: 1 } } });
  await client.chat(ask('first'), { keys: ['b'] });
  const asked = client.chat(ask(), { hedge: { afterMs: 300 }, timeoutMs: 1000 });
  await arrived(2);
  await clock.advance(300);
  const failed = errorOf(asked, Error);
  await clock.advance(700);
  expect((await failed).name).toBe('DeadlineError');
});

test('an abort ends both', async () => {
  const { clock, client, arrived } = await open({ b: { latencyMs: 60_000 } });
  const controller = new AbortController();
  const asked = client.chat(ask(), { hedge: { afterMs: 300 }, signal: controller.signal });
  await arrived(1);
  await clock.advance(300);
  await arrived(2);
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(asked).rejects.toBe(reason);
});

test('a call that waits for a key is not hedged', async () => {
  const { clock, client } = await open();
  client.keys.disable('a');
  client.keys.disable('b');
  const error = await errorOf(client.chat(ask(), { hedge: { afterMs: 0 } }), KeysExhaustedError);
  expect(error.keys).toHaveLength(2);
  expect(clock.pending).toBe(0);
});

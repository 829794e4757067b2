import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { ClosedError, KeysExhaustedError } from '../../src/index.ts';
import { ask, at, errorOf, group, key, secretOf, useWorld } from '../support/world.ts';

const world = useWorld();

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keywheel-map-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'done.jsonl');
}

test('a batch waits for hours where its keys make it, and no item fails of it', async () => {
  const clock = world.clock();
  const simulator = await world.simulator({ clock, groups: [group('a', { limits: { rpd: 10 } })] });
  const limits = { buckets: [{ counts: 'requests', limit: 10, windowMs: 86_400_000, kind: 'fixed' }] } as const;
  const client = world.client({ clock, ...at(simulator, key('a', { limits })) });
  const results: number[] = [];
  const ended = { is: false };
  const read = async (): Promise<void> => {
    for await (const { index, error } of client.map(
      Array.from({ length: 25 }, (_, item) => item),
      (item) => ask(`item ${item}`),
    )) {
      expect(error).toBe(undefined);
      results.push(index);
    }
  };
  const reading = read().finally(() => (ended.is = true));
  // What is on its way over the loopback takes no time.
  while (!ended.is) await (client.keys.get('a')?.inFlight === 0 ? clock.advance(300_000) : turn());
  await reading;
  expect(results.toSorted((a, b) => a - b)).toEqual([...Array(25).keys()]);
  expect(clock.now() - Date.UTC(2026, 0, 1)).toBeGreaterThanOrEqual(2 * 86_400_000);
});

test('a second run makes no call for what is done, and its file holds no key', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const resume = { file: temporary(), id: (item: string) => item };
  const first = world.client(at(simulator, 'a'));
  for await (const { item } of first.map(['a', 'b', 'c', 'd'], (text) => ask(text), { resume, concurrency: 2 })) if (item === 'b') break;
  const second = world.client(at(simulator, 'a'));
  const seen: string[] = [];
  for await (const { item, reply, resumed } of second.map(['a', 'b', 'c', 'd'], (text) => ask(text), { resume })) {
    expect(reply?.choices).toHaveLength(1);
    if (resumed === true) seen.push(item);
  }
  expect(seen).toContain('b');
  expect(second.keys.get('a')?.totals.calls).toBe(4 - seen.length);
  expect(readFileSync(resume.file, 'utf8')).not.toContain(secretOf('a'));
});

test('a break aborts the calls under way and leaves nothing', async () => {
  const simulator = await world.simulator({ groups: [group('a')], latencyMs: 20 });
  const client = world.client(at(simulator, 'a'));
  const endless = (function* () {
    for (let item = 0; ; item += 1) yield item;
  })();
  for await (const { reply } of client.map(endless, (item) => ask(`item ${item}`), { concurrency: 8 })) {
    expect(reply).toBeDefined();
    break;
  }
  expect(client.keys.get('a')?.inFlight).toBe(0);
});

test('where no key comes back each item says so at once, and an endless batch can be left', async () => {
  const simulator = await world.simulator({ groups: [group('a', { state: 'dead' })] });
  const client = world.client(at(simulator, 'a'));
  const errors: unknown[] = [];
  for await (const { error } of client.map([1, 2, 3], (item) => ask(`item ${item}`))) errors.push(error);
  expect(errors).toEqual([expect.any(KeysExhaustedError), expect.any(KeysExhaustedError), expect.any(KeysExhaustedError)]);
});

test('a closed client ends it with one error', async () => {
  const mute = await world.mute();
  const client = world.client(at({ baseURL: mute.url }, 'a'));
  const reading = client.map([1, 2, 3], (item) => ask(`item ${item}`)).next();
  const ended = errorOf(reading, ClosedError);
  await client.close({ timeoutMs: 0 });
  await ended;
  expect(() => client.map([], () => ask())).toThrow(ClosedError);
});

test('an abort rejects with the reason of the caller', async () => {
  const mute = await world.mute();
  const client = world.client(at({ baseURL: mute.url }, 'a'));
  const controller = new AbortController();
  const reason = new Error('enough');
  const reading = client.map([1, 2, 3], (item) => ask(`item ${item}`), { signal: controller.signal }).next();
  const ended = Promise.allSettled([reading]);
  setImmediate(() => controller.abort(reason));
  expect(await ended).toEqual([{ status: 'rejected', reason }]);
  expect(client.keys.get('a')?.inFlight).toBe(0);
});

import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { KeysExhaustedError } from '../../src/index.ts';
import type { KeyOptions } from '../../src/options/types.ts';
import { createDeferred } from '../support/deferred.ts';
import { ask, attemptsOf, errorOf, group, key, nextEvent, record, secretOf, useWorld } from '../support/world.ts';

// Keys of a function that expire before its next load: access tokens, keys that a vault rotates.

const world = useWorld();

const token = (name: string): KeyOptions => key('token', { secret: secretOf(name) });

async function open(load: (asked: number) => unknown, refreshMs = 600_000) {
  const clock = world.clock();
  const simulator = await world.simulator({ groups: ['a', 'b', 'c', 'd', 'e'].map((name) => group(name)) });
  let asked = 0;
  const keys = (() => load((asked += 1))) as () => KeyOptions;
  const client = world.client({ providers: { openai: { baseURL: simulator.baseURL, keys, refreshMs } }, clock });
  await client.ready();
  return { clock, simulator, client, asked: () => asked };
}

test.each([
  ['of the same id', (asked: number) => token(asked === 1 ? 'a' : 'b'), ['token', 'token']],
  ['of its own id', (asked: number) => key(asked === 1 ? 'a' : 'b'), ['a', 'b']],
  ['from a promise', async (asked: number) => key(asked === 1 ? 'a' : 'b'), ['a', 'b']],
])('a refused token is replaced at once by a fresh one %s, and the very call goes on with it', async (_name, load, [before, after]) => {
  const { client, simulator, asked } = await open(load);
  await client.chat(ask());
  simulator.key('a').set('dead');
  const reply = await client.chat(ask('again'));
  expect(attemptsOf(reply)).toEqual([`${before} key_invalid rotate`, `${after} ok answer`]);
  expect(client.keys.list().map(({ id, state }) => [id, state])).toEqual([[after, 'ready']]);
  expect(asked()).toBe(2);
});

test('many calls that meet the same dead token ask for one fresh one, and all of them are answered', async () => {
  const fresh = createDeferred<KeyOptions>();
  const { client, simulator, asked } = await open((count) => (count === 1 ? token('a') : fresh.promise));
  simulator.key('a').set('dead');
  const calls = Array.from({ length: 4 }, (_, index) => client.chat(ask(`${index}`)));
  await simulator.until(({ received, inFlight }) => received === 4 && inFlight === 0);
  const late = client.chat(ask('late'));
  await turn();
  fresh.resolve(token('b'));
  const replies = await Promise.all([...calls, late]);
  expect(replies.map(({ report }) => report.attempts.at(-1)?.class)).toEqual(replies.map(() => 'ok'));
  expect(replies.at(-1)?.report.attempts[0]?.why).toMatch(/^waited for a fresh key|^the only group/);
  expect(asked()).toBe(2);
});

test('all keys of the function expire at once: nobody takes the provider for one that refuses everybody', async () => {
  const fresh = createDeferred<readonly KeyOptions[]>();
  const { client, simulator } = await open((asked) => (asked === 1 ? [key('a'), key('b')] : fresh.promise));
  for (const name of ['a', 'b']) simulator.key(name).set('dead');
  const calls = Array.from({ length: 4 }, (_, index) => client.chat(ask(`${index}`)));
  await simulator.until(({ received, inFlight }) => received >= 4 && inFlight === 0);
  await turn();
  fresh.resolve([key('c')]);
  expect((await Promise.all(calls)).map(({ report }) => report.key)).toEqual(['c', 'c', 'c', 'c']);
});

test('other keys of the function serve meanwhile', async () => {
  const never = createDeferred<readonly KeyOptions[]>();
  const { client, simulator } = await open((asked) => (asked === 1 ? [key('a'), key('b')] : never.promise));
  simulator.key('a').set('dead');
  for (const text of ['1', '2', '3']) expect((await client.chat(ask(text))).report.key).toBe('b');
  never.resolve([key('b')]);
});

test('the call waits no longer than it said, and a function that hangs keeps nobody for ever', async () => {
  const { client, simulator, clock } = await open((asked) => (asked === 1 ? key('a') : new Promise(() => {})));
  simulator.key('a').set('dead');
  const call = errorOf(client.chat(ask(), { maxWaitMs: 2_000 }), KeysExhaustedError);
  const patient = errorOf(client.chat(ask('patient')), KeysExhaustedError);
  await simulator.until(({ received, inFlight }) => received === 2 && inFlight === 0);
  await turn();
  await clock.advance(2_000);
  expect(await call).toMatchObject({ retryAt: undefined, keys: [{ id: 'a', state: 'invalid' }] });
  await clock.advance(60_000);
  await patient;
  expect((await errorOf(client.chat(ask('later')), KeysExhaustedError)).report?.attempts).toEqual([]);
});

test('a function that has nothing better is asked once for each key, and says so with its next load', async () => {
  const { client, simulator, asked, clock } = await open(() => key('a'), 60_000);
  simulator.key('a').set('dead');
  await errorOf(client.chat(ask()), KeysExhaustedError);
  await errorOf(client.chat(ask('again')), KeysExhaustedError);
  expect([asked(), client.keys.get('a')?.state]).toEqual([2, 'invalid']);
  await clock.advance(60_000);
  expect(asked()).toBe(3);
});

test('a load that fails ends the wait, and is told', async () => {
  const { client, simulator } = await open((asked) => (asked === 1 ? key('a') : Promise.reject(new Error('the vault is sealed'))));
  const heard = record(client, 'keys-refresh-failed');
  simulator.key('a').set('dead');
  await errorOf(client.chat(ask()), KeysExhaustedError);
  expect(heard).toHaveLength(1);
});

test('fresh tokens that are dead as well are asked for every five seconds at most', async () => {
  const { client, simulator, clock, asked } = await open((count) => token(['a', 'b'][count - 1] ?? 'c'));
  for (const name of ['a', 'b']) simulator.key(name).set('dead');
  const call = client.chat(ask());
  await simulator.until(({ received, inFlight }) => received === 2 && inFlight === 0);
  await turn();
  await clock.advance(4_999);
  expect(asked()).toBe(2);
  await clock.advance(1);
  expect(attemptsOf(await call)).toEqual(['token key_invalid rotate', 'token key_invalid rotate', 'token ok answer']);
  expect(asked()).toBe(3);
});

test('a key that a person added is not the function’s to renew', async () => {
  const { client, simulator, asked } = await open(() => key('a'));
  client.keys.add('openai', key('b'));
  client.keys.disable('a');
  simulator.key('b').set('dead');
  await errorOf(client.chat(ask()), KeysExhaustedError);
  expect(asked()).toBe(1);
});

test('closing while a renewal waits leaves nothing behind', async () => {
  const { client, simulator } = await open((asked) => token(['a', 'b'][asked - 1] ?? 'c'));
  for (const name of ['a', 'b']) simulator.key(name).set('dead');
  const call = errorOf(client.chat(ask()), Error);
  await simulator.until(({ received, inFlight }) => received === 2 && inFlight === 0);
  await turn();
  await client.close({ timeoutMs: 0 });
  expect((await call).message).toContain('closed');
});

describe('several keys of a function', () => {
  /** The keys `one` and `two` with the texts of these names, and one that is well, so that nobody doubts the provider. */
  const both = (one: string, two: string): readonly KeyOptions[] => [
    key('one', { secret: secretOf(one) }),
    key('two', { secret: secretOf(two) }),
    key('e'),
  ];

  test('a key refused while a load of before is under way is asked for again', async () => {
    const second = createDeferred<readonly KeyOptions[]>();
    const { client, simulator, clock, asked } = await open((count) => [both('a', 'b'), second.promise][count - 1] ?? both('c', 'd'));
    for (const name of ['a', 'b']) simulator.key(name).set('dead');
    const one = client.chat(ask('1'), { keys: ['one'] });
    await nextEvent(client, 'attempt-failed');
    await turn();
    expect(asked()).toBe(2);
    const two = client.chat(ask('2'), { keys: ['two'] });
    await nextEvent(client, 'attempt-failed');
    // What it answers it knew before the second refusal.
    second.resolve(both('c', 'b'));
    expect(attemptsOf(await one)).toEqual(['one key_invalid rotate', 'one ok answer']);
    await clock.advance(4_999);
    expect(asked()).toBe(2);
    await clock.advance(1);
    expect(attemptsOf(await two)).toEqual(['two key_invalid rotate', 'two ok answer']);
    expect(asked()).toBe(3);
  });

  test('a key that waits for its renewal gets it, though another one was replaced meanwhile', async () => {
    const { client, simulator, clock, asked } = await open(
      (count) => [both('a', 'b'), both('c', 'b'), both('a', 'b')][count - 1] ?? both('a', 'd'),
      4_000,
    );
    simulator.key('a').set('dead');
    await client.chat(ask('1'), { keys: ['one'] });
    for (const name of ['b', 'c']) simulator.key(name).set('dead');
    simulator.key('a').set('ok');
    const one = client.chat(ask('2'), { keys: ['one'] });
    await nextEvent(client, 'attempt-failed');
    const two = client.chat(ask('3'), { keys: ['two'] });
    await nextEvent(client, 'attempt-failed');
    // The refresh that is due has a new text for the first of them only.
    await clock.advance(4_000);
    expect(attemptsOf(await one)).toEqual(['one key_invalid rotate', 'one ok answer']);
    await clock.advance(1_000);
    expect(attemptsOf(await two)).toEqual(['two key_invalid rotate', 'two ok answer']);
    expect(asked()).toBe(4);
  });
});

test('a function that throws once is asked again five seconds later, with nobody waiting', async () => {
  const { client, simulator, clock, asked } = await open((count) => {
    if (count === 2) throw new Error('the vault is sealed');
    return token(count === 1 ? 'a' : 'b');
  });
  simulator.key('a').set('dead');
  await errorOf(client.chat(ask()), KeysExhaustedError);
  await clock.advance(4_999);
  expect([asked(), client.keys.get('token')?.state]).toEqual([2, 'invalid']);
  await clock.advance(1);
  expect([asked(), client.keys.get('token')?.state]).toEqual([3, 'ready']);
  expect(attemptsOf(await client.chat(ask('again')))).toEqual(['token ok answer']);
  await clock.advance(60_000);
  expect(asked()).toBe(3);
});

test('a function that goes on failing is asked every five seconds, one load at a time, until the client is closed', async () => {
  const { client, simulator, clock, asked } = await open((count) => (count === 1 ? token('a') : Promise.reject(new Error('sealed'))));
  simulator.key('a').set('dead');
  await errorOf(client.chat(ask()), KeysExhaustedError);
  await clock.advance(20_000);
  expect(asked()).toBe(6);
});

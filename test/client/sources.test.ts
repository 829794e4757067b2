import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { SignalHub } from '../../src/abort.ts';
import { KeySources } from '../../src/client/sources.ts';
import { Deadline } from '../../src/deadline.ts';
import { ClosedError, ConfigError, DeadlineError } from '../../src/errors.ts';
import { Events } from '../../src/events.ts';
import { Pool } from '../../src/pool/pool.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import { resolve } from '../options/support.ts';
import { createDeferred } from '../support/deferred.ts';
import { Secret } from '../../src/secret.ts';

type Load = () => unknown;

const REFRESH_MS = 1000;
const PATIENCE = { preferredMs: 300, longestMs: 5000 };

/** Sources of providers whose keys are `loads`; a list is a provider whose keys are there from the start. */
function setUp(loads: Readonly<Record<string, Load | readonly string[]>>, refreshMs = REFRESH_MS) {
  const clock = createManualClock();
  const events = new Events();
  const pool = new Pool(clock, () => 0, events);
  const options = Object.entries(loads).map(([name, keys]) => [
    name,
    { protocol: 'openai', baseURL: `https://${name}.test`, keys, refreshMs },
  ]);
  const { providers } = resolve({ providers: Object.fromEntries(options) });
  const failures: string[] = [];
  events.on('keys-refresh-failed', ({ provider, reason }) => failures.push(`${provider}: ${reason}`));
  const sources = new KeySources(providers, pool, clock, events);
  const hub = new SignalHub();
  const deadline = (signal?: AbortSignal, timeoutMs = Infinity) => new Deadline(clock, hub, { signal, timeoutMs });
  const ensure = (providers: readonly string[], signal?: AbortSignal) => sources.ensure(providers, deadline(signal), PATIENCE);
  const groups = () => pool.ring.all().map((key) => key.group.id);
  return { clock, pool, sources, failures, deadline, ensure, groups };
}

const named = (...ids: readonly string[]) => ids.map((id) => ({ secret: `secret-of-${id}`, id }));

/** Answers each of `lists` once, the last one for ever; an `Error` is thrown, a function asked. */
function answers(...lists: readonly unknown[]) {
  let next = 0;
  return vi.fn<Load>(() => {
    const list = lists[Math.min(next, lists.length - 1)];
    next += 1;
    if (list instanceof Error) throw list;
    return typeof list === 'function' ? (list as Load)() : list;
  });
}

describe('the first load', () => {
  test('lists are there at once, and a function is not called before it is needed', () => {
    const load = answers(named('b'));
    const { groups, ensure } = setUp({ one: ['key-1'], two: load });
    expect(groups()).toHaveLength(1);
    expect(ensure(['one'])).toBeUndefined();
    expect(load).not.toHaveBeenCalled();
  });

  test('is awaited by the calls that need it, and asked for once', async () => {
    const loading = createDeferred<unknown>();
    const load = vi.fn<Load>(() => loading.promise);
    const { ensure, groups, sources } = setUp({ one: load });
    const calls = [ensure(['one']), ensure(['one']), sources.ready()].map((call) => Promise.resolve(call));
    await turn();
    expect(load).toHaveBeenCalledTimes(1);
    expect(groups()).toEqual([]);
    loading.resolve(named('a', 'b'));
    await Promise.all(calls);
    expect(groups()).toEqual(['a', 'b']);
    expect(ensure(['one'])).toBeUndefined();
  });

  test.each<[string, unknown, readonly string[]]>([
    ['one text', 'key-1', ['one-']],
    ['one object', { secret: 'key-1', id: 'a' }, ['a']],
    ['a promise of a list', Promise.resolve(named('a')), ['a']],
  ])('may be %s', async (_, given, ids) => {
    const { sources, groups } = setUp({ one: () => given });
    await sources.ready();
    expect(groups()).toEqual(ids.map((id) => expect.stringContaining(id)));
  });

  test('that fails is told, and tried again by the next call', async () => {
    const load = answers(new Error('vault sealed'), named('a'));
    const { ensure, failures, groups, clock } = setUp({ one: load });
    const reason = "Cannot load the keys of 'one' as the function failed: vault sealed";
    await expect(ensure(['one'])).rejects.toThrow(new ConfigError(reason));
    expect(failures).toEqual([`one: ${reason}`]);
    expect([clock.pending, clock.pendingBackground]).toEqual([0, 0]);
    await ensure(['one']);
    expect(groups()).toEqual(['a']);
  });

  test('ready() rejects with the failure, and loads again when it is called again', async () => {
    const { sources, groups } = setUp({ one: answers(new Error('no'), named('a')), two: answers(named('b')) });
    await expect(sources.ready()).rejects.toThrow(ConfigError);
    await sources.ready();
    expect(groups().toSorted()).toEqual(['a', 'b']);
  });

  test("an abort while loading rejects with the caller's reason at once; the others get their keys", async () => {
    const loading = createDeferred<unknown>();
    const { ensure, groups } = setUp({ one: () => loading.promise });
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const aborted = ensure(['one'], controller.signal);
    const other = ensure(['one']);
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    loading.resolve(named('a'));
    await other;
    expect(groups()).toEqual(['a']);
  });

  test('a call that was aborted or is out of time before does not wait', async () => {
    const { ensure, sources, deadline } = setUp({ one: () => new Promise(() => {}) });
    await expect(ensure(['one'], AbortSignal.abort('gone'))).rejects.toBe('gone');
    await expect(sources.ensure(['one'], deadline(undefined, 0), PATIENCE)).rejects.toThrow(DeadlineError);
  });

  test('ends a call in its own time', async () => {
    const { sources, deadline, clock } = setUp({ one: () => new Promise(() => {}) });
    const call = Promise.resolve(sources.ensure(['one'], deadline(undefined, 50), PATIENCE)).catch((reason: unknown) => reason);
    await clock.advance(50);
    expect(await call).toBeInstanceOf(DeadlineError);
    expect(clock.pending).toBe(0);
  });
});

describe('a call with several targets', () => {
  test('waits for the first of them, while the others load beside', async () => {
    const second = createDeferred<unknown>();
    const load = vi.fn<Load>(() => second.promise);
    const { ensure, groups } = setUp({ one: answers(named('a')), two: load });
    await ensure(['one', 'two']);
    expect(groups()).toEqual(['a']);
    expect(load).toHaveBeenCalledTimes(1);
    expect(ensure(['one', 'two'])).toBeUndefined();
    second.resolve(named('b'));
    await turn();
    expect(groups()).toEqual(['a', 'b']);
    expect(load).toHaveBeenCalledTimes(1);
  });

  test('does not wait for a second one when the first has its keys from the start', () => {
    const { ensure } = setUp({ one: ['key-1'], two: () => new Promise(() => {}) });
    expect(ensure(['one', 'two'])).toBeUndefined();
  });

  test('is served by the second when the first has no keys, and later no longer waits for it', async () => {
    const again = createDeferred<unknown>();
    const load = answers(new Error('vault sealed'), again.promise);
    const { ensure, failures, groups } = setUp({ one: load, two: ['key-1'] });
    await ensure(['one', 'two']);
    expect(failures).toHaveLength(1);
    expect(ensure(['one', 'two'])).toBeUndefined();
    expect(load).toHaveBeenCalledTimes(2);
    again.resolve(named('a'));
    await turn();
    expect(groups()).toContain('a');
  });

  test.each([
    ['has its keys', ['key-1']],
    ['gets them meanwhile', answers(named('b'))],
  ])('is served by the second, which %s, when the first hangs for longer than a fallback may take', async (_, two) => {
    const { ensure, clock } = setUp({ one: () => new Promise(() => {}), two });
    const call = Promise.resolve(ensure(['one', 'two'])).then(() => 'served');
    expect(await Promise.race([call, turn('waiting')])).toBe('waiting');
    await clock.advance(PATIENCE.preferredMs);
    expect(await call).toBe('served');
    expect(clock.slept).toEqual(expect.arrayContaining([300, 5000]));
  });

  test('goes on without keys when its waiting is over: the pool says that there are none', async () => {
    const { ensure, clock } = setUp({ one: () => new Promise(() => {}) });
    const call = Promise.resolve(ensure(['one'])).then(() => 'gone on');
    await clock.advance(PATIENCE.longestMs);
    expect(await call).toBe('gone on');
  });

  test('fails with the first failure when no target has keys', async () => {
    const { ensure } = setUp({ one: answers(new Error('first')), two: answers(new Error('second')) });
    await expect(ensure(['one', 'two', 'one'])).rejects.toThrow(/the keys of 'one' .*: first$/);
  });
});

describe('a refresh', () => {
  test('that never answers is given up, and the next one comes', async () => {
    const load = answers(named('a'), new Promise(() => {}), named('c'));
    const { sources, clock, groups, failures } = setUp({ one: load });
    await sources.ready();
    await clock.advance(REFRESH_MS);
    await clock.advance(60_000);
    expect(failures).toEqual([expect.stringContaining('the function did not answer in time: the limit is 60000 ms')]);
    expect(groups()).toEqual(['a']);
    await clock.advance(REFRESH_MS);
    expect(groups()).toEqual(['c']);
    sources.close();
    expect([clock.pending, clock.pendingBackground]).toEqual([0, 0]);
  });

  test('comes every refreshMs, in the background, and takes the new list', async () => {
    const load = answers(named('a', 'b'), named('b', 'c'));
    const { sources, clock, groups, pool } = setUp({ one: load });
    await sources.ready();
    expect([clock.pending, clock.pendingBackground]).toEqual([0, 1]);
    const kept = pool.ring.get('b');
    await clock.advance(REFRESH_MS - 1);
    expect(load).toHaveBeenCalledTimes(1);
    await clock.advance(1);
    expect(groups()).toEqual(['b', 'c']);
    expect(pool.ring.get('b')).toBe(kept);
    await clock.advance(3 * REFRESH_MS);
    expect(load).toHaveBeenCalledTimes(5);
    expect(clock.slept.every((ms) => ms === REFRESH_MS)).toBe(true);
  });

  test('never comes when refreshMs is Infinity', async () => {
    const { sources, clock } = setUp({ one: answers(named('a')) }, Infinity);
    await sources.ready();
    expect(clock.pendingBackground).toBe(0);
  });

  test('never overlaps: the next one is due when a slow one is over', async () => {
    const slow = createDeferred<unknown>();
    const load = answers(named('a'), slow.promise, named('c'));
    const { sources, clock, groups } = setUp({ one: load });
    await sources.ready();
    await clock.advance(10 * REFRESH_MS);
    expect(load).toHaveBeenCalledTimes(2);
    slow.resolve(named('b'));
    await clock.advance(REFRESH_MS);
    expect(load).toHaveBeenCalledTimes(3);
    expect(groups()).toEqual(['c']);
  });

  const worthless = Object.create(null) as object;
  test.each<[string, unknown, string]>([
    ['throws', new Error('vault sealed'), 'the function failed: vault sealed'],
    ['rejects with a text', () => Promise.reject('sealed'), 'the function failed: sealed'],
    ['rejects with what has no text', () => Promise.reject(worthless), 'the function failed: it threw what has no text'],
    ['answers []', [], 'the function answered no key'],
    ['answers nothing', undefined, 'the function answered no key'],
    ['answers null', null, 'the function answered no key'],
    ['answers a key that is none', ['good-key', 'bad key'], "'providers.one.keys.1' must be a key without spaces"],
    ['answers one id twice', [...named('x'), { secret: 'other-secret', id: 'x' }], 'ids of keys are unique'],
    [
      "answers the id of another provider's key",
      [...named('x'), { secret: 'z', id: 'taken' }],
      "current value is 'taken', which 'two' has",
    ],
    ['answers one secret twice', [...named('x'), { secret: 'secret-of-x', id: 'y' }], 'a secret belongs to one key'],
    [
      'answers unlike limits in one group',
      [
        { secret: 'x', id: 'x', group: 'g' },
        { secret: 'y', id: 'y', group: 'g', limits: { rpm: 1 } },
      ],
      'limits belong to the group',
    ],
  ])('that %s keeps the last good list, tells it, and goes on', async (_, given, reason) => {
    const load = answers(named('a', 'b'), given, named('c'));
    const { sources, clock, groups, failures, pool } = setUp({ one: load, two: ['key-1'] });
    pool.ring.add(
      'two',
      { ...pool.ring.all()[0]?.input, id: 'taken', secret: new Secret('other') } as Parameters<typeof pool.ring.add>[1],
      clock.now(),
    );
    await sources.ready();
    const before = groups();
    await clock.advance(REFRESH_MS);
    expect(groups()).toEqual(before);
    expect(failures).toEqual([expect.stringContaining("one: Cannot load the keys of 'one' as ")]);
    expect(failures[0]).toContain(reason);
    await clock.advance(REFRESH_MS);
    expect(groups()).toContain('c');
    expect(groups()).not.toContain('a');
  });

  test('tells of a failure no key, neither one it knows nor one it does not', async () => {
    const known = 'shorter-key-abc';
    const unknown = 'hvs.CAESIJ0123456789abcdef';
    const failure = new Error(`401 for ${known} with ${unknown}\u001b[31m at https://vault.internal/keys`);
    const { sources, clock, failures } = setUp({
      one: answers([known], failure, new SyntaxError(`Unexpected token s, "${unknown}" is not JSON`)),
    });
    await sources.ready();
    await clock.advance(2 * REFRESH_MS);
    expect(failures).toEqual([
      "one: Cannot load the keys of 'one' as the function failed: 401 for … with … [31m at https://vault.internal/keys",
      "one: Cannot load the keys of 'one' as the function failed: SyntaxError",
    ]);
  });
});

describe('close', () => {
  test('ends the refreshing', async () => {
    const load = answers(named('a'));
    const { sources, clock } = setUp({ one: load });
    await sources.ready();
    sources.close();
    expect(clock.pendingBackground).toBe(0);
    await clock.advance(5 * REFRESH_MS);
    expect(load).toHaveBeenCalledTimes(1);
  });

  test('during the first load rejects who waits, and the list that comes late is dropped', async () => {
    const loading = createDeferred<unknown>();
    const { sources, ensure, groups, clock } = setUp({ one: () => loading.promise });
    const waiting = Promise.allSettled([ensure(['one']), sources.ready()]);
    sources.close();
    const outcomes = await waiting;
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason instanceof ClosedError)).toEqual([true, true]);
    loading.resolve(named('a'));
    await turn();
    expect(groups()).toEqual([]);
    expect(clock.pendingBackground).toBe(0);
  });

  test.each(['resolves', 'rejects'])('during a refresh that %s later leaves no timer and tells nothing', async (how) => {
    const refresh = createDeferred<unknown>();
    const { sources, clock, groups, failures } = setUp({ one: answers(named('a'), refresh.promise) });
    await sources.ready();
    await clock.advance(REFRESH_MS);
    sources.close();
    const settle = { resolves: () => refresh.resolve(named('b')), rejects: () => refresh.reject(new Error('late')) }[how];
    settle?.();
    await turn();
    expect(groups()).toEqual(['a']);
    expect(failures).toEqual([]);
    expect(clock.pendingBackground).toBe(0);
  });
});

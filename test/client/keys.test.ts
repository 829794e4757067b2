import { describe, expect, test } from 'vitest';
import { Keys } from '../../src/client/keys.ts';
import { KeySources } from '../../src/client/sources.ts';
import { ConfigError } from '../../src/errors.ts';
import { Events } from '../../src/events.ts';
import { Pool } from '../../src/pool/pool.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import { KEY, refusal, resolve } from '../options/support.ts';
import { fakeVerdict } from '../support/fake-call.ts';

function setUp(
  keys: readonly unknown[] = [
    { secret: KEY, id: 'a', group: 'org' },
    { secret: 'short-key', id: 'b' },
  ],
) {
  const clock = createManualClock();
  const events = new Events();
  const pool = new Pool(clock, () => 0, events);
  const { providers } = resolve({ providers: { openai: { keys, limits: { rpm: 60 } }, ollama: {} } });
  const sources = new KeySources(providers, pool, clock, events);
  const recovered: string[] = [];
  events.on('key-recovered', ({ key }) => recovered.push(key));
  return { keys: new Keys(pool, clock, providers), pool, clock, sources, recovered };
}

describe('list and get', () => {
  test('show every key as it is now, keyless ones too', () => {
    const { keys, clock } = setUp();
    const totals = { calls: 0, attempts: 0, tokens: 0, errors: 0 };
    const ages = { addedAt: clock.now(), firstSeenAt: clock.now(), ageDays: 0 };
    const fresh = { state: 'ready', holds: [], inFlight: 0, totals, ...ages };
    expect(keys.list()).toEqual([
      { id: 'a', provider: 'openai', group: 'org', label: 'sk-…cdef', buckets: [], ...fresh },
      { id: 'b', provider: 'openai', group: 'b', label: '…', buckets: [], ...fresh },
      { id: 'ollama-keyless', provider: 'ollama', group: 'ollama-keyless', label: 'keyless', buckets: [], ...fresh },
    ]);
    expect(keys.get('a')).toEqual(keys.list()[0]);
    expect(keys.get('nobody')).toBeUndefined();
    expect(keys.get('__proto__')).toBeUndefined();
  });

  test('a snapshot does not change afterwards, and changing it changes nothing', () => {
    const { keys } = setUp();
    const before = keys.list();
    keys.disable('a');
    expect(before[0]?.state).toBe('ready');
    before.length = 0;
    expect(keys.list()).toHaveLength(3);
  });

  test('a key is expired from its time on', async () => {
    const { keys, clock } = setUp([{ secret: KEY, id: 'a', expiresAt: Date.UTC(2026, 0, 1, 0, 0, 1) }]);
    await clock.advance(999);
    expect(keys.get('a')?.state).toBe('ready');
    await clock.advance(1);
    expect(keys.get('a')?.state).toBe('expired');
  });

  test('print no secret', () => {
    expect(JSON.stringify(setUp().keys.list())).not.toContain('0123456789');
  });
});

describe('add', () => {
  test('takes a text or an object, returns the id, and gives the limits of the provider', () => {
    const { keys, pool } = setUp();
    const id = keys.add('openai', 'another-key-text');
    expect(id).toMatch(/^openai-[0-9a-f]{8}$/);
    expect(keys.get(id)).toMatchObject({ provider: 'openai', group: id, state: 'ready' });
    expect(pool.ring.get(id)?.input.limits.buckets).toMatchObject([{ counts: 'requests', limit: 60 }]);
    expect(keys.add('openai', { secret: 'third-key-text', id: 'c', limits: { rpm: 5 } })).toBe('c');
    expect(pool.ring.get('c')?.input.limits.buckets).toMatchObject([{ limit: 5 }]);
  });

  test.each<[string, unknown, string]>([
    ['mine', KEY, 'Cannot add the key as the provider must be one of openai, ollama: current value is "mine"'],
    ['constructor', KEY, 'Cannot add the key as the provider must be one of openai, ollama: current value is "constructor"'],
    ['openai', { secret: 'other-text', id: 'a' }, "Cannot add the key as ids are unique in a client: current value is 'a'"],
    ['openai', 'bad key', "Cannot add the key as 'key' must be a key without spaces"],
    ['openai', '', `Cannot add the key as 'key' must be a key: current value is ""`],
    ['openai', undefined, "Cannot add the key as 'key' must be a key or { secret, … }: current value is undefined"],
    ['openai', [KEY], "Cannot add the key as 'key' must be a key or { secret, … }: current value is an array of 1"],
    ['openai', { secret: 'other-text', wieght: 2 }, "Cannot add the key with 'key' as 'wieght' is no known option: did you mean 'weight'?"],
    ['openai', { secret: 'other-text', id: 'c', group: 'org', limits: { rpm: 5 } }, "Cannot add the key 'c' as limits belong to the group"],
  ])('to %s of %j is refused', (provider, key, reason) => {
    const { keys } = setUp();
    expect(refusal(() => keys.add(provider, key as string))).toContain(reason);
    expect(keys.list()).toHaveLength(3);
  });
});

describe('remove', () => {
  test('takes a key out, once; its id is free then', () => {
    const { keys } = setUp();
    expect([keys.remove('a'), keys.remove('a'), keys.remove('nobody')]).toEqual([true, false, false]);
    expect(keys.get('a')).toBeUndefined();
    expect(keys.add('openai', { secret: KEY, id: 'a' })).toBe('a');
  });
});

describe('disable, enable and reset', () => {
  test('a disabled key stays so until a person enables or resets it', () => {
    const { keys, recovered } = setUp();
    keys.disable('a');
    keys.disable('a');
    expect(keys.get('a')?.state).toBe('disabled');
    keys.enable('a');
    expect(keys.get('a')?.state).toBe('ready');
    keys.disable('a');
    keys.reset('a');
    expect(keys.get('a')?.state).toBe('ready');
    expect(recovered).toEqual(['a', 'a']);
  });

  test('reset forgets what is held against a key, its group, organisation and provider; enable keeps it', () => {
    const { keys, pool, clock } = setUp();
    const key = pool.ring.get('a');
    if (key === undefined) throw new Error('No such key');
    const { group } = key;
    group.provider.tie(group, 'org-1');
    const now = clock.now();
    for (const holds of [key.holds, group.holds, group.organization?.holds, group.provider.holds]) {
      holds?.refuse(
        { verdict: fakeVerdict('rate_limited'), scope: 'key', model: undefined, sentAt: now, now, bucketAt: undefined },
        () => 0,
      );
    }
    keys.enable('a');
    expect(keys.get('a')).toMatchObject({ state: 'cooling', organization: 'org-1', holds: [{}, {}, {}, {}] });
    keys.reset('a');
    expect(keys.get('a')).toMatchObject({ state: 'ready', holds: [] });
    expect(keys.get('a')?.reason).toBeUndefined();
  });

  test('enabling a key that is usable is no recovery', () => {
    const { keys, recovered } = setUp();
    keys.enable('a');
    keys.reset('a');
    expect(recovered).toEqual([]);
  });

  test.each(['disable', 'enable', 'reset'] as const)('%s of an id that nobody has is a ConfigError', (task) => {
    const { keys } = setUp();
    expect(() => keys[task]('nobody')).toThrow(new ConfigError(`Cannot ${task} the key as no key has this id: current value is "nobody"`));
  });
});

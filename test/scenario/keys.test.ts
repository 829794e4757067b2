import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ConfigError, KeysExhaustedError, type KeysLike } from '../../src/index.ts';
import { Secret } from '../../src/secret.ts';
import { ask, at, errorOf, group, key, nextEvent, record, secretOf, useWorld } from '../support/world.ts';

const world = useWorld();

const names = ['a', 'b', 'c'];

/** The keys that served a handful of calls. */
async function servers(client: ReturnType<typeof world.client>, calls = 6): Promise<readonly string[]> {
  const used = new Set<string>();
  for (let index = 0; index < calls; index += 1) used.add((await client.chat(ask(`${index}`))).report.key ?? 'none');
  return [...used].toSorted((a, b) => a.localeCompare(b));
}

describe('keys given as', () => {
  test.each([
    ['a text', secretOf('a'), 1],
    ['texts', [secretOf('a'), secretOf('b')], 2],
    ['the same text twice', [secretOf('a'), secretOf('a')], 1],
    ['an object', { secret: secretOf('a') }, 1],
    ['objects and texts', [{ secret: secretOf('a'), weight: 2 }, secretOf('b')], 2],
    ['a function', () => secretOf('a'), 1],
    ['an async function', async () => [secretOf('a'), { secret: secretOf('b') }], 2],
  ] as readonly (readonly [string, KeysLike, number])[])('%s are used', async (_name, keys, count) => {
    const simulator = await world.simulator({ groups: names.map((name) => group(name)) });
    const client = world.client({ providers: { openai: { baseURL: simulator.baseURL, keys } } });
    await client.chat(ask());
    expect(client.keys.list()).toHaveLength(count);
    expect(client.keys.list()[0]).toMatchObject({ id: `openai-${new Secret(secretOf('a')).fingerprint}`, label: 'sk-…cdef' });
  });

  test('an empty list with a baseURL are none: requests carry no key', async () => {
    const simulator = await world.simulator();
    const client = world.client({ providers: { local: { protocol: 'openai', baseURL: simulator.baseURL, keys: [] } } });
    expect((await client.chat(ask('Hi', { model: 'llama3:8b' }))).report).toMatchObject({
      provider: 'local',
      model: 'llama3:8b',
      key: 'local-keyless',
    });
  });
});

describe('a person', () => {
  async function open() {
    const simulator = await world.simulator({ groups: names.map((name) => group(name)) });
    return { simulator, client: world.client({ ...at(simulator, 'a', 'b'), random: Math.random }) };
  }

  test('adds a key, and it serves', async () => {
    const { client } = await open();
    expect(client.keys.add('openai', key('c'))).toBe('c');
    expect(await servers(client, 60)).toEqual(names);
  });

  test('adds a key, and a call that waits for one is served by it', async () => {
    const { client, simulator } = await open();
    simulator.fail({ kind: 'rate_limit', retryAfterMs: 30_000, times: 2 });
    const call = client.chat(ask());
    await nextEvent(client, 'key-held', 2);
    await turn();
    client.keys.add('openai', key('c'));
    expect((await call).report.key).toBe('c');
  });

  test('removes a key: its request in flight goes on, and no other begins', async () => {
    const { client, simulator } = await open();
    client.keys.remove('b');
    const call = client.chat(ask());
    await simulator.until(({ received }) => received === 1);
    expect([client.keys.remove('a'), client.keys.remove('a'), client.keys.get('a')]).toEqual([true, false, undefined]);
    expect((await call).report.key).toBe('a');
    const error = await errorOf(client.chat(ask()), KeysExhaustedError);
    expect(error).toMatchObject({ retryAt: undefined, keys: [] });
  });

  test('disables and enables a key', async () => {
    const { client } = await open();
    const recovered = nextEvent(client, 'key-recovered');
    client.keys.disable('a');
    expect(client.keys.get('a')?.state).toBe('disabled');
    expect(await servers(client)).toEqual(['b']);
    client.keys.enable('a');
    expect(await recovered).toMatchObject({ key: 'a' });
    expect(await servers(client, 60)).toEqual(['a', 'b']);
  });

  test('resets a key: what is held against it is forgotten', async () => {
    const { client, simulator } = await open();
    client.keys.disable('b');
    simulator.key('a').set('spent');
    await errorOf(client.chat(ask()), KeysExhaustedError);
    expect(client.keys.get('a')?.state).toBe('exhausted');
    simulator.key('a').set('ok');
    client.keys.reset('a');
    expect(client.keys.get('a')).toMatchObject({ state: 'ready', holds: [] });
    expect((await client.chat(ask())).report.key).toBe('a');
  });

  test('is told when there is no such key or provider', async () => {
    const { client } = await open();
    for (const change of ['disable', 'enable', 'reset'] as const) {
      expect(() => client.keys[change]('none')).toThrow(
        new ConfigError(`Cannot ${change} the key as no key has this id: current value is "none"`),
      );
    }
    expect(() => client.keys.add('none', secretOf('c'))).toThrow(
      /^Cannot add the key as the provider must be one of openai: current value is "none"$/,
    );
    expect(() => client.keys.add('openai', key('a'))).toThrow(ConfigError);
  });

  test('sees what each key did', async () => {
    const { client, simulator } = await open();
    client.keys.disable('b');
    const { usage } = await client.chat(ask());
    expect(client.keys.get('a')).toMatchObject({
      id: 'a',
      provider: 'openai',
      group: 'a',
      label: 'sk-…cdef',
      state: 'ready',
      inFlight: 0,
      totals: { calls: 1, attempts: 1, errors: 0, tokens: usage?.total_tokens },
    });
    expect(simulator.key('a').stats().tokens).toBe(usage?.total_tokens);
  });
});

test('a key that expires is not used after that', async () => {
  const clock = world.clock();
  const simulator = await world.simulator({ groups: names.map((name) => group(name)) });
  const client = world.client({ ...at(simulator, key('a', { expiresAt: clock.now() + 5_000 })), clock });
  await client.chat(ask());
  await clock.advance(5_000);
  expect(client.keys.get('a')?.state).toBe('expired');
  const error = await errorOf(client.chat(ask()), KeysExhaustedError);
  expect(error).toMatchObject({ retryAt: undefined, keys: [{ id: 'a', state: 'expired' }] });
});

describe('a key function', () => {
  async function open(load: () => unknown, refreshMs = 60_000) {
    const clock = world.clock();
    const simulator = await world.simulator({ groups: names.map((name) => group(name)) });
    const keys = load as () => string;
    const client = world.client({ providers: { openai: { baseURL: simulator.baseURL, keys, refreshMs } }, clock });
    return { clock, client, simulator, failed: record(client, 'keys-refresh-failed') };
  }

  test('is asked before the first call, once for many, and again in the background', async () => {
    let asked = 0;
    const { client, clock } = await open(async () => key(names[asked++] ?? 'c'));
    const first = await Promise.all([client.chat(ask('1')), client.chat(ask('2'))]);
    expect([asked, first.map(({ report }) => report.key)]).toEqual([1, ['a', 'a']]);
    await clock.advance(60_000);
    expect([asked, (await client.chat(ask('3'))).report.key, client.keys.list().map(({ id }) => id)]).toEqual([2, 'b', ['b']]);
    await clock.advance(60_000);
    expect([asked, (await client.chat(ask('4'))).report.key]).toEqual([3, 'c']);
  });

  test.each([
    [
      'throws',
      () => Promise.reject(new Error('the vault is sealed')),
      "Cannot load the keys of 'openai' as the function failed: the vault is sealed",
    ],
    ['answers []', () => [], "Cannot load the keys of 'openai' as the function answered no key"],
    ['answers nothing', () => undefined, "Cannot load the keys of 'openai' as the function answered no key"],
  ])('that %s later keeps the last good list, and says so', async (_name, later, reason) => {
    let good = true;
    const { client, clock, failed } = await open(() => (good ? [key('a'), key('b')] : later()));
    await client.ready();
    good = false;
    await clock.advance(60_000);
    expect(client.keys.list().map(({ id }) => id)).toEqual(['a', 'b']);
    expect(failed).toEqual([{ name: 'keys-refresh-failed', payload: { provider: 'openai', reason } }]);
    await client.chat(ask());
    good = true;
    await clock.advance(60_000);
    expect(failed).toHaveLength(1);
  });

  test('that fails at first fails the calls that wait for it, and is asked again by the next', async () => {
    let asked = 0;
    const { client } = await open(() => ((asked += 1) === 1 ? Promise.reject(new Error('not yet')) : key('a')));
    const errors = await Promise.all([errorOf(client.chat(ask()), ConfigError), errorOf(client.ready(), ConfigError)]);
    expect(errors.map(({ message }) => message)).toEqual(
      Array.from({ length: 2 }, () => "Cannot load the keys of 'openai' as the function failed: not yet"),
    );
    expect((await client.chat(ask())).report.key).toBe('a');
    expect(asked).toBe(2);
  });

  test('keeps the state of a key that stays, and forgets that of one that was changed', async () => {
    let secret = secretOf('a');
    const { client, clock, simulator } = await open(() => ({ id: 'a', secret }));
    simulator.key('a').set('dead');
    await errorOf(client.chat(ask()), Error);
    expect(client.keys.get('a')?.state).toBe('invalid');
    await clock.advance(60_000);
    expect(client.keys.get('a')?.state).toBe('invalid');
    secret = secretOf('b');
    await clock.advance(60_000);
    expect(client.keys.get('a')?.state).toBe('ready');
    expect((await client.chat(ask())).report.key).toBe('a');
  });
});

describe('a malformed key of AWS', () => {
  const ID = 'AKIAIOSFODNN7EXAMPLE';
  const good = `${ID}:wJalrXUtnFEMI`;

  test('is refused where it is given, and never by a call', async () => {
    const simulator = await world.simulator({ groups: [{ id: 'a', keys: [{ secret: good, id: 'a' }] }] });
    const provider = { protocol: 'bedrock', baseURL: simulator.baseURLs.bedrock } as const;
    expect(() => world.client({ providers: { aws: { ...provider, keys: [good, `${ID}:`] } } })).toThrow(ConfigError);
    const client = world.client({ providers: { aws: { ...provider, keys: good } } });
    expect(() => client.keys.add('aws', ID)).toThrow(/'key' must be ACCESS_KEY_ID:SECRET_ACCESS_KEY/);
    expect(client.keys.list()).toHaveLength(1);
    expect((await client.chat(ask('Hi', { model: 'aws/anthropic.claude-sonnet-4-5-20250929-v1:0' }))).text).not.toBe('');
  });

  test('of a function leaves the last good list as it is, and is told', async () => {
    const clock = world.clock();
    const lists = [[good], [good, `${ID}:`]];
    const keys = () => lists.shift() ?? [good];
    const client = world.client({ providers: { bedrock: { keys, refreshMs: 1_000 } }, clock });
    await client.ready();
    const told = nextEvent(client, 'keys-refresh-failed');
    await clock.advance(1_000);
    expect(await told).toMatchObject({ provider: 'bedrock', reason: expect.stringContaining('must be ACCESS_KEY_ID:SECRET_ACCESS_KEY') });
    expect(client.keys.list()).toMatchObject([{ state: 'ready' }]);
  });
});

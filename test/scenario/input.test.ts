import { describe, expect, test } from 'vitest';
import { ConfigError, createClient, RequestError } from '../../src/index.ts';
import { ask, at, errorOf, group, key, secretOf, useWorld } from '../support/world.ts';

// What a program gets wrong, in plain JavaScript as well: the right class, the field, the reason, the current value, before any network use.

const world = useWorld();

/** What a program in plain JavaScript may pass: it fits everywhere. */
function loose(value: unknown): never {
  return value as never;
}

const openai = { keys: [secretOf('a')] };
const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

describe('createClient', () => {
  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['no object', 5, /^Cannot create the client as the options must be an object.*: current value is 5$/],
    ['an unknown option', { providrs: {} }, /'providrs' is no known option: did you mean 'providers'\?/],
    ['an unknown option like none', { zzzzzzz: 1 }, /'zzzzzzz' is no known option: known are providers, /],
    [
      'a wrong option',
      { providers: { openai }, retry: { attempts: 0 } },
      /^Cannot create the client as 'retry\.attempts' must be an integer from 1: current value is 0$/,
    ],
    [
      'an option of a wrong type',
      { providers: { openai }, connectTimeoutMs: '5s' },
      /'connectTimeoutMs' must be .*: current value is "5s"$/,
    ],
    [
      'an unknown option further down',
      { providers: { openai: { ...openai, limits: { rpmm: 5 } } } },
      /'providers\.openai\.limits\.rpmm' is no known option: did you mean 'rpm'\?/,
    ],
    [
      'an unknown option of the cache',
      { providers: { openai }, cache: { ttl: 5 } },
      /'cache\.ttl' is no known option: did you mean 'ttlMs'\?/,
    ],
    [
      'a wrong bucket',
      { providers: { openai: { ...openai, limits: { buckets: [{ counts: 'words', limit: 1, windowMs: 1 }] } } } },
      /'providers\.openai\.limits\.buckets\.0\.counts' must be .*: current value is "words"$/,
    ],
    ['a clock that is none', { providers: { openai }, clock: { now: 5 } }, /'clock' must be a clock: current value is an object$/],
    ['a store that is none', { providers: { openai }, cache: { store: { get: () => 1 } } }, /'cache\.store'/],
    [
      'a dispatcher and a fetch',
      { providers: { openai }, dispatcher: { dispatch: () => true }, fetch: () => {} },
      /'dispatcher' and 'fetch' exclude each other/,
    ],
    ['no provider', { providers: {} }, /'providers' must name at least one: current value is an empty object$/],
    ['an unknown provider', { providers: { openia: openai } }, /'providers\.openia' is no known provider.*did you mean 'openai'\?/],
    [
      'a provider of one’s own without an address',
      { providers: { mine: { protocol: 'openai', keys: [] } } },
      /'providers\.mine\.baseURL' is missing/,
    ],
    [
      'a provider’s name with a slash',
      { providers: { 'a/b': { protocol: 'openai', baseURL: 'http://x/v1', keys: [] } } },
      /current value is "a\/b"$/,
    ],
    [
      'an address that is none',
      { providers: { openai: { ...openai, baseURL: 'api.openai.com' } } },
      /'providers\.openai\.baseURL' must be an http or https URL.*: current value is "api\.openai\.com"$/,
    ],
    ['no key at all', {}, /no key was found in the environment/],
    ['no key for a provider', { providers: { openai: {} } }, /'providers\.openai\.keys' is missing/],
    ['an empty list of keys', { providers: { openai: { keys: [] } } }, /'providers\.openai\.keys' is empty/],
    ['an empty key', { providers: { openai: { keys: ['', 'sk-b'] } } }, /'providers\.openai\.keys\.0' must be a key: current value is ""$/],
    [
      'a key with a line break',
      { providers: { openai: { keys: ['sk-a\n'] } } },
      /'providers\.openai\.keys\.0' must be a key without .*: current value is a string of 5 characters with a line break$/,
    ],
    ['a key with a space', { providers: { openai: { keys: [{ secret: 'sk a' }] } } }, /current value is a string of 4 characters$/],
    [
      'a key that is a number',
      { providers: { openai: { keys: [5] } } },
      /'providers\.openai\.keys\.0' must be a key or \{ secret, … \}: current value is 5$/,
    ],
    [
      'an unknown option of a key',
      { providers: { openai: { keys: [{ secret: 'sk-a', wieght: 2 }] } } },
      /'wieght' is no known option: did you mean 'weight'\?/,
    ],
    [
      'a key that expires never',
      { providers: { openai: { keys: [{ secret: 'sk-a', expiresAt: 'soon' }] } } },
      /'providers\.openai\.keys\.0\.expiresAt' must be a date.*: current value is "soon"$/,
    ],
    [
      'two keys of one id',
      { providers: { openai: { keys: [key('a'), key('b', { id: 'a' })] } } },
      /ids of keys are unique in a client: current value is 'a' twice$/,
    ],
    [
      'unlike limits in one group',
      { providers: { openai: { keys: [key('a', { group: 'g', limits: { rpm: 1 } }), key('b', { group: 'g', limits: { rpm: 2 } })] } } },
      /limits belong to the group/,
    ],
    [
      'an alias to nothing',
      { providers: { openai, local: { protocol: 'openai', baseURL: 'http://x/v1', keys: [] } }, models: { fast: ['none/m'] } },
      /'models\.fast' must name models of configured providers: current value is "none\/m"$/,
    ],
    [
      'an alias to an alias',
      {
        providers: { openai, local: { protocol: 'openai', baseURL: 'http://x/v1', keys: [] } },
        models: { fast: ['openai/m'], faster: ['fast'] },
      },
      /aliases do not nest: current value is "fast"$/,
    ],
    [
      'an alias without targets',
      { providers: { openai }, models: { fast: [] } },
      /'models\.fast' must be a target or a non-empty array of targets/,
    ],
  ];
  test.each(wrong)('refuses %s', (_name, options, message) => {
    expect(() => createClient(loose(typeof options === 'object' ? { env: {}, ...options } : options))).toThrow(ConfigError);
    expect(() => createClient(loose(typeof options === 'object' ? { env: {}, ...options } : options))).toThrow(message);
  });
});

describe('a call', () => {
  async function open() {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ ...at(simulator, 'a'), models: { fast: 'openai/gpt-5-mini' }, cache: true });
    return { simulator, client };
  }

  const requests: readonly (readonly [string, unknown, RegExp])[] = [
    ['no object', 'Hi', /must be an object: current value is "Hi"$/],
    ['no model', { messages: ask().messages }, /'model' must be a non-empty string: current value is undefined$/],
    ['no messages', { model: 'm' }, /'messages' must be a non-empty array: current value is undefined$/],
    ['empty messages', { ...ask(), messages: [] }, /'messages' must be a non-empty array: current value is an array of 0$/],
    ['a message that is none', { ...ask(), messages: ['Hi'] }, /'messages\[0\]' must be an object: current value is "Hi"$/],
    [
      'an unknown role',
      { ...ask(), messages: [{ role: 'robot', content: 'Hi' }] },
      /'messages\[0\]\.role' must be one of .*: current value is "robot"$/,
    ],
    [
      'a message without content',
      { ...ask(), messages: [{ role: 'user' }] },
      /'messages\[0\]\.content' must be .*: current value is undefined$/,
    ],
    ['a stream that is no boolean', { ...ask(), stream: 'yes' }, /'stream' must be a boolean: current value is "yes"$/],
    ['a BigInt', { ...ask(), seed: 5n }, /'seed' must be JSON.*: current value is 5$/],
    ['a BigInt further down', { ...ask(), metadata: { deep: [5n] } }, /must be JSON,? without .*BigInt: current value is /],
    ['a cycle', { ...ask(), metadata: cycle }, /must be JSON,? without cycles/],
    ['a function', { ...ask(), tools: () => {} }, /'tools' must be .*: current value is a function$/],
    [
      'a number that JSON does not have',
      { ...ask(), temperature: Number.NaN },
      /'temperature' must be a finite number: current value is NaN$/,
    ],
  ];
  test.each(requests)('with %s is refused with a RequestError that never left', async (_name, request, message) => {
    const { simulator, client } = await open();
    for (const options of [{}, { cache: false as const }]) {
      const error = await errorOf(client.chat(loose(request), options), RequestError);
      expect(error.message).toMatch(message);
      expect(error).toMatchObject({ code: 'invalid_request', class: 'bad_request', status: undefined });
    }
    expect([simulator.stats().received, client.keys.get('a')?.inFlight]).toEqual([0, 0]);
  });

  const options: readonly (readonly [string, unknown, RegExp])[] = [
    ['an unknown option', { timeout: 5 }, /^Cannot start the call as 'timeout' is no known option: did you mean 'timeoutMs'\?$/],
    ['a wrong option', { maxWaitMs: -1 }, /^Cannot start the call as 'maxWaitMs' must be a number of ms from 0: current value is -1$/],
    ['a signal that is none', { signal: {} }, /'signal' must be an AbortSignal: current value is an object$/],
    ['an unknown cache mode', { cache: 'always' }, /'cache' must be .*: current value is "always"$/],
    ['tags that are no texts', { tags: { user: 5 } }, /'tags\.user' must be a string: current value is 5$/],
    ['an option that is no object', 'fast', /must be an object/],
  ];
  test.each(options)('with %s is refused with a ConfigError', async (_name, given, message) => {
    const { simulator, client } = await open();
    const error = await errorOf(client.chat(ask(), loose(given)), ConfigError);
    expect(error.message).toMatch(message);
    expect(simulator.stats().received).toBe(0);
  });

  test('to a model of nobody is refused with the names there are', async () => {
    const simulator = await world.simulator();
    const local = { protocol: 'openai', baseURL: simulator.baseURL, keys: [] } as const;
    const client = world.client({ providers: { one: local, two: local }, models: { fast: 'one/m' } });
    const error = await errorOf(client.chat(ask('Hi', { model: 'gpt-5-mini' })), RequestError);
    expect(error.message).toBe(
      'Cannot start the call as \'model\' must be an alias or name a configured provider, use one of fast, one/…, two/…: current value is "gpt-5-mini"',
    );
    await expect(client.chat(ask('Hi', { model: 'fasd' }))).rejects.toThrow("did you mean 'fast'?");
    expect(simulator.stats().received).toBe(0);
  });

  test('for embeddings is checked the same way', async () => {
    const { simulator, client } = await open();
    const wrong: readonly (readonly [unknown, RegExp])[] = [
      [{ model: 'm' }, /'input' must be .*: current value is undefined$/],
      [{ model: 'm', input: '' }, /'input' must not be empty: current value is ""$/],
      [{ model: 'm', input: [{}] }, /'input\[0\]' must be .*: current value is an object$/],
    ];
    for (const [request, message] of wrong) {
      expect((await errorOf(client.embed(loose(request)), RequestError)).message).toMatch(message);
    }
    expect(simulator.stats().received).toBe(0);
  });
});

test('a header of the provider’s options that cannot be sent is refused with the options', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const options = { providers: { openai: { baseURL: simulator.baseURL, keys: [key('a')], headers: { 'x-note': 'a\nb' } } } };
  expect(() => world.client(options)).toThrow(ConfigError);
  expect(() => world.client(options)).toThrow(/x-note/);
});

test('keys that are added later are checked like the first ones', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client(at(simulator, 'a'));
  expect(() => client.keys.add('openai', 'sk-b\r\nx-evil: 1')).toThrow(/with a line break$/);
  expect(() => client.keys.add('openai', loose({ secret: 5 }))).toThrow(ConfigError);
  expect(client.keys.list()).toHaveLength(1);
});

test('close() with a wrong option is refused, and the client goes on', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client(at(simulator, 'a'));
  await expect(client.close(loose({ timeout: 5 }))).rejects.toThrow(/'timeout' is no known option: did you mean 'timeoutMs'\?/);
  expect((await client.chat(ask())).text).not.toBe('');
});

import { describe, expect, test } from 'vitest';
import { checkCallOptions, checkCloseOptions } from '../../src/options/schema.ts';
import { KEY, type Loose, refusal, resolve } from './support.ts';

const ofProvider = (options: Loose): Loose => ({ providers: { openai: { keys: [KEY], ...options } } });
const ofLimits = (limits: Loose): Loose => ofProvider({ limits });
const ofBucket = (bucket: Loose): Loose => ofLimits({ buckets: [{ counts: 'requests', limit: 5, windowMs: 1000, ...bucket }] });
const ofKey = (key: Loose): Loose => ofProvider({ keys: [{ secret: KEY, ...key }] });

type Row = readonly [options: unknown, reason: string];

const ABOVE_0 = 'a number above 0';
const FROM_1 = 'an integer from 1';
const MS = 'a number of ms from 0';

describe('a wrong client option names itself, the reason and the current value', () => {
  test.each<Row>([
    [{ providers: 5 }, `'providers' must be an object of providers: current value is 5`],
    [{ providers: {} }, `'providers' must name at least one: current value is an empty object`],
    [{ providers: [] }, `'providers' must be an object of providers: current value is an array of 0`],
    [{ providers: new Map() }, `'providers' must be an object of providers: current value is an object`],
    [{ providers: { openai: 5 } }, `'providers.openai' must be an object of provider options: current value is 5`],
    [{ providers: { openai: [KEY] } }, `'providers.openai' must be an object of provider options: current value is an array of 1`],
    [
      ofProvider({ protocol: 'grpc' }),
      `'providers.openai.protocol' must be 'openai', 'anthropic', 'google', 'cohere' or 'bedrock': current value is "grpc"`,
    ],
    [ofProvider({ baseURL: '' }), `'providers.openai.baseURL' must be a non-empty string: current value is ""`],
    [ofProvider({ limits: [] }), `'providers.openai.limits' must be an object of limits: current value is an array of 0`],
    [ofProvider({ refreshMs: 0 }), `'providers.openai.refreshMs' must be ${ABOVE_0}: current value is 0`],
    [
      ofProvider({ headers: new Headers({ a: 'b' }) }),
      `'providers.openai.headers' must be an object of strings: current value is an object`,
    ],
    [ofProvider({ headers: { 'x-team': 5 } }), `'providers.openai.headers.x-team' must be a string: current value is a number`],
    [ofProvider({ query: { v: null } }), `'providers.openai.query.v' must be a string: current value is null`],
    [ofProvider({ organization: '' }), `'providers.openai.organization' must be a non-empty string: current value is ""`],
    [ofProvider({ project: 1 }), `'providers.openai.project' must be a string: current value is 1`],
    [ofProvider({ region: 1 }), `'providers.openai.region' must be a string: current value is 1`],
    [ofProvider({ location: 1 }), `'providers.openai.location' must be a string: current value is 1`],
    [ofProvider({ apiVersion: 1 }), `'providers.openai.apiVersion' must be a string: current value is 1`],
    [ofLimits({ rpm: 0 }), `'providers.openai.limits.rpm' must be a number from 1: current value is 0`],
    [ofLimits({ tpm: '5' }), `'providers.openai.limits.tpm' must be a number from 1: current value is "5"`],
    [ofLimits({ rpd: -1 }), `'providers.openai.limits.rpd' must be a number from 1: current value is -1`],
    [ofLimits({ tpd: Number.NaN }), `'providers.openai.limits.tpd' must be a number from 1: current value is NaN`],
    [ofLimits({ concurrency: 1.5 }), `'providers.openai.limits.concurrency' must be ${FROM_1}: current value is 1.5`],
    [ofLimits({ concurrency: 0 }), `'providers.openai.limits.concurrency' must be ${FROM_1}: current value is 0`],
    [ofLimits({ minTimeMs: -1 }), `'providers.openai.limits.minTimeMs' must be ${MS}: current value is -1`],
    [ofLimits({ minTimeMs: Infinity }), `'providers.openai.limits.minTimeMs' must be a finite number: current value is Infinity`],
    [ofLimits({ buckets: {} }), `'providers.openai.limits.buckets' must be an array of buckets: current value is an object`],
    [ofLimits({ buckets: [5] }), `'providers.openai.limits.buckets.0' must be a bucket: current value is 5`],
    [
      ofBucket({ counts: 'calls' }),
      `'providers.openai.limits.buckets.0.counts' must be 'requests', 'tokens', 'input' or 'output': current value is "calls"`,
    ],
    [ofBucket({ limit: 0.5 }), `'providers.openai.limits.buckets.0.limit' must be a number from 1: current value is 0.5`],
    [ofBucket({ windowMs: Infinity }), `'providers.openai.limits.buckets.0.windowMs' must be a finite number: current value is Infinity`],
    [ofBucket({ burst: 0 }), `'providers.openai.limits.buckets.0.burst' must be a number from 1: current value is 0`],
    [
      ofBucket({ kind: 'leaky' }),
      `'providers.openai.limits.buckets.0.kind' must be 'refill', 'fixed' or 'sliding': current value is "leaky"`,
    ],
    [ofBucket({ models: 'gpt-*' }), `'providers.openai.limits.buckets.0.models' must be an array of strings: current value is "gpt-*"`],
    [ofLimits({ buckets: [{ limit: 5, windowMs: 5 }] }), `'providers.openai.limits.buckets.0.counts' is missing`],
    [ofLimits({ buckets: [{ counts: 'tokens', windowMs: 5 }] }), `'providers.openai.limits.buckets.0.limit' is missing`],
    [ofLimits({ buckets: [{ counts: 'tokens', limit: 5 }] }), `'providers.openai.limits.buckets.0.windowMs' is missing`],
    [{ models: ['a'] }, `'models' must be an object of aliases: current value is an array of 1`],
    [{ models: { fast: 5 } }, `'models.fast' must be a target or a non-empty array of targets: current value is 5`],
    [{ models: { fast: [] } }, `'models.fast' must be a target or a non-empty array of targets: current value is an array of 0`],
    [{ models: { fast: {} } }, `'models.fast.targets' is missing`],
    [{ models: { fast: { targets: [] } } }, `'models.fast.targets' must be a non-empty array of targets: current value is an array of 0`],
    [{ models: { fast: { targets: [5] } } }, `'models.fast.targets.0' must be a target: current value is 5`],
    [{ models: { fast: { targets: [{ weight: 1 }] } } }, `'models.fast.targets.0.model' is missing`],
    [
      { models: { fast: { targets: [{ model: 'a', weight: 0 }] } } },
      `'models.fast.targets.0.weight' must be a number above 0: current value is 0`,
    ],
    [
      { models: { fast: { targets: [{ model: 'a', price: { input: -1, output: 1 } }] } } },
      `'models.fast.targets.0.price.input' must be a number of USD from 0: current value is -1`,
    ],
    [
      { models: { fast: { targets: ['a'], balance: 'speed' } } },
      `'models.fast.balance' must be 'order', 'cost', 'latency' or 'weight': current value is "speed"`,
    ],
    [{ models: { fast: { targets: ['a'], balanced: 'cost' } } }, `'models.fast.balanced' is no known option: did you mean 'balance'?`],
    [{ models: { fast: ['openai/a', ''] } }, `'models.fast.1' must be a non-empty string: current value is ""`],
    [{ cache: 'yes' }, `'cache' must be a boolean or an object of cache options: current value is "yes"`],
    [{ cache: null }, `'cache' must be a boolean or an object of cache options: current value is null`],
    [{ cache: { store: { get: () => 1 } } }, `'cache.store' must be a Keyv store: current value is an object`],
    [{ cache: { ttlMs: 0 } }, `'cache.ttlMs' must be ${ABOVE_0}: current value is 0`],
    [{ cache: { staleMs: -1 } }, `'cache.staleMs' must be ${MS}: current value is -1`],
    [{ cache: { staleAfterMs: '1' } }, `'cache.staleAfterMs' must be ${MS}: current value is "1"`],
    [{ cache: { maxEntries: 0 } }, `'cache.maxEntries' must be ${FROM_1}: current value is 0`],
    [{ cache: { maxBytes: 0.5 } }, `'cache.maxBytes' must be ${FROM_1}: current value is 0.5`],
    [{ cache: { namespace: '' } }, `'cache.namespace' must be a non-empty string: current value is ""`],
    [{ retry: 3 }, `'retry' must be an object of retry options: current value is 3`],
    [{ retry: { attempts: 0 } }, `'retry.attempts' must be ${FROM_1}: current value is 0`],
    [{ retry: { timeoutMs: 0 } }, `'retry.timeoutMs' must be ${ABOVE_0}: current value is 0`],
    [{ retry: { maxWaitMs: -1 } }, `'retry.maxWaitMs' must be ${MS}: current value is -1`],
    [{ maxRotations: 1.5 }, `'maxRotations' must be an integer from 0: current value is 1.5`],
    [{ connectTimeoutMs: '10s' }, `'connectTimeoutMs' must be ${ABOVE_0}: current value is "10s"`],
    [{ firstTokenTimeoutMs: 0 }, `'firstTokenTimeoutMs' must be ${ABOVE_0}: current value is 0`],
    [{ idleTimeoutMs: Number.NaN }, `'idleTimeoutMs' must be ${ABOVE_0}: current value is NaN`],
    [{ limitNear: [0.5, 1] }, `'limitNear.1' must be an array of numbers above 0 and below 1: current value is 1`],
    [{ limitNear: 0.5 }, `'limitNear' must be an array of numbers above 0 and below 1: current value is 0.5`],
    [{ fallbackAfterMs: -1 }, `'fallbackAfterMs' must be ${MS}: current value is -1`],
    [{ dispatcher: {} }, `'dispatcher' must be an undici dispatcher: current value is an object`],
    [{ fetch: 'fetch' }, `'fetch' must be a function: current value is "fetch"`],
    [{ clock: { now: () => 0 } }, `'clock' must be a clock: current value is an object`],
    [{ random: 0.5 }, `'random' must be a function: current value is 0.5`],
    [{ env: { A: 5 } }, `'env.A' must be a string: current value is a number`],
    [ofKey({ id: '' }), `'id' must be a non-empty string: current value is ""`],
    [ofKey({ group: 5 }), `'group' must be a string: current value is 5`],
    [ofKey({ weight: 0 }), `'weight' must be ${ABOVE_0}: current value is 0`],
    [ofKey({ weight: Infinity }), `'weight' must be a finite number: current value is Infinity`],
    [ofKey({ models: 'gpt-*' }), `'models' must be an array of strings: current value is "gpt-*"`],
    [ofKey({ expiresAt: true }), `'expiresAt' must be a date, its ISO text or epoch ms: current value is true`],
    [ofKey({ expiresAt: new Date(Number.NaN) }), `'expiresAt' must be a date, its ISO text or epoch ms: current value is an object`],
    [ofKey({ limits: { rpm: 0 } }), `'limits.rpm' must be a number from 1: current value is 0`],
  ])('%#: %j', (options, reason) => {
    const message = refusal(() => resolve(options as Loose));
    expect(message).toMatch(/^Cannot create the client (with '[\w.]+' )?as '/);
    expect(message).toContain(reason);
  });

  test.each([['sk-secret-as-options'], [5], [null], [[]]])('options that are none: %j', (options) => {
    expect(refusal(() => checkCallOptions(options))).toMatch(
      /^Cannot start the call as the options must be an object of call options: current value is /,
    );
  });
});

describe('an unknown option is an error at every level, with a suggestion', () => {
  test.each<Row>([
    [{ provider: {} }, `'provider' is no known option: did you mean 'providers'?`],
    [{ timeoutMs: 5 }, `'timeoutMs' is no known option: known are providers, models, cache, retry, `],
    [{ constructor: 5 }, `'constructor' is no known option: known are `],
    [ofProvider({ key: 'a' }), `'providers.openai.key' is no known option: did you mean 'keys'?`],
    [ofProvider({ baseUrl: 'https://a.test' }), `'providers.openai.baseUrl' is no known option: did you mean 'baseURL'?`],
    [ofLimits({ rpmm: 5 }), `'providers.openai.limits.rpmm' is no known option: did you mean 'rpm'?`],
    [ofBucket({ window: 5 }), `'providers.openai.limits.buckets.0.window' is no known option: did you mean 'windowMs'?`],
    [ofKey({ weigth: 5 }), `with 'providers.openai.keys.0' as 'weigth' is no known option: did you mean 'weight'?`],
    [ofKey({ limits: { rmp: 5 } }), `with 'providers.openai.keys.0' as 'limits.rmp' is no known option: did you mean 'rpm'?`],
    [{ cache: { ttl: 5 } }, `'cache.ttl' is no known option: did you mean 'ttlMs'?`],
    [{ retry: { attemps: 5 } }, `'retry.attemps' is no known option: did you mean 'attempts'?`],
    [{ retry: { strategy: 'fast' } }, `'retry.strategy' is no known option: known are attempts, timeoutMs, maxWaitMs`],
  ])('%j', (options, reason) => {
    expect(refusal(() => resolve(options as Loose))).toContain(reason);
  });
});

test.each(['models', 'providers'])("a name of an object's own in %s is refused, not dropped", (option) => {
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    const value: unknown = JSON.parse(`{ ${JSON.stringify(name)}: { "baseURL": "https://a.test" } }`);
    expect(refusal(() => resolve({ [option]: value }))).toContain(`'${option}' must be an object of `);
  }
});

describe('no message shows what may be a key', () => {
  test.each<[string, Loose]>([
    ['as a provider', { providers: { openai: KEY } }],
    ['as all providers', { providers: KEY }],
    ['as limits', ofLimits(KEY as unknown as Loose)],
    ['as all headers', ofProvider({ headers: `Bearer ${KEY}` })],
    ['as a header that is a list', ofProvider({ headers: { authorization: [KEY] } })],
    ['as a query', ofProvider({ query: KEY })],
    ['as a base URL', ofProvider({ baseURL: KEY })],
    ['in a query', ofProvider({ baseURL: `https://a.test/v1?key=${KEY}` })],
    ['as a user', ofProvider({ baseURL: `https://${KEY}@a.test/v1` })],
    ['as a password', ofProvider({ baseURL: `https://me:${KEY}@a.test/v1` })],
    ['in a hash', ofProvider({ baseURL: `https://a.test/v1#${KEY}` })],
    ['as the name of an option', ofProvider({ keys: { [KEY]: 'team-a' } })],
    ['with a space', ofProvider({ keys: [`${KEY} `] })],
    ['with a line break', ofProvider({ keys: [`${KEY}\n`] })],
    ['in a list of its own', ofProvider({ keys: [[KEY]] })],
    ['as its id', ofKey({ id: KEY })],
    ['as its group', ofKey({ group: `group-${KEY}` })],
    ['as a header with a line break', ofProvider({ headers: { authorization: `${KEY}\n` } })],
  ])('%s', (_, options) => {
    expect(refusal(() => resolve(options))).not.toContain('0123456789');
  });

  test('as all options', () => {
    expect(refusal(() => checkCallOptions(KEY))).toContain('current value is a string');
  });
});

test('what a user made is taken as it is, not as a copy', () => {
  class Store {
    readonly #entries = new Map<string, unknown>();
    get = (key: string): unknown => this.#entries.get(key);
    set(key: string, value: unknown): void {
      this.#entries.set(key, value);
    }
    delete(key: string): void {
      this.#entries.delete(key);
    }
  }
  const store = new Store();
  const clock = { now: () => 0, after: () => ({ cancel: () => {} }) };
  const fetch = async () => new Response();
  const random = () => 0;
  const settings = resolve({ cache: { store }, clock, fetch, random });
  expect(settings.cache?.store).toBe(store);
  expect(settings.clock).toBe(clock);
  expect(settings.fetch).toBe(fetch);
  expect(settings.random).toBe(random);
});

describe('close options', () => {
  test.each<[unknown, string]>([
    [{ timeoutMs: -1 }, `Cannot close the client as 'timeoutMs' must be ${MS}: current value is -1`],
    [{ timeout: 5 }, `Cannot close the client as 'timeout' is no known option: did you mean 'timeoutMs'?`],
    [[], `Cannot close the client as the options must be an object of options: current value is an array of 0`],
  ])('%j', (options, message) => {
    expect(refusal(() => checkCloseOptions(options))).toBe(message);
  });

  test.each([0, 5, Infinity])('%d ms are fine', (timeoutMs) => {
    expect(checkCloseOptions({ timeoutMs })).toEqual({ timeoutMs });
  });
});

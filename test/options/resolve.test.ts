import { describe, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { DEFAULTS } from '../../src/options/resolve.ts';
import { refusal, resolve } from './support.ts';

test('an option that is left out or `undefined` is its default', () => {
  const all = {
    models: undefined,
    cache: undefined,
    retry: undefined,
    maxRotations: undefined,
    connectTimeoutMs: undefined,
    firstTokenTimeoutMs: undefined,
    idleTimeoutMs: undefined,
    fallbackAfterMs: undefined,
    dispatcher: undefined,
    fetch: undefined,
    clock: undefined,
    random: undefined,
  };
  const [left, given] = [resolve(), resolve(all)];
  expect(JSON.stringify(given)).toBe(JSON.stringify(left));
  expect(left).toMatchObject({ retry: DEFAULTS.retry, maxRotations: 8, models: new Map(), clock: systemClock, random: systemRandom });
  expect([left.cache, left.dispatcher, left.fetch]).toEqual([undefined, undefined, undefined]);
});

test('`undefined` within an option is its default too', () => {
  expect(resolve({ retry: { attempts: undefined, timeoutMs: 5 } }).retry).toEqual({ ...DEFAULTS.retry, timeoutMs: 5 });
  expect(resolve({ cache: { ttlMs: undefined, store: undefined, staleMs: 5 } }).cache).toEqual({ ...DEFAULTS.cache, staleMs: 5 });
  const limits = { rpm: undefined, concurrency: undefined, minTimeMs: undefined, buckets: undefined };
  expect(resolve({ providers: { openai: { keys: 'a', limits, headers: undefined } } }).providers).toMatchObject([
    { limits: { concurrency: undefined, minTimeMs: undefined, buckets: [] } },
  ]);
});

describe('cache', () => {
  test.each<[unknown, object | undefined]>([
    [undefined, undefined],
    [false, undefined],
    [true, DEFAULTS.cache],
    [{}, DEFAULTS.cache],
    [
      { ttlMs: 5, staleMs: Infinity },
      { ...DEFAULTS.cache, ttlMs: 5, staleMs: Infinity },
    ],
  ])('%j', (cache, resolved) => {
    expect(resolve({ cache }).cache).toEqual(resolved);
  });
});

test('a target of an alias may stand alone', () => {
  expect([...resolve({ models: { fast: 'openai/a', slow: ['openai/b', 'openai/c'] } }).models]).toEqual([
    ['fast', ['openai/a']],
    ['slow', ['openai/b', 'openai/c']],
  ]);
});

test('an alias may say who of its targets is asked first', () => {
  const price = { input: 0.15, output: 0.6 };
  const settings = resolve({
    models: {
      plain: { targets: ['openai/a', { model: 'openai/b', weight: 2 }] },
      spread: { targets: ['openai/a', { model: 'openai/b', weight: 3 }], balance: 'weight' },
      cheap: { targets: [{ model: 'openai/a', price }], balance: 'cost' },
    },
  });
  expect([...settings.models]).toEqual([
    ['plain', ['openai/a', 'openai/b']],
    ['spread', ['openai/a', 'openai/b']],
    ['cheap', ['openai/a']],
  ]);
  const target = { name: 'openai/a', weight: 1, price: undefined };
  expect([...settings.balances]).toEqual([
    ['spread', { by: 'weight', targets: [target, { name: 'openai/b', weight: 3, price: undefined }] }],
    ['cheap', { by: 'cost', targets: [{ ...target, price }] }],
  ]);
});

test('a balance by cost needs the price of every target', () => {
  const targets = [{ model: 'openai/a', price: { input: 1, output: 1 } }, 'openai/b'];
  expect(refusal(() => resolve({ models: { cheap: { targets, balance: 'cost' } } }))).toBe(
    "Cannot create the client as 'models.cheap.targets.1.price' is missing, which balance 'cost' needs",
  );
});

test('a dispatcher and a fetch exclude each other', () => {
  const dispatcher = { dispatch: () => true };
  expect(resolve({ dispatcher }).dispatcher).toBe(dispatcher);
  expect(refusal(() => resolve({ dispatcher, fetch: async () => new Response() }))).toBe(
    "Cannot create the client as 'dispatcher' and 'fetch' exclude each other: current value is both",
  );
});

test('times may be endless where that means off', () => {
  const times = { firstTokenTimeoutMs: Infinity, idleTimeoutMs: Infinity, connectTimeoutMs: Infinity, fallbackAfterMs: Infinity };
  expect(resolve({ ...times, retry: { timeoutMs: Infinity, maxWaitMs: Infinity } })).toMatchObject({
    ...times,
    retry: { timeoutMs: Infinity, maxWaitMs: Infinity },
  });
});

test('what the user changes afterwards changes nothing', () => {
  const retry = { attempts: 2 };
  const models: Record<string, string[]> = { fast: ['openai/a'] };
  const settings = resolve({ retry, models });
  retry.attempts = 5;
  models['fast']?.push('openai/b');
  expect(settings.retry.attempts).toBe(2);
  expect(settings.models.get('fast')).toEqual(['openai/a']);
});

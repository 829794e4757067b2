import { describe, expect, test } from 'vitest';
import { CacheMissError } from '../../src/errors.ts';
import { defaultCall, resolveCall } from '../../src/options/call.ts';
import type { CallOptions } from '../../src/options/types.ts';
import { type Loose, refusal, resolve } from './support.ts';

const cached = defaultCall(resolve({ cache: { ttlMs: 5000 }, retry: { timeoutMs: 9000, maxWaitMs: 700 } }));
const uncached = defaultCall(resolve());
const call = (options: Loose | undefined, defaults = cached) => resolveCall(options, defaults);

test('without options a call gets the defaults, and nothing new is made for it', () => {
  expect(call(undefined)).toBe(cached);
  expect(cached).toEqual({
    timeoutMs: 9000,
    settings: {
      attemptTimeoutMs: 9000,
      maxWaitMs: 700,
      cache: { mode: 'use', ttlMs: 5000 },
      priority: 0,
      tenant: undefined,
      affinity: undefined,
      groups: undefined,
      keys: undefined,
      hedgeAfterMs: Infinity,
      resume: false,
    },
  });
  expect(uncached.settings.cache).toEqual({ mode: 'off', ttlMs: 0 });
});

test('empty options, and `undefined` ones, are the defaults', () => {
  const options = {
    timeoutMs: undefined,
    attemptTimeoutMs: undefined,
    maxWaitMs: undefined,
    cache: undefined,
    priority: undefined,
    groups: undefined,
  };
  expect(call({})).toEqual(cached);
  expect(call({ ...options, signal: undefined, tags: undefined, onEvent: undefined })).toEqual(cached);
});

test('each option goes where it belongs', () => {
  const options = {
    signal: new AbortController().signal,
    timeoutMs: 1,
    attemptTimeoutMs: 2,
    maxWaitMs: 0,
    cache: 'refresh',
    priority: -3,
    tenant: 't',
    affinity: 'a',
    groups: ['b', 'a'],
    keys: ['d', 'c'],
    hedge: { afterMs: 3 },
    resume: true,
    tags: { a: 'b' },
    onEvent: () => {},
  };
  expect(call(options)).toEqual({
    timeoutMs: 1,
    settings: {
      attemptTimeoutMs: 2,
      maxWaitMs: 0,
      cache: { mode: 'refresh', ttlMs: 5000 },
      priority: -3,
      tenant: 't',
      affinity: 'a',
      groups: ['a', 'b'],
      keys: ['c', 'd'],
      hedgeAfterMs: 3,
      resume: true,
    },
  });
  expect(options.groups).toEqual(['b', 'a']);
});

test('an attempt has the time of its call unless it is told', () => {
  expect(call({ timeoutMs: 50 }).settings.attemptTimeoutMs).toBe(50);
});

describe('cache', () => {
  test.each<[CallOptions['cache'], object, object]>([
    [undefined, { mode: 'use', ttlMs: 5000 }, { mode: 'off', ttlMs: 0 }],
    [false, { mode: 'off', ttlMs: 5000 }, { mode: 'off', ttlMs: 0 }],
    ['refresh', { mode: 'refresh', ttlMs: 5000 }, { mode: 'off', ttlMs: 0 }],
    [{ ttlMs: 7 }, { mode: 'use', ttlMs: 7 }, { mode: 'off', ttlMs: 0 }],
  ])('%j of a client with and without one', (cache, withOne, without) => {
    expect(call({ cache }).settings.cache).toEqual(withOne);
    expect(call({ cache }, uncached).settings.cache).toEqual(without);
  });

  test("'only' sends nothing, also where there is no cache", () => {
    expect(call({ cache: 'only' }).settings.cache).toEqual({ mode: 'only', ttlMs: 5000 });
    expect(() => call({ cache: 'only' }, uncached)).toThrow(CacheMissError);
  });
});

test('a signal of another realm is one', () => {
  const { signal } = new AbortController();
  const foreign = Object.setPrototypeOf(
    {
      aborted: false,
      addEventListener: signal.addEventListener.bind(signal),
      removeEventListener: signal.removeEventListener.bind(signal),
      throwIfAborted: () => {},
    },
    null,
  ) as unknown;
  expect(call({ signal: foreign })).toEqual(cached);
});

describe('a wrong or unknown option is a ConfigError', () => {
  const MODES = "false, 'refresh', 'only' or { ttlMs }";

  test.each<[unknown, string]>([
    [{ signal: {} }, `'signal' must be an AbortSignal: current value is an object`],
    [{ signal: null }, `'signal' must be an AbortSignal: current value is null`],
    [{ timeoutMs: 0 }, `'timeoutMs' must be a number above 0: current value is 0`],
    [{ attemptTimeoutMs: '5' }, `'attemptTimeoutMs' must be a number above 0: current value is "5"`],
    [{ maxWaitMs: -1 }, `'maxWaitMs' must be a number of ms from 0: current value is -1`],
    [{ cache: true }, `'cache' must be ${MODES}: current value is true`],
    [{ cache: 'use' }, `'cache' must be ${MODES}: current value is "use"`],
    [{ cache: { ttlMs: 0 } }, `'cache.ttlMs' must be a number above 0: current value is 0`],
    [{ cache: {} }, `'cache.ttlMs' is missing`],
    [{ cache: { ttl: 5, ttlMs: 5 } }, `'cache.ttl' is no known option: did you mean 'ttlMs'?`],
    [{ priority: Infinity }, `'priority' must be a finite number: current value is Infinity`],
    [{ priority: 'high' }, `'priority' must be a finite number: current value is "high"`],
    [{ tenant: '' }, `'tenant' must be a non-empty string: current value is ""`],
    [{ affinity: 5 }, `'affinity' must be a string: current value is 5`],
    [{ groups: 'a' }, `'groups' must be an array of strings: current value is "a"`],
    [{ keys: [5] }, `'keys.0' must be a string: current value is 5`],
    [{ hedge: 5 }, `'hedge' must be an object { afterMs }: current value is 5`],
    [{ hedge: { afterMs: -1 } }, `'hedge.afterMs' must be a number of ms from 0: current value is -1`],
    [{ resume: 'yes' }, `'resume' must be a boolean: current value is "yes"`],
    [{ tags: { user: 5 } }, `'tags.user' must be a string: current value is 5`],
    [{ tags: new Map() }, `'tags' must be an object of strings: current value is an object`],
    [{ onEvent: 'log' }, `'onEvent' must be a function: current value is "log"`],
    [{ timeout: 5 }, `'timeout' is no known option: did you mean 'timeoutMs'?`],
    [{ abortSignal: 5 }, `'abortSignal' is no known option: known are signal, timeoutMs, `],
    [{ tag: {} }, `'tag' is no known option: did you mean 'tags'?`],
    [[], `the options must be an object of call options: current value is an array of 0`],
  ])('%j', (options, reason) => {
    expect(refusal(() => call(options as Loose))).toContain(`Cannot start the call as ${reason}`);
  });
});

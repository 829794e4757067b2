import { Collector } from '../src/chat/collect.ts';
import { inspect, types } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  CacheMissError,
  ClosedError,
  ConfigError,
  copyError,
  DeadlineError,
  KeysExhaustedError,
  KeywheelError,
  OutputError,
  ProviderError,
  RequestError,
  StreamInterruptedError,
  withReport,
} from '../src/errors.ts';
import type { CallReport } from '../src/report.ts';

const cause = new Error('below');
const failure = { class: 'server_error', status: 500, body: { error: 'x' }, cause } as const;

const family: readonly (readonly [string, string, KeywheelError])[] = [
  ['ConfigError', 'invalid_config', new ConfigError('Cannot', { cause })],
  ['RequestError', 'request_rejected', new RequestError('Cannot', { ...failure, class: 'bad_request', status: 400 })],
  ['RequestError', 'invalid_request', new RequestError('Cannot', { class: 'bad_request', cause })],
  ['ProviderError', 'provider_failed', new ProviderError('Cannot', failure)],
  ['KeysExhaustedError', 'keys_exhausted', new KeysExhaustedError('Cannot', { retryAt: 5, keys: [], cause })],
  ['DeadlineError', 'deadline_exceeded', new DeadlineError('Cannot', { cause })],
  [
    'StreamInterruptedError',
    'stream_interrupted',
    new StreamInterruptedError('Cannot', { class: 'network', partial: new Collector().reply(), cause }),
  ],
  ['OutputError', 'invalid_output', new OutputError('Cannot', { issues: [], text: '', cause })],
  ['CacheMissError', 'cache_miss', new CacheMissError('Cannot', { cause })],
  ['ClosedError', 'client_closed', new ClosedError('Cannot', { cause })],
];

function report(id: string): CallReport {
  return {
    id,
    operation: 'chat',
    requested: 'openai/m',
    stream: false,
    provider: undefined,
    model: undefined,
    key: undefined,
    cache: 'off',
    attempts: [],
    waitedMs: 0,
    durationMs: 0,
    tags: {},
  };
}

describe.each(family)('%s with code %s', (name, code, error) => {
  test('is of the family, with its name, code and cause', () => {
    expect(error).toBeInstanceOf(KeywheelError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.code).toBe(code);
    expect(error.cause).toBe(cause);
    expect(String(error)).toBe(`${name}: Cannot`);
  });

  test('has a stack that begins with its name, and no field for it', () => {
    expect(error.stack?.startsWith(`${name}: Cannot\n`)).toBe(true);
    expect(Object.keys(error)).not.toContain('name');
  });

  test('a copy is the same in all but identity', () => {
    const copy = copyError(error);
    expect(copy).not.toBe(error);
    expect(types.isNativeError(copy)).toBe(true);
    expect(copy).toBeInstanceOf(error.constructor);
    expect(copy.stack).toBe(error.stack);
    expect(Object.entries(copy)).toEqual(Object.entries(error));
    expect([copy.message, copy.name, copy.code, copy.cause]).toEqual([error.message, name, code, cause]);
    expect(inspect(copy)).toBe(inspect(error));
  });

  test('takes its report; who shares the failure gets a copy with a report of its own', () => {
    const first = withReport(copyError(error), report('call-1'));
    const second = withReport(first, report('call-2'));
    expect(second).not.toBe(first);
    expect([first.report?.id, second.report?.id]).toEqual(['call-1', 'call-2']);
    expect(second.stack).toBe(first.stack);
    expect(error.report).toBeUndefined();
  });

  test('prints without its report', () => {
    const told = withReport(copyError(error), report('call-1'));
    expect(inspect(told)).not.toContain('call-1');
    expect(JSON.stringify(told)).not.toContain('call-1');
  });
});

test('the first report stays on the error itself, so that nothing is copied without need', () => {
  const error = new DeadlineError('Cannot');
  expect(withReport(error, report('call-1'))).toBe(error);
});

test('an error without a cause has no field for one', () => {
  expect('cause' in new ConfigError('Cannot')).toBe(false);
  expect('cause' in new ConfigError('Cannot', { cause: undefined })).toBe(false);
});

test('details are fields that users read', () => {
  const exhausted = new KeysExhaustedError('Cannot', { retryAt: 7, keys: [{ id: 'a', state: 'cooling', until: 7, reason: 'r' }] });
  expect(JSON.parse(JSON.stringify(exhausted))).toEqual({
    code: 'keys_exhausted',
    retryAt: 7,
    keys: [{ id: 'a', state: 'cooling', until: 7, reason: 'r' }],
  });
});

import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { type MapOptions, resolveMap } from '../../src/options/map.ts';

describe('options of a map', () => {
  const rows: readonly (readonly [object, string])[] = [
    [{ concurrency: 0 }, "'concurrency' must be an integer from 1: current value is 0"],
    [{ concurency: 5 }, "'concurency' is no known option: did you mean 'concurrency'?"],
    [{ ordered: 'yes' }, `'ordered' must be a boolean: current value is "yes"`],
    [{ onProgress: true }, "'onProgress' must be a function: current value is true"],
    [{ signal: {} }, "'signal' must be an AbortSignal: current value is an object"],
    [{ resume: 'file' }, "'resume' must be an object { file, id }"],
    [{ resume: { file: 'x' } }, "'resume.id' is missing"],
    [{ resume: { file: '', id: String } }, "'resume.file' must be a non-empty string"],
    [{ callOptions: { maxWaitMs: -1 } }, "'callOptions.maxWaitMs' must be a number of ms from 0"],
    [{ callOptions: { signal: AbortSignal.abort() } }, "'callOptions.signal' is no known option"],
  ];
  test.each(rows)('%j are refused', (options, message) => {
    expect(() => resolveMap(options, 5)).toThrow(ConfigError);
    expect(() => resolveMap(options, 5)).toThrow(`Cannot map the items as ${message}`);
  });

  const patient: readonly (readonly [MapOptions['callOptions'], object])[] = [
    [undefined, { maxWaitMs: Infinity, timeoutMs: Infinity, attemptTimeoutMs: 600 }],
    [{ timeoutMs: 50 }, { maxWaitMs: Infinity, timeoutMs: 50, attemptTimeoutMs: 50 }],
    [{ timeoutMs: 5000 }, { maxWaitMs: Infinity, timeoutMs: 5000, attemptTimeoutMs: 600 }],
    [
      { attemptTimeoutMs: 9000, maxWaitMs: 0 },
      { maxWaitMs: 0, timeoutMs: Infinity, attemptTimeoutMs: 9000 },
    ],
    [() => undefined, { maxWaitMs: Infinity, timeoutMs: Infinity, attemptTimeoutMs: 600 }],
    [(_item, index) => ({ priority: index }), { maxWaitMs: Infinity, timeoutMs: Infinity, attemptTimeoutMs: 600, priority: 3 }],
  ];
  test.each(patient)('calls with %s have time to wait, and attempts that end', (callOptions, expected) => {
    expect(resolveMap({ callOptions }, 600).callOptions('item', 3)).toEqual(expected);
  });
});

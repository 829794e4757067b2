import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fingerprint, toCanonical } from '../../src/chat/fingerprint.ts';
import { RequestError } from '../../src/errors.ts';

/** The same value with the keys of all its objects in reverse order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  // Entries, so that a key named `__proto__` stays a key.
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, item]) => [name, reversed(item)]),
  );
}

describe('fingerprint', () => {
  test('is the SHA-256 of JSON with sorted keys', () => {
    expect(toCanonical({ b: [1, undefined, 'ü"'], a: { d: null, c: -0 }, e: undefined })).toBe(
      '{"a":{"c":0,"d":null},"b":[1,null,"ü\\""]}',
    );
    expect(fingerprint({ b: 1, a: 2 })).toBe(createHash('sha256').update('{"a":2,"b":1}').digest('hex'));
    expect(fingerprint(undefined)).toBe(fingerprint(null));
  });

  test('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(fingerprint(reversed(value))).toBe(fingerprint(value));
      }),
    );
  });

  test('differs for values that differ in JSON, and only for them', () => {
    const sorted = (value: unknown): string => JSON.stringify(JSON.parse(toCanonical(value)));
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
        expect(fingerprint(left) === fingerprint(right)).toBe(sorted(left) === sorted(right));
      }),
    );
  });

  test('stays canonical JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(toCanonical(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('any one change of a value matters', () => {
    const request = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], seed: 1, stop: ['a', 'b'] };
    const changed = [
      { ...request, seed: 2 },
      { ...request, seed: '1' },
      { ...request, seed: null },
      { ...request, stop: ['b', 'a'] },
      { ...request, stop: ['ab'] },
      { ...request, messages: [{ role: 'user', content: 'Hi ' }] },
      { ...request, top_k: 1 },
    ];
    expect(new Set([request, ...changed].map(fingerprint)).size).toBe(changed.length + 1);
  });

  test('writes what JSON would write of dates and of numbers that are none', () => {
    const at = new Date(0);
    expect(toCanonical({ at, nan: Number.NaN, run: () => 1 })).toBe(JSON.stringify({ at, nan: Number.NaN }));
  });

  test('refuses what is no JSON', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => fingerprint(cycle)).toThrow(RequestError);
    expect(() => fingerprint({ seed: 1n })).toThrow('without BigInt: current value is 1');
  });
});

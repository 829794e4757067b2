import { assert, constantFrom, dictionary, jsonValue, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Call } from '../../../src/call.ts';
import { toKey } from '../../../src/layers/cache/key.ts';
import { createManualClock } from '../../../src/simulator/manual-clock.ts';
import { type Ask, toCall } from './rig.ts';

const clock = createManualClock();
const keyOf = (ask: Ask = {}, namespace = 'n'): string => toKey(toCall(clock, ask), namespace);
const chat = (request: Readonly<Record<string, unknown>>): Ask => ({
  asked: { operation: 'chat', request: { model: 'fast', messages: [{ role: 'user', content: 'Hi' }], ...request } },
});

describe('the key', () => {
  test('is a SHA-256', () => {
    expect(keyOf()).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each<[string, Ask, Ask]>([
    ['stream', chat({}), { ...chat({ stream: true }), stream: true }],
    ['stream_options', chat({}), chat({ stream_options: { include_usage: true } })],
    ['the alias of the same targets', chat({}), chat({ model: 'openai/gpt' })],
    ['the order of fields', chat({ temperature: 1, seed: 2 }), chat({ seed: 2, temperature: 1 })],
    ['an absent field', chat({}), chat({ user: undefined })],
    ['priority, time and affinity', {}, { timeoutMs: 5, settings: { priority: 3, affinity: 'a', maxWaitMs: 1 } }],
    ['the mode and the ttl', {}, { mode: 'refresh', ttlMs: 1 }],
  ])('does not depend on %s', (_what, one, other) => {
    expect(keyOf(other)).toBe(keyOf(one));
  });

  test.each<[string, Ask, Ask]>([
    ['the messages', {}, { text: 'Ho' }],
    ['a parameter', chat({}), chat({ temperature: 0 })],
    ['a parameter that is null', chat({}), chat({ temperature: null })],
    ['an unknown field', chat({}), chat({ extra: 1 })],
    ['the model', { targets: ['openai/a'] }, { targets: ['openai/b'] }],
    ['the provider', { targets: ['openai/a'] }, { targets: ['local/a'] }],
    ['the order of the targets', { targets: ['a/x', 'b/x'] }, { targets: ['b/x', 'a/x'] }],
    ['the tenant', {}, { settings: { tenant: 't' } }],
    ['the tenant and the group of the same name', { settings: { groups: ['t'] } }, { settings: { tenant: 't' } }],
    ['the allowed groups', { settings: { groups: ['a'] } }, { settings: { groups: ['a', 'b'] } }],
    ['the allowed keys', {}, { settings: { keys: ['a'] } }],
    ['no allowed key and every key', {}, { settings: { keys: [] } }],
  ])('depends on %s', (_what, one, other) => {
    expect(keyOf(other)).not.toBe(keyOf(one));
  });

  test('depends on the namespace, the base URL and the operation', () => {
    const call = toCall(clock, {});
    const [target] = call.targets;
    if (target === undefined) throw new Error('No target');
    const moved: Call = { ...call, targets: [{ ...target, provider: { ...target.provider, baseURL: 'https://elsewhere.test' } }] };
    const embed: Call = { ...call, asked: { operation: 'embed', request: { model: 'fast', messages: [], input: '' } } };
    const same: Call = { ...call, asked: { operation: 'chat', request: { model: 'fast', messages: [], input: '' } } };
    const keys = [toKey(call, 'n'), toKey(call, 'm'), toKey(moved, 'n'), toKey(embed, 'n'), toKey(same, 'n')];
    expect(new Set(keys).size).toBe(5);
  });

  test('is the same for equal requests, and for no others', () => {
    const requests = dictionary(constantFrom('a', 'b', 'c'), jsonValue());
    assert(
      property(requests, requests, (one, other) => {
        const shuffled = Object.fromEntries(Object.entries(one).reverse());
        const equal = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
        return keyOf(chat(shuffled)) === keyOf(chat(one)) && (keyOf(chat(one)) === keyOf(chat(other))) === equal;
      }),
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, sorted(field)]),
  );
}

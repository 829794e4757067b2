import { expect, test } from 'vitest';
import { suggest } from '../../src/options/suggest.ts';

const known = ['timeoutMs', 'maxWaitMs', 'cache', 'keys', 'rpm', 'tpm', 'id'];

test.each<[string, string | undefined]>([
  ['timeout', 'timeoutMs'],
  ['TimeoutMS', 'timeoutMs'],
  ['max_wait_ms', 'maxWaitMs'],
  ['cahce', 'cache'],
  ['cach', 'cache'],
  ['key', 'keys'],
  ['rmp', 'rpm'],
  ['ti', undefined],
  ['colour', undefined],
  ['', undefined],
  ['timeoutMs'.repeat(10), undefined],
])('%j is like %s', (word, meant) => {
  expect(suggest(word, known)).toBe(meant);
});

test('nothing is like nothing', () => {
  expect(suggest('word', [])).toBeUndefined();
});

test('a word that no person wrote is not compared', () => {
  const compared: string[] = [];
  const spy = new Proxy<readonly string[]>(['abc'], {
    get: (list, name, receiver): unknown => {
      compared.push(String(name));
      return Reflect.get(list, name, receiver);
    },
  });
  expect(suggest('x'.repeat(1_000_000), spy)).toBeUndefined();
  expect(compared).toEqual([]);
});

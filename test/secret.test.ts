import { createHash } from 'node:crypto';
import { format, inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from '../src/secret.ts';

const TEXT = 'sk-proj-0123456789abcdefWXYZ';
const secret = new Secret(TEXT);
// As code without types would write it.
const untyped = secret as unknown as string;

describe('a secret cannot print', () => {
  test.each<[string, string]>([
    ['String', String(secret)],
    ['a template', `key ${untyped}`],
    ['String.raw', String.raw`${untyped}`],
    ['a sum of texts', 'key ' + String(secret)],
    ['join', [secret].join()],
    ['JSON', JSON.stringify({ secret, list: [secret] })],
    ['inspect', inspect({ secret }, { depth: 9, showHidden: true, getters: true })],
    ['inspect without its own word', inspect(secret, { customInspect: false, showHidden: true })],
    ['format', format('%s %o %O %j', secret, secret, secret, secret)],
    ['entries', JSON.stringify([Object.entries(secret), Reflect.ownKeys(secret)])],
    ['a copy', JSON.stringify(Object.assign({}, secret))],
    ['a clone', inspect(structuredClone(secret), { showHidden: true })],
    ['an error', inspect(new Error('x', { cause: { secret } }))],
    ['a number', String(Number(secret))],
  ])('by %s', (_, printed) => {
    expect(printed).not.toContain(TEXT);
    expect(printed).not.toContain('0123456789');
  });

  test('and says its label instead', () => {
    expect(`key ${untyped}`).toBe('key sk-…WXYZ');
    expect(JSON.stringify(secret)).toBe('"sk-…WXYZ"');
    expect(inspect(secret)).toBe('Secret(sk-…WXYZ)');
  });
});

test.each([
  ['a'.repeat(19), '…'],
  ['a'.repeat(20), '…aaaa'],
  [`sk-${'a'.repeat(16)}`, '…'],
  [`sk-${'a'.repeat(17)}`, 'sk-…aaaa'],
  [`xai-${'b'.repeat(20)}`, 'xai-…bbbb'],
  [`organisation-${'c'.repeat(20)}`, '…cccc'],
  ['', '…'],
])('the label of %j is %s', (text, label) => {
  expect(new Secret(text).label).toBe(label);
});

test('the fingerprint is eight hex digits of the SHA-256', () => {
  expect(secret.fingerprint).toMatch(/^[0-9a-f]{8}$/);
  expect(createHash('sha256').update(TEXT).digest('hex').startsWith(secret.fingerprint)).toBe(true);
});

test('two secrets are equal when their texts are, whatever their labels', () => {
  expect(secret.equals(new Secret(TEXT))).toBe(true);
  expect(secret.equals(new Secret(`sk-${'x'.repeat(20)}WXYZ`))).toBe(false);
});

test('reveal gives the text, to wire/ alone', () => {
  expect(Secret.reveal(secret)).toBe(TEXT);
});

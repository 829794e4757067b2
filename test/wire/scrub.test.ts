import { expect, test } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { scrub, Scrubber } from '../../src/wire/scrub.ts';

const TEXT = 'sk-te"st/4f9c+1d7e 22aa90bb';
const secret = new Secret(TEXT);
const scrubber = new Scrubber(secret);

test.each([
  ['as it is', `Incorrect API key provided: ${TEXT}.`],
  ['escaped for JSON', `{"key":"${JSON.stringify(TEXT).slice(1, -1)}"}`],
  ['escaped for a URL', `https://example.test/?key=${encodeURIComponent(TEXT)}`],
  ['as Base64', `Basic ${Buffer.from(TEXT).toString('base64')}`],
  ['twice', `${TEXT} and ${TEXT}`],
])('scrub finds a secret %s', (_how, text) => {
  const clean = scrub(text, secret);
  expect(clean).toContain(secret.label);
  for (const form of [TEXT, '4f9c', Buffer.from(TEXT).toString('base64')]) expect(clean).not.toContain(form);
});

test('Scrubber.value cleans every string and name', () => {
  const body = { error: { message: `bad ${TEXT}`, list: [TEXT, 1, null, { [TEXT]: true }] } };
  expect(scrubber.value(body)).toEqual({
    error: { message: `bad ${secret.label}`, list: [secret.label, 1, null, { [secret.label]: true }] },
  });
});

test('Scrubber.value keeps a __proto__ a field', () => {
  const clean = scrubber.value(JSON.parse('{"__proto__":{"a":1}}'));
  expect(Object.hasOwn(clean as object, '__proto__')).toBe(true);
  expect(({} as Record<string, unknown>)['a']).toBeUndefined();
});

test('Scrubber.value survives a value that is nested without end', () => {
  const deep: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
  expect(JSON.stringify(scrubber.value(deep)).length).toBeLessThan(300);
});

test('Scrubber.headers cleans the values', () => {
  expect(scrubber.headers({ 'x-echo': `Bearer ${TEXT}`, 'x-other': '1' })).toEqual({
    'x-echo': `Bearer ${secret.label}`,
    'x-other': '1',
  });
});

test('a placeholder is no secret', () => {
  expect(scrub('an x for a u', new Secret('x'))).toBe('an x for a u');
});

test('without a secret nothing changes', () => {
  const body = { a: [1] };
  expect(scrub('text', undefined)).toBe('text');
  expect(new Scrubber(undefined).value(body)).toBe(body);
});

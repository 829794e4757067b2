import { expect, test } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { scrub, Scrubber } from '../../src/wire/scrub.ts';

const TEXT = 'sk-te"st/4f9c+1d7e 22aa90b?>~?';
const secret = new Secret(TEXT);
const scrubber = new Scrubber(secret);

test.each([
  ['as it is', `Incorrect API key provided: ${TEXT}.`],
  ['escaped for JSON', `{"key":"${JSON.stringify(TEXT).slice(1, -1)}"}`],
  ['escaped for a URL', `https://example.test/?key=${encodeURIComponent(TEXT)}`],
  ['escaped for a URL in lower case', encodeURIComponent(TEXT).replaceAll(/%../g, (byte) => byte.toLowerCase())],
  ['escaped for a URL twice', encodeURIComponent(encodeURIComponent(TEXT))],
  ['escaped for a form', new URLSearchParams({ key: TEXT }).toString()],
  [
    'escaped for JSON with its slashes',
    JSON.stringify(TEXT)
      .slice(1, -1)
      .replaceAll('/', String.raw`\/`),
  ],
  ['escaped for JSON in JSON', JSON.stringify(JSON.stringify(TEXT))],
  ['escaped for JSON by numbers', TEXT.replaceAll('/', String.raw`\u002f`).replaceAll('"', String.raw`\u0022`)],
  ['escaped for HTML', TEXT.replaceAll('"', '&quot;').replaceAll('/', '&#x2F;')],
  ['escaped for HTML by numbers', TEXT.replaceAll('"', '&#34;').replaceAll('/', '&#47;').replaceAll('+', '&#043;')],
  ['escaped for HTML twice', TEXT.replaceAll('"', '&amp;quot;').replaceAll('/', '&amp;#47;')],
  ['as Base64', `Basic ${Buffer.from(TEXT).toString('base64')}`],
  ['as Base64 without padding', Buffer.from(TEXT).toString('base64').replaceAll('=', '')],
  ['as Base64 for URLs', Buffer.from(TEXT).toString('base64url')],
  ['twice', `${TEXT} and ${TEXT}`],
])('scrub finds a secret %s', (_how, text) => {
  const clean = scrub(text, secret);
  expect(clean).toContain(secret.label);
  for (const form of [TEXT, '4f9c', Buffer.from(TEXT).toString('base64url').slice(0, 30)]) expect(clean).not.toContain(form);
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

test('a long secret is found as it is, and in the forms of its kind', () => {
  const long = new Secret(`ey/${'+/'.repeat(100_000)}`);
  const text = Secret.reveal(long);
  expect(scrub(`${text} ${encodeURIComponent(text)}`, long)).toBe(`${long.label} ${long.label}`);
});

test('what only begins like a secret stays', () => {
  expect(scrub('sk-te%22st%2F4f9d', secret)).toBe('sk-te%22st%2F4f9d');
});

test('a placeholder is no secret', () => {
  expect(scrub('an x for a u', new Secret('x'))).toBe('an x for a u');
});

test('without a secret nothing changes', () => {
  const body = { a: [1] };
  expect(scrub('text', undefined)).toBe('text');
  expect(new Scrubber(undefined).value(body)).toBe(body);
});

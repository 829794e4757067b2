import { expect, test } from 'vitest';
import { hold, release } from '../../../src/layers/rotate/held.ts';

const request = (body: string | undefined) => ({ method: 'POST', url: 'https://api.test/v1', headers: { accept: 'x' }, body }) as const;

test.each([
  ['none', undefined],
  ['short', '{}'],
  ['long', JSON.stringify({ content: 'y'.repeat(3_000) })],
  ['of many scripts, with half a character', JSON.stringify({ content: 'é你😀\ud800'.repeat(300) })],
])('a body that waits is the same when it is sent: %s', (_what, body) => {
  expect(release(hold(request(body)))).toEqual(request(body));
});

test('a long body is no text while it waits', () => {
  expect(hold(request('y'.repeat(600))).request.body).toBeUndefined();
});

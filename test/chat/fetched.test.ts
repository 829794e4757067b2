import { describe, expect, test } from 'vitest';
import { type FetchFailed, type FetchRequest, mayAskAgain, spend } from '../../src/chat/fetched.ts';
import { aFetch } from '../transport/support.ts';

const ENDPOINTS = {
  chat: { kind: 'chat', protocol: 'openai', stream: false },
  embed: { kind: 'embed', protocol: 'openai', stream: false },
  other: { kind: 'other', protocol: undefined, stream: false },
} as const;

const UNOPENED: FetchFailed = { reached: false, refused: false };
const REFUSED: FetchFailed = { reached: true, refused: true };
const SICK: FetchFailed = { reached: true, refused: false };

function once(): FetchRequest['body'] & { readonly kind: 'once' } {
  return { kind: 'once', open: async function* () {}, bytes: undefined };
}

describe('mayAskAgain', () => {
  test.each<[what: string, Partial<FetchRequest>, unopened: boolean, refused: boolean, sick: boolean]>([
    ['a chat', { endpoint: ENDPOINTS.chat }, true, true, true],
    ['an embedding', { endpoint: ENDPOINTS.embed }, true, true, true],
    ['a GET', { endpoint: ENDPOINTS.other, method: 'GET', body: { kind: 'none' } }, true, true, true],
    ['a HEAD', { endpoint: ENDPOINTS.other, method: 'HEAD', body: { kind: 'none' } }, true, true, true],
    ['a POST with effects', { endpoint: ENDPOINTS.other }, true, true, false],
    ['a DELETE', { endpoint: ENDPOINTS.other, method: 'DELETE', body: { kind: 'none' } }, true, true, false],
    ['a PUT of bytes', { endpoint: ENDPOINTS.other, method: 'PUT', body: { kind: 'bytes', bytes: new Uint8Array(3) } }, true, true, false],
    ['a form that nobody read', { endpoint: ENDPOINTS.other, body: once() }, true, true, false],
    ['a chat whose body is a stream that nobody read', { endpoint: ENDPOINTS.chat, body: once() }, true, true, false],
  ])('%s', (_what, more, ...expected) => {
    const request = aFetch('https://a.test', more);
    expect([UNOPENED, REFUSED, SICK].map((failed) => mayAskAgain(request, failed))).toEqual(expected);
  });

  test('never what is spent', () => {
    const body = once();
    const request = aFetch('https://a.test', { body });
    spend(body);
    expect([UNOPENED, REFUSED, SICK].map((failed) => mayAskAgain(request, failed))).toEqual([false, false, false]);
  });
});

import { describe, expect, test } from 'vitest';
import { type FetchRequest, spend } from '../../src/chat/fetched.ts';
import { RequestError } from '../../src/errors.ts';
import { encodeFetched, estimateFetched } from '../../src/providers/fetched.ts';
import { aFetch } from '../transport/support.ts';
import { aProvider } from './support.ts';

describe('encodeFetched', () => {
  test('adds what the provider sends, where the caller has none of the name', () => {
    const provider = aProvider({ headers: { 'x-team': 'ours', 'content-type': 'text/plain' }, query: { 'api-version': '1', v: '2' } });
    const request = aFetch('https://a.test', { url: 'https://a.test/v1/x?v=3&a=%20b+c', headers: { 'content-type': 'application/json' } });
    const { url, headers } = encodeFetched(request, provider);
    expect(url).toBe('https://a.test/v1/x?v=3&a=%20b+c&api-version=1');
    expect(headers).toEqual({ 'x-team': 'ours', 'content-type': 'application/json' });
  });

  test('refuses a body that is gone', () => {
    const body = { kind: 'once', open: async function* () {}, bytes: undefined } as const;
    const request = aFetch('https://a.test', { body });
    expect(() => encodeFetched(request, aProvider())).not.toThrow();
    spend(body);
    expect(() => encodeFetched(request, aProvider())).toThrow(RequestError);
  });
});

describe('estimateFetched', () => {
  const text = 'word '.repeat(2_000);
  const image = 'QUJD'.repeat(500_000);
  const sized = (json: unknown, more: Partial<FetchRequest> = {}): { readonly input: number; readonly output: number | undefined } =>
    estimateFetched(aFetch('https://a.test', { json, ...more }));

  test('counts text by its length, and an image as one', () => {
    expect(sized({ messages: [{ content: text }] }).input).toBeCloseTo(2_507, -1);
    const { input } = sized({ messages: [{ content: [{ image_url: { url: `data:image/png;base64,${image}` } }, { text }] }] });
    expect(input).toBeGreaterThan(3_400);
    expect(input).toBeLessThan(3_700);
  });

  test.each<[string, unknown, number | undefined]>([
    ['max_tokens', { max_tokens: 7 }, 7],
    ['several answers', { max_completion_tokens: 7, n: 3 }, 21],
    ['Responses', { max_output_tokens: 9 }, 9],
    ['Google', { generationConfig: { maxOutputTokens: 8 } }, 8],
    ['Bedrock', { inferenceConfig: { maxTokens: 6 } }, 6],
    ['none', {}, undefined],
    ['rubbish', { max_tokens: '7' }, undefined],
    ['infinity', { max_tokens: Infinity }, undefined],
  ])('reads the most that an answer may have: %s', (_name, json, output) => {
    expect(sized(json).output).toBe(output);
  });

  test('takes a file for one, however long it is, and expects no words of what writes none', () => {
    const endpoint = { kind: 'other', protocol: undefined, stream: false } as const;
    const body = { kind: 'bytes', bytes: new Uint8Array(50_000_000) } as const;
    expect(sized(undefined, { endpoint, body })).toEqual({ input: 1_000, output: 0 });
    expect(sized(undefined, { endpoint, body: { kind: 'none' }, method: 'GET' })).toEqual({ input: 0, output: 0 });
  });
});

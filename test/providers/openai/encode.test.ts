import { describe, expect, test } from 'vitest';
import type { ChatRequest } from '../../../src/chat/request.ts';
import { RequestError } from '../../../src/errors.ts';
import { dialects } from '../../../src/providers/openai/dialects.ts';
import { encode } from '../../../src/providers/openai/encode.ts';
import { encodeMessages } from '../../../src/providers/openai/messages.ts';
import { VERSION } from '../../../src/providers/version.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { aProvider } from '../support.ts';

const hello: ChatRequest = { model: 'openai/m', messages: [{ role: 'user', content: 'Hi' }] };

function bodyOf(request: ChatRequest, stream = false): Record<string, unknown> {
  return JSON.parse(encode({ asked: { operation: 'chat', request }, model: 'm', stream, provider: aProvider() }).body ?? '') as Record<
    string,
    unknown
  >;
}

describe('encode', () => {
  test('hands on a message that needs no change as it is, and copies one that does', () => {
    const unsupported = { refuse: () => {} };
    const user = { role: 'user', content: 'Hi' };
    const developer = { role: 'developer', content: 'Be brief' };
    const answer = { role: 'assistant', content: 'Hi', refusal: null };
    const messages = [user, developer, answer];
    const [own, system, said] = encodeMessages(messages, dialects.mistral, unsupported);
    expect([own === user, system, said]).toEqual([true, { role: 'system', content: 'Be brief' }, { role: 'assistant', content: 'Hi' }]);
    expect(encodeMessages(messages, dialects.openai, unsupported)[1]).toBe(developer);
    expect(messages).toEqual([user, { role: 'developer', content: 'Be brief' }, { role: 'assistant', content: 'Hi', refusal: null }]);
  });

  test('writes a plain call without a word of streams', () => {
    const request = { ...hello, stream: false, stream_options: { include_usage: true }, temperature: 0 };
    expect(bodyOf(request)).toEqual({ model: 'm', messages: hello.messages, temperature: 0 });
  });

  test('asks a stream for its usage, unless the caller does not want it', () => {
    expect(bodyOf({ ...hello, stream: true }, true)).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(bodyOf({ ...hello, stream_options: { include_usage: false, include_obfuscation: false } }, true)['stream_options']).toEqual({
      include_usage: false,
      include_obfuscation: false,
    });
  });

  test("merges the provider's own options last, no other's, and none of them changes the object or the kind of call", () => {
    const options = JSON.parse(
      '{"service_tier":"flex","temperature":2,"stream":true,"__proto__":{"polluted":1},"constructor":1,"prototype":1}',
    ) as Record<string, unknown>;
    const body = bodyOf({
      ...hello,
      temperature: 1,
      providerOptions: { openai: options, anthropic: { thinking: true } },
      dropUnsupported: ['seed'],
    });
    expect(body).toEqual({ model: 'm', messages: hello.messages, temperature: 2, service_tier: 'flex' });
  });

  test('changes nothing of the request', () => {
    const request = Object.freeze({ ...hello, providerOptions: Object.freeze({ openai: Object.freeze({ user: 'u' }) }) });
    expect(bodyOf(request)['user']).toBe('u');
  });

  test('passes unknown fields through', () => {
    expect(bodyOf({ ...hello, top_k: 4 })['top_k']).toBe(4);
  });

  test('goes to the base URL with the query, for chat and embeddings', () => {
    const provider = aProvider({ baseURL: 'http://h/v1', query: { 'api-version': '1 2' } });
    expect(encode({ asked: { operation: 'chat', request: hello }, model: 'm', stream: false, provider }).url).toBe(
      'http://h/v1/chat/completions?api-version=1+2',
    );
    const embed = encode({ asked: { operation: 'embed', request: { model: 'x', input: 'a' } }, model: 'e', stream: false, provider });
    expect([embed.url, embed.body]).toEqual(['http://h/v1/embeddings?api-version=1+2', '{"model":"e","input":"a"}']);
  });

  test("adds the caller's headers, but neither the exchange's own nor the place of the key", () => {
    const headers = { 'X-Title': 't', 'User-Agent': 'mine', Authorization: 'Basic x', 'Content-Length': '1', Accept: 'x' };
    const asked = { operation: 'chat', request: hello } as const;
    expect(encode({ asked, model: 'm', stream: true, provider: aProvider({ headers }) }).headers).toEqual({
      'content-type': 'application/json',
      accept: 'text/event-stream',
      'user-agent': 'mine',
      'x-title': 't',
    });
    expect(encode({ asked, model: 'm', stream: false, provider: aProvider({ headers, keyless: true }) }).headers['authorization']).toBe(
      'Basic x',
    );
    expect(encode({ asked, model: 'm', stream: false, provider: aProvider() }).headers['user-agent']).toBe(
      `keywheel/${packageJson.version}`,
    );
    expect(VERSION).toBe(packageJson.version);
  });

  test('names the field that is no JSON', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    for (const bad of [cycle, { big: 1n }]) {
      const error = catchError(() => bodyOf({ ...hello, extra_body: bad }));
      expect(error).toBeInstanceOf(RequestError);
      expect(error).toMatchObject({
        class: 'bad_request',
        status: undefined,
        message: expect.stringContaining("'extra_body' must be JSON"),
      });
    }
  });
});

function catchError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FetchBody, type FetchRequest, isSafeToRepeat } from '../../src/chat/fetched.ts';
import type { ProviderOptions } from '../../src/options/types.ts';
import { CALLERS, fakeHost } from './support.ts';

const CHAT = 'https://api.openai.com/v1/chat/completions';
const BODY = JSON.stringify({ model: 'gpt-5-mini', messages: [] });

async function sent(
  input: string | URL | Request,
  init?: RequestInit & Record<string, unknown>,
  providers?: Readonly<Record<string, ProviderOptions>>,
): Promise<FetchRequest> {
  const host = fakeHost(providers === undefined ? {} : { providers });
  await host.fetch(input, init);
  const [asked] = host.asked;
  if (asked === undefined) throw new Error('Nothing was asked');
  return asked.request;
}

async function textOf(body: FetchBody): Promise<string> {
  if (body.kind === 'none') return '';
  if (body.kind === 'text') return body.text;
  if (body.kind === 'bytes') return Buffer.from(body.bytes).toString();
  const pieces: Uint8Array[] = [];
  for await (const piece of body.open()) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe('the arguments of fetch', () => {
  const init = { method: 'post', headers: { 'Content-Type': 'application/json', 'X-Own': 'a' }, body: BODY };

  test.each([
    ['a string', CHAT, init],
    ['a URL', new URL(CHAT), init],
    ['a Request', new Request(CHAT, init), undefined],
    ['a Request and another init', new Request('https://api.openai.com/v1/chat/completions', { method: 'PUT', body: 'x' }), init],
    ['Headers', CHAT, { ...init, headers: new Headers(init.headers) }],
    ['tuples', CHAT, { ...init, headers: Object.entries(init.headers) }],
    ['a Request of another library', { url: CHAT, method: 'POST', headers: init.headers, body: null } as unknown as Request, init],
  ])('%s', async (_title, input, given) => {
    expect(await sent(input, given)).toEqual({
      model: 'gpt-5-mini',
      method: 'POST',
      url: CHAT,
      headers: { 'content-type': 'application/json', 'x-own': 'a' },
      body: { kind: 'text', text: BODY },
      endpoint: { kind: 'chat', protocol: 'openai', stream: false },
      keyPlace: undefined,
      json: { model: 'gpt-5-mini', messages: [] },
    });
  });

  test('headers of init replace those of a Request', async () => {
    const request = new Request('https://api.openai.com/v1/models', { headers: { 'x-a': '1' } });
    expect((await sent(request, { headers: { 'x-b': '2' } })).headers).toEqual({ 'x-b': '2' });
    expect((await sent(request, { method: 'DELETE' })).headers).toEqual({ 'x-a': '1' });
  });

  test('what is about a connection stays behind, and a hash', async () => {
    const headers = {
      host: 'evil.test',
      connection: 'keep-alive, x-hop',
      'x-hop': '1',
      'content-length': '5',
      'transfer-encoding': 'chunked',
      'accept-encoding': 'zstd',
      'proxy-authorization': 'Basic x',
      te: 'trailers',
      accept: '*/*',
      'x-keywheel-provider': 'openai',
    };
    const request = await sent('https://api.openai.com/v1/models?limit=2#x', { headers });
    expect(request).toMatchObject({ method: 'GET', url: 'https://api.openai.com/v1/models?limit=2', headers: { accept: '*/*' } });
    expect(Object.keys(request.headers)).toEqual(['accept']);
  });

  test.each([
    ['no URL', 'hello'],
    ['a relative one', '/v1/models?key=' + CALLERS],
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['a number', 5],
    ['a user in it', `https://user:${CALLERS}@api.openai.com/v1/models`],
    ['another method', CHAT, { method: 'BREW' }],
    ['CONNECT', CHAT, { method: 'CONNECT' }],
    ['GET with a body', CHAT, { body: 'x' }],
    ['HEAD with a body', CHAT, { method: 'HEAD', body: 'x' }],
    ['a body that is an object', CHAT, { method: 'POST', body: { model: CALLERS } }],
    ['a header with a line break', CHAT, { headers: { authorization: `Bearer ${CALLERS}\nx: y` } }],
    ['a header beyond Latin-1', CHAT, { headers: { 'x-api-key': `${CALLERS}…` } }],
    ['a signal that is none', CHAT, { signal: 5 }],
    ['a locked stream', CHAT, { method: 'POST', body: locked() }],
    ['a Request that was read', used()],
  ])('reject with a TypeError, that shows no key, before anything is begun: %s', async (_title, input, init?: unknown) => {
    const host = fakeHost();
    const error: unknown = await host.fetch(input as string, init as RequestInit).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/^TypeError: Cannot send the request as /);
    expect(String(error)).not.toContain(CALLERS);
    expect([host.asked, host.passed]).toEqual([[], []]);
  });
});

function locked(): ReadableStream {
  const stream = new ReadableStream();
  stream.getReader();
  return stream;
}

function used(): Request {
  const request = new Request(CHAT, { method: 'POST', body: 'x' });
  void request.text();
  return request;
}

describe("the caller's key", () => {
  const bearer = { header: 'authorization', prefix: 'Bearer ' };

  test.each<[string, string, Record<string, string>, unknown]>([
    ['openai', CHAT, { authorization: `Bearer ${CALLERS}` }, bearer],
    ['anthropic 1', 'https://api.anthropic.com/v1/messages', { Authorization: `bearer ${CALLERS}` }, bearer],
    ['anthropic 0', 'https://api.anthropic.com/v1/messages', { 'X-Api-Key': CALLERS }, { header: 'x-api-key', prefix: '' }],
    [
      'both of anthropic',
      'https://api.anthropic.com/v1/messages',
      { 'x-api-key': CALLERS, authorization: `Bearer ${CALLERS}` },
      { header: 'x-api-key', prefix: '' },
    ],
    [
      'google',
      'https://generativelanguage.googleapis.com/v1beta/models',
      { 'x-goog-api-key': CALLERS },
      { header: 'x-goog-api-key', prefix: '' },
    ],
    ['azure', CHAT, { 'api-key': CALLERS }, { header: 'api-key', prefix: '' }],
    ['none', CHAT, {}, undefined],
    ['another scheme', CHAT, { authorization: `Basic ${CALLERS}` }, undefined],
    ['no scheme', CHAT, { authorization: CALLERS }, undefined],
    [
      'a signature',
      'https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse',
      {
        authorization: `AWS4-HMAC-SHA256 Credential=${CALLERS}`,
        'x-amz-date': '20260101T000000Z',
        'x-amz-security-token': CALLERS,
        'x-amz-content-sha256': CALLERS,
      },
      undefined,
    ],
    [
      'a key of bedrock',
      'https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse',
      { authorization: `Bearer ${CALLERS}` },
      undefined,
    ],
  ])('is gone, but not its place: %s', async (_title, url, headers, place) => {
    const request = await sent(url, { headers });
    expect(request.keyPlace).toEqual(place);
    expect(request.headers).toEqual({});
  });

  test.each([
    [`?key=${CALLERS}`, ''],
    [`?alt=sse&key=${CALLERS}`, '?alt=sse'],
    [`?api_key=${CALLERS}&a=%20b+c&x`, '?a=%20b+c&x'],
    [`?%6bey=${CALLERS}&$alt=json;enum-encoding=int`, '?$alt=json;enum-encoding=int'],
    [`?X-Amz-Signature=${CALLERS}&X-Amz-Credential=${CALLERS}`, ''],
    [`?KEY=${CALLERS}&keys=1&%E0%A4%A=1`, '?keys=1&%E0%A4%A=1'],
    ['?', ''],
  ])('is gone from %s', async (query, left) => {
    const request = await sent(`https://generativelanguage.googleapis.com/v1beta/models${query}`);
    expect(request).toMatchObject({ url: `https://generativelanguage.googleapis.com/v1beta/models${left}`, keyPlace: undefined });
  });

  test('stays for a provider without keys', async () => {
    const providers = { local: { protocol: 'openai', baseURL: 'http://127.0.0.1:1/v1', keys: [] } } as const;
    const request = await sent(`http://127.0.0.1:1/v1/models?key=x`, { headers: { authorization: 'Bearer x' } }, providers);
    expect(request).toMatchObject({
      url: 'http://127.0.0.1:1/v1/models?key=x',
      headers: { authorization: 'Bearer x' },
      keyPlace: undefined,
    });
  });

  test('property: is in nothing that goes on, wherever SDKs put it', async () => {
    const places = fc.subarray(['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'x-amz-security-token', 'proxy-authorization']);
    const queries = fc.subarray(['key', 'api_key', 'x-amz-credential', 'access_token']);
    const values = fc.constantFrom(CALLERS, `Bearer ${CALLERS}`, `Basic ${CALLERS}`, `AWS4-HMAC-SHA256 ${CALLERS}`);
    await fc.assert(
      fc.asyncProperty(places, queries, values, async (names, parameters, value) => {
        const headers = Object.fromEntries(names.map((name) => [name, value]));
        const query = parameters.map((name) => `${name}=${encodeURIComponent(value)}`).join('&');
        expect(JSON.stringify(await sent(`${CHAT}?${query}`, { headers, method: 'POST', body: BODY }))).not.toContain(CALLERS);
      }),
      { numRuns: 200, seed: 4 },
    );
  });
});

describe('a body', () => {
  const bytes = new TextEncoder().encode('{"model":"m"}');

  test.each<[string, unknown, string, string, string | undefined]>([
    ['nothing', null, 'none', '', undefined],
    ['text', 'hé', 'text', 'hé', 'text/plain;charset=UTF-8'],
    ['parameters', new URLSearchParams({ a: 'b c' }), 'text', 'a=b+c', 'application/x-www-form-urlencoded;charset=UTF-8'],
    ['JSON in a buffer', bytes.buffer, 'text', '{"model":"m"}', undefined],
    ['JSON in a view', new DataView(bytes.buffer), 'text', '{"model":"m"}', undefined],
    ['bytes', new Uint8Array([1, 2, 3]).subarray(1), 'bytes', '\u0002\u0003', undefined],
    ['bytes that begin as JSON', new Uint8Array([0x7b, 0xff]), 'bytes', '{\ufffd', undefined],
    ['a blob of JSON', new Blob(['{"model":"m"}'], { type: 'application/json' }), 'text', '{"model":"m"}', 'application/json'],
    ['a blob', new Blob(['abc']), 'bytes', 'abc', undefined],
    ['a stream', ReadableStream.from([bytes]), 'once', '{"model":"m"}', undefined],
    ['a stream of Node', Readable.from(['a', Buffer.from('b')]), 'once', 'ab', undefined],
    [
      'an iterable',
      (async function* () {
        yield bytes;
      })(),
      'once',
      '{"model":"m"}',
      undefined,
    ],
  ])('of %s', async (_title, body, kind, text, type) => {
    const request = await sent(CHAT, { method: 'POST', body: body as string, duplex: 'half' });
    expect([request.body.kind, await textOf(request.body), request.headers['content-type']]).toEqual([kind, text, type]);
    expect(isSafeToRepeat(request)).toBe(kind !== 'once');
  });

  test('of a form is written as it is sent, and names its model', async () => {
    const form = new FormData();
    form.append('model', 'whisper-1');
    form.append('file', new File(['la la'], 'a.mp3', { type: 'audio/mpeg' }));
    const request = await sent('https://api.openai.com/v1/audio/transcriptions', { method: 'POST', body: form });
    const [, boundary = ''] = /^multipart\/form-data; boundary=(.+)$/.exec(request.headers['content-type'] ?? '') ?? [];
    expect(request).toMatchObject({ model: 'whisper-1', endpoint: { kind: 'other' }, body: { kind: 'once' }, json: undefined });
    const text = await textOf(request.body);
    expect(text).toContain(`--${boundary}\r\n`);
    expect(text).toContain('filename="a.mp3"\r\nContent-Type: audio/mpeg\r\n\r\nla la');
  });

  test('of a form of another library is copied', async () => {
    const entries = [
      ['model', 'm'],
      ['file', new File(['x'], 'x.txt')],
    ] as const;
    const form = {
      get: () => 'm',
      entries: () => entries.values(),
      [Symbol.iterator]: () => entries.values(),
      [Symbol.toStringTag]: 'FormData',
    };
    const request = await sent('https://api.openai.com/v1/files', { method: 'POST', body: form as unknown as FormData });
    expect(await textOf(request.body)).toContain('filename="x.txt"');
  });

  test('of a Request can be sent again where it is text', async () => {
    const json = new Request(CHAT, { method: 'POST', body: BODY, headers: { 'content-type': 'application/json' } });
    expect(await sent(json)).toMatchObject({ body: { kind: 'text', text: BODY }, model: 'gpt-5-mini' });
    const file = new Request(CHAT, { method: 'POST', body: new Uint8Array([1]) });
    expect((await sent(file)).body.kind).toBe('once');
  });

  test('that was changed afterwards is sent as it was', async () => {
    const changing = new Uint8Array([1, 2]);
    const request = await sent(CHAT, { method: 'POST', body: changing });
    changing.fill(9);
    expect(request.body).toEqual({ kind: 'bytes', bytes: new Uint8Array([1, 2]) });
  });

  test('that is a large file is not kept in memory', async () => {
    const request = await sent(CHAT, { method: 'POST', body: new Blob([new Uint8Array(17 * 1024 * 1024)]) });
    expect(request.body).toMatchObject({ kind: 'once', bytes: 17 * 1024 * 1024 });
  });

  test('is let go of by who leaves it half way', async () => {
    let cancelled = false;
    const stream = new ReadableStream({ pull: (controller) => controller.enqueue(bytes), cancel: () => void (cancelled = true) });
    const { body } = await sent(CHAT, { method: 'POST', body: stream, duplex: 'half' });
    const pieces = body.kind === 'once' ? body.open()[Symbol.asyncIterator]() : undefined;
    await pieces?.next();
    await pieces?.return?.();
    expect(cancelled).toBe(true);
  });

  test('whose pieces are no bytes fails', async () => {
    const { body } = await sent(CHAT, { method: 'POST', body: ReadableStream.from([5]) as ReadableStream, duplex: 'half' });
    await expect(textOf(body)).rejects.toThrow('Cannot send the request as the pieces of its body must be bytes: current value is 5');
  });

  test.each([
    ['application/json', '{"model":"m"', undefined],
    ['application/jsonl', '{"a":1}\n{"b":2}', undefined],
    ['application/vnd.api+json', '{"model":"m"}', { model: 'm' }],
    [undefined, '{"model":"m"}', { model: 'm' }],
    ['application/octet-stream', '{"model":"m"}', undefined],
  ])('of type %s with %s is read as %j', async (type, text, json) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    expect((await sent(CHAT, { method: 'POST', headers, body: text })).json).toEqual(json);
  });
});

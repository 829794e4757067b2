import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ClosedError, type ClientFetchInit, ConfigError } from '../../src/index.ts';
import type { Fault } from '../../src/simulator/index.ts';
import { createDeferred } from '../support/deferred.ts';
import { json, readBody } from '../support/stub-server.ts';
import { at, group, key, nextEvent, secretOf, useWorld } from '../support/world.ts';

const world = useWorld();

const CALLERS = 'sk-the-callers-own-0123456789';
const CHAT = { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hi' }] };

/** As an SDK asks. */
function post(body: unknown, init: ClientFetchInit = {}): ClientFetchInit {
  const headers = { authorization: `Bearer ${CALLERS}`, 'content-type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(body), ...init };
}

async function open(faults: readonly Fault[] = [], keys: readonly string[] = ['a', 'b'], more: object = {}) {
  const simulator = await world.simulator({ groups: keys.map((name) => group(name)), faults, reply: () => 'the wheel turns' });
  const client = world.client({ ...at(simulator, ...keys), ...more });
  const ask = (body: unknown, init?: ClientFetchInit): Promise<Response> => {
    const { fetch } = client;
    return fetch(`${simulator.baseURL}/chat/completions`, post(body, init));
  };
  return { simulator, client, ask };
}

describe('fetch', () => {
  test('goes on with another key when the first one is exhausted, in the caller’s place for it', async () => {
    const { simulator, client, ask } = await open([{ kind: 'rate_limit', retryAfterMs: 30_000 }], ['a', 'b']);
    const finished = nextEvent(client, 'call-finished');
    for (let call = 0; call < 2; call += 1) {
      const response = await ask(CHAT);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'the wheel turns' } }] });
    }
    expect((await finished).report).toMatchObject({
      id: 'call-1',
      operation: 'fetch',
      model: 'gpt-5-mini',
      tokens: { input: expect.any(Number) },
    });
    expect(new Set(simulator.requests().map((request) => request.key))).toEqual(new Set(['a', 'b']));
    expect(JSON.stringify(simulator.requests())).not.toContain(CALLERS);
  });

  test('serves the SDKs of several providers at one address, by what their requests say', async () => {
    const simulator = await world.simulator({ groups: [group('o'), group('a'), group('g')] });
    const client = world.client({
      env: {
        OPENAI_API_KEY: secretOf('o'),
        OPENAI_BASE_URL: simulator.baseURL,
        ANTHROPIC_API_KEY: secretOf('a'),
        ANTHROPIC_BASE_URL: simulator.baseURLs.anthropic,
        GEMINI_API_KEY: secretOf('g'),
        GOOGLE_GEMINI_BASE_URL: simulator.baseURLs.google,
      },
    });
    const messages = [{ role: 'user', content: 'Hi' }];
    const { origin } = new URL(simulator.baseURL);
    const answers = await Promise.all([
      client.fetch(`${origin}/v1/chat/completions`, post({ model: 'gpt-5-mini', messages })),
      client.fetch(`${origin}/v1/messages`, {
        ...post({ model: 'claude-sonnet-4-5', max_tokens: 9, messages }),
        headers: { 'x-api-key': CALLERS, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      }),
      client.fetch(`${origin}/v1beta/models/gemini-3-pro-preview:generateContent`, {
        ...post({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] }),
        headers: { 'x-goog-api-key': CALLERS, 'content-type': 'application/json' },
      }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(simulator.requests().map(({ key: id, path }) => [id, path])).toEqual(
      expect.arrayContaining([
        ['o', '/v1/chat/completions'],
        ['a', '/v1/messages'],
        ['g', '/v1beta/models/gemini-3-pro-preview:generateContent'],
      ]),
    );
  });

  test('streams, and starts anew where a stream fails before its first output', async () => {
    const { simulator, ask } = await open([{ kind: 'stream_error' }, { kind: 'stream_error', afterChunks: 1 }]);
    const response = await ask({ ...CHAT, stream: true });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const text = await response.text();
    expect(text).toContain('data: [DONE]');
    expect(text).not.toContain('"error"');
    expect(text.match(/"role":"assistant"/g)).toHaveLength(1);
    expect(simulator.requests()).toHaveLength(3);
  });

  test.each<[string, Fault, number, object]>([
    ['a 400', { kind: 'status', status: 400 }, 400, { error: { message: expect.any(String) } }],
    ['a 500', { kind: 'status', status: 500 }, 500, { error: { message: expect.any(String) } }],
    ['a 200 that is an error', { kind: 'ok_error' }, 502, { error: { code: 'provider_failed' } }],
    ['a connection that breaks', { kind: 'reset' }, 502, { error: { code: 'provider_failed' } }],
    ['a redirect', { kind: 'redirect', location: `https://evil.test/?key=${CALLERS}` }, 502, { error: { code: 'provider_failed' } }],
  ])('ends in a Response that is not repeated: %s', async (_title, fault, status, body) => {
    const { ask } = await open([{ ...fault, times: 99 }], ['a'], { retry: { attempts: 2 } });
    const response = await ask(CHAT);
    expect([response.status, response.headers.get('x-should-retry'), response.headers.get('x-keywheel-call')]).toEqual([
      status,
      'false',
      'call-1',
    ]);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject(body);
    expect(text).not.toContain('sk-');
  });

  test('is the 401 of the provider where every key is dead', async () => {
    const simulator = await world.simulator({ groups: [group('a', { state: 'dead' }), group('b', { state: 'dead' })] });
    const client = world.client(at(simulator, 'a', 'b'));
    const response = await client.fetch(`${simulator.baseURL}/chat/completions`, post(CHAT));
    expect([response.status, response.headers.get('x-should-retry'), simulator.requests().length]).toEqual([401, 'false', 2]);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  });

  test('says by a 429 when the keys may be asked again', async () => {
    const { simulator, ask } = await open([{ kind: 'rate_limit', retryAfterMs: 30_000, times: 99 }], ['a', 'b']);
    const init = { keywheel: { maxWaitMs: 100 } };
    await ask(CHAT, init);
    const response = await ask(CHAT, init);
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([429, 'false']);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(20);
    expect(Number(response.headers.get('retry-after-ms'))).toBeGreaterThan(20_000);
    expect(await response.json()).toMatchObject({ error: { type: 'rate_limit_error', code: 'keys_exhausted' } });
    expect(simulator.requests()).toHaveLength(2);
  });

  test('says by a 504 that the time of the call is over', async () => {
    const { ask } = await open([{ kind: 'hang' }], ['a']);
    const response = await ask(CHAT, { keywheel: { timeoutMs: 50 } });
    expect([response.status, await response.json()]).toMatchObject([504, { error: { code: 'deadline_exceeded' } }]);
  });

  test('refuses options that are wrong, and goes with its client', async () => {
    const { client, ask } = await open();
    await expect(ask(CHAT, { keywheel: { prioritty: 1 } as never })).rejects.toBeInstanceOf(ConfigError);
    await client.close();
    await expect(ask(CHAT)).rejects.toBeInstanceOf(ClosedError);
  });
});

describe('an abort rejects with its reason', () => {
  const reason = { of: 'the caller' };

  test.each<[string, Fault]>([
    ['before the headers', { kind: 'hang' }],
    ['while it backs off', { kind: 'status', status: 500, times: 99 }],
  ])('%s', async (_title, fault) => {
    const { client, simulator, ask } = await open([fault], ['a'], { random: () => 0.9 });
    const controller = new AbortController();
    const failed = nextEvent(client, 'call-failed');
    const asking = ask(CHAT, { signal: controller.signal });
    await simulator.until(({ faults }) => (faults.hang ?? faults.status ?? 0) > 0);
    controller.abort(reason);
    await expect(asking).rejects.toBe(reason);
    expect((await failed).class).toBe('aborted');
  });

  test('while it waits for a key', async () => {
    const { ask } = await open([{ kind: 'rate_limit', retryAfterMs: 20_000 }], ['a']);
    const controller = new AbortController();
    const asking = ask(CHAT, { keywheel: { signal: controller.signal } });
    await new Promise(setImmediate);
    controller.abort(reason);
    await expect(asking).rejects.toBe(reason);
  });

  test('in the middle of a stream, as does a reader who leaves end the call', async () => {
    const { client, ask } = await open([{ kind: 'silence', afterChunks: 3, times: 2 }], ['a']);
    const controller = new AbortController();
    const reader = (await ask({ ...CHAT, stream: true }, { signal: controller.signal })).body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    const failed = nextEvent(client, 'call-failed');
    controller.abort(reason);
    const reading = (async () => {
      for (;;) if ((await reader?.read())?.done === true) return;
    })();
    await expect(reading).rejects.toBe(reason);
    await failed;
    const left = nextEvent(client, 'call-failed');
    await (await ask({ ...CHAT, stream: true })).body?.cancel();
    expect((await left).report.id).toBe('call-2');
  });
});

describe('any endpoint', () => {
  test('a file is sent once, whole and as a form, with a key of the pool', async () => {
    const seen: {
      readonly url: string | undefined;
      readonly type: string | undefined;
      readonly key: string | undefined;
      readonly body: string;
    }[] = [];
    const server = await world.server((request, response) => {
      const { url, headers } = request;
      void readBody(request).then((body) => {
        seen.push({ url, type: headers['content-type'], key: headers.authorization, body });
        json(response, 503, { error: { message: 'busy' } });
      });
    });
    const client = world.client(at({ baseURL: `${server.url}/v1` }, 'a', 'b'));
    const form = new FormData();
    form.append('purpose', 'batch');
    form.append('file', new File(['{"a":1}\n'], 'a.jsonl'));
    const sent = await client.fetch(`${server.url}/v1/files?key=${CALLERS}`, { method: 'POST', body: form });
    expect([sent.status, await sent.json()]).toEqual([503, { error: { message: 'busy' } }]);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ url: '/v1/files', type: expect.stringContaining('multipart/form-data; boundary=') });
    expect(seen[0]?.body).toContain('filename="a.jsonl"');
    expect([secretOf('a'), secretOf('b')].map((secret) => `Bearer ${secret}`)).toContain(seen[0]?.key);
  });

  test('a stream is sent once, and a picture comes as bytes', async () => {
    const picture = Buffer.from([0x89, 0x50, 0, 255, 254]);
    const server = await world.server((request, response) => {
      void readBody(request).then((text) => response.writeHead(200, { 'content-type': 'image/png', 'x-got': text }).end(picture));
    });
    const client = world.client(at({ baseURL: `${server.url}/v1` }, 'a'));
    const body = ReadableStream.from([Buffer.from('one '), Buffer.from('two')]);
    // What Node asks for with a streamed body is not in its types.
    const init = { method: 'PUT', body, duplex: 'half' } as RequestInit;
    const response = await client.fetch(`${server.url}/v1/images/x`, init);
    expect(response.headers.get('x-got')).toBe('one two');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(picture);
  });

  test('a body that breaks while it is sent fails with its own error, for which no provider is to blame', async () => {
    const server = await world.server((request) => void request.resume());
    const client = world.client(at({ baseURL: `${server.url}/v1` }, 'a', 'b'));
    const failed = nextEvent(client, 'call-failed');
    const mine = new Error('the disk is gone');
    async function* breaking() {
      yield Buffer.from('one');
      throw mine;
    }
    const init = { method: 'POST', body: ReadableStream.from(breaking()), duplex: 'half' } as RequestInit;
    await expect(client.fetch(`${server.url}/v1/files`, init)).rejects.toBe(mine);
    expect(await failed).toMatchObject({ class: 'aborted', report: { attempts: [{ class: 'aborted' }] } });
  });

  test('an abort lets go of a body that has nothing to send yet', async () => {
    const controller = new AbortController();
    // The first bytes are there: who sends waits for more.
    const server = await world.server((request) => void request.once('data', () => controller.abort('enough')));
    const client = world.client(at({ baseURL: `${server.url}/v1` }, 'a'));
    const { promise: left, resolve } = createDeferred();
    const body = new ReadableStream({
      start: (stream) => stream.enqueue(Buffer.from('one')),
      pull: () => new Promise(() => {}),
      cancel: () => resolve(),
    });
    const init = { method: 'POST', body, duplex: 'half', signal: controller.signal } as RequestInit;
    await expect(client.fetch(`${server.url}/v1/files`, init)).rejects.toBe('enough');
    await left;
  });

  test('two providers on one base URL are told apart by a header, which stays here', async () => {
    const seen: unknown[] = [];
    const server = await world.server((request, response) => {
      seen.push(request.headers.authorization, String(request.headers['x-keywheel-provider']));
      json(response, 200, {});
    });
    const own = { protocol: 'openai', baseURL: `${server.url}/v1` } as const;
    const client = world.client({ providers: { us: { ...own, keys: [key('us')] }, eu: { ...own, keys: [key('eu')] } } });
    await (await client.fetch(`${server.url}/v1/models`, { headers: { 'x-keywheel-provider': 'eu' } })).text();
    expect(seen).toEqual([`Bearer ${secretOf('eu')}`, 'undefined']);
    await expect(client.fetch(`${server.url}/v1/models`)).rejects.toBeInstanceOf(ConfigError);
    expect(seen).toHaveLength(2);
  });
});

test('a key of the pool is at no other host: redirects, look-alikes, other paths and strangers get none', async () => {
  const strangers: unknown[] = [];
  const stranger = await world.server((request, response) => {
    strangers.push(request.headers, request.url);
    json(response, 200, {});
  });
  const own = await world.server((request, response) => {
    if (request.url !== '/v1/models') strangers.push(request.headers, request.url);
    response.writeHead(307, { location: `${stranger.url}/v1/models` }).end();
  });
  const client = world.client({ ...at({ baseURL: `${own.url}/v1` }, 'a'), retry: { attempts: 1 } });
  const seen: unknown[] = [];
  for (const redirect of ['follow', 'manual', 'error'] as const) {
    const response = await client.fetch(`${own.url}/v1/models`, { redirect, headers: { 'x-api-key': CALLERS } });
    seen.push(response.status, Object.fromEntries(response.headers), await response.text());
  }
  expect(seen.filter((value) => typeof value === 'number')).toEqual([502, 307, 502]);
  const others = [`${stranger.url}/v1/models`, `${own.url}/v1evil/models`, `${own.url}//v1/models`, `${own.url}/v1/..%2fadmin`];
  for (const url of others) await client.fetch(url, { redirect: 'manual' });
  expect(strangers.length).toBeGreaterThan(4);
  expect(inspect([strangers, seen], { depth: 9 })).not.toContain('sk-');
});

test('nothing tells of the credentials that a caller shows a server without keys, or a gateway beside its key', async () => {
  const server = await world.server((request, response) => {
    const { authorization = '', cookie = '' } = request.headers;
    const error = { message: `Who is ${authorization}, ${cookie}?`, type: 'invalid_request_error' };
    json(response, request.url?.includes('bad') === true ? 400 : 401, { error }, { 'x-echo': authorization });
  });
  const seen: unknown[] = [];
  const client = world.client({
    providers: {
      local: { protocol: 'openai', baseURL: `${server.url}/v1`, keys: [] },
      keyed: { protocol: 'openai', baseURL: `${server.url}/v2`, keys: [key('a')] },
    },
    log: { to: (line) => void seen.push(line), attempts: true, content: true },
    retry: { maxWaitMs: 0 },
  });
  client.on('call-started', ({ asked }) => seen.push(asked()));
  for (const name of ['call-failed', 'attempt-failed', 'key-held', 'key-invalidated'] as const)
    client.on(name, (payload) => seen.push(payload));
  for (const path of ['v1/chat/completions', 'v1/bad/chat/completions', 'v2/bad/chat/completions']) {
    const headers = { authorization: `Bearer ${CALLERS}`, cookie: `s=${CALLERS}`, 'content-type': 'application/json', accept: 'a/b' };
    const response = await client.fetch(`${server.url}/${path}?key=${CALLERS}&x=1`, post(CHAT, { headers }));
    seen.push(await response.text(), Object.fromEntries(response.headers));
  }
  await client.close();
  expect(seen.length).toBeGreaterThan(15);
  expect(inspect(seen, { depth: 12 })).not.toContain(CALLERS);
  expect(seen).toContainEqual({
    model: CHAT.model,
    method: 'POST',
    url: `${server.url}/v1/chat/completions?x=1`,
    headers: { 'content-type': 'application/json', accept: 'a/b' },
    endpoint: { kind: 'chat', protocol: 'openai', stream: false },
    json: CHAT,
  });
});

import { describe, expect, test } from 'vitest';
import {
  BudgetError,
  CacheMissError,
  ClosedError,
  ConfigError,
  DeadlineError,
  KeysExhaustedError,
  ProviderError,
  RequestError,
} from '../../src/index.ts';
import type { LastRefusal } from '../../src/trace.ts';
import { CALLERS, fakeHost, raw } from './support.ts';

const CHAT = 'https://api.openai.com/v1/chat/completions';
const POST = { method: 'POST', headers: { authorization: `Bearer ${CALLERS}` }, body: '{"model":"gpt-5-mini"}' };

describe('an answer', () => {
  test('is a true Response, with the bytes of the provider and the id of the call', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'br', 'content-length': '3', 'x-label': 'sk-…1234' };
    const { fetch, asked } = fakeHost({ send: async () => raw(['{"a":', '1}'], { status: 201, headers }) });
    const response = await fetch(`${CHAT}?key=${CALLERS}#x`, POST);
    expect(response).toBeInstanceOf(Response);
    expect(response).toMatchObject({ status: 201, statusText: 'Created', ok: true, url: CHAT, redirected: false });
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/json',
      'x-keywheel-call': 'call-1',
      'x-label': 'sk-?1234',
    });
    expect(await response.clone().json()).toEqual({ a: 1 });
    expect(await response.text()).toBe('{"a":1}');
    expect(asked[0]?.target).toBe('openai gpt-5-mini');
  });

  test.each([204, 205, 304])('with status %i has no body, and is read to its end', async (status) => {
    const answer = raw([''], { status });
    const response = await fakeHost({ send: async () => answer }).fetch(CHAT, POST);
    expect([response.status, response.body, await response.text()]).toEqual([status, null, '']);
    expect(await answer.parts.next()).toEqual({ done: true, value: undefined });
  });

  test('to HEAD has none either', async () => {
    const response = await fakeHost({ send: async () => raw([]) }).fetch(CHAT, { method: 'HEAD' });
    expect(response.body).toBeNull();
  });

  test('with a status that no Response can have is a bad gateway', async () => {
    expect((await fakeHost({ send: async () => raw('x', { status: 999 }) }).fetch(CHAT)).status).toBe(502);
  });

  test('is asked for as it is read, and left when it is cancelled', async () => {
    const answer = raw(['a', 'b', 'c']);
    const reader = (await fakeHost({ send: async () => answer }).fetch(CHAT, POST)).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('a');
    expect(await answer.parts.next()).toMatchObject({ done: false, value: new TextEncoder().encode('b') });
    expect(answer.left()).toBe(false);
    await reader?.cancel();
    expect(answer.left()).toBe(true);
  });

  test('that breaks off fails its reader with the very error', async () => {
    const reason = new Error('broken');
    const answer = raw(['a']);
    const { next } = answer.parts;
    let reads = 0;
    answer.parts.next = () => ((reads += 1) > 1 ? Promise.reject(reason) : next());
    const response = await fakeHost({ send: async () => answer }).fetch(CHAT, POST);
    await expect(response.text()).rejects.toBe(reason);
  });
});

describe('fetch', () => {
  test('needs no `this`, and has Response', async () => {
    const { fetch } = fakeHost();
    expect(fetch.Response).toBe(Response);
    expect((await Reflect.apply(fetch, undefined, [CHAT])).status).toBe(200);
  });

  test('passes on what belongs to nobody, untouched', async () => {
    const { fetch, passed, asked } = fakeHost();
    const init = { method: 'POST', body: 'x', headers: { authorization: `Bearer ${CALLERS}` } };
    const request = new Request('https://else.test/v1');
    await fetch('https://else.test/v1/chat/completions', init);
    await fetch('data:,');
    await fetch(request);
    expect(passed[0]?.init).toBe(init);
    expect(passed[2]?.input).toBe(request);
    expect(passed.map(({ input }) => String(input).slice(0, 16))).toEqual(['https://else.tes', 'data:,', '[object Request]']);
    expect(asked).toEqual([]);
  });

  test.each([
    [`https://else.test/${CALLERS}?key=${CALLERS}`, 'https://else.test'],
    [`https://user:${CALLERS}@else.test/`, 'https://else.test'],
    [`data:,${CALLERS}`, 'an address of scheme data:'],
    [`blob:https://api.openai.com/${CALLERS}`, 'an address of scheme blob:'],
  ])('refuses it where that is asked for, and names the origin alone: %s', async (url, shown) => {
    const { fetch, passed } = fakeHost({ unknown: 'refuse' });
    const error: unknown = await fetch(url).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RequestError);
    expect(String(error)).toMatch(new RegExp(`current value is ${shown}$`));
    expect(passed).toEqual([]);
  });

  test('hands the options of the call on, with whatever ends it', async () => {
    const { fetch, asked } = fakeHost();
    const [a, b] = [new AbortController(), new AbortController()];
    await fetch(CHAT, { ...POST, keywheel: { tags: { a: 'b' }, signal: a.signal }, signal: b.signal });
    await fetch(CHAT, { ...POST, signal: b.signal });
    await fetch(CHAT, { ...POST, keywheel: { priority: 2 } });
    await fetch(CHAT, POST);
    await fetch(new Request(CHAT, { ...POST, signal: a.signal }));
    await fetch(new Request(CHAT, { ...POST, signal: a.signal }), { signal: null });
    expect(asked.map(({ options }) => options)).toEqual([
      { tags: { a: 'b' }, signal: expect.any(AbortSignal) },
      { signal: b.signal },
      { priority: 2 },
      undefined,
      { signal: expect.any(AbortSignal) },
      undefined,
    ]);
    const [both, , , , ofRequest] = asked.map(({ options }) => options?.signal);
    a.abort('first');
    expect([both?.reason, ofRequest?.reason]).toEqual(['first', 'first']);
  });

  test('leaves what are no options to who checks them', async () => {
    const { fetch, asked } = fakeHost();
    await fetch(CHAT, { ...POST, keywheel: 'fast' as never, signal: new AbortController().signal });
    await fetch(CHAT, { ...POST, keywheel: { signal: 5 as never } });
    expect(asked.map(({ options }) => options)).toEqual(['fast', { signal: 5 }]);
  });
});

describe('an abort', () => {
  const reason = new ProviderError('Mine', { class: 'network' });

  test('before the call rejects with its reason, and nothing is begun', async () => {
    const { fetch, asked } = fakeHost();
    await expect(fetch(CHAT, { ...POST, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(fetch(CHAT, { ...POST, keywheel: { signal: AbortSignal.abort(reason) } })).rejects.toBe(reason);
    expect(asked).toEqual([]);
  });

  test('while the body is read does as well', async () => {
    const { fetch, asked } = fakeHost();
    const body = new ReadableStream({ pull: () => new Promise(() => {}) });
    const headers = { 'content-type': 'application/json' };
    const request = new Request(CHAT, { method: 'POST', headers, body, duplex: 'half' });
    const controller = new AbortController();
    const fetching = fetch(request, { signal: controller.signal });
    controller.abort(reason);
    await expect(fetching).rejects.toBe(reason);
    expect(asked).toEqual([]);
  });

  test('of the call under way is never made a Response of, whatever the reason', async () => {
    const controller = new AbortController();
    const send = async (): Promise<never> => {
      controller.abort(reason);
      throw reason;
    };
    await expect(fakeHost({ send }).fetch(CHAT, { ...POST, signal: controller.signal })).rejects.toBe(reason);
  });
});

const LAST: LastRefusal = { status: 429, headers: { 'x-request-id': 'req_1', 'x-should-retry': 'true' }, body: '{"error":{}}' };

async function failed(error: unknown, lastRefusal?: LastRefusal, url = CHAT, init: RequestInit = POST): Promise<Response> {
  const send = async (): Promise<never> => {
    throw error;
  };
  return fakeHost(lastRefusal === undefined ? { send } : { send, lastRefusal }).fetch(url, init);
}

describe('a final failure', () => {
  test('is the last answer of the provider as it was sent, which SDKs do not repeat', async () => {
    const response = await failed(new ProviderError('No', { class: 'rate_limited', status: 429 }), LAST);
    expect(response).toMatchObject({ status: 429, statusText: 'Too Many Requests', url: CHAT });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-request-id': 'req_1',
      'x-should-retry': 'false',
      'x-keywheel-call': 'call-1',
    });
    expect(await response.text()).toBe(LAST.body);
  });

  test.each([
    ['another status', new ProviderError('No', { class: 'server_error', status: 500 }), LAST, 500],
    ['nothing of the kind', new RequestError('No', { class: 'bad_request', status: 422 }), undefined, 422],
    ['the network', new ProviderError('No', { class: 'network' }), LAST, 502],
    ['time', new ProviderError('No', { class: 'timeout' }), undefined, 504],
    ['an error inside a 200', new ProviderError('No', { class: 'overloaded', status: 200 }), { ...LAST, status: 200 }, 503],
    ['what cannot be sent', new RequestError('No', { class: 'request_too_large' }), undefined, 413],
    ['a cache that has nothing', new CacheMissError('No'), undefined, 504],
    [
      'a redirect',
      new ProviderError('No', { class: 'server_error' }),
      { status: 307, headers: { location: 'https://x.test' }, body: '' },
      502,
    ],
  ])('where the last answer is not it, says so itself: %s', async (_title, error, last, status) => {
    const response = await failed(error, last);
    expect([response.status, response.headers.get('x-should-retry'), response.headers.get('location')]).toEqual([status, 'false', null]);
    expect(await response.json()).toMatchObject({ error: { message: 'No' } });
  });

  test('a redirect is for who asks for it, and nothing new always is', async () => {
    const error = new ProviderError('No', { class: 'server_error' });
    const redirect = { status: 307, headers: { location: 'https://x.test' }, body: '' };
    const manual = await failed(error, redirect, CHAT, { ...POST, redirect: 'manual' });
    expect([manual.status, manual.headers.get('location')]).toEqual([307, 'https://x.test']);
    const same = await failed(error, { status: 304, headers: { etag: 'x' }, body: '' });
    expect([same.status, same.body, same.headers.get('etag')]).toEqual([304, null, 'x']);
  });

  const clockNow = fakeHost().call.deadline.now();
  const exhausted = new KeysExhaustedError('No key', { retryAt: clockNow + 1200.5, keys: [] });

  test.each([
    ['openai', CHAT, { error: { message: 'No key', type: 'rate_limit_error', code: 'keys_exhausted', param: null } }],
    [
      'anthropic',
      'https://api.anthropic.com/v1/messages',
      { type: 'error', error: { type: 'rate_limit_error', message: 'No key', code: 'keys_exhausted' } },
    ],
    [
      'google',
      'https://generativelanguage.googleapis.com/v1beta/models/g:generateContent',
      {
        error: {
          code: 429,
          message: 'No key',
          status: 'RESOURCE_EXHAUSTED',
          details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.201s' }],
        },
      },
    ],
    ['openai at google', 'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions', { error: { code: 'keys_exhausted' } }],
    ['cohere', 'https://api.cohere.com/v2/chat', { message: 'No key', code: 'keys_exhausted' }],
    ['bedrock', 'https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse', { message: 'No key', code: 'keys_exhausted' }],
  ])('exhaustion is a 429 that says when to come again, in the words of %s', async (_title, url, body) => {
    const response = await failed(exhausted, LAST, url);
    expect(response.status).toBe(429);
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({ 'retry-after': '2', 'retry-after-ms': '1201', 'x-should-retry': 'false', 'x-keywheel-call': 'call-1' });
    expect(headers['x-amzn-errortype']).toBe(url.includes('bedrock') ? 'ThrottlingException' : undefined);
    expect(await response.json()).toMatchObject(body);
  });

  test('exhaustion without a time names none', async () => {
    for (const retryAt of [undefined, Infinity]) {
      const response = await failed(new KeysExhaustedError('No key', { retryAt, keys: [] }));
      expect([response.status, response.headers.has('retry-after'), response.headers.has('retry-after-ms')]).toEqual([429, false, false]);
    }
    const past = await failed(new KeysExhaustedError('No key', { retryAt: clockNow - 5, keys: [] }));
    expect(past.headers.get('retry-after')).toBe('0');
  });

  test('a spent budget is a 429 until its period ends', async () => {
    const budget = { usd: 1, per: 'day' } as unknown as BudgetError['budget'];
    const response = await failed(new BudgetError('Spent', { budget, retryAt: clockNow + 60_000 }));
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60']);
    expect(await response.json()).toMatchObject({ error: { code: 'budget_exceeded' } });
  });

  test('time that is over is a 504', async () => {
    const response = await failed(new DeadlineError('Over'), LAST);
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ error: { code: 'deadline_exceeded', type: 'timeout_error' } });
  });

  test.each([new ClosedError('Closed'), new ConfigError('Wrong'), new TypeError('A bug'), 'a text'])(
    'that no server can tell is thrown: %s',
    async (error) => {
      await expect(failed(error)).rejects.toBe(error);
    },
  );

  test('before the call began has no id', async () => {
    const start = async (): Promise<never> => {
      throw new DeadlineError('Over');
    };
    const response = await fakeHost({ start }).fetch(CHAT, POST);
    expect([response.status, response.headers.get('x-keywheel-call')]).toEqual([504, null]);
  });
});

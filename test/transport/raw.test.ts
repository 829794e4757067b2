import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FetchRequest } from '../../src/chat/fetched.ts';
import { systemClock } from '../../src/clock.ts';
import { StreamInterruptedError } from '../../src/errors.ts';
import { AttemptError } from '../../src/failure.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import { watchLeaks, type LeakWatch } from '../support/leaks.ts';
import { readBody } from '../support/stub-server.ts';
import { chunk, completion, events, json, readAll, rig, role, SECRET, sse, usage, type Rig, type RigOptions } from './support.ts';

type Listener = Parameters<typeof rig>[0];

let leaks: LeakWatch;
let rigged: Rig;

beforeEach(() => {
  leaks = watchLeaks();
});

afterEach(async () => {
  await rigged.close();
  await leaks.assertNone();
});

async function start(listener: Listener, options: Partial<RigOptions> = {}): Promise<Rig> {
  rigged = await rig(listener, { clock: systemClock, ...options });
  return rigged;
}

function serving(text: string | Uint8Array, type = 'text/event-stream', then: 'end' | 'break' | 'stay' = 'end'): Listener {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': type });
    if (then === 'end') response.end(text);
    else response.write(text, () => then === 'break' && response.destroy());
  };
}

const CHAT_STREAM: FetchRequest['endpoint'] = { kind: 'chat', protocol: 'openai', stream: true };
const RESPONSES: FetchRequest['endpoint'] = { kind: 'other', protocol: undefined, stream: true };
const OTHER: FetchRequest['endpoint'] = { kind: 'other', protocol: undefined, stream: false };
const HELLO = [role, chunk({ content: 'Hel' }), chunk({ content: 'lo' }), chunk({}, 'stop'), usage];

/** Events as OpenAI's Responses writes them. */
function responses(...bodies: readonly { readonly type: string }[]): string {
  return bodies.map((body) => `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`).join('');
}

const CREATED = { type: 'response.created', response: { status: 'in_progress', error: null, usage: null } };
const COMPLETED = {
  type: 'response.completed',
  response: { status: 'completed', error: null, usage: { input_tokens: 7, output_tokens: 2, input_tokens_details: { cached_tokens: 3 } } },
};

async function failed(attempt: Promise<unknown>): Promise<AttemptError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AttemptError)) throw new Error(`Expected an AttemptError: ${String(error)}`);
  return error;
}

describe('a whole answer', () => {
  test('comes back byte for byte, with its usage', async () => {
    const text = ` ${JSON.stringify(completion, undefined, 2)}\n`;
    const { raw, told } = await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'r1', 'content-length': text.length }).end(text);
    });
    const answer = await raw();
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'x-request-id': 'r1' });
    expect(answer.headers).not.toHaveProperty('content-length');
    expect(await readAll(answer.parts)).toBe(text);
    expect(await answer.done).toEqual({ status: 'complete', usage: completion.usage, storable: true });
    expect(told[0]).toBe('sent');
  });

  test('comes inflated, without the word of its encoding', async () => {
    const { raw } = await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify(completion)));
    });
    const answer = await raw();
    expect(answer.headers).toEqual(expect.not.objectContaining({ 'content-encoding': 'gzip' }));
    expect(JSON.parse(await readAll(answer.parts))).toEqual(completion);
  });

  test('that is an error inside a 200 fails as that of a chat does', async () => {
    const { raw } = await start((_request, response) => json(response, 200, { error: { message: 'Overloaded', code: 'overloaded' } }));
    expect((await failed(raw())).verdict.class).toBe('overloaded');
  });

  test('that is no JSON fails', async () => {
    const { raw } = await start(serving('<html>Welcome</html>', 'text/html'));
    expect((await failed(raw())).verdict).toMatchObject({ class: 'server_error', scope: 'route' });
  });

  test('in words of nobody is read for its usage, and for an error', async () => {
    const said = { error: null, status: 'completed', usage: { input_tokens: 5, output_tokens: 2 } };
    const { raw } = await start((request, response) => {
      json(response, 200, request.url === '/v1/bad' ? { ...said, status: 'failed', error: { code: 'rate_limit_exceeded' } } : said);
    });
    const endpoint = { kind: 'chat', protocol: undefined, stream: false } as const;
    expect(await (await raw({ endpoint })).done).toMatchObject({ usage: { prompt_tokens: 5, completion_tokens: 2 }, storable: true });
    expect((await failed(raw({ endpoint, url: `${rigged.server.url}/v1/bad` }))).verdict.class).toBe('rate_limited');
  });
});

describe('a refusal', () => {
  test('is classified, and kept as it was said, without secrets', async () => {
    const said = `{"error": {"message":"Incorrect API key provided: ${SECRET}", "code":"invalid_api_key"}}`;
    const { raw, call } = await start((_request, response) => {
      response.writeHead(401, { 'content-type': 'application/json', 'x-echo': SECRET, 'content-length': said.length }).end(said);
    });
    const { trace } = call();
    expect((await failed(raw({}, { trace }))).verdict).toMatchObject({ class: 'key_invalid', status: 401 });
    expect(trace.lastRefusal).toMatchObject({ status: 401, headers: { 'content-type': 'application/json' } });
    expect(trace.lastRefusal?.headers).not.toHaveProperty('content-length');
    expect(trace.lastRefusal?.body).toMatch(/^\{"error": \{"message":"Incorrect API key provided: \S+", "code":"invalid_api_key"\}\}$/);
    expect(JSON.stringify(trace.lastRefusal)).not.toContain(SECRET);
  });

  test('that spells a secret so that only a parser finds it is written anew', async () => {
    const hidden = SECRET.replace('s', String.raw`\u0073`);
    const { raw, call } = await start((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' }).end(`{"error":{"message":"${hidden}"}}`);
    });
    const { trace } = call();
    await failed(raw({}, { trace }));
    expect(JSON.stringify(JSON.parse(trace.lastRefusal?.body ?? ''))).not.toContain(SECRET);
  });

  test('by a redirect is kept with its location, and never followed', async () => {
    let asked = 0;
    const { raw, call } = await start((_request, response) => {
      asked += 1;
      response.writeHead(307, { location: 'https://elsewhere.test/v1' }).end();
    });
    const { trace } = call();
    expect((await failed(raw({}, { trace }))).verdict).toMatchObject({ class: 'server_error', definitive: true });
    expect(trace.lastRefusal).toMatchObject({ status: 307, headers: { location: 'https://elsewhere.test/v1' }, body: '' });
    expect(asked).toBe(1);
  });

  test('is not the last word when something else failed later', async () => {
    const { raw, call } = await start((request, response) => {
      if (request.url === '/v1/cut') request.socket.destroy();
      else json(response, 429, { error: { message: 'slow down' } });
    });
    const { trace } = call();
    await failed(raw({}, { trace }));
    expect(trace.lastRefusal?.status).toBe(429);
    await failed(raw({ url: `${rigged.server.url}/v1/cut` }, { trace }));
    expect(trace.lastRefusal).toBeUndefined();
  });
});

describe('a stream', () => {
  test('passes exactly as it came, and its usage is learned', async () => {
    const text = `: hello\r\n\r\n${events(...HELLO)}\n\ndata: [DONE]\n\n\n: bye\n`;
    const { raw } = await start(serving(text));
    const answer = await raw({ endpoint: CHAT_STREAM });
    expect(await readAll(answer.parts)).toBe(text);
    expect(await answer.done).toEqual({ status: 'complete', usage: completion.usage, storable: true });
  });

  test('is the same however it is cut', async () => {
    const text = Buffer.from(events(...HELLO.slice(0, 3), chunk({ content: 'żółć 🎉' }, 'stop'), '[DONE]'));
    const { raw } = await start((_request, response) => {
      response.writeHead(200, sse);
      Readable.from([...text].map((byte) => Buffer.from([byte]))).pipe(response);
    });
    const answer = await raw({ endpoint: CHAT_STREAM });
    expect(await readAll(answer.parts)).toBe(text.toString());
    expect((await answer.done).status).toBe('complete');
  });

  test('that fails before its first output fails the attempt', async () => {
    const { raw, call } = await start(serving(events(role, { error: { code: 'rate_limit_exceeded', message: 'Too many' } })));
    const { trace } = call();
    const error = await failed(raw({ endpoint: CHAT_STREAM }, { trace }));
    expect(error.verdict).toMatchObject({ class: 'rate_limited', status: 200 });
    expect(trace.firstTokenAt).toBeUndefined();
  });

  test('that fails after its first output passes on, and counts as failed', async () => {
    const text = events(...HELLO.slice(0, 2), { error: { code: 'overloaded', message: 'Overloaded' } });
    const { raw, call } = await start(serving(text));
    const { trace } = call();
    const answer = await raw({ endpoint: CHAT_STREAM }, { trace });
    expect(await readAll(answer.parts)).toBe(text);
    expect(await answer.done).toMatchObject({ status: 'failed', verdict: { class: 'overloaded' } });
    expect(trace.firstTokenAt).toBeDefined();
  });

  test('that failed counts as failed, however its reader leaves', async () => {
    const text = events(...HELLO.slice(0, 2), { error: { code: 'overloaded', message: 'Overloaded' } });
    const { raw } = await start(serving(text, 'text/event-stream', 'stay'));
    const left = await raw({ endpoint: CHAT_STREAM });
    await left.parts.next();
    await left.parts.return?.();
    expect(await left.done).toMatchObject({ status: 'failed', verdict: { class: 'overloaded' } });
    const controller = new AbortController();
    const aborted = await raw({ endpoint: CHAT_STREAM }, { signal: controller.signal });
    await aborted.parts.next();
    controller.abort();
    expect(await aborted.done).toMatchObject({ status: 'failed', verdict: { class: 'overloaded' } });
  });

  test('that has said all and is not read to its end keeps its key no longer than a second', async () => {
    const clock = createManualClock();
    const { raw } = await start(serving(events(...HELLO, '[DONE]'), 'text/event-stream', 'stay'), { clock });
    const answer = await raw({ endpoint: CHAT_STREAM });
    await answer.parts.next();
    await clock.advance(1_000);
    expect(await answer.done).toMatchObject({ status: 'complete', usage: completion.usage });
    expect(await answer.parts.next()).toEqual({ done: true, value: undefined });
  });

  test('that has said all is kept for its reader, who has not begun', async () => {
    const clock = createManualClock();
    const text = events(...HELLO, '[DONE]');
    const { raw } = await start(serving(text), { clock });
    const answer = await raw({ endpoint: CHAT_STREAM });
    await clock.advance(59_000);
    expect(await readAll(answer.parts)).toBe(text);
  });

  test('without its marker passes on, and counts as failed', async () => {
    const text = events(role, chunk({ content: 'Hel' }));
    const { raw } = await start(serving(text));
    const answer = await raw({ endpoint: CHAT_STREAM });
    expect(await readAll(answer.parts)).toBe(text);
    expect(await answer.done).toMatchObject({ status: 'failed', error: expect.any(StreamInterruptedError), verdict: { class: 'network' } });
  });

  test('that ends before it began fails the attempt', async () => {
    const { raw } = await start(serving(events(role)));
    expect((await failed(raw({ endpoint: CHAT_STREAM }))).verdict.class).toBe('network');
  });

  test('of a connection that breaks throws', async () => {
    const { raw } = await start(serving(events(...HELLO.slice(0, 2)), 'text/event-stream', 'break'));
    const answer = await raw({ endpoint: CHAT_STREAM });
    await expect(readAll(answer.parts)).rejects.toThrow(StreamInterruptedError);
    expect(await answer.done).toMatchObject({ status: 'failed', verdict: { class: 'network' } });
  });

  test('whose body stays open after its marker ends soon', async () => {
    const clock = createManualClock();
    const text = events(...HELLO, '[DONE]');
    const { raw } = await start(serving(text, 'text/event-stream', 'stay'), { clock });
    const answer = await raw({ endpoint: CHAT_STREAM });
    expect(Buffer.from((await answer.parts.next()).value ?? '').toString()).toBe(text);
    const last = answer.parts.next();
    await clock.advance(1_000);
    expect(await last).toEqual({ done: true, value: undefined });
    expect(await answer.done).toMatchObject({ status: 'complete', usage: completion.usage });
  });

  test('whose reader leaves after the marker is complete; before, abandoned', async () => {
    const { raw } = await start((request, response) => {
      response.writeHead(200, sse);
      response.write(request.url === '/v1/whole' ? events(...HELLO, '[DONE]') : events(...HELLO.slice(0, 2)));
    });
    const whole = await raw({ endpoint: CHAT_STREAM, url: `${rigged.server.url}/v1/whole` });
    await whole.parts.next();
    await whole.parts.return?.();
    expect((await whole.done).status).toBe('complete');
    const part = await raw({ endpoint: CHAT_STREAM });
    await part.parts.return?.();
    expect((await part.done).status).toBe('abandoned');
  });

  test('that nobody reads for a minute is given up', async () => {
    const clock = createManualClock();
    const { raw } = await start(serving(events(...HELLO.slice(0, 2)), 'text/event-stream', 'stay'), { clock });
    const answer = await raw({ endpoint: CHAT_STREAM });
    await clock.advance(60_000);
    expect((await answer.done).status).toBe('abandoned');
    await expect(answer.parts.next()).rejects.toThrow(StreamInterruptedError);
  });

  test('that falls silent before its first output fails by the limits of a chat', async () => {
    const clock = createManualClock();
    let written = (): void => {};
    const begun = new Promise<void>((resolve) => (written = resolve));
    const { raw } = await start(
      (_request, response) => {
        response.writeHead(200, sse);
        response.write(events(role), () => written());
      },
      { clock, transport: { firstTokenTimeoutMs: 5_000 } },
    );
    const attempt = failed(raw({ endpoint: CHAT_STREAM }));
    await begun;
    await clock.advance(5_000);
    expect((await attempt).verdict).toMatchObject({ class: 'timeout' });
  });

  test('ends with the reason of an abort', async () => {
    const controller = new AbortController();
    const { raw } = await start(serving(events(...HELLO.slice(0, 2)), 'text/event-stream', 'stay'));
    const answer = await raw({ endpoint: CHAT_STREAM }, { signal: controller.signal });
    await answer.parts.next();
    const next = answer.parts.next();
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
    expect(await answer.done).toEqual({ status: 'failed', error: reason });
  });
});

describe('a stream of no protocol here', () => {
  const [DELTA] = [{ type: 'response.output_text.delta', delta: 'Hi' }];

  test('passes as it came, with its usage', async () => {
    const text = responses(CREATED, DELTA, COMPLETED);
    const { raw } = await start(serving(text));
    const answer = await raw({ endpoint: RESPONSES });
    expect(await readAll(answer.parts)).toBe(text);
    expect(await answer.done).toMatchObject({
      status: 'complete',
      storable: true,
      usage: { prompt_tokens: 7, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 3 } },
    });
  });

  test.each([
    ['response.failed', { type: 'response.failed', response: { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'x' } } }],
    ['an event of type error', { type: 'error', code: 'rate_limit_exceeded', message: 'Rate limit reached' }],
    ['an error object', { type: 'whatever', error: { code: 'rate_limit_exceeded', message: 'x' } }],
  ])('fails before its output by %s', async (_name, event) => {
    const { raw } = await start(serving(responses(CREATED, { type: 'response.in_progress' }, event)));
    expect((await failed(raw({ endpoint: RESPONSES }))).verdict.class).toBe('rate_limited');
  });

  test('that says nothing is no answer to a chat; of another request nobody knows', async () => {
    const { raw } = await start(serving(': waiting\n\n'));
    expect((await failed(raw({ endpoint: { ...RESPONSES, kind: 'chat' } }))).verdict.class).toBe('network');
    expect(await readAll((await raw({ endpoint: RESPONSES })).parts)).toBe(': waiting\n\n');
  });

  test('that stops before its marker counts as failed', async () => {
    const { raw } = await start(serving(responses(CREATED, DELTA)));
    const answer = await raw({ endpoint: RESPONSES });
    expect(await readAll(answer.parts)).toBe(responses(CREATED, DELTA));
    expect(await answer.done).toMatchObject({ status: 'failed', verdict: { class: 'network' } });
  });

  test('that was cut short is not worth keeping', async () => {
    const { raw } = await start(serving(responses(CREATED, DELTA, { type: 'response.incomplete' })));
    const answer = await raw({ endpoint: RESPONSES });
    await readAll(answer.parts);
    expect(await answer.done).toMatchObject({ status: 'complete', storable: false });
  });
});

describe('objects of JSON one by one', () => {
  const part = (text: string, more: object = {}): object => ({ candidates: [{ content: { parts: [{ text }] }, index: 0, ...more }] });

  test('are a stream of Google, an array of them', async () => {
    const text = `[${JSON.stringify(part('Hel'))}\n,\r\n${JSON.stringify(part('lo', { finishReason: 'STOP' }))}\n]\n`;
    const { raw } = await start(serving(text, 'application/json'));
    const answer = await raw({ endpoint: { kind: 'chat', protocol: 'google', stream: true } });
    expect(await readAll(answer.parts)).toBe(text);
    expect((await answer.done).status).toBe('complete');
  });

  test('fail before their first output', async () => {
    const { raw } = await start(serving(`[${JSON.stringify({ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } })}]`, 'application/json'));
    const error = await failed(raw({ endpoint: { kind: 'chat', protocol: 'google', stream: true } }));
    expect(error.verdict.class).toBe('rate_limited');
  });
});

describe('anything else', () => {
  test('streams as bytes', async () => {
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251));
    const { raw } = await start(serving(bytes, 'audio/mpeg'));
    const answer = await raw({ endpoint: OTHER, url: `${rigged.server.url}/v1/audio/speech` });
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.parts) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    expect(await answer.done).toEqual({ status: 'complete', usage: undefined, storable: false });
  });

  test.each([
    ['tells so', '{}', { 'content-type': 'application/octet-stream', 'content-length': '2' }],
    ['is JSON', '{}', { 'content-type': 'application/json' }],
    ['is empty', '', { 'content-length': '0' }],
  ])('that is short and %s is over before anybody reads it, as many look at the status alone', async (_how, text, headers) => {
    const { raw } = await start((_request, response) => response.writeHead(200, headers).end(text));
    const answer = await raw({ endpoint: OTHER });
    expect(await answer.done).toEqual({ status: 'complete', usage: undefined, storable: false });
    expect(await readAll(answer.parts)).toBe(text);
  });

  test('that is JSON and long passes whole, without being kept', async () => {
    const text = JSON.stringify({ data: 'x'.repeat(300_000) });
    const { raw } = await start((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(text));
    const answer = await raw({ endpoint: OTHER });
    expect(await Promise.race([answer.done, Promise.resolve('open')])).toBe('open');
    expect(await readAll(answer.parts)).toBe(text);
    expect(await answer.done).toMatchObject({ status: 'complete' });
  });

  test('that is JSON tells its usage', async () => {
    const { raw } = await start((_request, response) => json(response, 201, { data: [], usage: { input_tokens: 4, output_tokens: 9 } }));
    const answer = await raw({ endpoint: OTHER });
    await readAll(answer.parts);
    expect(answer.status).toBe(201);
    expect(await answer.done).toMatchObject({ usage: { prompt_tokens: 4, completion_tokens: 9 } });
  });

  test.each(['GET', 'HEAD', 'DELETE', 'PUT', 'PATCH'])('is sent by %s', async (method) => {
    let seen: string | undefined;
    const { raw } = await start((request, response) => {
      seen = request.method;
      response.writeHead(204).end();
    });
    const answer = await raw({ endpoint: OTHER, method, body: { kind: 'none' } });
    expect(seen).toBe(method);
    // Nobody reads what has no body: it is over.
    expect(await answer.done).toEqual({ status: 'complete' });
  });
});

describe('a body', () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => at % 256);

  test.each(['undici', 'fetch'] as const)('of bytes arrives as it is, by %s', async (by) => {
    let got: Buffer = Buffer.alloc(0);
    const { raw } = await start(
      (request, response) => {
        const pieces: Buffer[] = [];
        request.on('data', (piece: Buffer) => pieces.push(piece));
        request.on('end', () => {
          got = Buffer.concat(pieces);
          json(response, 200, { ok: true });
        });
      },
      by === 'fetch' ? { wire: { fetch: globalThis.fetch } } : {},
    );
    await readAll((await raw({ endpoint: OTHER, body: { kind: 'bytes', bytes } })).parts);
    expect(got.equals(bytes)).toBe(true);
  });

  test.each([
    ['undici', 6],
    ['undici', undefined],
    ['fetch', undefined],
  ] as const)('that is read once arrives by %s, with a length of %s', async (by, length) => {
    let got = '';
    let told: string | undefined;
    let opened = 0;
    const { raw } = await start(
      (request, response) => {
        told = request.headers['content-length'];
        void readBody(request).then((text) => {
          got = text;
          json(response, 200, { ok: true });
        });
      },
      by === 'fetch' ? { wire: { fetch: globalThis.fetch } } : {},
    );
    async function* open(): AsyncGenerator<Uint8Array> {
      opened += 1;
      yield Buffer.from('abc');
      yield Buffer.from('def');
    }
    await readAll((await raw({ endpoint: OTHER, body: { kind: 'once', open, bytes: length } })).parts);
    expect([got, told, opened]).toEqual(['abcdef', length === undefined ? undefined : String(length), 1]);
  });

  test('that is read once is not opened where no connection opens', async () => {
    let opened = 0;
    const { raw, server } = await start(() => {});
    await server.close();
    async function* open(): AsyncGenerator<Uint8Array> {
      opened += 1;
      yield Buffer.from('abc');
    }
    const error = await failed(raw({ endpoint: OTHER, body: { kind: 'once', open, bytes: undefined } }));
    expect([error.reached, opened]).toEqual([false, 0]);
  });

  test('that fails ends the attempt, with no secret in its words', async () => {
    const { raw } = await start((request) => request.resume());
    async function* open(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('abc');
      throw new Error(`the disk ${SECRET} is gone`);
    }
    const error = await failed(raw({ endpoint: OTHER, body: { kind: 'once', open, bytes: undefined } }));
    expect(error.verdict.class).toBe('network');
    expect(error.message).not.toContain(SECRET);
  });
});

describe('the key', () => {
  test('goes where the caller showed theirs', async () => {
    let headers: NodeJS.Dict<string | string[]> = {};
    const { raw } = await start((request, response) => {
      headers = request.headers;
      json(response, 200, completion);
    });
    await raw({ keyPlace: { header: 'x-api-key', prefix: '' } });
    expect(headers['x-api-key']).toBe(SECRET);
    expect(headers['authorization']).toBeUndefined();
    await raw();
    expect(headers['authorization']).toBe(`Bearer ${SECRET}`);
  });

  test('is told of the limits, as by a chat', async () => {
    const { raw, told } = await start((_request, response) => {
      json(response, 200, completion, { 'x-ratelimit-limit-requests': '10', 'x-ratelimit-remaining-requests': '9' });
    });
    await raw();
    expect(told).toEqual(['sent', { heard: ['requests/60000'], organization: undefined }]);
  });
});

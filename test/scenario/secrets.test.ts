import type { IncomingMessage, ServerResponse } from 'node:http';
import * as fc from 'fast-check';
import { Keyv } from 'keyv';
import { describe, expect, test, vi } from 'vitest';
import type { ChatReply } from '../../src/index.ts';
import { formsOf, leaksIn, listen, textsOf } from '../support/secrets.ts';
import { json } from '../support/stub-server.ts';
import { ask, askStream, useWorld } from '../support/world.ts';

const world = useWorld();

/** Characters that look different in a URL, in JSON and in base64. */
const SECRET = 'sk-proj-Ab/9+c=d"e&f%g<h>0123456789zyxw';
const OF_HEADER = 'user-header-secret-0123456789';

type Respond = (response: ServerResponse, echoed: string, request: IncomingMessage) => void;

const EVENT_STREAM = { 'content-type': 'text/event-stream' };
const chunk = (content: string): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
const error = (message: string, more: object = {}): object => ({ error: { message, type: 'server_error', code: null, ...more } });

/** Servers that repeat what they were sent, wherever an answer has room for it. */
const servers: Readonly<Record<string, Respond>> = {
  'in a JSON error': (response, echoed) => json(response, 401, error(`Bad header: ${echoed}`, { code: 'invalid_api_key' })),
  'in the name of a JSON field': (response, echoed) => json(response, 400, { [echoed]: { [echoed]: [echoed] } }),
  'in a code and a type': (response, echoed) => json(response, 400, error('no', { code: echoed, type: echoed, param: echoed })),
  'in prose': (response, echoed) =>
    void response.writeHead(500, { 'content-type': 'text/plain' }).end(`Cannot forward "authorization: ${echoed}"`),
  'in a page': (response, echoed) => void response.writeHead(502, { 'content-type': 'text/html' }).end(`<pre>${echoed}</pre>`),
  'in JSON that is cut': (response, echoed) =>
    void response.writeHead(503).end(`{"error":{"message":${JSON.stringify(echoed).slice(0, -1)}`),
  'in a 429': (response, echoed) => json(response, 429, error(`Rate limit reached for ${echoed}. Please try again in 20s.`)),
  'in a 403': (response, echoed) => json(response, 403, error(`Not allowed: ${echoed}`)),
  'in a quota error': (response, echoed) =>
    json(response, 429, error(`No money: ${echoed}`, { code: 'insufficient_quota', type: 'insufficient_quota' })),
  'in headers': (response, echoed) => {
    const headers = {
      'x-request-id': echoed,
      'openai-organization': echoed,
      'retry-after': echoed,
      'x-ratelimit-reset-requests': echoed,
      'x-debug': echoed,
    };
    json(response, 429, error('Rate limit reached'), headers);
  },
  'in headers of a good answer': (response, echoed) => {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }];
    json(
      response,
      200,
      { id: 'x', object: 'chat.completion', created: 1, model: 'm', choices },
      { 'x-request-id': echoed, 'openai-organization': echoed },
    );
  },
  'in a redirect': (response, echoed) =>
    void response.writeHead(307, { location: `http://127.0.0.1:9/${encodeURIComponent(echoed)}` }).end(),
  'in malformed HTTP that echoes the request': (_response, echoed, request) =>
    void request.socket.end(`HTTP/1.1 200 OK\r\nx bad: "authorization: Bearer ${echoed}"\r\n\r\n`),
  'in no HTTP at all': (_response, echoed, request) => void request.socket.end(`authorization: Bearer ${echoed}\r\n\r\n`),
  'in an encoding': (response, echoed) => void response.writeHead(200, { 'content-encoding': echoed }).end('x'),
  'in a body that does not decompress': (response, echoed) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(echoed),
  'in a 200 with an error': (response, echoed) => json(response, 200, error(`Upstream said ${echoed}`)),
  'in a 200 that is no JSON': (response, echoed) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(`oops ${echoed}`),
  'in a stream, first': (response, echoed) => void response.writeHead(200, EVENT_STREAM).end(`data: ${JSON.stringify(error(echoed))}\n\n`),
  'in a stream, after content': (response, echoed) =>
    void response.writeHead(200, EVENT_STREAM).end(`${chunk('Hi')}data: ${JSON.stringify(error(echoed))}\n\n`),
  'in a stream that is no JSON': (response, echoed) =>
    void response.writeHead(200, EVENT_STREAM).end(`${chunk('Hi')}data: {"oops ${echoed}\n\n`),
};

/** What a caller's fetch may throw: the request itself, in all its fields. */
test.each([
  ['in the message', (echoed: string) => new Error(echoed)],
  ['after a long one', (echoed: string) => new Error(`${'x'.repeat(185)} ${echoed}`)],
  ['in the code', (echoed: string) => Object.assign(new Error('no'), { code: echoed })],
  [
    'in a field of the cause',
    (echoed: string) => new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { data: echoed }) }),
  ],
])('a fetch that throws the secrets %s tells them to nobody', async (_how, toError) => {
  const client = world.client({
    providers: { openai: { keys: [{ secret: SECRET, id: 'a' }], headers: { 'x-proxy-token': `Basic ${OF_HEADER}` } } },
    retry: { attempts: 1 },
    fetch: (_input, init) => Promise.reject(toError(Object.values(init?.headers ?? {}).join(' '))),
  });
  const { texts, note, onEvent } = listen(client);
  await client.chat(ask(), { maxWaitMs: 0, onEvent }).catch(note);
  const forms = [...formsOf(SECRET), ...formsOf(OF_HEADER), SECRET.slice(0, 12)];
  expect(texts.flatMap((text) => forms.filter((form) => text.includes(form)))).toEqual([]);
  expect(texts.length).toBeGreaterThan(3);
});

const SPELLINGS: readonly (readonly [string, (text: string) => string])[] = [
  ['as it is', (text) => text],
  ['url-encoded', encodeURIComponent],
  ['in base64', (text) => Buffer.from(text).toString('base64')],
];

async function run(respond: Respond, spell: (text: string) => string): Promise<readonly string[]> {
  const server = await world.server((request, response) => {
    request.resume();
    const key = (request.headers.authorization ?? '').replace('Bearer ', '');
    respond(response, `${spell(key)} and ${spell(String(request.headers['x-proxy-token']).replace('Basic ', ''))}`, request);
  });
  const store = new Map<string, unknown>();
  const client = world.client({
    providers: { openai: { baseURL: server.url, keys: [{ secret: SECRET, id: 'a' }], headers: { 'x-proxy-token': `Basic ${OF_HEADER}` } } },
    cache: { store: new Keyv({ store }) },
    retry: { attempts: 2 },
  });
  const { texts, note, onEvent } = listen(client);
  const calls = [
    client.chat(ask(), { maxWaitMs: 0, onEvent }),
    client.chat(askStream('Ho'), { maxWaitMs: 0, onEvent }).then((stream) => stream.reply()),
  ];
  for (const end of await Promise.allSettled<ChatReply>(calls)) note(end.status === 'fulfilled' ? end.value : end.reason);
  note(client.keys.list());
  note(client);
  await client.close();
  note([...store]);
  return texts;
}

describe.each(SPELLINGS)('a secret that a server echoes %s', (_spelling, spell) => {
  test.each(Object.entries(servers))('%s is told to nobody', async (_name, respond) => {
    const said = ['log', 'info', 'warn', 'error', 'debug'].map((method) => vi.spyOn(console, method as 'log').mockImplementation(() => {}));
    const texts = await run(respond, spell);
    expect(leaksIn(texts, [SECRET, OF_HEADER])).toEqual([]);
    expect(said.flatMap((spy) => spy.mock.calls)).toEqual([]);
    // The run has let something out at all.
    expect(texts.length).toBeGreaterThan(20);
  });
});

test('a key function that throws its keys lets none of them out', async () => {
  const client = world.client({
    providers: { openai: { keys: () => Promise.reject(Object.assign(new Error('vault'), { keys: [SECRET] })) } },
  });
  const { texts, note } = listen(client);
  await client.chat(ask()).catch(note);
  expect(texts.filter((text) => formsOf(SECRET).some((form) => text.includes(form)))).toEqual([]);
});

test('an error about a key that is none does not show it', () => {
  for (const keys of [[`${SECRET}\n`], [` ${SECRET}`], [{ secret: SECRET, wrong: 1 }], [{ secret: [SECRET] }], [[SECRET]]]) {
    let thrown: unknown;
    try {
      world.client({ providers: { openai: { keys: keys as never } } });
    } catch (reason) {
      thrown = reason;
    }
    expect(thrown).toBeInstanceOf(Error);
    expect(textsOf(thrown).filter((text) => text.includes(SECRET.slice(0, 12)))).toEqual([]);
  }
});

// Written apart from the code under test: controls, and what hides or turns text around in a terminal.
// oxlint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

test('whatever a provider writes, no message has a control character', async () => {
  const nasty = fc.string({
    unit: fc.constantFrom(
      '\u001b[2J',
      '\r',
      '\n',
      '\u0007',
      '\u009b31m',
      '\u202e',
      '\u2028',
      '\u0000',
      '\ufeff',
      'a',
      ' ',
      '🎡',
      'try again in 5s',
    ),
  });
  const statuses = fc.constantFrom(200, 400, 401, 403, 404, 413, 429, 500, 503);
  await fc.assert(
    fc.asyncProperty(nasty, nasty, statuses, fc.boolean(), async (message, code, status, plain) => {
      const body = plain ? message : JSON.stringify({ error: { message, code, type: code } });
      const client = world.client({
        providers: { openai: { keys: [{ secret: SECRET, id: 'a' }] } },
        retry: { attempts: 1 },
        fetch: async () => new Response(body, { status }),
      });
      const lines: string[] = [];
      client.on('attempt-failed', ({ attempt }) => lines.push(attempt.why));
      client.on('key-held', ({ why }) => lines.push(why));
      client.on('key-invalidated', ({ why }) => lines.push(why));
      const failed: unknown = await client.chat(ask(), { maxWaitMs: 0 }).catch((reason: unknown) => reason);
      for (let at = failed; at instanceof Error; at = at.cause) lines.push(at.message);
      lines.push(...client.keys.list().map(({ reason }) => reason?.message ?? ''));
      if (failed instanceof Error && 'keys' in failed)
        lines.push(...(failed.keys as { readonly reason: string }[]).map(({ reason }) => reason));
      return lines.length > 1 && lines.every((line) => !UNPRINTABLE.test(line));
    }),
    { numRuns: 100, seed: 5 },
  );
});

test('another key of the provider, echoed by a gateway that repeats an older answer, does not show', async () => {
  const other = 'sk-of-another-caller-0123456789';
  const server = await world.server((_request, response) => json(response, 500, error(`upstream said no to ${other}`)));
  const client = world.client({
    retry: { attempts: 1 },
    providers: {
      own: { protocol: 'openai', baseURL: server.url, keys: ['sk-of-this-caller-0123456789', { secret: other, models: ['none'] }] },
    },
  });
  const seen = listen(client);
  const failure: unknown = await client.chat({ ...ask(), model: 'own/m' }).catch((reason: unknown) => reason);
  expect(failure).toMatchObject({ class: 'server_error', message: expect.stringContaining('upstream said no to') });
  expect([...textsOf(failure), ...seen.texts].join('\n')).not.toContain(other);
});

import type { IncomingMessage, ServerResponse } from 'node:http';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChatRequest, ClientOptions } from '../../src/index.ts';
import type { Fault, FaultKind } from '../../src/simulator/index.ts';
import { useTelemetry } from '../otel/support.ts';
import { leaksIn } from '../support/secrets.ts';
import { WEBHOOK_SECRETS, type Watched, watchedClient } from '../support/watched.ts';
import { personSchema } from '../support/schemas.ts';
import { groupOf, type Speech, SPEECHES, speaking, useWorld } from '../support/world.ts';

const world = useWorld();
const telemetry = useTelemetry();

/** Characters that look different in a URL, in JSON and in base64. */
const OF_HEADER = 'proxy-Token/9+c=d&e-0123456789';
const OF_QUERY = 'query-Token/7+c=d&e-0123456789';
const OF_CALLER = 'sk-the-callers-own-Key-0123456789';
const CREDENTIALS = { headers: { 'x-proxy-token': `Basic ${OF_HEADER}` }, query: { 'api-token': OF_QUERY } };

const ask = (model: string, content = 'Hi'): ChatRequest & { readonly stream?: false } => ({
  model,
  messages: [{ role: 'user', content }],
});

/** Where each protocol is asked by hand, and with what. */
const BY_HAND: Readonly<Record<Speech['protocol'], (model: string) => readonly [path: string, body: object]>> = {
  openai: (model) => ['/chat/completions', ask(model)],
  anthropic: (model) => ['/messages', { ...ask(model), max_tokens: 9 }],
  google: (model) => [`/models/${model}:generateContent`, { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] }],
  cohere: (model) => ['/v2/chat', ask(model)],
  bedrock: (model) => [`/model/${model}/converse`, { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }],
};

/** Every way to ask, all at once; whatever comes of it is taken down. */
async function askEverything(watched: Watched, baseURL: string, speech: Speech, mention = 'Hi'): Promise<void> {
  const { client, note, noteResponse, onEvent } = watched;
  const options = { maxWaitMs: 0, onEvent, tags: { page: '7' }, tenant: 'acme' };
  const model = `p/${speech.model}`;
  const [path, body] = BY_HAND[speech.protocol](speech.model);
  const init = {
    method: 'POST',
    headers: { authorization: `Bearer ${OF_CALLER}`, 'x-api-key': OF_CALLER, 'content-type': 'application/json' },
    keywheel: { maxWaitMs: 0, onEvent },
  };
  const byHand = (more: object): Promise<void> =>
    client.fetch(`${baseURL}${path}?key=${OF_CALLER}`, { ...init, body: JSON.stringify({ ...body, ...more }) }).then(noteResponse);
  const ends = await Promise.allSettled([
    client.chat(ask(model, mention), options).then(({ report }) => note(report)),
    client.chat({ ...ask(model, mention), stream: true }, options).then(async (stream) => note((await stream.reply()).report)),
    client.chat({ ...ask(model, mention), schema: personSchema() }, options).then(({ report }) => note(report)),
    client.embed({ model: `p/${speech.embedModel ?? speech.model}`, input: 'Hi' }, options).then(({ report }) => note(report)),
    client.models('p', options).then(({ report }) => note(report)),
    byHand({}),
    byHand({ stream: true }),
  ]);
  for (const end of ends) if (end.status === 'rejected') note(end.reason);
}

/** A short patience, so that a provider that hangs is given up; an answer that takes longer is a failure like others. */
const PATIENCE: ClientOptions = { retry: { attempts: 2, timeoutMs: 400 }, idleTimeoutMs: 100, fetchUnknown: 'refuse' };

/** The secret itself, and of a key of AWS what nobody may see: its id names it. */
function partsOf(secret: string): readonly string[] {
  const [, ...hidden] = secret.startsWith('AKIA') ? secret.split(':') : [];
  return [secret, ...hidden];
}

describe('with every failure of the simulator, no secret is told', () => {
  /** Each kind, and what it says where it says something: the key itself. */
  const faultsOf = (echo: string): Readonly<Record<FaultKind, readonly Fault[]>> => ({
    status: [400, 401, 403, 404, 408, 413, 429, 500, 529].map((status) => ({
      kind: 'status',
      status,
      body: { error: { message: `No: ${echo}`, type: echo, code: echo }, message: echo, [echo]: echo },
      headers: { 'x-request-id': echo, 'retry-after': echo, 'x-debug': echo },
    })),
    rate_limit: [{ kind: 'rate_limit', per: 'day' }],
    overloaded: [{ kind: 'overloaded' }],
    hang: [{ kind: 'hang' }],
    reset: [{ kind: 'reset' }],
    reset_after_headers: [{ kind: 'reset_after_headers' }],
    cut: [{ kind: 'cut', afterChunks: 3 }],
    silence: [{ kind: 'silence', afterChunks: 3 }],
    stream_error: [0, 1, 3].map((afterChunks) => ({ kind: 'stream_error', afterChunks, error: { message: echo, type: echo } })),
    ok_error: [{ kind: 'ok_error', error: { message: echo, code: echo } }],
    malformed: [{ kind: 'malformed' }],
    html: [{ kind: 'html' }],
    drip: [{ kind: 'drip' }],
    redirect: [301, 307].map((status) => ({ kind: 'redirect', status, location: `http://127.0.0.1:9/${encodeURIComponent(echo)}` })),
    pass: [{ kind: 'pass' }],
  });

  test.each(SPEECHES.map((speech) => [speech.title, speech] as const))(
    'over %s',
    async (_title, speech) => {
      const names = ['dead', 'spent', 'forbidden', 'well', 'better'] as const;
      const groups = names.map((name) => groupOf(speech, name, name === 'well' || name === 'better' ? {} : { state: name }));
      const simulator = await world.simulator({ groups, stream: { chunks: 4 } });
      const secrets = names.map((name) => speech.secretOf(name));
      // Of the keys that are asked then.
      const faults = Object.values(faultsOf(`key ${secrets.slice(3).flatMap(partsOf).join(' ')}`)).flat();
      const texts: string[] = [];
      const played: number[] = [];
      // A client for each, as one that has learned from a fault would not ask.
      for (const fault of [undefined, ...faults]) {
        const handle = fault && simulator.fail({ ...fault, times: 99 });
        const { providers } = speaking(speech, simulator, ...(fault === undefined ? names : ['well', 'better']));
        const watched = await watchedClient(world, telemetry, { ...PATIENCE, providers: { p: { ...providers?.['p'], ...CREDENTIALS } } });
        await askEverything(watched, simulator.baseURLs[speech.protocol], speech, `my keys are ${secrets.slice(3).join(', ')}`);
        texts.push(...(await watched.close()));
        if (handle !== undefined) played.push(handle.played);
        handle?.cancel();
      }
      expect(leaksIn(texts, [...secrets.flatMap(partsOf), OF_HEADER, OF_QUERY, OF_CALLER, ...WEBHOOK_SECRETS])).toEqual([]);
      // Each fault was met, and the run has let a lot out.
      expect(played.filter((count) => count === 0)).toEqual([]);
      expect(texts.length).toBeGreaterThan(1000);
    },
    60_000,
  );
});

/** What servers repeat, and how: where, in which spelling, with which status. */
interface Echo {
  readonly place: keyof typeof PLACES;
  readonly spelling: keyof typeof SPELLINGS;
  readonly status: number;
}

const SPELLINGS = {
  plain: (text: string) => text,
  url: encodeURIComponent,
  'url twice': (text: string) => encodeURIComponent(encodeURIComponent(text)),
  json: (text: string) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replaceAll('/', String.raw`\/`),
  unicode: (text: string) => text.replaceAll(/[^\w-]/g, (char) => String.raw`\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  html: (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('/', '&#x2F;'),
  base64: (text: string) => Buffer.from(text).toString('base64'),
  base64url: (text: string) => Buffer.from(text).toString('base64url'),
} as const;

type Respond = (response: ServerResponse, said: string, status: number) => void;

const TEXT = { 'content-type': 'text/plain' };
const EVENTS = { 'content-type': 'text/event-stream' };
const JSON_TYPE = { 'content-type': 'application/json' };
const ofError = (said: string): string => JSON.stringify({ error: { message: said, type: said, code: said, param: said } });
const ofWhole = (content: string, more: object = {}): string =>
  JSON.stringify({ id: 'x', created: 1, model: 'm', ...more, choices: [{ index: 0, message: { content }, finish_reason: 'stop' }] });
const ofChunk = (content: string): string =>
  `data: ${JSON.stringify({ id: 'c', created: 1, model: 'm', choices: [{ index: 0, delta: { content } }] })}\n\n`;
const ofChunks = (said: string): string => said.split('').map(ofChunk).join('');
const ofEnd = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`;

const PLACES = {
  'an error': (response, said, status) => void response.writeHead(status, JSON_TYPE).end(ofError(said)),
  'names of an error': (response, said, status) =>
    void response.writeHead(status, JSON_TYPE).end(JSON.stringify({ [said]: { [said]: [said] } })),
  prose: (response, said, status) => void response.writeHead(status, TEXT).end(`Cannot forward ${said}`),
  'an error that is cut': (response, said, status) => void response.writeHead(status, JSON_TYPE).end(ofError(said).slice(0, -9)),
  'headers of an error': (response, said, status) => {
    response.writeHead(status, { 'x-request-id': said, 'openai-organization': said, 'retry-after': said, 'x-debug': said }).end('{}');
  },
  'headers of an answer': (response, said) => {
    response.writeHead(200, { ...JSON_TYPE, 'x-request-id': said, 'openai-organization': said, 'x-debug': said }).end(ofWhole('Hi'));
  },
  'a location': (response, said) => void response.writeHead(307, { location: `http://127.0.0.1:9/?at=${encodeURIComponent(said)}` }).end(),
  'an error in a 200': (response, said) => void response.writeHead(200, JSON_TYPE).end(ofError(said)),
  'an answer': (response, said) =>
    void response.writeHead(200, JSON_TYPE).end(ofWhole(said, { id: said, model: said, system_fingerprint: said })),
  'no JSON': (response, said) => void response.writeHead(200, JSON_TYPE).end(`oops ${said}`),
  'an encoding': (response, said) => void response.writeHead(200, { 'content-encoding': said }).end('x'),
  'a first event': (response, said) => void response.writeHead(200, EVENTS).end(`data: ${ofError(said)}\n\n`),
  'a late event': (response, said) => void response.writeHead(200, EVENTS).end(`${ofChunk('Hi')}data: ${ofError(said)}\n\n`),
  'a broken event': (response, said) => void response.writeHead(200, EVENTS).end(`${ofChunk('Hi')}data: {"oops ${said}\n\n`),
  'a named event': (response, said) => void response.writeHead(200, EVENTS).end(`event: error\ndata: ${ofError(said)}\n\n`),
  'chunks, letter by letter': (response, said) => void response.writeHead(200, EVENTS).end(ofChunks(said) + ofEnd),
  'chunks that break off': (response, said) => void response.writeHead(200, EVENTS).end(ofChunks(said)),
  'no HTTP': (response, said) => void response.socket?.end(`authorization: Bearer ${said}\r\n\r\n`),
  'bad HTTP': (response, said) => void response.socket?.end(`HTTP/1.1 200 OK\r\nx bad: "${said}"\r\n\r\n`),
} as const satisfies Readonly<Record<string, Respond>>;

/** What a server can see of a key and of the caller's other credentials. */
function shownIn({ headers, url }: IncomingMessage): readonly string[] {
  const named = ['authorization', 'x-api-key', 'x-goog-api-key', 'api-key', 'x-amz-security-token', 'x-proxy-token'];
  const texts = named.flatMap((name) => headers[name] ?? []).map((text) => text.replace(/^(Bearer|Basic) /, ''));
  return [...texts, ...new URL(url ?? '', 'http://any.test').searchParams.values()];
}

/** Keys with what is spelled in several ways, as each kind looks. */
const KINDS: Readonly<Record<string, { readonly speech: Speech['title']; readonly keys: readonly string[] }>> = {
  openai: { speech: 'openai', keys: ['sk-proj-Ab/9+c=d"e&f%g<h>0123456789zyxw', 'sk-proj-Zy/9+c=d"e&f%g<h>9876543210abcd'] },
  anthropic: { speech: 'anthropic', keys: ['sk-ant-api03-Ab/9+c=d0123456789-AA', 'sk-ant-oat01-Cd/9+c=d0123456789-AA'] },
  google: { speech: 'google', keys: ['AIzaSy-Ab_9cd0123456789', 'AIzaSy-Ef_9cd0123456789'] },
  vertex: { speech: 'google', keys: ['ya29.a0Ab/9+c=d0123456789', 'ya29.c.b0Ef/9+c=d0123456789'] },
  cohere: { speech: 'cohere', keys: ['Ab9cd0123456789AbCdEfGhIjKl', 'Ef9cd0123456789AbCdEfGhIjKl'] },
  bedrock: { speech: 'bedrock', keys: ['ABSKQmVkcm9jay/9+c=d0123456789', 'ABSKQmVkcm9jay/8+c=d0123456789'] },
  'bedrock, signed': {
    speech: 'bedrock with signatures',
    keys: [
      'AKIAAAAAAAAAAAAAAAAA:wJalr/+AXUtnFEMI/K7:token+A/9==0123456789',
      'AKIABBBBBBBBBBBBBBBB:wJalr/+BXUtnFEMI/K7:token+B/9==0123456789',
    ],
  },
};

/** In the address of each protocol. */
const VERSIONS: Readonly<Record<Speech['protocol'], string>> = {
  openai: '/v1',
  anthropic: '/v1',
  google: '/v1beta',
  cohere: '',
  bedrock: '',
};

/** Every place at least once, whatever chance brings. */
const EXAMPLES = Object.keys(PLACES).map((place): [Echo[]] => [[{ place: place as Echo['place'], spelling: 'plain', status: 400 }]]);

const echoes = fc.record({
  place: fc.constantFrom(...(Object.keys(PLACES) as Echo['place'][])),
  spelling: fc.constantFrom(...(Object.keys(SPELLINGS) as Echo['spelling'][])),
  status: fc.constantFrom(400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 503, 529),
});

async function askEchoes(kind: string, given: readonly Echo[]): Promise<readonly string[]> {
  const { keys = [], speech: title } = KINDS[kind] ?? {};
  const speech = SPEECHES.find((each) => each.title === title);
  if (speech === undefined) throw new Error(`No protocol is called ${title}`);
  let requests = 0;
  const server = await world.server((request, response) => {
    request.resume();
    const { place, spelling, status } = given[requests++ % given.length] ?? { place: 'prose', spelling: 'plain', status: 500 };
    PLACES[place](response, shownIn(request).map(SPELLINGS[spelling]).join(' and '), status);
  });
  const baseURL = server.url + VERSIONS[speech.protocol];
  const provider = { protocol: speech.protocol, baseURL, keys: [...keys], ...CREDENTIALS };
  const watched = await watchedClient(world, telemetry, { ...PATIENCE, providers: { p: provider } });
  await askEverything(watched, baseURL, speech, `my key is ${keys.join(', ')}`);
  const texts = await watched.close();
  const secrets = [...keys.flatMap(partsOf), OF_HEADER, OF_QUERY, OF_CALLER, ...WEBHOOK_SECRETS];
  return [
    ...leaksIn(texts, secrets),
    ...leaksIn(
      texts,
      secrets.flatMap((secret) => given.map(({ spelling }) => SPELLINGS[spelling](secret))),
    ),
  ];
}

test.each(Object.keys(KINDS))(
  'whatever a server repeats of the keys of %s, wherever and in whatever order, nobody is told',
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(fc.array(echoes, { minLength: 1, maxLength: 6 }), async (given) => {
        expect(await askEchoes(kind, given)).toEqual([]);
      }),
      { numRuns: EXAMPLES.length + 6, examples: EXAMPLES, endOnFailure: true },
    );
  },
  60_000,
);

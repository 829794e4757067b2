import { createHash, createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { systemClock } from '../../src/clock.ts';
import { ConfigError, RequestError } from '../../src/errors.ts';
import { Secret } from '../../src/secret.ts';
import {
  createWire,
  Scrubber,
  type Credential,
  type Wire,
  type AnyRequest,
  type WireOptions,
  type WireRequest,
} from '../../src/wire/index.ts';
import { type Outgoing, toOutgoing } from '../../src/wire/outgoing.ts';
import { sign } from '../../src/wire/sign.ts';
import { json, readBody, startStub } from '../support/stub-server.ts';
import { endless } from './support.ts';

const NOW = Date.UTC(2015, 7, 30, 12, 36, 0);
const clock: Clock = { ...systemClock, now: () => NOW, after: (ms, fire, options) => systemClock.after(ms, fire, options) };

// The names and keys of AWS's own published examples: nobody's.
const EXAMPLE = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const TOKEN =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/' +
  'kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64' +
  'lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';

async function signed(url: string, more: Partial<AnyRequest> = {}, service = 'service', sessionToken?: string): Promise<Outgoing> {
  const { method = 'POST', headers = {}, body } = more;
  const signing = { key: { ...EXAMPLE, sessionToken }, region: 'us-east-1', service };
  const outgoing: Outgoing = { method, url: new URL(url), headers: { ...headers }, body, scrubber: new Scrubber(undefined), signing };
  await sign(outgoing, NOW);
  return outgoing;
}

describe('sign agrees with the published answers', () => {
  test.each<[string, string, Partial<WireRequest>, string, string | undefined, string]>([
    [
      'a GET of nothing',
      'https://example.amazonaws.com/',
      { method: 'GET' },
      'service',
      undefined,
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ],
    [
      'a POST of nothing',
      'https://example.amazonaws.com/',
      {},
      'service',
      undefined,
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
    [
      'a query in another order',
      'https://example.amazonaws.com/?Param2=value2&Param1=value1',
      { method: 'GET' },
      'service',
      undefined,
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'IAM and a content type',
      'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
      { method: 'GET', headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } },
      'iam',
      undefined,
      '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    ],
    [
      'a session token',
      'https://example.amazonaws.com/',
      {},
      'service',
      TOKEN,
      '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
    ],
  ])('%s', async (_what, url, more, service, token, signature) => {
    const { headers } = await signed(url, more, service, token);
    expect(headers['authorization']).toMatch(new RegExp(`^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/.*, Signature=${signature}$`));
    expect(headers['x-amz-date']).toBe('20150830T123600Z');
    expect(headers['x-amz-security-token']).toBe(token);
    expect(headers['host']).toBeUndefined();
  });
});

const ID = 'AKIAIOSFODNN7EXAMPLE';
const SECRET_KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const SESSION = 'FwoGZXIvYXdzEBYaDG+session/token==';
const auth = { kind: 'aws', region: 'eu-central-1', service: 'bedrock' } as const;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function open(options: Partial<WireOptions> = {}): Wire {
  const wire = createWire({ clock, ...options });
  cleanups.push(() => wire.destroy());
  return wire;
}

function keyOf(text: string): Credential {
  return { secret: new Secret(text), auth };
}

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function exchange(request: (url: string) => WireRequest, credential: Credential, options: Partial<WireOptions> = {}): Promise<Seen> {
  const server = await startStub((incoming, response) => {
    void readBody(incoming).then((body) =>
      json(response, 200, { method: incoming.method, url: incoming.url, headers: incoming.headers, body }),
    );
  });
  cleanups.push(() => server.close());
  const response = await open(options).send(request(server.url), credential, endless());
  return JSON.parse(await response.body.text()) as Seen;
}

/** The signature worked out anew from what a server saw, by the letter of AWS's description. */
function recompute({ method, url, headers, body }: Seen, secret: string): string {
  const names = /SignedHeaders=([^,]+),/.exec(headers['authorization'] ?? '')?.[1] ?? '';
  const [path = '', query = ''] = url.split('?');
  const canonical = [
    method,
    // Every byte but unreserved ones and slashes is escaped once more, also the percent signs.
    path.replaceAll(/[^A-Za-z0-9\-._~/]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`),
    query.split('&').sort().join('&'),
    ...names.split(';').map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}`),
    '',
    names,
    sha256(body),
  ].join('\n');
  const date = headers['x-amz-date'] ?? '';
  const scope = `${date.slice(0, 8)}/eu-central-1/bedrock/aws4_request`;
  const key = scope.split('/').reduce<string | Buffer>((from, part) => hmac(from, part), `AWS4${secret}`);
  return hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')).toString('hex');
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}

const REQUEST =
  (path: string, more: Partial<WireRequest> = {}) =>
  (url: string): WireRequest => ({
    method: 'POST',
    url: `${url}${path}`,
    headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'keywheel' },
    body: '{"text":"Grüße, 世界"}',
    ...more,
  });

describe.each<[string, Partial<WireOptions>]>([
  ['undici', {}],
  ['fetch', { fetch: (input, init) => globalThis.fetch(input, init) }],
])('a request signed by the wire over %s', (_name, options) => {
  test.each([
    ['a plain path', '/converse'],
    ['a colon and a dot', `/model/${encodeURIComponent('anthropic.claude-3-5-haiku-20241022-v1:0')}/converse`],
    [
      'an ARN',
      `/model/${encodeURIComponent('arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0')}/converse`,
    ],
    ['a query', '/foundation-models?byOutputModality=TEXT&a=1'],
  ])('arrives with a signature that holds: %s', async (_what, path) => {
    const seen = await exchange(REQUEST(path), keyOf(`${ID}:${SECRET_KEY}:${SESSION}`), options);
    expect(seen.url).toBe(path);
    expect(seen.headers['authorization']).toContain(`Credential=${ID}/20150830/eu-central-1/bedrock/aws4_request`);
    expect(seen.headers['authorization']).toMatch(new RegExp(`Signature=${recompute(seen, SECRET_KEY)}$`));
    expect(seen.headers['x-amz-security-token']).toBe(SESSION);
  });

  test('spaces of the query and headers of the user do not break it', async () => {
    const headers = { 'x-mine': 'ä  b', 'x-amz-meta': 'a  b', 'content-type': 'application/json' };
    const seen = await exchange(REQUEST('/x?name=a+b&plus=%2B', { headers }), keyOf(`${ID}:${SECRET_KEY}`), options);
    expect(seen.url).toBe('/x?name=a%20b&plus=%2B');
    expect(seen.headers['x-mine']).toBeDefined();
    expect(seen.headers['authorization']).toContain('SignedHeaders=content-type;host;x-amz-date;x-amz-meta,');
    expect(seen.headers['authorization']).toMatch(new RegExp(`Signature=${recompute(seen, SECRET_KEY)}$`));
    expect(seen.headers['x-amz-security-token']).toBeUndefined();
  });
});

describe('a secret for AWS', () => {
  test('of any other text is a bearer key', async () => {
    const seen = await exchange(REQUEST('/x'), keyOf('bedrock-api-key-YmVkcm9jaw=='));
    expect(seen.headers['authorization']).toBe('Bearer bedrock-api-key-YmVkcm9jaw==');
    expect(seen.headers['x-amz-date']).toBeUndefined();
  });

  test.each([`${ID}:`, `${ID}:a b`, `${ID}:secret:token:more words`, `${ID}::token`, `${ID}:sec:ret:x`])(
    'that is misspelt is never sent: %s',
    async (text) => {
      let asked = 0;
      const fetch = (): never => {
        asked += 1;
        throw new Error('sent');
      };
      const sent = open({ fetch }).send(REQUEST('/x')('http://127.0.0.1:1'), keyOf(text), endless());
      await expect(sent).rejects.toThrow(ConfigError);
      await expect(sent).rejects.toThrow(/must be ACCESS_KEY_ID:SECRET_ACCESS_KEY or/);
      expect(asked).toBe(0);
    },
  );

  test('is told by the id of its key', () => {
    const secret = new Secret(`${ID}:${SECRET_KEY}`);
    expect(secret.label).toBe('AKIA…MPLE');
    expect(inspect(secret)).toBe('Secret(AKIA…MPLE)');
  });

  test('is hidden in whole and in parts', () => {
    const secret = new Secret(`${ID}:${SECRET_KEY}:${SESSION}`);
    const scrubber = new Scrubber(secret);
    const texts = [`${ID}:${SECRET_KEY}:${SESSION}`, ID, SECRET_KEY, SESSION].flatMap((text) => [
      text,
      JSON.stringify(text),
      encodeURIComponent(text),
      Buffer.from(text).toString('base64'),
    ]);
    for (const text of texts)
      expect(scrubber.text(`before ${text} after`)).toBe(`before ${text.startsWith('"') ? `"AKIA…MPLE"` : 'AKIA…MPLE'} after`);
    const echo = {
      message: `The request signature we calculated does not match. Canonical string: host:x\nx-amz-security-token:${SESSION}\nCredential=${ID}/20150830`,
    };
    const clean = JSON.stringify(scrubber.value(echo));
    for (const part of [ID, SECRET_KEY, SESSION]) expect(clean).not.toContain(part);
  });
});

test('an abort while the request is signed is told in the same tick', async () => {
  const listeners = new Set<(reason: unknown) => void>();
  const stop = {
    ended: undefined as { readonly reason: unknown } | undefined,
    listen(listener: (reason: unknown) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  let asked = 0;
  const fetch = (): never => {
    asked += 1;
    throw new Error('sent');
  };
  const sent = open({ fetch }).send(REQUEST('/x')('http://127.0.0.1:1'), keyOf(`${ID}:${SECRET_KEY}`), stop);
  const reason = new Error('enough');
  stop.ended = { reason };
  for (const listener of listeners) listener(reason);
  await expect(sent).rejects.toBe(reason);
  expect(asked).toBe(0);
});

describe('a body that a caller wrote', () => {
  const secret = new Secret(`${EXAMPLE.accessKeyId}EXTRA:${EXAMPLE.secretAccessKey}`);
  const credential: Credential = { secret, auth: { kind: 'aws', region: 'us-east-1', service: 'bedrock' } };

  test('of bytes is signed as its text is', async () => {
    const text = 'zażółć';
    const [asText, asBytes] = await Promise.all([
      signed('https://example.amazonaws.com/', { body: text }),
      signed('https://example.amazonaws.com/', { body: new TextEncoder().encode(text) }),
    ]);
    expect(asBytes.headers['authorization']).toBe(asText.headers['authorization']);
  });

  test('that can be read once is refused before the network, and not read', async () => {
    const own = createWire({ clock: systemClock });
    const open = (): never => {
      throw new Error('It was read');
    };
    const request = { method: 'POST', url: 'http://127.0.0.1:9/', headers: {}, body: { open, bytes: undefined } };
    await expect(own.send(request, credential, endless())).rejects.toThrow(RequestError);
    await own.destroy();
  });
});

describe('the place of a key', () => {
  const header = {
    kind: 'header',
    header: 'x-api-key',
    prefix: '',
    unless: [{ looks: /^ya29/, header: 'authorization', prefix: 'Bearer ' }],
  } as const;
  const aws = { kind: 'aws', region: 'us-east-1', service: 'bedrock' } as const;
  const place = { header: 'api-key', prefix: '' };

  test.each([
    ['the caller’s', 'abcdefgh', header, { 'api-key': 'abcdefgh' }],
    ['by its looks', 'ya29.abcd', header, { authorization: 'Bearer ya29.abcd' }],
    ['the caller’s, where an AWS key would sign', 'abcdefgh', aws, { 'api-key': 'abcdefgh' }],
  ] as const)('is %s', (_name, text, auth, expected) => {
    const secret = new Secret(text);
    const request = { method: 'GET', url: 'https://a.test/', headers: {}, body: undefined };
    expect(toOutgoing(request, { secret, auth, place }, new Scrubber(secret)).headers).toEqual(expected);
  });

  test('is nowhere for an AWS key, which signs', () => {
    const secret = new Secret(`${EXAMPLE.accessKeyId}EXTRA:${EXAMPLE.secretAccessKey}`);
    const request = { method: 'GET', url: 'https://a.test/', headers: {}, body: undefined };
    const { headers, signing } = toOutgoing(request, { secret, auth: aws, place }, new Scrubber(secret));
    expect([headers, signing?.region]).toEqual([{}, 'us-east-1']);
  });
});

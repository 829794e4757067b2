import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { brotliCompressSync, constants, createBrotliCompress, createGzip, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { MockAgent } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ClosedError, ConfigError } from '../../src/errors.ts';
import { Secret } from '../../src/secret.ts';
import { createWire, readErrorBody, Scrubber, WireError, type Wire, type WireOptions } from '../../src/wire/index.ts';
import { json, readBody, startMute, startStub, type StubServer } from '../support/stub-server.ts';
import { credential, endless, readAll, SECRET, toRequest } from './support.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function open(options: Partial<WireOptions> = {}): Wire {
  const wire = createWire({ clock: systemClock, ...options });
  cleanups.push(() => wire.destroy());
  return wire;
}

async function serve(listener: Parameters<typeof startStub>[0]): Promise<StubServer> {
  const server = await startStub(listener);
  cleanups.push(() => server.close());
  return server;
}

const TRANSPORTS: readonly (readonly [string, Partial<WireOptions>])[] = [
  ['undici', {}],
  ['fetch', { fetch: (input, init) => globalThis.fetch(input, init) }],
];

describe.each(TRANSPORTS)('over %s', (name, options) => {
  test('a request arrives with its secret, and the answer comes back', async () => {
    const server = await serve((request, response) => {
      void readBody(request).then((body) => {
        const { method, url, headers } = request;
        json(response, 201, { method, url, body, auth: headers.authorization, type: headers['content-type'] }, { 'X-Two': 'a' });
      });
    });
    let opened = 0;
    const response = await open(options).send(toRequest(`${server.url}/v1/chat?a=b`), credential, endless(), () => (opened += 1));
    expect(response.status).toBe(201);
    expect(response.headers['x-two']).toBe('a');
    expect(JSON.parse(await response.body.text())).toEqual({
      method: 'POST',
      url: '/v1/chat?a=b',
      body: '{"hello":"wörld"}',
      auth: `Bearer ${SECRET}`,
      type: 'application/json',
    });
    expect(opened).toBe(1);
    expect(response.body.over).toBe(true);
  });

  test('repeated headers are joined', async () => {
    const server = await serve(
      (_request, response) =>
        void response
          .writeHead(
            200,
            [
              ['x-a', '1'],
              ['x-a', '2'],
            ].flat(),
          )
          .end(),
    );
    const response = await open(options).send(toRequest(server.url), undefined, endless());
    expect(response.headers['x-a']).toBe('1, 2');
    expect(await response.body.text()).toBe('');
  });

  test.each([301, 302, 303, 307, 308, 300, 304])('a %i is refused and never followed', async (status) => {
    const asked: string[] = [];
    const server = await serve((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(status, { location: 'https://elsewhere.test:8443/path?token=abc' }).end();
    });
    const failure = await open(options)
      .send(toRequest(`${server.url}/a`), credential, endless())
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WireError);
    expect(failure).toMatchObject({
      kind: 'redirect',
      reached: true,
      detail: expect.stringContaining('never follows a redirect with a key'),
    });
    expect((failure as Error).message).toContain('https://elsewhere.test:8443');
    expect((failure as Error).message).not.toContain('token');
    expect(asked).toEqual(['/a']);
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('a body in %s is decompressed although nobody asked', async (encoding, compress) => {
    const text = JSON.stringify({ text: 'żółć '.repeat(20_000) });
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(compress(text));
    });
    const response = await open(options).send(toRequest(server.url), undefined, endless());
    expect(await response.body.text()).toBe(text);
  });

  test('a compressed body that is longer than allowed is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(4_000_000));
    const server = await serve((_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    const response = await open({ ...options, maxBodyBytes: 100_000 }).send(toRequest(server.url), undefined, endless());
    await expect(response.body.text()).rejects.toThrow('the answer is longer than allowed: more than 100000 bytes');
    expect(response.body.over).toBe(true);
  });

  test('a body that is cut rejects after what came', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('hello', () => response.destroy());
    });
    const { body } = await open(options).send(toRequest(server.url), undefined, endless());
    expect(new TextDecoder().decode(await body.read())).toBe('hello');
    await expect(body.read()).rejects.toMatchObject({ kind: 'network', reached: true });
  });

  test('a server that closes without an answer was reached', async () => {
    const server = await serve((request) => void request.socket.destroy());
    await expect(open(options).send(toRequest(server.url), undefined, endless())).rejects.toMatchObject({ kind: 'network', reached: true });
  });

  test('a refused connection was never opened', async () => {
    const server = await startMute();
    await server.close();
    let opened = 0;
    const sent = open(options).send(toRequest(server.url), undefined, endless(), () => (opened += 1));
    await expect(sent).rejects.toMatchObject({ kind: 'network', reached: false, detail: expect.stringContaining('ECONNREFUSED') });
    // Nobody can tell when a fetch connects.
    expect(opened).toBe(name === 'fetch' ? 1 : 0);
  });

  test.each([
    ['a line break', 'sk-abc\ndef-0123456789'],
    ['a carriage return', 'sk-abc\rdef-0123456789'],
    ['a null', 'sk-abc\0def-0123456789'],
    ['a character beyond Latin-1', 'sk-abc…def-0123456789'],
  ])('a secret with %s is refused before any network use', async (_what, text) => {
    const server = await serve((_request, response) => void response.end());
    const bad = { ...credential, secret: new Secret(text) };
    const failure = await open(options)
      .send(toRequest(server.url), bad, endless())
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect(inspect(failure, { depth: 9 })).not.toContain(text);
    expect(server.opened).toBe(0);
  });

  test.each([
    [
      'value',
      { 'x-a': 'a\r\nb: c' },
      "header 'x-a' must hold no line break or other character that no header can carry: current value is 7 characters long",
    ],
    ['name', { 'x a': 'b' }, 'the name of a header must be a token of HTTP: current value is "x a"'],
  ])('a header with a bad %s is refused', async (_what, headers, message) => {
    await expect(open(options).send(toRequest('http://127.0.0.1:1', { headers }), undefined, endless())).rejects.toThrow(message);
  });

  test.each(['nonsense', 'ftp://example.test/', '/v1/chat'])('the URL %s is refused', async (url) => {
    const sent = open(options).send(toRequest(url), undefined, endless());
    await expect(sent).rejects.toThrow(`its URL must be absolute, with http or https: current value is "${url}"`);
  });

  test('a body larger than the connection may buffer arrives whole, whatever the reader does', async () => {
    const text = 'x'.repeat(3_000_000);
    const server = await serve((_request, response) => void response.end(text));
    const response = await open(options).send(toRequest(server.url), undefined, endless());
    await turn();
    expect(await readAll(response.body)).toBe(text);
  });

  test('a cancelled body ends, and its connection with it', async () => {
    const server = await serve((_request, response) => void response.write('first'));
    const { body } = await open(options).send(toRequest(server.url), undefined, endless());
    await body.read();
    const pending = body.read();
    body.cancel();
    expect(await pending).toBeUndefined();
    await server.allClosed();
  });
});

describe('a wire', () => {
  test('keeps a connection for the next request', async () => {
    const server = await serve((_request, response) => void response.end('ok'));
    const wire = open();
    for (let i = 0; i < 5; i += 1) {
      const response = await wire.send(toRequest(server.url), credential, endless());
      await response.body.text();
      await turn();
    }
    expect(server.opened).toBe(1);
  });

  test('keeps a connection whose rest was discarded', async () => {
    const server = await serve((_request, response) => {
      response.write('first');
      setImmediate(() => response.end('the rest'));
    });
    const wire = open();
    for (let i = 0; i < 2; i += 1) {
      const { body } = await wire.send(toRequest(server.url), undefined, endless());
      await body.read();
      await body.discard();
      await turn();
    }
    expect(server.opened).toBe(1);
  });

  test('does not read much only to keep a connection', async () => {
    const server = await serve((_request, response) => void response.end('x'.repeat(2_000_000)));
    const { body } = await open().send(toRequest(server.url), undefined, endless());
    await body.discard();
    await server.allClosed();
  });

  test('asks for no compression, unless the caller does', async () => {
    const server = await serve((request, response) => void response.end(request.headers['accept-encoding']));
    const wire = open();
    const plain = await wire.send(toRequest(server.url), undefined, endless());
    expect(await plain.body.text()).toBe('identity');
    const asked = await wire.send(toRequest(server.url, { headers: { 'accept-encoding': 'gzip' } }), undefined, endless());
    expect(await asked.body.text()).toBe('gzip');
  });

  test('reads bare deflate too', async () => {
    const server = await serve(
      (_request, response) => void response.writeHead(200, { 'content-encoding': 'deflate' }).end(deflateRawSync('bare')),
    );
    const { body } = await open().send(toRequest(server.url), undefined, endless());
    expect(await body.text()).toBe('bare');
  });

  test.each(['zstd', 'gzip, gzip', 'constructor'])('refuses the encoding %s', async (encoding) => {
    const server = await serve((_request, response) => void response.writeHead(200, { 'content-encoding': encoding }).end('?'));
    const sent = open().send(toRequest(server.url), undefined, endless());
    await expect(sent).rejects.toMatchObject({ kind: 'unreadable', detail: `the answer's content-encoding is unknown: ${encoding}` });
    await server.allClosed();
  });

  test('refuses bytes that do not decompress', async () => {
    const server = await serve((_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip'));
    const { body } = await open().send(toRequest(server.url), undefined, endless());
    await expect(body.text()).rejects.toMatchObject({ kind: 'unreadable', detail: expect.stringContaining('does not decompress') });
  });

  test.each(['gzip', 'br'])('delivers a stream in %s as it arrives', async (encoding) => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding });
      const packer = encoding === 'gzip' ? createGzip() : createBrotliCompress();
      packer.pipe(response);
      packer.write('data: {"first":1}\n\n');
      // The stream stays open: without flushing on our side nothing would come out.
      packer.flush(encoding === 'gzip' ? constants.Z_SYNC_FLUSH : constants.BROTLI_OPERATION_FLUSH);
    });
    const wire = open();
    const response = await wire.send(toRequest(server.url), undefined, endless());
    const { body } = response;
    const events = wire.events(response);
    await events.fill();
    expect(events.take()).toEqual({ event: undefined, data: '{"first":1}' });
    body.cancel();
    await server.allClosed();
  });

  test('tells a request that undici refuses from a failed network', async () => {
    const sent = open().send(toRequest('http://127.0.0.1:1', { headers: { expect: '100-continue' } }), undefined, endless());
    await expect(sent).rejects.toThrow(ConfigError);
  });

  test('takes no request once it is destroyed', async () => {
    const wire = open();
    await wire.destroy();
    await expect(wire.send(toRequest('http://127.0.0.1:1'), undefined, endless())).rejects.toThrow(ClosedError);
  });
});

describe('a given dispatcher', () => {
  test('answers instead, and is not closed', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    cleanups.push(() => agent.close());
    agent
      .get('https://api.test')
      .intercept({ path: '/v1', method: 'POST' })
      .reply(200, { ok: true }, { headers: { 'x-a': 'b' } })
      .times(2);
    for (let i = 0; i < 2; i += 1) {
      const wire = open({ dispatcher: agent });
      const response = await wire.send(toRequest('https://api.test/v1'), credential, endless());
      expect(response).toMatchObject({ status: 200, headers: { 'x-a': 'b' } });
      expect(JSON.parse(await response.body.text())).toEqual({ ok: true });
      await wire.destroy();
    }
  });

  test.each([
    ['ECONNRESET', true],
    ['ECONNREFUSED', false],
  ])('that fails with %s was reached: %s', async (code, reached) => {
    const agent = new MockAgent();
    cleanups.push(() => agent.close());
    agent
      .get('https://api.test')
      .intercept({ path: '/', method: 'POST' })
      .replyWithError(Object.assign(new Error('failed'), { code }));
    await expect(open({ dispatcher: agent }).send(toRequest('https://api.test/'), undefined, endless())).rejects.toMatchObject({
      kind: 'network',
      reached,
    });
  });

  test('that matches nothing says so', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    cleanups.push(() => agent.close());
    const sent = open({ dispatcher: agent }).send(toRequest('https://api.test/'), undefined, endless());
    await expect(sent).rejects.toThrow('not matched');
  });
});

describe('a given fetch', () => {
  test('that throws the request at us tells no secret', async () => {
    const fetch: WireOptions['fetch'] = (_input, init) =>
      Promise.reject(Object.assign(new Error(`failed with ${JSON.stringify(init?.headers)}`), { init }));
    const failure = await open({ fetch })
      .send(toRequest('https://api.test/'), credential, endless())
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'network', reached: true });
    expect(inspect(failure, { depth: 9 })).not.toContain(SECRET);
  });

  test('that hides redirects is refused all the same', async () => {
    const hidden = { type: 'opaqueredirect', status: 0, headers: new Headers(), body: null, redirected: false };
    const sent = open({ fetch: () => Promise.resolve(hidden as unknown as Response) }).send(
      toRequest('https://api.test/'),
      undefined,
      endless(),
    );
    await expect(sent).rejects.toMatchObject({ kind: 'redirect' });
  });

  test('that followed a redirect is refused', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/a') response.writeHead(307, { location: '/b' }).end();
      else response.end('b');
    });
    const sent = open({ fetch: (input, init) => globalThis.fetch(input, { ...init, redirect: 'follow' }) }).send(
      toRequest(`${server.url}/a`),
      undefined,
      endless(),
    );
    await expect(sent).rejects.toMatchObject({ kind: 'redirect', detail: expect.stringContaining(server.url) });
  });

  test('whose body somebody else has read fails, and nothing is left hanging', async () => {
    const fetch = async (): Promise<Response> => {
      const response = new Response('{}');
      await response.text();
      return response;
    };
    const response = await open({ fetch }).send(toRequest('https://api.test/'), undefined, endless());
    await expect(response.body.text()).rejects.toMatchObject({ kind: 'network', reached: true });
  });

  test('whose body is no bytes fails', async () => {
    const body = new ReadableStream({ start: (controller) => (controller.enqueue('text'), controller.close()) });
    const answer = { type: 'default', status: 200, headers: new Headers(), body, redirected: false } as unknown as Response;
    const response = await open({ fetch: () => Promise.resolve(answer) }).send(toRequest('https://api.test/'), undefined, endless());
    await expect(response.body.text()).rejects.toMatchObject({ kind: 'network' });
  });

  test.each([[undefined], [{}], ['text']])('that answers %j is a ConfigError', async (answer) => {
    const sent = open({ fetch: () => Promise.resolve(answer as unknown as Response) }).send(
      toRequest('https://api.test/'),
      undefined,
      endless(),
    );
    await expect(sent).rejects.toThrow(/'fetch' must answer a Response: current value is /);
  });

  test('needs no body', async () => {
    const response = await open({ fetch: () => Promise.resolve(new Response(null, { status: 200 })) }).send(
      toRequest('https://api.test/'),
      undefined,
      endless(),
    );
    expect(await response.body.text()).toBe('');
  });
});

describe('readErrorBody', () => {
  async function answer(body: string | Buffer, end = true): Promise<unknown> {
    const server = await serve((_request, response) => {
      response.writeHead(400, end ? {} : { 'content-length': String(body.length + 5) });
      response.write(body, () => (end ? response.end() : response.destroy()));
    });
    const response = await open().send(toRequest(server.url), credential, endless());
    return readErrorBody(response.body, new Scrubber(credential.secret));
  }

  test('parses JSON and scrubs it', async () => {
    expect(await answer(`{"error":{"message":"bad key ${SECRET}"}}`)).toEqual({ error: { message: `bad key ${credential.secret.label}` } });
  });

  test('keeps other text, scrubbed', async () => {
    expect(await answer(`<html>Unauthorized ${SECRET}</html>`)).toBe(`<html>Unauthorized ${credential.secret.label}</html>`);
  });

  test('keeps what came before a cut', async () => {
    expect(await answer('{"error":{"mess', false)).toBe('{"error":{"mess');
  });

  test('reads no more than anybody wants', async () => {
    const text = (await answer('y'.repeat(3_000_000))) as string;
    expect(text).toHaveLength(256 * 1024);
  });
});

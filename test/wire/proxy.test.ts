import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ConfigError } from '../../src/errors.ts';
import { createWire, type Wire } from '../../src/wire/index.ts';
import { startStub } from '../support/stub-server.ts';
import { credential, endless, toRequest } from './support.ts';

/** A proxy that answers plain requests by itself and refuses tunnels. */
async function startProxy(): Promise<{ readonly url: string; readonly seen: readonly string[]; close(): Promise<void> }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host}`);
    response.end('from the proxy');
  });
  server.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe('a proxy from the environment', () => {
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let wire: Wire;

  beforeEach(async () => {
    proxy = await startProxy();
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY']) vi.stubEnv(name, undefined);
    wire = createWire({ clock: systemClock });
  });

  afterEach(async () => {
    await wire.destroy();
    await proxy.close();
  });

  test.each(['http_proxy', 'HTTP_PROXY'])('of %s gets plain requests as they are', async (name) => {
    vi.stubEnv(name, proxy.url);
    const response = await wire.send(toRequest('http://provider.invalid/v1?a=b'), credential, endless());
    expect(await response.body.text()).toBe('from the proxy');
    expect(proxy.seen).toEqual(['POST http://provider.invalid/v1?a=b provider.invalid']);
  });

  test('of HTTPS_PROXY is asked for a tunnel, and its refusal never reached the provider', async () => {
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    let opened = 0;
    const sent = wire.send(toRequest('https://provider.invalid/v1'), credential, endless(), () => (opened += 1));
    await expect(sent).rejects.toMatchObject({ kind: 'network', reached: false, detail: expect.stringContaining('Proxy response (403)') });
    expect(proxy.seen).toEqual(['CONNECT provider.invalid:443']);
    expect(opened).toBe(0);
  });

  test.each(['http://user:hunter2-secret@bad host', 'ftp://user:hunter2-secret@proxy.test', 'hunter2-secret'])(
    'that is no URL (%s) is refused without its password',
    async (url) => {
      vi.stubEnv('HTTP_PROXY', url);
      const failure = await wire.send(toRequest('http://provider.invalid/v1'), credential, endless()).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ConfigError);
      expect((failure as Error).message).toContain('Cannot send the request as the proxy of the environment must be');
      expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain('hunter2');
    },
  );

  test('is not for hosts of NO_PROXY', async () => {
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', 'other.test,.invalid');
    await expect(wire.send(toRequest('http://provider.invalid/v1'), credential, endless())).rejects.toMatchObject({
      kind: 'network',
      reached: false,
    });
    expect(proxy.seen).toEqual([]);
  });

  test('is not for this machine', async () => {
    vi.stubEnv('HTTP_PROXY', proxy.url);
    const server = await startStub((_request, response) => void response.end('direct'));
    const response = await wire.send(toRequest(server.url), credential, endless());
    expect(await response.body.text()).toBe('direct');
    expect(proxy.seen).toEqual([]);
    await server.close();
  });
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { watchLeaks } from '../support/leaks.ts';

test('watchLeaks names a timer that is left, and who made it', async () => {
  const leaks = watchLeaks(20);
  const timer = setTimeout(() => {}, 60_000);
  await expect(leaks.assertNone()).rejects.toThrow(/Timeout made .*leaks\.test\.ts/);
  clearTimeout(timer);
});

test('watchLeaks names a server and its sockets', async () => {
  const leaks = watchLeaks(20);
  const { server, socket } = await openSocket();
  await expect(leaks.assertNone()).rejects.toThrow(/TCPSERVERWRAP[^]*TCPWRAP/);
  socket.destroy();
  server.close();
});

test('watchLeaks finds nothing once timers are cleared, sockets destroyed and servers closed', async () => {
  const leaks = watchLeaks();
  clearTimeout(setTimeout(() => {}, 60_000));
  await new Promise((fired) => setTimeout(fired, 0));
  const { server, socket } = await openSocket();
  socket.destroy();
  server.close();
  await leaks.assertNone();
});

test('watchLeaks leaves a timer alone that lets the process exit', async () => {
  const leaks = watchLeaks();
  const timer = setTimeout(() => {}, 60_000).unref();
  await leaks.assertNone();
  clearTimeout(timer);
});

async function openSocket() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  return { server, socket };
}

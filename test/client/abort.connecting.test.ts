import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClient, type Client } from '../../src/index.ts';
import { createManualClock, type ManualClock } from '../../src/simulator/index.ts';
import { createDeferred, settledBeforeImmediate, type Deferred } from '../support/deferred.ts';
import { startMute, type StubServer } from '../support/stub-server.ts';
import { ask, askStream, at } from '../support/world.ts';

// A server that accepts and never shakes hands: TLS stays connecting. Node frees a TLS handle at the next garbage collection only,
// so that these tests ask the server what was left open, not `watchLeaks`.
let server: StubServer;
let connected: Deferred<void>;
let clock: ManualClock;
let client: Client;

beforeEach(async () => {
  connected = createDeferred();
  server = await startMute(() => connected.resolve());
  clock = createManualClock();
  client = createClient({ ...at({ baseURL: `${server.url.replace('http:', 'https:')}/v1` }, 'a'), clock, env: {}, random: () => 0.5 });
});

afterEach(async () => {
  await client.close();
  await server.close();
  expect([clock.pending, clock.pendingBackground]).toEqual([0, 0]);
});

test.each([
  ['plain', ask()],
  ['streamed', askStream()],
])('an abort of a %s call that is connecting settles at once and closes the connection', async (_name, request) => {
  const controller = new AbortController();
  const call = client.chat(request, { signal: controller.signal });
  await connected.promise;
  controller.abort('the caller left');
  expect(await settledBeforeImmediate(call)).toEqual({ error: 'the caller left' });
  expect([clock.pending, client.keys.get('a')?.inFlight]).toEqual([0, 0]);
  await server.allClosed();
  expect(server.opened).toBe(1);
});

test('a connection that does not open is given up after connectTimeoutMs, and the key is not at fault', async () => {
  const failed = new Promise((resolve) => client.on('attempt-failed', resolve));
  const controller = new AbortController();
  const call = client.chat(ask(), { signal: controller.signal });
  await connected.promise;
  await clock.advance(10_000);
  expect(await failed).toMatchObject({ attempt: { class: 'timeout', scope: 'route' } });
  await server.allClosed();
  expect(client.keys.get('a')).toMatchObject({ state: 'ready', holds: [], inFlight: 0 });
  controller.abort('enough');
  await expect(call).rejects.toBe('enough');
});

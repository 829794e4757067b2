import { afterEach, beforeEach, expect, test } from 'vitest';
import { SignalHub } from '../../src/abort.ts';
import { systemClock } from '../../src/clock.ts';
import { Deadline } from '../../src/deadline.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import { createWire, type Wire } from '../../src/wire/index.ts';
import { createDeferred, settledBeforeImmediate, type Deferred } from '../support/deferred.ts';
import { startMute, type StubServer } from '../support/stub-server.ts';
import { credential, endless, toRequest } from './support.ts';

// A server that accepts and never shakes hands: TLS stays "connecting". Node frees a TLS handle at the next garbage collection
// only, so that these tests ask the server what was left open, not `watchLeaks`.
let server: StubServer;
let connected: Deferred<void>;
let wire: Wire | undefined;

beforeEach(async () => {
  connected = createDeferred();
  server = await startMute(() => connected.resolve());
});

afterEach(async () => {
  await wire?.destroy();
  await server.close();
});

const request = (): ReturnType<typeof toRequest> => toRequest(server.url.replace('http:', 'https:'));

function abortable(): { readonly deadline: Deadline; readonly controller: AbortController } {
  const controller = new AbortController();
  return { controller, deadline: new Deadline(systemClock, new SignalHub(), { signal: controller.signal, timeoutMs: Infinity }) };
}

test('an abort while connecting settles at once, and ends the connection', async () => {
  wire = createWire({ clock: systemClock });
  const { deadline, controller } = abortable();
  let opened = 0;
  const sent = wire.send(request(), credential, deadline, () => (opened += 1));
  await connected.promise;
  controller.abort('the caller left');
  expect(await settledBeforeImmediate(sent)).toEqual({ error: 'the caller left' });
  await server.allClosed();
  expect(opened).toBe(0);
});

test('an abort while a fetch connects settles at once', async () => {
  wire = createWire({ clock: systemClock, fetch: (input, init) => globalThis.fetch(input, init) });
  const { deadline, controller } = abortable();
  const sent = wire.send(request(), credential, deadline);
  await connected.promise;
  controller.abort('the caller left');
  expect(await settledBeforeImmediate(sent)).toEqual({ error: 'the caller left' });
});

test('an abort of one leaves another that connects alone', async () => {
  wire = createWire({ clock: systemClock });
  const { deadline, controller } = abortable();
  const other = abortable();
  const left = wire.send(request(), credential, deadline);
  const stays = wire.send(request(), credential, other.deadline);
  await connected.promise;
  controller.abort('the caller left');
  await expect(left).rejects.toBe('the caller left');
  expect(await settledBeforeImmediate(stays)).toBe('pending');
  other.controller.abort('so did the other');
  await expect(stays).rejects.toBe('so did the other');
});

test('the connect timer ends a connection that does not open', async () => {
  const clock = createManualClock();
  wire = createWire({ clock, connectTimeoutMs: 700 });
  const failed = wire.send(request(), credential, endless(clock)).catch((error: unknown) => error);
  await connected.promise;
  expect(clock.slept).toEqual([700]);
  await clock.advance(700);
  expect(await failed).toMatchObject({
    kind: 'connect_timeout',
    reached: false,
    detail: "the connection did not open in time: 'connectTimeoutMs' is 700",
  });
  await server.allClosed();
  expect(clock.pending).toBe(0);
});

import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SignalHub } from '../../src/abort.ts';
import { systemClock, type Clock } from '../../src/clock.ts';
import { Deadline } from '../../src/deadline.ts';
import { createManualClock, type ManualClock } from '../../src/simulator/manual-clock.ts';
import { createWire, type Wire, type WireOptions } from '../../src/wire/index.ts';
import { createDeferred, settledBeforeImmediate } from '../support/deferred.ts';
import { watchLeaks, type LeakWatch } from '../support/leaks.ts';
import { startMute, startStub, type StubServer } from '../support/stub-server.ts';
import { credential, endless, toRequest } from './support.ts';

let leaks: LeakWatch;
let wire: Wire;
let server: StubServer;

beforeEach(() => {
  leaks = watchLeaks();
});

afterEach(async () => {
  await wire.destroy();
  await server.close();
  await leaks.assertNone();
});

function open(options: Partial<WireOptions> = {}): void {
  wire = createWire({ clock: systemClock, ...options });
}

function abortable(clock: Clock = systemClock): { readonly deadline: Deadline; readonly abort: () => Error } {
  const controller = new AbortController();
  const reason = new Error('the caller left');
  const deadline = new Deadline(clock, new SignalHub(), { signal: controller.signal, timeoutMs: Infinity });
  const abort = (): Error => {
    controller.abort(reason);
    return reason;
  };
  return { deadline, abort };
}

describe.each([
  ['undici', {}],
  ['fetch', { fetch: (input, init) => globalThis.fetch(input, init) }],
] as readonly (readonly [string, Partial<WireOptions>])[])(
  'over %s, an abort settles at once with the caller’s reason',
  (_name, options) => {
    test('before the request is sent', async () => {
      server = await startMute();
      open(options);
      const { deadline, abort } = abortable();
      const reason = abort();
      const sent = wire.send(toRequest(server.url), credential, deadline);
      expect(await settledBeforeImmediate(sent)).toEqual({ error: reason });
      expect(server.opened).toBe(0);
    });

    test('in the tick of the request', async () => {
      server = await startMute();
      open(options);
      const { deadline, abort } = abortable();
      const sent = wire.send(toRequest(server.url), credential, deadline);
      const reason = abort();
      expect(await settledBeforeImmediate(sent)).toEqual({ error: reason });
      await server.allClosed();
    });

    test('while waiting for headers', async () => {
      const asked = createDeferred();
      server = await startStub(() => asked.resolve());
      open(options);
      const { deadline, abort } = abortable();
      const sent = wire.send(toRequest(server.url), credential, deadline);
      await asked.promise;
      const reason = abort();
      expect(await settledBeforeImmediate(sent)).toEqual({ error: reason });
      await server.allClosed();
    });

    test('while reading the body', async () => {
      server = await startStub((_request, response) => void response.write('first'));
      open(options);
      const { deadline, abort } = abortable();
      const { body } = await wire.send(toRequest(server.url), credential, deadline);
      await body.read();
      const pending = body.read();
      const reason = abort();
      expect(await settledBeforeImmediate(pending)).toEqual({ error: reason });
      await server.allClosed();
    });

    test('between two reads, and what was not read is dropped', async () => {
      server = await startStub((_request, response) => void response.write('first'));
      open(options);
      const { deadline, abort } = abortable();
      const { body } = await wire.send(toRequest(server.url), credential, deadline);
      const reason = abort();
      expect(await settledBeforeImmediate(body.read())).toEqual({ error: reason });
      await server.allClosed();
    });

    test('while a long body is paused', async () => {
      server = await startStub((_request, response) => void response.end('x'.repeat(5_000_000)));
      open(options);
      const { deadline, abort } = abortable();
      const { body } = await wire.send(toRequest(server.url), credential, deadline);
      await body.read();
      const reason = abort();
      expect(await settledBeforeImmediate(body.read())).toEqual({ error: reason });
      await server.allClosed();
    });
  },
);

test('an abort after the end changes nothing', async () => {
  server = await startStub((_request, response) => void response.end('all'));
  open();
  const { deadline, abort } = abortable();
  const { body } = await wire.send(toRequest(server.url), credential, deadline);
  const text = body.text();
  expect(await text).toBe('all');
  abort();
  expect(await body.read()).toBeUndefined();
  expect(server.sockets.size).toBe(1);
});

test('an abort behind a busy connection settles at once, and the request is never sent', async () => {
  const asked: string[] = [];
  const first = createDeferred<() => void>();
  server = await startStub((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/first') first.resolve(() => response.end('first'));
    else response.end('later');
  });
  const dispatcher = new Agent({ connections: 1 });
  open({ dispatcher });
  const busy = wire.send(toRequest(`${server.url}/first`), credential, endless());
  const respond = await first.promise;
  const { deadline, abort } = abortable();
  const queued = wire.send(toRequest(`${server.url}/queued`), credential, deadline);
  const reason = abort();
  expect(await settledBeforeImmediate(queued)).toEqual({ error: reason });
  respond();
  expect(await (await busy).body.text()).toBe('first');
  const later = await wire.send(toRequest(`${server.url}/later`), credential, endless());
  expect(await later.body.text()).toBe('later');
  expect(asked).toEqual(['/first', '/later']);
  await dispatcher.destroy();
});

test('an abort of one exchange leaves the others alone', async () => {
  const responses: (() => void)[] = [];
  const all = createDeferred();
  server = await startStub((_request, response) => {
    responses.push(() => response.end('ok'));
    if (responses.length === 3) all.resolve();
  });
  open();
  const { deadline, abort } = abortable();
  const kept = [endless(), endless()].map((each) => wire.send(toRequest(server.url), credential, each));
  const left = wire.send(toRequest(server.url), credential, deadline);
  await all.promise;
  const reason = abort();
  await expect(left).rejects.toBe(reason);
  for (const respond of responses) respond();
  const answers = await Promise.all(kept);
  expect(await Promise.all(answers.map(({ body }) => body.text()))).toEqual(['ok', 'ok']);
});

describe('the connect timer', () => {
  let clock: ManualClock;

  beforeEach(() => {
    clock = createManualClock();
  });

  test('stops when the request is on its way', async () => {
    const asked = createDeferred();
    server = await startStub(() => asked.resolve());
    open({ clock });
    const { deadline, abort } = abortable(clock);
    const sent = wire.send(toRequest(server.url), credential, deadline);
    await asked.promise;
    expect(clock.pending).toBe(0);
    const reason = abort();
    await expect(sent).rejects.toBe(reason);
  });
});

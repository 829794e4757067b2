import { describe, expect, test } from 'vitest';
import { createManualClock } from '../../src/simulator/index.ts';
import { watchLeaks } from '../support/leaks.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import { ask, askWhole, CHAT, start, STREAM } from './support.ts';

const LONG = 'sk-proj-0123456789abcdefghij';

describe('keys', () => {
  test('a dead key is told so, with its middle hidden', async () => {
    const simulator = await start({ groups: [{ id: 'g', keys: [{ secret: LONG, id: 'old', state: 'dead' }] }] });
    const { status, json, headers } = await askWhole(simulator, CHAT, { key: LONG });
    expect(status).toBe(401);
    expect(json.error).toEqual({
      message: `Incorrect API key provided: sk-proj-${'*'.repeat(16)}ghij. You can find your API key at https://platform.openai.com/account/api-keys.`,
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_api_key',
    });
    expect(headers.get('openai-organization')).toBe('org-g');
    expect(simulator.stats().keys['old']).toMatchObject({ received: 1, rejected: 1, byStatus: { 401: 1 } });
  });

  test('an unknown key, and none at all', async () => {
    const simulator = await start();
    expect(await askWhole(simulator, CHAT, { key: 'sk-x' })).toMatchObject({ status: 401, json: { error: { code: 'invalid_api_key' } } });
    expect(await askWhole(simulator, CHAT, { key: '' })).toMatchObject({
      status: 401,
      json: { error: { message: expect.stringMatching(/^You didn't provide an API key/), code: null } },
    });
    expect(simulator.stats()).toMatchObject({ received: 2, rejected: 2, keys: { 'sk-a': { received: 0 } } });
  });

  test('a spent key is a 429 that is no rate limit, and may still list models', async () => {
    const simulator = await start({ groups: [{ keys: [{ secret: 'sk-a', state: 'spent' }] }] });
    const { status, json, headers } = await askWhole(simulator);
    expect([status, json.error.type, json.error.code, headers.has('retry-after')]).toEqual([
      429,
      'insufficient_quota',
      'insufficient_quota',
      false,
    ]);
    expect((await askWhole(simulator, undefined, { path: '/v1/models', method: 'GET' })).status).toBe(200);
  });

  test('a forbidden key is a 403', async () => {
    const simulator = await start({ groups: [{ keys: [{ secret: 'sk-a', state: 'forbidden' }] }] });
    expect(await askWhole(simulator)).toMatchObject({ status: 403, json: { error: { type: 'invalid_request_error', code: null } } });
  });

  test('keys die and recover at the times that were set', async () => {
    const clock = createManualClock();
    const changes = [
      { atMs: 200, state: 'ok' as const },
      { atMs: 100, state: 'dead' as const },
    ];
    const simulator = await start({ clock, groups: [{ keys: [{ secret: 'sk-a', changes }] }] });
    const seen = [];
    for (let step = 0; step < 3; step++) {
      seen.push([(await askWhole(simulator)).status, simulator.key('sk-a').state]);
      await clock.advance(100);
    }
    expect(seen).toEqual([
      [200, 'ok'],
      [401, 'dead'],
      [200, 'ok'],
    ]);
    expect(clock.pending + clock.pendingBackground).toBe(0);
  });

  test('keys and groups change by hand', async () => {
    const simulator = await start({ groups: [{ id: 'g', keys: [{ secret: 'sk-a', id: 'a' }, 'sk-b'] }] });
    simulator.key('a').set('spent');
    expect([(await askWhole(simulator)).status, (await askWhole(simulator, CHAT, { key: 'sk-b' })).status]).toEqual([429, 200]);
    simulator.group('g').set('dead');
    expect((await askWhole(simulator, CHAT, { key: 'sk-b' })).status).toBe(401);
    simulator.key('sk-a').set('ok');
    expect((await askWhole(simulator)).status).toBe(200);
    expect(simulator.key('a').stats()).toMatchObject({ received: 2, served: 1, rejected: 1 });
    expect(simulator.group('g').stats()).toMatchObject({ received: 4, served: 2, rejected: 2 });
  });

  test('without groups, or without requireKey, everybody is served', async () => {
    const open = await start({});
    expect((await askWhole(open, CHAT, { key: '' })).status).toBe(200);
    const lax = await start({ requireKey: false, groups: [{ id: 'g', keys: [{ secret: 'sk-a', state: 'dead' }], limits: { rpm: 1 } }] });
    const seen = [];
    for (const key of ['sk-a', '', 'sk-x']) seen.push((await askWhole(lax, CHAT, { key })).status);
    expect(seen).toEqual([401, 200, 429]);
  });
});

describe('counts', () => {
  test('what was received is what ended, one way or another, and what is in flight', async () => {
    const clock = createManualClock();
    const groups = [{ keys: ['sk-a'], limits: { rpm: 3 } }, { keys: [{ secret: 'sk-b', state: 'dead' as const }] }];
    const simulator = await start({ clock, groups, latencyMs: 10, faults: [{ kind: 'overloaded', after: 3 }] });
    const served = [askWhole(simulator), askWhole(simulator), ask(simulator, STREAM)];
    await simulator.until(({ inFlight }) => inFlight === 3);
    await askWhole(simulator);
    await askWhole(simulator);
    await askWhole(simulator, CHAT, { key: 'sk-b' });
    const during = simulator.stats();
    expect(during).toMatchObject({ received: 6, served: 0, refused: 1, rejected: 1, faulted: 1, aborted: 0, inFlight: 3, peakInFlight: 4 });
    await clock.advance(10);
    await Promise.all(served);
    await simulator.until(({ inFlight }) => inFlight === 0);
    const stats = simulator.stats();
    expect(stats).toMatchObject({ received: 6, served: 3, byStatus: { 200: 3, 401: 1, 429: 1, 503: 1 } });
    expect(stats.received).toBe(stats.served + stats.refused + stats.rejected + stats.faulted + stats.aborted + stats.inFlight);
    expect(stats.servedIds).toHaveLength(3);
  });

  test('counts are right as soon as an answer has been read', async () => {
    const simulator = await start();
    const ids: string[] = [];
    for (let count = 1; count <= 20; count++) {
      ids.push((await askWhole(simulator)).json.id);
      expect(simulator.stats()).toMatchObject({ served: count, inFlight: 0, servedIds: ids });
    }
  });

  test('a plain request that its client leaves is aborted, but no stream', async () => {
    const simulator = await start({ clock: createManualClock(), groups: [{ keys: ['sk-a'] }], latencyMs: 10 });
    const abort = new AbortController();
    const left = ask(simulator, CHAT, { signal: abort.signal });
    await simulator.until(({ inFlight }) => inFlight === 1);
    abort.abort();
    await expect(left).rejects.toThrow('abort');
    await simulator.until(({ inFlight }) => inFlight === 0);
    expect(simulator.stats()).toMatchObject({ received: 1, aborted: 1, abortedStreams: 0, byStatus: {} });
  });

  test('stats are copies', async () => {
    const simulator = await start();
    const before = simulator.stats();
    await askWhole(simulator);
    expect(before).toMatchObject({ received: 0, servedIds: [], byStatus: {}, keys: { 'sk-a': { received: 0 } } });
  });

  test('connections are counted', async () => {
    const simulator = await start();
    await askWhole(simulator);
    expect(simulator.stats().connections).toBe(1);
  });

  test('requests tell what came, without secrets', async () => {
    const clock = createManualClock(5000);
    const simulator = await start({ clock, groups: [{ id: 'g', keys: [{ secret: LONG, id: 'team' }] }] });
    const headers = { 'x-mine': 'yes', 'x-api-key': LONG, cookie: LONG };
    const { json } = await askWhole(simulator, CHAT, { key: LONG, path: '/v1/chat/completions?trace=1', headers });
    const [record] = simulator.requests();
    expect(record).toMatchObject({
      number: 1,
      at: 5000,
      method: 'POST',
      path: '/v1/chat/completions',
      query: '?trace=1',
      key: 'team',
      group: 'g',
      model: 'gpt-5-mini',
      stream: false,
      prompt: 'Hello',
      body: CHAT,
      status: 200,
      outcome: 'served',
      fault: undefined,
      replyId: json.id,
      headers: { 'x-mine': 'yes', 'content-type': 'application/json' },
    });
    expect(JSON.stringify(record)).not.toContain(LONG);
  });

  test('only the last requests are kept', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'] }], record: 3 });
    for (let count = 0; count < 8; count++) await askWhole(simulator);
    expect(simulator.requests().map(({ number }) => number)).toEqual([6, 7, 8]);
  });
});

describe('until', () => {
  test('resolves at once when the condition holds', async () => {
    const simulator = await start();
    await simulator.until(({ received }) => received === 0);
  });

  test('rejects with what its condition throws, and harms no request', async () => {
    const simulator = await start();
    const wait = simulator.until(({ received }) => {
      if (received > 0) throw new Error('mine');
      return false;
    });
    const failed = wait.catch((error: unknown) => error);
    expect((await askWhole(simulator)).status).toBe(200);
    expect(await failed).toEqual(new Error('mine'));
  });

  test('rejects when the simulator closes', async () => {
    const simulator = await start();
    const wait = simulator.until(() => false);
    const failed = wait.catch((error: unknown) => error);
    await simulator.close();
    expect(await failed).toEqual(new Error('Cannot wait any longer as the simulator is closed'));
    await expect(simulator.until(() => true)).rejects.toThrow('closed');
  });
});

describe('close', () => {
  test('drops what is in flight and leaves no socket and no timer', async () => {
    const leaks = watchLeaks();
    const clock = createManualClock();
    const options = { clock, groups: [{ keys: ['sk-a'] }], faults: [{ kind: 'hang' }, { kind: 'silence' }] as const, latencyMs: 1000 };
    const simulator = await startSimulator(options);
    const hung = ask(simulator);
    await simulator.until(({ inFlight }) => inFlight === 1);
    const silent = ask(simulator, STREAM);
    await simulator.until(({ inFlight }) => inFlight === 2);
    const slow = ask(simulator);
    await simulator.until(({ inFlight }) => inFlight === 3);
    expect(clock.pending).toBe(2);
    const failed = Promise.allSettled([hung, silent, slow]);
    await simulator.close();
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect([clock.pending, clock.pendingBackground]).toEqual([0, 0]);
    expect(simulator.stats()).toMatchObject({ inFlight: 0, faulted: 2, aborted: 1 });
    await leaks.assertNone();
  });

  test('refuses connections afterwards, and can be called again', async () => {
    const simulator = await start();
    await Promise.all([simulator.close(), simulator.close()]);
    await expect(ask(simulator)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  test('await using closes it', async () => {
    let url = '';
    {
      await using simulator = await startSimulator();
      url = simulator.url;
      expect((await ask(simulator)).status).toBe(200);
    }
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });
});

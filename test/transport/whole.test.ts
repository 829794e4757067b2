import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { AttemptError } from '../../src/failure.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import { createDeferred, settledBeforeImmediate } from '../support/deferred.ts';
import { watchLeaks, type LeakWatch } from '../support/leaks.ts';
import { readBody } from '../support/stub-server.ts';
import { completion, json, rig, SECRET, type Rig, type RigOptions } from './support.ts';

let leaks: LeakWatch;
let rigged: Rig;

beforeEach(() => {
  leaks = watchLeaks();
});

afterEach(async () => {
  await rigged.close();
  await leaks.assertNone();
});

async function start(listener: Parameters<typeof rig>[0], options: Partial<RigOptions> = {}): Promise<Rig> {
  rigged = await rig(listener, { clock: systemClock, ...options });
  return rigged;
}

async function fail(sent: Promise<unknown>): Promise<AttemptError> {
  const error = await sent.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AttemptError);
  return error as AttemptError;
}

test('a whole answer passes through, with its usage', async () => {
  const asked = createDeferred<unknown>();
  const { whole, told } = await start((request, response) => {
    void readBody(request).then((body) => asked.resolve({ url: request.url, auth: request.headers.authorization, body: JSON.parse(body) }));
    json(response, 200, completion, {
      'x-ratelimit-limit-requests': '500',
      'x-ratelimit-remaining-requests': '499',
      'openai-organization': 'org-1',
    });
  });
  const answer = await whole();
  expect(answer.whole).toEqual(completion);
  expect(await answer.done).toEqual({ status: 'complete', usage: completion.usage });
  expect(await asked.promise).toMatchObject({ url: '/v1/chat/completions', auth: `Bearer ${SECRET}`, body: { model: 'gpt-5-mini' } });
  expect(told).toEqual(['sent', { heard: [expect.stringMatching(/^requests/)], organization: 'org-1' }]);
});

describe('a refusal', () => {
  test('is classified from status, headers and body, without the secret', async () => {
    const { whole, told } = await start((_request, response) =>
      json(
        response,
        401,
        { error: { message: `Incorrect API key provided: ${SECRET}.`, type: 'invalid_request_error', code: 'invalid_api_key' } },
        { 'x-request-id': 'req-1' },
      ),
    );
    const error = await fail(whole());
    expect(error.verdict).toMatchObject({ class: 'key_invalid', definitive: true, status: 401, requestId: 'req-1' });
    expect(error.reached).toBe(true);
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
    expect(told).toEqual(['sent', { heard: [], organization: undefined }]);
  });

  test.each([
    ['a page', 503, '<html><body>Bad gateway</body></html>', 'text/html'],
    ['nothing', 500, '', 'application/json'],
    ['JSON that is cut', 502, '{"error":{"mess', 'application/json'],
  ])('of %s is the provider’s', async (_what, status, body, type) => {
    const { whole } = await start((_request, response) => void response.writeHead(status, { 'content-type': type }).end(body));
    expect((await fail(whole())).verdict).toMatchObject({ status });
  });

  test('whose body never ends is classified by what came', async () => {
    const clock = createManualClock();
    const asked = createDeferred();
    const { whole } = await start(
      (_request, response) => {
        response.writeHead(429, { 'content-type': 'application/json' });
        response.write('{"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}', () => asked.resolve());
      },
      { clock },
    );
    const failed = fail(whole());
    await asked.promise;
    while (clock.pending < 2) await clock.advance(0);
    await clock.advance(5_000);
    expect((await failed).verdict).toMatchObject({ class: 'rate_limited', status: 429 });
    await rigged.server.allClosed();
  });

  test('gives its connection back', async () => {
    const { whole, server } = await start((_request, response) => json(response, 500, { error: { message: 'x'.repeat(10_000) } }));
    for (let i = 0; i < 4; i += 1) {
      await fail(whole());
      await new Promise(setImmediate);
    }
    expect(server.opened).toBe(1);
  });
});

describe('an answer with status 200', () => {
  test('that is an error is classified as one', async () => {
    const { whole } = await start((_request, response) =>
      json(response, 200, { error: { message: `quota of ${SECRET}`, code: 'insufficient_quota' } }),
    );
    const error = await fail(whole());
    expect(error.verdict.class).toBe('quota_exhausted');
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  });

  test.each([
    ['is cut', '{"id":"chatcmpl-1","choi', 'the answer is not JSON: "{\\"id\\":\\"chatcmpl-1\\",\\"choi"'],
    ['is a page', `<html>\n<b>${SECRET}</b>`, 'the answer is not JSON: "<html> <b>sk-…90bb</b>"'],
    ['is empty', '', 'the answer is not JSON: ""'],
  ])('that %s is a server error', async (_what, body, why) => {
    const { whole } = await start((_request, response) => void response.end(body));
    const error = await fail(whole());
    expect(error.verdict).toMatchObject({ class: 'server_error', scope: 'route', definitive: false, status: 200 });
    expect(error.message).toBe(`${why} (127.0.0.1:${rigged.server.port})`);
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  });

  test('that is too long is a server error', async () => {
    const { whole } = await start((_request, response) => void response.end('x'.repeat(200_000)), { wire: { maxBodyBytes: 100_000 } });
    expect((await fail(whole())).verdict).toMatchObject({
      class: 'server_error',
      why: expect.stringContaining('longer than allowed: more than 100000 bytes'),
    });
    await rigged.server.allClosed();
  });

  test('that breaks off is a network error', async () => {
    const { whole } = await start((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => response.destroy());
    });
    expect((await fail(whole())).verdict).toMatchObject({ class: 'network', scope: 'route', definitive: false });
  });
});

test('a redirect is a definitive fault of the provider', async () => {
  const { whole } = await start((_request, response) => void response.writeHead(307, { location: 'https://elsewhere.test/x?y' }).end());
  const error = await fail(whole());
  expect(error.verdict).toMatchObject({ class: 'server_error', scope: 'route', definitive: true });
  expect(error.message).toContain('keywheel never follows a redirect with a key: 307 to https://elsewhere.test');
});

test('a connection that was refused reached nobody', async () => {
  const { whole, server, told } = await start(() => {});
  await server.close();
  const error = await fail(whole());
  expect(error).toMatchObject({ reached: false, verdict: { class: 'network', scope: 'route', perModel: false } });
  expect(told).toEqual([]);
});

test('an attempt that takes too long is a timeout', async () => {
  const clock = createManualClock();
  const asked = createDeferred();
  const { whole } = await start(() => asked.resolve(), { clock });
  const failed = fail(whole({ settings: { attemptTimeoutMs: 30_000 } }));
  await asked.promise;
  await clock.advance(30_000);
  expect(await failed).toMatchObject({
    reached: true,
    verdict: { class: 'timeout', scope: 'route', why: expect.stringContaining("its time is over: 'attemptTimeoutMs' is 30000") },
  });
  await rigged.server.allClosed();
  expect(clock.pending + clock.pendingBackground).toBe(0);
});

test.each([
  ['as long as the call', 30_000, 1],
  ['shorter than the call', 29_999, 2],
])('an attempt whose limit is %s', async (_what, attemptTimeoutMs, timers) => {
  const clock = createManualClock();
  const asked = createDeferred();
  const { whole } = await start(() => asked.resolve(), { clock });
  const failed = whole({ timeoutMs: 30_000, settings: { attemptTimeoutMs } }).catch((error: unknown) => error);
  await asked.promise;
  // The connection's own timer is over, so that the rest is the deadline's and the attempt's.
  expect(clock.pending).toBe(timers);
  await clock.advance(30_000);
  expect(await failed).toMatchObject(timers === 1 ? { code: 'deadline_exceeded' } : { verdict: { class: 'timeout' } });
  await rigged.server.allClosed();
});

describe('an abort', () => {
  test('before the attempt sends nothing', async () => {
    const controller = new AbortController();
    const { whole, server, told } = await start((_request, response) => json(response, 200, completion));
    controller.abort('gone');
    await expect(whole({ signal: controller.signal })).rejects.toBe('gone');
    expect(server.opened).toBe(0);
    expect(told).toEqual([]);
  });

  test.each([
    ['headers', false],
    ['the body', true],
  ])('while waiting for %s settles at once', async (_what, head) => {
    const controller = new AbortController();
    const asked = createDeferred();
    const { whole, server } = await start((_request, response) => {
      if (head) response.write('{', () => asked.resolve());
      else asked.resolve();
    });
    const sent = whole({ signal: controller.signal });
    await asked.promise;
    controller.abort('gone');
    expect(await settledBeforeImmediate(sent)).toEqual({ error: 'gone' });
    await server.allClosed();
  });

  test('while the body of a refusal comes is the caller’s, not the provider’s', async () => {
    const controller = new AbortController();
    const asked = createDeferred();
    const { whole, server } = await start((_request, response) => void response.writeHead(429).write('{', () => asked.resolve()));
    const sent = whole({ signal: controller.signal });
    await asked.promise;
    await new Promise(setImmediate);
    controller.abort('gone');
    expect(await settledBeforeImmediate(sent)).toEqual({ error: 'gone' });
    await server.allClosed();
  });
});

test('the call’s own time covers the last byte', async () => {
  const clock = createManualClock();
  const asked = createDeferred();
  const { whole } = await start((_request, response) => void response.write('{', () => asked.resolve()), { clock });
  const failed = whole({ timeoutMs: 1_000 }).catch((error: unknown) => error);
  await asked.promise;
  await clock.advance(1_000);
  expect(await failed).toMatchObject({ code: 'deadline_exceeded' });
  await rigged.server.allClosed();
});

test('a bug above the wire leaves no connection', async () => {
  const { wire, server } = await start((_request, response) => void response.write('{'));
  const call = rigged.call();
  const { createTransport } = await import('../../src/transport/index.ts');
  const send = createTransport({ wire, clock: systemClock, firstTokenTimeoutMs: Infinity, idleTimeoutMs: Infinity });
  const bug = new TypeError('a bug');
  const lease = {
    ...call.lease,
    heard: () => {
      throw bug;
    },
  };
  await expect(send({ ...call, lease })).rejects.toBe(bug);
  await server.allClosed();
});

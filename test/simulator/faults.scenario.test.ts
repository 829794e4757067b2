import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createManualClock, type Fault } from '../../src/simulator/index.ts';
import { ask, askWhole, CHAT, readEvents, start, STREAM } from './support.ts';

const GROUPS = [{ id: 'g', keys: ['sk-a', 'sk-b'] }];

async function startWith(...faults: Fault[]) {
  return start({ groups: GROUPS, faults, reply: () => 'abcdefgh', stream: { chunks: 4 } });
}

async function statuses(simulator: Awaited<ReturnType<typeof start>>, count: number, body: unknown = CHAT): Promise<number[]> {
  const seen = [];
  for (let index = 0; index < count; index++) seen.push((await askWhole(simulator, body)).status);
  return seen;
}

describe('instead of an answer', () => {
  test('rate_limit with all its hints', async () => {
    const simulator = await startWith({ kind: 'rate_limit', retryAfterMs: 1500, counts: 'tokens' });
    const { status, headers, json } = await askWhole(simulator);
    expect(status).toBe(429);
    expect([headers.get('retry-after-ms'), headers.get('retry-after')]).toEqual(['1500', '2']);
    expect(json.error).toMatchObject({ type: 'tokens', code: 'rate_limit_exceeded' });
    expect(json.error.message).toContain('on tokens per min (TPM): Limit 500, Used 500, Requested 1. Please try again in 1.5s.');
  });

  test('rate_limit without a hint', async () => {
    const simulator = await startWith({ kind: 'rate_limit', hints: 'none', per: 'day' });
    const { headers, text } = await askWhole(simulator);
    expect([headers.has('retry-after'), headers.has('retry-after-ms'), text.includes('try again')]).toEqual([false, false, false]);
    expect(text).toContain('requests per day (RPD)');
  });

  test('overloaded', async () => {
    const simulator = await startWith({ kind: 'overloaded' }, { kind: 'overloaded', retryAfterMs: 250 });
    const bare = await askWhole(simulator);
    expect(bare).toMatchObject({ status: 503, json: { error: { code: 'server_is_overloaded', type: 'server_error' } } });
    expect(bare.headers.has('retry-after')).toBe(false);
    expect((await askWhole(simulator)).headers.get('retry-after-ms')).toBe('250');
  });

  test('status with a body and headers of its own, or the usual error', async () => {
    const simulator = await startWith(
      { kind: 'status', status: 418, body: 'short and stout', headers: { 'Content-Type': 'text/plain', 'x-pot': 'tea' } },
      { kind: 'status', status: 402, body: { error: 'money' } },
      { kind: 'status', status: 500 },
    );
    const first = await askWhole(simulator);
    expect([first.status, first.text, first.headers.get('content-type'), first.headers.get('x-pot')]).toEqual([
      418,
      'short and stout',
      'text/plain',
      'tea',
    ]);
    expect(await askWhole(simulator)).toMatchObject({ status: 402, json: { error: 'money' } });
    expect(await askWhole(simulator)).toMatchObject({ status: 500, json: { error: { type: 'server_error' } } });
  });

  test('status stands in on paths that do not exist', async () => {
    const simulator = await startWith({ kind: 'status', status: 200, body: { id: 'file-1' }, path: '/v1/files' });
    expect(await askWhole(simulator, {}, { path: '/v1/files?purpose=batch' })).toMatchObject({ status: 200, json: { id: 'file-1' } });
  });

  test('html', async () => {
    const simulator = await startWith({ kind: 'html' }, { kind: 'html', status: 200 });
    const { status, headers, text } = await askWhole(simulator);
    expect([status, headers.get('content-type'), headers.has('x-request-id')]).toEqual([502, 'text/html; charset=utf-8', false]);
    expect(text).toMatch(/^<html>/);
    expect((await askWhole(simulator)).status).toBe(200);
  });

  test('redirect', async () => {
    const simulator = await startWith({ kind: 'redirect', location: 'http://127.0.0.1:9/elsewhere' });
    const { status, headers } = await askWhole(simulator);
    expect([status, headers.get('location')]).toEqual([307, 'http://127.0.0.1:9/elsewhere']);
  });

  test('reset comes before any header', async () => {
    const simulator = await startWith({ kind: 'reset' });
    await expect(ask(simulator)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(simulator.requests()[0]).toMatchObject({ fault: 'reset', outcome: 'faulted', status: undefined });
  });

  test('hang says nothing until the client leaves', async () => {
    const simulator = await startWith({ kind: 'hang' });
    const abort = new AbortController();
    const hung = ask(simulator, CHAT, { signal: abort.signal });
    await simulator.until(({ faults, inFlight }) => faults.hang === 1 && inFlight === 1);
    abort.abort();
    await expect(hung).rejects.toThrow('abort');
    await simulator.until(({ inFlight }) => inFlight === 0);
    expect(simulator.stats()).toMatchObject({ faulted: 1, aborted: 0, byStatus: {} });
  });

  test('limits never hear of it', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'], limits: { rpm: 1 } }], faults: [{ kind: 'overloaded', times: 3 }] });
    expect(await statuses(simulator, 5)).toEqual([503, 503, 503, 200, 429]);
  });
});

describe('in an answer', () => {
  test('reset_after_headers', async () => {
    const simulator = await startWith({ kind: 'reset_after_headers', times: 2 });
    for (const body of [CHAT, STREAM]) {
      const response = await ask(simulator, body);
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow('terminated');
    }
  });

  test('cut ends a stream without its terminal marker', async () => {
    const simulator = await startWith({ kind: 'cut', afterChunks: 3 });
    const { text } = await askWhole(simulator, STREAM);
    expect(readEvents(text).map(({ choices: [choice] }) => choice.delta.content)).toEqual(['', 'ab', 'cd']);
    expect(simulator.stats()).toMatchObject({ faulted: 1, served: 0, servedIds: [] });
  });

  test('cut never lets the finish through, however late', async () => {
    const simulator = await startWith({ kind: 'cut', afterChunks: 99 });
    const events = readEvents((await askWhole(simulator, STREAM)).text);
    expect(events.map(({ choices: [choice] }) => choice.finish_reason)).toEqual([null, null, null, null, null]);
  });

  test('cut may drop the connection of a stream', async () => {
    const simulator = await startWith({ kind: 'cut', how: 'destroy' });
    const response = await ask(simulator, STREAM);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  test('cut breaks a plain body half way, or ends it as if it were whole', async () => {
    const simulator = await startWith({ kind: 'cut' }, { kind: 'cut', how: 'end' });
    const dropped = await ask(simulator);
    await expect(dropped.text()).rejects.toThrow('terminated');
    const ended = await ask(simulator);
    const text = await ended.text();
    expect(text).toMatch(/^\{"id":"chatcmpl-/);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  test.each([0, 1, 2])('stream_error after %i events', async (afterChunks) => {
    const error = { message: 'broke', type: 'server_error', code: null };
    const simulator = await startWith({ kind: 'stream_error', afterChunks, error });
    // Only streams have one: a plain request does not use it up.
    expect(await statuses(simulator, 1)).toEqual([200]);
    const events = readEvents((await askWhole(simulator, STREAM)).text);
    expect(events).toHaveLength(afterChunks + 2);
    expect(events.slice(-2)).toEqual([{ error }, '[DONE]']);
  });

  test('ok_error is a JSON error with a 200, for streams too', async () => {
    const simulator = await startWith({ kind: 'ok_error', times: 2 });
    for (const body of [CHAT, STREAM]) {
      const { status, headers, json } = await askWhole(simulator, body);
      expect([status, headers.get('content-type'), json.error.type]).toEqual([200, 'application/json', 'server_error']);
    }
  });

  test('malformed JSON, whole or in one event', async () => {
    const simulator = await startWith({ kind: 'malformed', times: 2 });
    const response = await ask(simulator);
    await expect(response.json()).rejects.toThrow(SyntaxError);
    const { text } = await askWhole(simulator, STREAM);
    const payloads = text.split('\n\n').filter((event) => event !== '');
    expect(payloads).toHaveLength(7);
    expect(() => JSON.parse((payloads[1] ?? '').slice(6))).toThrow(SyntaxError);
    expect(payloads.at(-1)).toBe('data: [DONE]');
  });

  test('drip sends single bytes of a right answer', async () => {
    const clock = createManualClock();
    const simulator = await start({ clock, groups: GROUPS, faults: [{ kind: 'drip', everyMs: 3 }] });
    const answer = askWhole(simulator);
    await simulator.until(({ inFlight }) => inFlight === 1);
    while (simulator.stats().inFlight > 0) await clock.advance(3);
    const { text, json } = await answer;
    expect(json.object).toBe('chat.completion');
    expect(clock.slept).toEqual(Array.from({ length: Buffer.byteLength(text) - 1 }, () => 3));
    expect(simulator.stats()).toMatchObject({ served: 1, faulted: 0, faults: { drip: 1 } });
  });

  test('silence stops in the middle and keeps the connection', async () => {
    const simulator = await startWith({ kind: 'silence', afterChunks: 3 });
    const abort = new AbortController();
    const response = await ask(simulator, STREAM, { signal: abort.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (text.split('\n\n').length < 4) text += (await reader?.read())?.value ?? '';
    expect(readEvents(text).map(({ choices: [choice] }) => choice.delta.content)).toEqual(['', 'ab', 'cd']);
    expect(simulator.stats().inFlight).toBe(1);
    const next = reader?.read();
    abort.abort();
    await expect(next).rejects.toThrow('abort');
    await simulator.until(({ inFlight }) => inFlight === 0);
    expect(simulator.stats()).toMatchObject({ faulted: 1, abortedStreams: 1 });
  });

  test('limits are charged for it, and what they refuse does not use it up', async () => {
    const clock = createManualClock();
    const groups = [{ keys: ['sk-a'], limits: { rpm: 1, windowMs: 1000 } }];
    const simulator = await start({ clock, groups, faults: [{ kind: 'pass' }, { kind: 'ok_error' }] });
    expect(await statuses(simulator, 2)).toEqual([200, 429]);
    await clock.advance(1000);
    expect((await askWhole(simulator)).json).toHaveProperty('error');
    expect(await statuses(simulator, 1)).toEqual([429]);
  });
});

describe('when', () => {
  test('a script plays in order, once each, with turns that pass', async () => {
    const simulator = await startWith({ kind: 'status', status: 500 }, { kind: 'pass' }, { kind: 'status', status: 502, times: 2 });
    expect(await statuses(simulator, 6)).toEqual([500, 200, 502, 502, 200, 200]);
  });

  test('after lets requests through first', async () => {
    const simulator = await startWith({ kind: 'overloaded', after: 2 });
    expect(await statuses(simulator, 4)).toEqual([200, 200, 503, 200]);
  });

  test('matchers choose by key, group, model, path and stream', async () => {
    const simulator = await startWith(
      { kind: 'status', status: 501, key: 'sk-b' },
      { kind: 'status', status: 502, model: 'o*' },
      { kind: 'status', status: 503, path: '/v1/models' },
      { kind: 'status', status: 504, stream: true },
      { kind: 'status', status: 505, group: 'other', times: Infinity },
    );
    expect(await statuses(simulator, 2)).toEqual([200, 200]);
    expect((await askWhole(simulator, CHAT, { key: 'sk-b' })).status).toBe(501);
    expect((await askWhole(simulator, { ...CHAT, model: 'o3' })).status).toBe(502);
    expect((await askWhole(simulator, undefined, { path: '/v1/models', method: 'GET' })).status).toBe(503);
    expect((await askWhole(simulator, STREAM)).status).toBe(504);
    expect(simulator.stats().faults).toEqual({ status: 4 });
  });

  test('an outage lasts from one time to another', async () => {
    const clock = createManualClock();
    const simulator = await start({ clock, groups: GROUPS, faults: [{ kind: 'overloaded', fromMs: 100, untilMs: 200 }] });
    const seen = await statuses(simulator, 1);
    await clock.advance(100);
    seen.push(...(await statuses(simulator, 2)));
    await clock.advance(100);
    seen.push(...(await statuses(simulator, 1)));
    expect(seen).toEqual([200, 503, 503, 200]);
  });

  test('probability is a share of what it fits, from the seed', async () => {
    const simulator = await start({ groups: GROUPS, faults: [{ kind: 'overloaded', probability: 0.25 }], record: 0 });
    const seen = await statuses(simulator, 400);
    const failed = seen.filter((status) => status === 503).length;
    expect(failed).toBeGreaterThan(60);
    expect(failed).toBeLessThan(140);
    expect(simulator.requests()).toEqual([]);
  });

  test('delayMs waits in place of the latency', async () => {
    const clock = createManualClock();
    const faults: Fault[] = [{ kind: 'overloaded', delayMs: 30 }, { kind: 'ok_error', delayMs: 40 }, { kind: 'ok_error' }];
    const simulator = await start({ clock, groups: GROUPS, latencyMs: 5, faults });
    for (let count = 0; count < 3; count++) {
      const answer = askWhole(simulator);
      await simulator.until(({ inFlight }) => inFlight === 1);
      await clock.advance(40);
      await answer;
    }
    expect(clock.slept).toEqual([30, 40, 5]);
  });

  test('fail adds while it runs, before those by chance, and can be taken back', async () => {
    const simulator = await startWith({ kind: 'status', status: 500, probability: 1 });
    const scripted = simulator.fail({ kind: 'overloaded', times: 2 });
    expect(await statuses(simulator, 3)).toEqual([503, 503, 500]);
    expect(scripted.played).toBe(2);
    const outage = simulator.fail({ kind: 'overloaded', times: Infinity });
    expect(await statuses(simulator, 2)).toEqual([503, 503]);
    outage.cancel();
    expect(await statuses(simulator, 1)).toEqual([500]);
  });
});

test('a body that is cut off by its sender is no request', async () => {
  const simulator = await start({ groups: GROUPS });
  const headers = { authorization: 'Bearer sk-a', 'content-length': '100' };
  const half = request(`${simulator.baseURL}/chat/completions`, { method: 'POST', headers });
  const failed = new Promise((resolve) => half.once('error', resolve));
  half.write('{"model":');
  await simulator.until(({ connections }) => connections === 1);
  half.destroy();
  await failed;
  expect(await statuses(simulator, 1)).toEqual([200]);
  expect(simulator.stats().received).toBe(1);
});

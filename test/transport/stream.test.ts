import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PartsAnswer } from '../../src/call.ts';
import { systemClock } from '../../src/clock.ts';
import { StreamInterruptedError } from '../../src/errors.ts';
import { AttemptError } from '../../src/failure.ts';
import { createManualClock, type ManualClock } from '../../src/simulator/manual-clock.ts';
import { createDeferred, settledBeforeImmediate } from '../support/deferred.ts';
import { watchLeaks, type LeakWatch } from '../support/leaks.ts';
import { chunk, completion, drain, events, json, rig, role, SECRET, sse, toText, usage, type Rig, type RigOptions } from './support.ts';

type Listener = Parameters<typeof rig>[0];

let leaks: LeakWatch;
let rigged: Rig;

beforeEach(() => {
  leaks = watchLeaks();
});

afterEach(async () => {
  await rigged.close();
  await leaks.assertNone();
});

async function start(listener: Listener, options: Partial<RigOptions> = {}): Promise<Rig> {
  rigged = await rig(listener, { clock: systemClock, ...options });
  return rigged;
}

/** A server that writes these events and then ends, breaks or stays as it is. */
function serving(text: string, then: 'end' | 'break' | 'stay' = 'end'): Listener {
  return (_request, response) => {
    response.writeHead(200, sse);
    if (then === 'end') response.end(text);
    else response.write(text, () => then === 'break' && response.destroy());
  };
}

const HELLO = [role, chunk({ content: 'Hel' }), chunk({ content: 'lo' }), chunk({}, 'stop'), usage];

describe('a stream', () => {
  test('delivers its chunks in order, then ends with its usage', async () => {
    const { stream, told } = await start(serving(events(...HELLO, '[DONE]')));
    const answer = await stream();
    const chunks = await drain(answer.parts);
    expect(chunks).toHaveLength(5);
    expect(toText(chunks)).toBe('Hello');
    expect(await answer.done).toEqual({ status: 'complete', usage: completion.usage });
    expect(answer.collected()).toMatchObject({
      choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }],
      usage: completion.usage,
    });
    expect(told[0]).toBe('sent');
  });

  test('is the same however it is cut and compressed', async () => {
    const all = Buffer.from(events(...HELLO, chunk({ content: ' żółć 🎉' }), '[DONE]'));
    const { stream } = await start((_request, response) => {
      response.writeHead(200, { ...sse, 'content-encoding': 'gzip' });
      const packed = gzipSync(all);
      for (let at = 0; at < packed.length; at += 7) response.write(packed.subarray(at, at + 7));
      response.end();
    });
    expect(toText(await drain((await stream()).parts))).toBe('Hello żółć 🎉');
  });

  test('notes when its first output came', async () => {
    const clock = createManualClock();
    const { call } = await start(serving(events(...HELLO, '[DONE]')), { clock });
    const { createTransport } = await import('../../src/transport/index.ts');
    const leased = call({ stream: true });
    const send = createTransport({ wire: rigged.wire, clock, firstTokenTimeoutMs: Infinity, idleTimeoutMs: Infinity });
    const answer = await send(leased);
    expect(leased.trace.firstTokenAt).toBe(clock.now());
    await drain((answer as PartsAnswer).parts);
  });

  test('resolves at the first output, not before', async () => {
    const out = createDeferred<() => void>();
    const { stream } = await start((_request, response) => {
      response.writeHead(200, sse);
      response.write(events(role), () => out.resolve(() => response.end(events(chunk({ content: 'x' }), '[DONE]'))));
    });
    const answer = stream();
    const more = await out.promise;
    await new Promise(setImmediate);
    expect(await settledBeforeImmediate(answer)).toBe('pending');
    more();
    expect(toText(await drain((await answer).parts))).toBe('x');
  });

  test('without any output is an empty answer', async () => {
    const { stream } = await start(serving(events(role, chunk({}, 'stop'), '[DONE]')));
    const answer = await stream();
    expect(await drain(answer.parts)).toHaveLength(2);
    expect(await answer.done).toEqual({ status: 'complete', usage: undefined });
  });

  test('without any choice is no answer: another key may have one', async () => {
    const { stream } = await start(serving(events('[DONE]')));
    await expect(stream()).rejects.toMatchObject({ reached: true, verdict: { class: 'server_error', scope: 'route' } });
  });

  test.each([
    ['without [DONE]', 'end'],
    ['reset instead of [DONE]', 'break'],
  ] as const)('%s is complete when its choice said why it ended', async (_what, then) => {
    const { stream } = await start(serving(events(...HELLO), then));
    const answer = await stream();
    expect(toText(await drain(answer.parts))).toBe('Hello');
    expect(await answer.done).toMatchObject({ status: 'complete' });
  });

  test('gives its connection back', async () => {
    const { stream, server } = await start(serving(events(...HELLO, '[DONE]')));
    for (let i = 0; i < 4; i += 1) {
      await drain((await stream()).parts);
      await new Promise(setImmediate);
    }
    expect(server.opened).toBe(1);
  });

  test('does not wait for a server that stays open after its marker', async () => {
    const clock = createManualClock();
    const { stream, server } = await start(serving(events(...HELLO, '[DONE]'), 'stay'), { clock });
    const answer = await stream();
    await drain(answer.parts);
    expect(await answer.done).toMatchObject({ status: 'complete' });
    expect(clock.pending).toBe(0);
    await clock.advance(1_000);
    await server.allClosed();
    expect(clock.pendingBackground).toBe(0);
  });

  test('answers reads that are asked for at once in order', async () => {
    const { stream } = await start(serving(events(...HELLO, '[DONE]')));
    const { parts } = await stream();
    const results = await Promise.all(Array.from({ length: 7 }, () => parts.next()));
    expect(results.map(({ value }) => value?.choices[0]?.delta.content)).toEqual([
      '',
      'Hel',
      'lo',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(results.map(({ done }) => done)).toEqual([false, false, false, false, false, true, true]);
  });
});

describe('a server that does not stream', () => {
  test('is replayed', async () => {
    const { stream } = await start((_request, response) => json(response, 200, completion));
    const answer = await stream();
    expect(toText(await drain(answer.parts))).toBe('Hello');
    expect(await answer.done).toEqual({ status: 'complete', usage: completion.usage });
    expect(answer.collected()).toEqual(completion);
  });

  test('and leaves holes is replayed without them', async () => {
    const [first] = completion.choices;
    const holes = {
      ...completion,
      choices: [{ message: { ...first?.message, tool_calls: null } }],
      usage: { prompt_tokens: 3, total_tokens: 5 },
    };
    const { stream, whole } = await start((_request, response) => json(response, 200, holes));
    const answer = await stream();
    const chunks = await drain(answer.parts);
    expect(chunks.flatMap(({ choices }) => choices.map(({ index, finish_reason: finish }) => [index, finish]))).toEqual([
      [0, null],
      [0, null],
    ]);
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    expect(await answer.done).toEqual({ status: 'complete', usage });
    expect(chunks.at(-1)?.usage).toEqual(usage);
    expect((await whole()).whole).toEqual(answer.collected());
  });

  test.each([[{}], ['12'], [-1e6]])('and counts %j tokens has counted none', async (tokens) => {
    const { stream } = await start((_request, response) => json(response, 200, { ...completion, usage: { prompt_tokens: tokens } }));
    expect(await (await stream()).done).toEqual({ status: 'complete', usage: undefined });
  });

  test('may answer with an error', async () => {
    const { stream } = await start((_request, response) => json(response, 200, { error: { message: 'no', code: 'insufficient_quota' } }));
    await expect(stream()).rejects.toMatchObject({ verdict: { class: 'quota_exhausted' } });
  });

  test('may answer with a page', async () => {
    const { stream } = await start(
      (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Log in</h1>'),
    );
    await expect(stream()).rejects.toMatchObject({
      verdict: { class: 'server_error', why: expect.stringContaining('a page, not a stream: "<h1>Log in</h1>"') },
    });
  });
});

describe('before the first output, an attempt fails by', () => {
  async function fail(text: string, then?: 'end' | 'break' | 'stay', options?: Partial<RigOptions>): Promise<AttemptError> {
    const { stream } = await start(serving(text, then), options);
    const error = await stream().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AttemptError);
    expect(error).toMatchObject({ reached: true });
    return error as AttemptError;
  }

  test('an error inside the stream, without the secret', async () => {
    const error = await fail(
      events(role, { error: { message: `quota of ${SECRET}`, type: 'insufficient_quota', code: 'insufficient_quota' } }, '[DONE]'),
    );
    expect(error.verdict.class).toBe('quota_exhausted');
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  });

  test('a refusal in headers', async () => {
    const { stream } = await start((_request, response) =>
      json(response, 429, { error: { code: 'rate_limit_exceeded', message: 'Rate limit' } }),
    );
    await expect(stream()).rejects.toMatchObject({ verdict: { class: 'rate_limited', status: 429 } });
  });

  test.each([
    ['an end without its marker', events(role), 'end'],
    ['no event at all', '', 'end'],
    ['a reset', events(role), 'break'],
    ['a cut event', events(role) + 'data: {"choices":[{"delta":{"con', 'end'],
  ] as const)('%s', async (_what, text, then) => {
    expect((await fail(text, then)).verdict).toMatchObject({ class: 'network', scope: 'route', definitive: false });
  });

  test('an event that is too long', async () => {
    const error = await fail(`data: ${'x'.repeat(5_000)}`, 'stay', { wire: { maxEventBytes: 1_000 } });
    expect(error.verdict).toMatchObject({
      class: 'server_error',
      why: expect.stringContaining('one event of the stream is longer than allowed'),
    });
    await rigged.server.allClosed();
  });

  test.each([
    ['the first token takes too long', { transport: { firstTokenTimeoutMs: 3_000 } }, 'firstTokenTimeoutMs', 3_000],
    ['nothing comes for too long', { transport: { idleTimeoutMs: 2_000 } }, 'idleTimeoutMs', 2_000],
  ])('a timeout: %s', async (_what, options, name, ms) => {
    const clock = createManualClock();
    const out = createDeferred();
    const { stream } = await start(
      (_request, response) => {
        response.writeHead(200, sse);
        response.write(events(role), () => out.resolve());
      },
      { clock, ...options },
    );
    const failed = stream().catch((thrown: unknown) => thrown);
    await out.promise;
    await untilTimers(clock, 2);
    await clock.advance(ms);
    expect(await failed).toMatchObject({
      verdict: { class: 'timeout', why: expect.stringContaining(`its time is over: '${name}' is ${ms}`) },
    });
    await rigged.server.allClosed();
    expect(clock.pending + clock.pendingBackground).toBe(0);
  });
});

/** Turns the loop until what should wait does. */
async function untilTimers(clock: ManualClock, count: number): Promise<void> {
  while (clock.pending + clock.pendingBackground < count) await clock.advance(0);
}

describe('after the first output, a stream is interrupted by', () => {
  async function interrupt(
    text: string,
    then?: 'end' | 'break' | 'stay',
  ): Promise<{ readonly answer: PartsAnswer; readonly error: StreamInterruptedError }> {
    const { stream } = await start(serving(text, then));
    const answer = await stream();
    const error = await drain(answer.parts).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    return { answer, error: error as StreamInterruptedError };
  }

  const begun = events(role, chunk({ content: 'Hel' }), chunk({ content: 'lo' }));

  test.each([
    ['an end without its marker', begun, 'end', 'network'],
    ['a reset', begun, 'break', 'network'],
    [
      'an error inside',
      begun + events({ error: { message: 'overloaded', type: 'server_error', code: 'server_is_overloaded' } }),
      'end',
      'overloaded',
    ],
  ] as const)('%s', async (_what, text, then, failure) => {
    const { answer, error } = await interrupt(text, then);
    expect(error).toMatchObject({
      class: failure,
      code: 'stream_interrupted',
      partial: { choices: [{ message: { content: 'Hello' }, finish_reason: null }] },
    });
    // What the layers tell each other stays inside.
    expect(error).not.toMatchObject({ cause: { verdict: expect.anything() } });
    expect(await answer.done).toMatchObject({ status: 'failed', error, verdict: { class: failure } });
    // Told once, like any iterator.
    expect(await answer.parts.next()).toEqual({ done: true, value: undefined });
  });

  test('an error that echoes the secret, without it', async () => {
    const { error } = await interrupt(begun + events({ error: { message: `no\u001b ${SECRET}` } }));
    expect(error.message).toMatch(/^Cannot go on with the stream after its first content as .*"no {1,2}sk-…90bb"$/);
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  });

  test('silence while somebody reads', async () => {
    const clock = createManualClock();
    const { stream } = await start(serving(begun, 'stay'), { clock, transport: { idleTimeoutMs: 2_000 } });
    const answer = await stream();
    for (let i = 0; i < 3; i += 1) await answer.parts.next();
    // A slow reader is not an idle server.
    await clock.advance(30_000);
    const pending = answer.parts.next().catch((thrown: unknown) => thrown);
    await clock.advance(1_999);
    expect(await settledBeforeImmediate(pending)).toBe('pending');
    await clock.advance(1);
    expect(await pending).toMatchObject({
      code: 'stream_interrupted',
      class: 'timeout',
      partial: { choices: [{ message: { content: 'Hello' } }] },
    });
    expect(await answer.done).toMatchObject({ status: 'failed', verdict: { class: 'timeout' } });
    await rigged.server.allClosed();
    expect(clock.pending + clock.pendingBackground).toBe(0);
  });

  test('a reader who stays away', async () => {
    const clock = createManualClock();
    const { stream } = await start(serving(begun, 'stay'), { clock });
    const answer = await stream();
    await answer.parts.next();
    await clock.advance(59_999);
    await answer.parts.next();
    await clock.advance(59_999);
    expect(await settledBeforeImmediate(answer.done)).toBe('pending');
    expect(clock.pending).toBe(0);
    await clock.advance(1);
    expect(await answer.done).toEqual({ status: 'abandoned' });
    await rigged.server.allClosed();
    expect(clock.pendingBackground).toBe(0);
    await expect(answer.parts.next()).rejects.toMatchObject({
      code: 'stream_interrupted',
      message: 'Cannot go on with the stream as nobody read it for too long: the limit is 60000 ms',
      partial: { choices: [{ message: { content: 'Hel' } }] },
    });
  });

  test('nobody who ever reads', async () => {
    const clock = createManualClock();
    const { stream } = await start(serving(begun, 'stay'), { clock });
    const answer = await stream();
    await clock.advance(60_000);
    expect(await answer.done).toEqual({ status: 'abandoned' });
    await rigged.server.allClosed();
  });
});

describe('a reader who leaves', () => {
  const begun = events(role, chunk({ content: 'Hel' }));

  test('by break ends the exchange', async () => {
    const { stream, server } = await start(serving(begun, 'stay'));
    const answer = await stream();
    for await (const one of answer.parts) if (one.choices[0]?.delta.content === 'Hel') break;
    expect(await answer.done).toEqual({ status: 'abandoned' });
    await server.allClosed();
  });

  test('before the first read ends the exchange', async () => {
    const { stream, server } = await start(serving(begun, 'stay'));
    const answer = await stream();
    expect(await answer.parts.return?.()).toEqual({ done: true, value: undefined });
    expect(await answer.done).toEqual({ status: 'abandoned' });
    expect(await answer.parts.next()).toEqual({ done: true, value: undefined });
    await server.allClosed();
  });

  test('in the middle of a read ends that read', async () => {
    const { stream, server } = await start(serving(begun, 'stay'));
    const answer = await stream();
    await answer.parts.next();
    await answer.parts.next();
    const pending = answer.parts.next();
    await answer.parts.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    await server.allClosed();
  });

  test('by throw ends the exchange with that error', async () => {
    const { stream, server } = await start(serving(begun, 'stay'));
    const answer = await stream();
    await expect(answer.parts.throw?.(new Error('mine'))).rejects.toThrow('mine');
    expect(await answer.done).toEqual({ status: 'abandoned' });
    await server.allClosed();
  });

  test('after the end changes nothing', async () => {
    const { stream } = await start(serving(events(...HELLO, '[DONE]')));
    const answer = await stream();
    await drain(answer.parts);
    await answer.parts.return?.();
    expect(await answer.done).toMatchObject({ status: 'complete' });
  });
});

describe('an abort of a stream', () => {
  const begun = events(role, chunk({ content: 'Hel' }), chunk({ content: 'lo' }));

  async function begin(): Promise<{ readonly answer: PartsAnswer; readonly controller: AbortController }> {
    const controller = new AbortController();
    const { stream } = await start(serving(begun, 'stay'));
    return { answer: await stream({ signal: controller.signal }), controller };
  }

  test('while a read is pending settles at once with the caller’s reason', async () => {
    const { answer, controller } = await begin();
    for (let i = 0; i < 3; i += 1) await answer.parts.next();
    const pending = answer.parts.next();
    controller.abort('gone');
    expect(await settledBeforeImmediate(pending)).toEqual({ error: 'gone' });
    expect(await answer.done).toEqual({ status: 'failed', error: 'gone' });
    await rigged.server.allClosed();
  });

  test('between two reads drops what was not read', async () => {
    const { answer, controller } = await begin();
    await answer.parts.next();
    controller.abort('gone');
    expect(await settledBeforeImmediate(answer.done)).toEqual({ value: { status: 'failed', error: 'gone' } });
    await expect(answer.parts.next()).rejects.toBe('gone');
    expect(await answer.parts.next()).toEqual({ done: true, value: undefined });
    await rigged.server.allClosed();
  });

  test('before the first output settles at once', async () => {
    const controller = new AbortController();
    const out = createDeferred();
    const { stream } = await start((_request, response) => {
      response.writeHead(200, sse);
      response.write(events(role), () => out.resolve());
    });
    const sent = stream({ signal: controller.signal });
    await out.promise;
    await new Promise(setImmediate);
    controller.abort('gone');
    expect(await settledBeforeImmediate(sent)).toEqual({ error: 'gone' });
    await rigged.server.allClosed();
  });

  test('by the call’s own time covers the last byte', async () => {
    const clock = createManualClock();
    const { stream } = await start(serving(begun, 'stay'), { clock });
    const answer = await stream({ timeoutMs: 5_000 });
    const failed = drain(answer.parts).catch((thrown: unknown) => thrown);
    await clock.advance(5_000);
    expect(await failed).toMatchObject({ code: 'deadline_exceeded' });
    expect(await answer.done).toMatchObject({ status: 'failed', error: { code: 'deadline_exceeded' } });
    await rigged.server.allClosed();
  });
});

test('the limit of an attempt ends with the first output', async () => {
  const clock = createManualClock();
  const out = createDeferred<() => void>();
  const { stream } = await start(
    (_request, response) => {
      response.writeHead(200, sse);
      response.write(events(role, chunk({ content: 'x' })));
      out.resolve(() => response.end(events(chunk({}, 'stop'), '[DONE]')));
    },
    { clock, transport: { firstTokenTimeoutMs: 3_000 } },
  );
  const answer = await stream({ settings: { attemptTimeoutMs: 5_000 } });
  expect(clock.pending).toBe(0);
  await clock.advance(20_000);
  (await out.promise)();
  expect(toText(await drain(answer.parts))).toBe('x');
  expect(await answer.done).toMatchObject({ status: 'complete' });
});

test('a thousand chunks take one timer, not a thousand', async () => {
  const clock = createManualClock();
  const { stream } = await start(
    (_request, response) => {
      response.writeHead(200, sse);
      response.write(events(role));
      let left = 1_000;
      const write = (): void => {
        left -= 1;
        response.write(events(chunk({ content: 'x' })));
        if (left === 0) response.end(events('[DONE]'));
        else setImmediate(write);
      };
      write();
    },
    { clock },
  );
  const answer = await stream();
  expect(toText(await drain(answer.parts))).toHaveLength(1_000);
  // Attempt, connection, idle, unread.
  expect(clock.slept.length).toBeLessThanOrEqual(5);
  expect(clock.pending + clock.pendingBackground).toBe(0);
});

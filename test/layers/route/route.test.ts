import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Answer, Routed } from '../../../src/call.ts';
import { type ExhaustedKey, KeysExhaustedError, ProviderError, RequestError } from '../../../src/errors.ts';
import type { FailureClass } from '../../../src/failure.ts';
import { route } from '../../../src/layers/route.ts';
import { Breakers, type Route } from '../../../src/layers/route/breakers.ts';
import { createManualClock, type ManualClock } from '../../../src/simulator/manual-clock.ts';
import { fakeCall, type FakeCallOptions, fakeFailure, fakeStream, fakeVerdict, fakeWhole, noteAttempt } from '../../support/fake-call.ts';

const A = 'openai/a';
const B = 'anthropic/b';
const C = 'google/c';

/** The route of `fakeTarget`. */
const at = (name: string): Route => ({ route: name, provider: { name: name.split('/')[0] ?? '' }, model: name.split('/')[1] ?? '' });

type Say = (call: Routed, clock: ManualClock) => unknown;

/** Targets that each fail with what they say, or answer where they say nothing. */
function start(targets: Readonly<Record<string, Say>> = {}) {
  const clock = createManualClock();
  const breakers = new Breakers({ clock, random: () => 0 });
  const asked: string[] = [];
  const startBys: number[] = [];
  const next = async (call: Routed): Promise<Answer> => {
    asked.push(call.target.route);
    startBys.push(call.startBy - clock.now());
    const said = targets[call.target.route]?.(call, clock);
    if (said !== undefined) fail(said);
    noteAttempt(call);
    return fakeWhole();
  };
  const send = route({ fallbackAfterMs: 1_000, breakers, clock })(next);
  const call = (options: Partial<FakeCallOptions> = {}) => fakeCall({ clock, targets: [A, B], ...options });
  const eject = (name: string, times = 10): void => {
    for (let i = 0; i < times; i++) breakers.leave(at(name), breakers.force(at(name)), 'sick');
  };
  return { clock, breakers, asked, startBys, send, call, eject };
}

const fail = (thrown: unknown): never => {
  throw thrown;
};

/** An attempt that failed, noted as `rotate` notes it. */
const failing =
  (failure: FailureClass, more: Parameters<typeof fakeFailure>[1] = {}): Say =>
  (call) => {
    noteAttempt(call, failure);
    return fakeFailure(failure, more);
  };

const key = (id: string): ExhaustedKey => ({ id, state: 'cooling', until: undefined, reason: 'rate limited' });

/** Keys that can serve `inMs` from the start; refuses a call that must start earlier. */
function freeIn(inMs: number, id = 'key-1'): Say {
  const at = createManualClock().now() + inMs;
  return (call) =>
    at <= Math.min(call.startBy, call.deadline.at)
      ? undefined
      : new KeysExhaustedError(`Cannot answer with ${id}`, { retryAt: at, keys: [key(id)] });
}

const dry =
  (id = 'key-1'): Say =>
  () =>
    new KeysExhaustedError(`Cannot answer with ${id}`, { retryAt: undefined, keys: [key(id)] });

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'answered',
    (error: unknown) => error,
  );

describe('route', () => {
  it('asks the first target and no other when it answers', async () => {
    const { asked, startBys, send, call } = start();
    await send(call());
    expect([asked, startBys]).toEqual([[A], [1_000]]);
  });

  it("gives a single target all of the caller's time", async () => {
    const { startBys, send, call } = start();
    await send(call({ targets: [A] }));
    expect(startBys).toEqual([Infinity]);
  });

  it('never hands down more time than the call has', async () => {
    const { clock, startBys, send, call } = start({ [A]: dry() });
    await send(call({ startBy: clock.now() + 300 }));
    expect(startBys).toEqual([300, 300]);
  });

  const goingOn: readonly FailureClass[] = [
    'rate_limited',
    'quota_exhausted',
    'key_invalid',
    'key_forbidden',
    'model_unavailable',
    'overloaded',
    'server_error',
    'timeout',
    'network',
    'request_too_large',
    'context_length',
    'bad_output',
  ];
  it.each(goingOn)('takes %s to the next target and says so', async (failure) => {
    const { asked, startBys, send, call } = start({ [A]: failing(failure, { status: 400 }) });
    const made = call();
    await send(made);
    expect([asked, startBys]).toEqual([
      [A, B],
      [1_000, Infinity],
    ]);
    expect(made.trace.attempts.map(({ action }) => action)).toEqual(['fallback', 'answer']);
  });

  it('says so of the attempt that failed, not of a second one that was made beside it later', async () => {
    const beside: Say = (call) => {
      const error = fakeFailure('overloaded');
      noteAttempt(call, 'overloaded');
      const [first] = call.trace.attempts;
      if (first !== undefined) call.trace.failed(error, first);
      noteAttempt(call, 'server_error');
      return error;
    };
    const { send, call } = start({ [A]: beside });
    const made = call();
    await send(made);
    expect(made.trace.attempts.map(({ action }) => action)).toEqual(['fallback', 'reject', 'answer']);
  });

  it.each(['bad_request', 'content_filtered', 'aborted'] as const)('rejects %s at once', async (failure) => {
    const { asked, send, call } = start({ [A]: failing(failure, { status: 400 }) });
    const made = call();
    const error = await rejection(send(made));
    expect(error).toBeInstanceOf(failure === 'aborted' ? ProviderError : RequestError);
    expect(asked).toEqual([A]);
    expect(made.trace.attempts[0]?.action).toBe('reject');
  });

  it.each([
    ['a bug', new TypeError('x')],
    ['a string', 'reason'],
  ])('passes %s unchanged', async (_name, thrown) => {
    const { asked, send, call } = start({ [A]: () => thrown });
    expect(await rejection(send(call()))).toBe(thrown);
    expect(asked).toEqual([A]);
  });

  it('passes what an only target cannot express unchanged; of several it throws the first, with all in its cause', async () => {
    const [first, second] = ['first', 'second'].map((text) => new RequestError(text, { class: 'bad_request' }));
    const { asked, breakers, send, call } = start({ [A]: () => first, [B]: () => second });
    expect(await rejection(send(call({ targets: [A] })))).toBe(first);
    expect(await rejection(send(call()))).toMatchObject({ message: 'first', cause: { errors: [first, second] } });
    expect(asked).toEqual([A, A, B]);
    expect(breakers.size).toBe(0);
  });

  it('tells an answered wrong request from one that cannot be expressed', async () => {
    const answered = new RequestError('x', { class: 'bad_request', status: 400 });
    const { asked, send, call } = start({ [A]: () => answered });
    expect(await rejection(send(call()))).toBe(answered);
    expect(asked).toEqual([A]);
  });

  it('asks no further target after an abort, and throws its reason', async () => {
    const controller = new AbortController();
    const { asked, send, call } = start({
      [A]: () => {
        controller.abort('enough');
        return fakeFailure('overloaded');
      },
    });
    expect(await rejection(send(call({ signal: controller.signal })))).toBe('enough');
    expect(asked).toEqual([A]);
  });

  it('throws the reason when the call ended at the last target', async () => {
    const controller = new AbortController();
    const { send, call } = start({
      [A]: () => {
        controller.abort('enough');
        return fakeFailure('overloaded');
      },
    });
    expect(await rejection(send(call({ targets: [A], signal: controller.signal })))).toBe('enough');
  });
});

describe('route waiting', () => {
  it('waits at the target that is free first when none can start soon', async () => {
    const { asked, startBys, send, call } = start({ [A]: freeIn(9_000), [B]: freeIn(3_000), [C]: freeIn(5_000) });
    await send(call({ targets: [A, B, C] }));
    expect([asked, startBys]).toEqual([
      [A, B, C, B],
      [1_000, 1_000, 1_000, Infinity],
    ]);
  });

  it('goes to the next one that can wait when the first could not after all', async () => {
    let asks = 0;
    const { asked, send, call } = start({
      [A]: freeIn(9_000),
      [B]: (made, clock) => (asks++ === 0 ? freeIn(3_000)(made, clock) : dry()(made, clock)),
    });
    await send(call());
    expect(asked).toEqual([A, B, B, A]);
  });

  it('waits where a sick target was the only other one', async () => {
    const { asked, send, call } = start({ [A]: freeIn(3_000), [B]: failing('overloaded') });
    const made = call();
    await send(made);
    expect(asked).toEqual([A, B, A]);
    expect(made.trace.attempts.map(({ action }) => action)).toEqual(['fallback', 'answer']);
  });

  it('asks again where the pool knew no time', async () => {
    let asks = 0;
    const { asked, send, call } = start({ [A]: (made, clock) => (asks++ === 0 ? dry()(made, clock) : undefined), [B]: dry() });
    await send(call());
    expect(asked).toEqual([A, B, A]);
  });

  it.each([
    ["the caller's patience", (now: number) => ({ startBy: now + 2_000 })],
    ['the deadline', () => ({ timeoutMs: 3_000 })],
  ])('does not ask again for a time beyond %s', async (_name, limits) => {
    const { clock, asked, send, call } = start({ [A]: freeIn(3_000, 'key-a'), [B]: freeIn(5_000, 'key-b') });
    const error = await rejection(send(call(limits(clock.now()))));
    expect(error).toBeInstanceOf(KeysExhaustedError);
    expect(error).toMatchObject({ retryAt: clock.now() + 3_000, keys: [key('key-a'), key('key-b')] });
    expect(asked).toEqual([A, B]);
  });
});

describe('route errors', () => {
  const sick = failing('overloaded', { status: 503, code: 'server_is_overloaded', message: 'Try again later', body: { error: 'x' } });

  it('names the target, the reason and what the provider said', async () => {
    const cause = new Error('socket hang up');
    const twice: Say = (call) => {
      noteAttempt(call, 'overloaded');
      noteAttempt(call, 'overloaded');
      return fakeFailure('overloaded', {
        status: 503,
        code: 'server_is_overloaded',
        message: 'Try\u001b[31m again',
        body: { error: 'x' },
        cause,
      });
    };
    const { send, call } = start({ [A]: twice });
    const error = await rejection(send(call({ targets: [A] })));
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({
      message: 'Cannot answer with openai/a as the provider is overloaded: 503 server_is_overloaded "Try [31m again" (2 attempts)',
      code: 'provider_failed',
      class: 'overloaded',
      status: 503,
      body: { error: 'x' },
      cause,
    });
  });

  it('falls back to what was read where the provider said nothing', async () => {
    const { send, call } = start({ [A]: failing('network', { why: 'the connection was reset' }) });
    const error = await rejection(send(call({ targets: [A] })));
    expect(error).toMatchObject({
      message: 'Cannot answer with openai/a as the connection failed: the connection was reset',
    });
  });

  it('makes a refused request a RequestError', async () => {
    const { send, call } = start({ [A]: failing('context_length', { status: 400, code: 'context_length_exceeded', body: 'b' }) });
    const error = await rejection(send(call({ targets: [A] })));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ code: 'request_rejected', class: 'context_length', status: 400, body: 'b' });
  });

  it("passes a single target's KeysExhaustedError as it is", async () => {
    const error = new KeysExhaustedError('Cannot', { retryAt: 5, keys: [] });
    const { send, call } = start({ [A]: () => error });
    expect(await rejection(send(call({ targets: [A] })))).toBe(error);
  });

  const rows: readonly (readonly [string, Readonly<Record<string, Say>>, object])[] = [
    ['a sick one before keys', { [A]: sick, [B]: dry() }, { code: 'provider_failed', class: 'overloaded' }],
    ['the last of two sick ones', { [A]: sick, [B]: failing('timeout') }, { code: 'provider_failed', class: 'timeout' }],
    ['keys before a request that is too long', { [A]: failing('context_length', { status: 400 }), [B]: dry() }, { code: 'keys_exhausted' }],
    ['keys before a model that is missing', { [A]: failing('model_unavailable'), [B]: dry() }, { code: 'keys_exhausted' }],
    [
      'a limited key before a long request',
      { [A]: failing('rate_limited'), [B]: failing('context_length', { status: 400 }) },
      { code: 'provider_failed', class: 'rate_limited' },
    ],
    [
      'the first of two long requests',
      { [A]: failing('request_too_large', { status: 413 }), [B]: failing('context_length', { status: 400 }) },
      { status: 413 },
    ],
  ];
  it.each(rows)('tells %s', async (_name, targets, expected) => {
    const { send, call } = start(targets);
    const error = await rejection(send(call()));
    expect(error).toMatchObject(expected);
  });

  it('keeps what every target said as the cause', async () => {
    const { send, call } = start({ [A]: sick, [B]: dry('key-b') });
    const error = await rejection(send(call()));
    expect(error).toMatchObject({ cause: { errors: [{ class: 'overloaded' }, { code: 'keys_exhausted' }] } });
  });

  it('merges the keys of all targets', async () => {
    const { send, call } = start({ [A]: dry('key-a'), [B]: dry('key-b') });
    const error = await rejection(send(call()));
    expect(error).toMatchObject({
      message: 'Cannot answer with openai/a, anthropic/b as no key can serve in time: none names a time',
      retryAt: undefined,
      keys: [key('key-a'), key('key-b')],
    });
  });
});

describe('route breaker', () => {
  it('skips an ejected target without an attempt', async () => {
    const { asked, startBys, send, call, eject } = start();
    eject(A);
    await send(call());
    expect([asked, startBys]).toEqual([[B], [Infinity]]);
  });

  it('never blocks the only target of a call', async () => {
    const { asked, send, call, eject } = start();
    eject(A);
    await send(call({ targets: [A] }));
    expect(asked).toEqual([A]);
  });

  it('asks the one that reopens first when all are ejected, and no other when it is sick', async () => {
    const { clock, asked, send, call, eject } = start({ [B]: failing('overloaded') });
    eject(B);
    await clock.advance(500);
    eject(A);
    expect(await rejection(send(call()))).toBeInstanceOf(ProviderError);
    expect(asked).toEqual([B]);
  });

  it('asks the next ejected one when the first has no key', async () => {
    const { asked, send, call, eject } = start({ [A]: dry() });
    eject(A);
    eject(B);
    await send(call());
    expect(asked).toEqual([A, B]);
  });

  it('takes an ejected target where no other has a key', async () => {
    const { asked, send, call, eject } = start({ [B]: dry() });
    eject(A);
    await send(call());
    expect(asked).toEqual([B, A]);
  });

  it('leaves an ejected target alone where the other is sick', async () => {
    const { asked, send, call, eject } = start({ [B]: failing('overloaded') });
    eject(A);
    expect(await rejection(send(call()))).toMatchObject({ class: 'overloaded' });
    expect(asked).toEqual([B]);
  });

  it('ejects after ten sick calls, sends one probe, and is back when it is well', async () => {
    let well = false;
    const { clock, asked, send, call } = start({ [A]: (made) => (well ? undefined : failing('server_error')(made, clock)) });
    for (let i = 0; i < 12; i++) await send(call());
    expect(asked.filter((name) => name === A)).toHaveLength(10);
    well = true;
    await clock.advance(1_000);
    asked.length = 0;
    await Promise.all([send(call()), send(call())]);
    expect(asked).toEqual([A, B]);
    await turn();
    await send(call());
    expect(asked).toEqual([A, B, A]);
  });

  it('a probe has found out when it is answered, and not only when a long stream has ended', async () => {
    const { clock, breakers, eject } = start();
    eject(A);
    await clock.advance(1_000);
    const stream = fakeStream();
    await route({ fallbackAfterMs: 1_000, breakers, clock })(async () => stream.answer)(fakeCall({ clock, targets: [A, B] }));
    expect(breakers.state(A).status).toBe('closed');
    stream.end();
  });

  it.each(['group', 'route'] as const)('a rate limit of the %s is none either, though calls go on to the next target', async (scope) => {
    const { asked, breakers, send, call } = start({ [A]: failing('rate_limited', { scope, status: 429 }) });
    for (let i = 0; i < 20; i++) await send(call());
    expect([breakers.state(A).status, asked.filter((name) => name === A).length]).toEqual(['closed', 20]);
  });

  it('does not count refused keys or wrong requests as sickness', async () => {
    const { breakers, send, call } = start({ [A]: failing('key_invalid'), [B]: failing('bad_request', { status: 400 }) });
    for (let i = 0; i < 20; i++) await rejection(send(call()));
    expect([A, B].map((name) => breakers.admits(at(name)))).toEqual([true, true]);
  });

  it('counts a stream by its end', async () => {
    const clock = createManualClock();
    const breakers = new Breakers({ clock, random: () => 0 });
    const streams = Array.from({ length: 10 }, () => fakeStream());
    const left = streams.map(({ answer }) => answer);
    const send = route({ fallbackAfterMs: 1_000, breakers, clock })(async () => left.pop() ?? fakeWhole());
    for (let i = 0; i < 10; i++) await send(fakeCall({ clock, targets: [A] }));
    for (const stream of streams.slice(1)) stream.end({ status: 'failed', error: new Error('cut'), verdict: fakeVerdict('network') });
    await turn();
    expect(breakers.admits(at(A))).toBe(true);
    streams[0]?.end({ status: 'failed', error: new Error('cut'), verdict: fakeVerdict('network') });
    await turn();
    expect(breakers.admits(at(A))).toBe(false);
  });

  it("lets the next probe go when one was the caller's own abort", async () => {
    const { clock, breakers, send, call, eject } = start({ [A]: () => 'enough' });
    eject(A);
    await clock.advance(1_000);
    expect(await rejection(send(call()))).toBe('enough');
    expect(breakers.admits(at(A))).toBe(true);
  });
});

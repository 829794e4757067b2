import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Answer, Routed } from '../../../src/call.ts';
import { retry } from '../../../src/layers/retry.ts';
import { RetryBudgets } from '../../../src/layers/retry/budget.ts';
import { KeysExhaustedError } from '../../../src/errors.ts';
import { createManualClock } from '../../../src/simulator/manual-clock.ts';
import { fakeFailure, fakeRouted, fakeStream, fakeWhole, noteAttempt } from '../../support/fake-call.ts';

const half = (): number => 0.5;

/** Throws anything, as callers' abort reasons may be anything. */
const fail = (thrown: unknown): never => {
  throw thrown;
};

/** A target that fails as the script says, then answers. */
function start(script: readonly unknown[] = [], { attempts = 4, random = half } = {}) {
  const clock = createManualClock();
  const budgets = new RetryBudgets();
  const calls: Routed[] = [];
  const next = async (call: Routed): Promise<Answer> => {
    const failure = script[calls.length];
    calls.push(call);
    noteAttempt(call, failure === undefined ? 'ok' : 'overloaded');
    if (failure !== undefined) fail(failure);
    return fakeWhole();
  };
  return { clock, budgets, calls, send: retry({ attempts, budgets, clock, random })(next) };
}

/** How a promise ended, without an unhandled rejection in between. */
function watch(promise: Promise<unknown>) {
  const seen: { ended?: 'answered' | 'failed'; error?: unknown } = {};
  promise.then(
    () => void (seen.ended = 'answered'),
    (error: unknown) => void Object.assign(seen, { ended: 'failed', error }),
  );
  return seen;
}

describe('retry', () => {
  it('passes an answer without a timer or a charge', async () => {
    const { clock, budgets, send } = start();
    const answer = await send(fakeRouted({ clock }));
    expect(answer.kind).toBe('whole');
    expect([clock.slept, budgets.size]).toEqual([[], 0]);
  });

  it('repeats at a sick target with growing back-off and says so', async () => {
    const { clock, calls, send } = start([fakeFailure('overloaded'), fakeFailure('server_error'), fakeFailure('network')]);
    const call = fakeRouted({ clock });
    const seen = watch(send(call));
    await clock.advance(1_750);
    expect(seen.ended).toBe('answered');
    expect(clock.slept).toEqual([250, 500, 1_000]);
    expect(calls).toHaveLength(4);
    expect(call.trace.attempts.map(({ action }) => action)).toEqual(['retry', 'retry', 'retry', 'answer']);
    expect([call.trace.waitedMs, clock.pending]).toEqual([1_750, 0]);
  });

  it('throws the last failure itself when the attempts are used up, without sleeping after it', async () => {
    const failures = [1, 2, 3, 4, 5].map(() => fakeFailure('overloaded'));
    const { clock, calls, send } = start(failures);
    const call = fakeRouted({ clock });
    const seen = watch(send(call));
    await clock.advance(60_000);
    expect(seen.error).toBe(failures[3]);
    expect([calls.length, clock.slept.length, clock.pending]).toEqual([4, 3, 0]);
    expect(call.trace.attempts.at(-1)?.action).toBe('reject');
  });

  const ends: readonly (readonly [string, unknown])[] = [
    ['a limit', fakeFailure('rate_limited')],
    ['a wrong request', fakeFailure('bad_request')],
    ['a redirect', fakeFailure('server_error', { definitive: true })],
    ['no key', new KeysExhaustedError('Cannot', { retryAt: undefined, keys: [] })],
    ['a bug', new TypeError('x is not a function')],
    ["fetch's own TypeError", new TypeError('fetch failed')],
    ['a string', 'the reason of an abort'],
    ['nothing', null],
    ["p-retry's AbortError by name", Object.assign(new Error('x'), { name: 'AbortError' })],
  ];
  it.each(ends)('throws %s unchanged after one attempt', async (_name, thrown) => {
    const { clock, calls, send } = start([thrown]);
    const seen = watch(send(fakeRouted({ clock })));
    await turn();
    expect(seen.ended).toBe('failed');
    expect(seen.error).toBe(thrown);
    expect([calls.length, clock.slept.length]).toEqual([1, 0]);
  });

  it('throws unchanged what ends the second attempt', async () => {
    const bug = new TypeError('x is not a function');
    const { clock, send } = start([fakeFailure('overloaded'), bug]);
    const seen = watch(send(fakeRouted({ clock })));
    await clock.advance(250);
    expect(seen.error).toBe(bug);
  });

  it("never comes back before the server's hint", async () => {
    const clockStart = createManualClock().now();
    const { clock, send } = start([fakeFailure('overloaded', { until: { at: clockStart + 7_000, source: 'retry-after' } })]);
    const seen = watch(send(fakeRouted({ clock })));
    await clock.advance(7_250);
    expect([seen.ended, clock.slept]).toEqual(['answered', [7_250]]);
  });

  const misfits: readonly (readonly [string, (now: number) => object])[] = [
    ['the deadline', () => ({ timeoutMs: 7_000 })],
    ['the waiting time', () => ({ settings: { maxWaitMs: 7_000 } })],
    ['the patience of another offer', (now) => ({ startBy: now + 1_000 })],
  ];
  it.each(misfits)('gives up at once where the hint does not fit %s', async (_name, limits) => {
    const now = createManualClock().now();
    const failure = fakeFailure('overloaded', { until: { at: now + 7_000, source: 'retry-after' } });
    const { clock, budgets, send } = start([failure]);
    const call = fakeRouted({ clock, ...limits(now) });
    const seen = watch(send(call));
    await turn();
    expect(seen.error).toBe(failure);
    expect([clock.pending, budgets.size, call.trace.waitedMs]).toEqual([0, 0, 0]);
  });

  it('counts what the call has waited before', async () => {
    const { clock, send } = start([fakeFailure('overloaded')]);
    const call = fakeRouted({ clock });
    call.trace.waitedMs = 59_800;
    const seen = watch(send(call));
    await turn();
    expect(seen.ended).toBe('failed');
  });

  it('gives each attempt as long to start as the first had', async () => {
    const { clock, calls, send } = start([fakeFailure('overloaded')]);
    const seen = watch(send(fakeRouted({ clock, startBy: clock.now() + 1_000 })));
    await clock.advance(250);
    expect(seen.ended).toBe('answered');
    expect(calls.map(({ startBy }) => startBy - clock.now())).toEqual([750, 1_000]);
  });

  it('repeats a timeout once in a call, however many targets it has', async () => {
    const timeouts = [1, 2, 3, 4].map(() => fakeFailure('timeout'));
    const { clock, calls, send } = start(timeouts);
    const call = fakeRouted({ clock });
    const first = watch(send(call));
    await clock.advance(60_000);
    expect([first.error, calls.length]).toEqual([timeouts[1], 2]);
    const second = watch(send({ ...call }));
    await clock.advance(60_000);
    expect([second.error, calls.length]).toEqual([timeouts[2], 3]);
  });

  it('repeats connections that never opened beside the attempts, twice', async () => {
    const refused = [1, 2, 3].map(() => fakeFailure('network', { reached: false }));
    const { clock, calls, budgets, send } = start(refused, { attempts: 1 });
    const seen = watch(send(fakeRouted({ clock })));
    await clock.advance(60_000);
    expect([seen.error, calls.length, clock.slept]).toEqual([refused[2], 3, [50, 100]]);
    expect(budgets.balance('openai/gpt')).toEqual({ retries: 500, reconnects: 90 });
  });

  it('pays for a reconnect as a retry when the reserve is empty', async () => {
    const { clock, budgets, send } = start([fakeFailure('network', { reached: false })]);
    while (budgets.pay('openai/gpt', 'reconnects'));
    const seen = watch(send(fakeRouted({ clock })));
    await clock.advance(250);
    expect([seen.ended, clock.slept]).toEqual(['answered', [250]]);
  });

  it('does not repeat without budget', async () => {
    const failure = fakeFailure('overloaded');
    const { clock, budgets, calls, send } = start([failure]);
    while (budgets.pay('openai/gpt', 'retries'));
    const seen = watch(send(fakeRouted({ clock })));
    await turn();
    expect([seen.error, calls.length]).toEqual([failure, 1]);
  });

  it('earns at the end of a stream, and nothing for one that broke off', async () => {
    const clock = createManualClock();
    const budgets = new RetryBudgets();
    const streams = [fakeStream(), fakeStream()] as const;
    let given = 0;
    const send = retry({ attempts: 4, budgets, clock, random: half })(async () => (given++ === 0 ? streams[0].answer : streams[1].answer));
    budgets.pay('openai/gpt', 'retries');
    await send(fakeRouted({ clock }));
    await send(fakeRouted({ clock }));
    streams[0].end({ status: 'failed', error: new Error('cut') });
    await turn();
    expect(budgets.balance('openai/gpt').retries).toBe(495);
    streams[1].end();
    await turn();
    expect(budgets.balance('openai/gpt').retries).toBe(496);
  });

  it('gives a successful retry its cost back', async () => {
    const { clock, budgets, send } = start([fakeFailure('overloaded')]);
    const seen = watch(send(fakeRouted({ clock })));
    await turn();
    expect(budgets.balance('openai/gpt').retries).toBe(495);
    await clock.advance(250);
    expect([seen.ended, budgets.size]).toEqual(['answered', 0]);
  });
});

describe('retry cancellation', () => {
  it('ends the back-off with the reason before the next setImmediate, and leaves no timer', async () => {
    const { clock, calls, send } = start([fakeFailure('overloaded'), fakeFailure('overloaded')]);
    const controller = new AbortController();
    const call = fakeRouted({ clock, signal: controller.signal });
    const seen = watch(send(call));
    await clock.advance(100);
    const reason = { any: 'value' };
    controller.abort(reason);
    await turn();
    expect(seen.error).toBe(reason);
    expect([calls.length, clock.pending, call.trace.waitedMs]).toEqual([1, 0, 100]);
    await clock.advance(60_000);
    expect(calls).toHaveLength(1);
  });

  it('throws the reason, not the failure, when the call ended during the attempt', async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const send = retry({ attempts: 4, budgets: new RetryBudgets(), clock, random: half })(async () => {
      controller.abort('enough');
      throw fakeFailure('network');
    });
    await expect(send(fakeRouted({ clock, signal: controller.signal }))).rejects.toBe('enough');
    expect(clock.pending).toBe(0);
  });

  it('leaves no listener after the back-off', async () => {
    const { clock, send } = start([fakeFailure('overloaded')]);
    const call = fakeRouted({ clock, timeoutMs: 60_000 });
    const seen = watch(send(call));
    await clock.advance(250);
    call.deadline.close();
    expect([seen.ended, clock.pending]).toEqual(['answered', 0]);
  });
});

describe('retry in an outage', () => {
  /** 50 calls a second for `seconds` against what `answer` says. Returns the attempts per call. */
  async function run(failure: (now: number) => unknown, seconds: number) {
    const clock = createManualClock();
    const budgets = new RetryBudgets();
    let attempts = 0;
    let answered = 0;
    const send = retry({ attempts: 4, budgets, clock, random: half })(async (): Promise<Answer> => {
      attempts++;
      const error = failure(clock.now());
      if (error !== undefined) fail(error);
      return fakeWhole();
    });
    const calls = seconds * 50;
    for (let i = 0; i < calls; i++) {
      send(fakeRouted({ clock })).then(
        () => answered++,
        () => {},
      );
      await clock.advance(20);
    }
    await clock.advance(120_000);
    return { perCall: attempts / calls, answered, calls, pending: clock.pending, balance: budgets.balance('openai/gpt') };
  }

  it('costs at most 1.05 attempts a call', async () => {
    const { perCall, answered, pending } = await run(() => fakeFailure('server_error'), 60);
    expect(perCall).toBeLessThanOrEqual(1.05);
    expect([answered, pending]).toEqual([0, 0]);
  });

  it('costs at most 1.05 attempts a call when connections are refused', async () => {
    const { perCall, answered } = await run(() => fakeFailure('network', { reached: false }), 60);
    expect(perCall).toBeLessThanOrEqual(1.05);
    expect(answered).toBe(0);
  });

  it('repeats again within a second of health', async () => {
    const start = createManualClock().now();
    const healthyAt = start + 60_000;
    let hiccups = 0;
    // Healthy after a minute, but for one failure a second later: it must find budget again.
    const { answered } = await run((now) => {
      if (now < healthyAt) return fakeFailure('server_error');
      return now >= healthyAt + 1_000 && hiccups++ === 0 ? fakeFailure('server_error') : undefined;
    }, 62);
    expect(answered).toBe(100);
  });

  it('earns everything back from a failure in twenty', async () => {
    let attempt = 0;
    const { answered, calls, balance } = await run(() => (attempt++ % 20 === 0 ? fakeFailure('server_error') : undefined), 20);
    expect([answered, balance]).toEqual([calls, { retries: 500, reconnects: 100 }]);
  });
});

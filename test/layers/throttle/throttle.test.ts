import { getActiveResourcesInfo } from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer, End, Leased } from '../../../src/call.ts';
import { ClosedError } from '../../../src/errors.ts';
import type { Throttled } from '../../../src/pool/lease.ts';
import { createThrottle } from '../../../src/layers/throttle.ts';
import { createManualClock } from '../../../src/simulator/manual-clock.ts';
import { fakeLeased, fakeStream, type FakeStream, fakeWhole } from '../../support/fake-call.ts';

/** A throttle over streams that end when the test says so. */
function start(maxIdle = 100) {
  const clock = createManualClock();
  const throttle = createThrottle({ clock, maxIdle });
  const streams: FakeStream[] = [];
  const begun: number[] = [];
  const next = async (): Promise<Answer> => {
    begun.push(clock.now());
    const stream = fakeStream();
    streams.push(stream);
    return stream.answer;
  };
  const send = throttle.layer(next);
  const call = (throttled: Partial<Throttled> | undefined, signal?: AbortSignal): Leased =>
    fakeLeased({ clock, ...(throttled && { throttled }), ...(signal && { signal }) });
  return { clock, throttle, streams, begun, send, call };
}

function watch(promise: Promise<unknown>) {
  const seen: { ended?: 'answered' | 'failed'; error?: unknown } = {};
  promise.then(
    () => void (seen.ended = 'answered'),
    (error: unknown) => void Object.assign(seen, { ended: 'failed', error }),
  );
  return seen;
}

const ONE: Partial<Throttled> = { concurrency: 1 };

describe('throttle', () => {
  it('lets a group without limits pass', async () => {
    const { throttle, send, call } = start();
    await send(call(undefined));
    expect([throttle.size, throttle.running]).toEqual([0, 0]);
  });

  it('holds a place until the answer is done, and answers before', async () => {
    const { throttle, streams, send, call } = start();
    const first = await send(call(ONE));
    expect(first).toBe(streams[0]?.answer);
    const second = watch(send(call(ONE)));
    await turn();
    expect([second.ended, throttle.running, throttle.queued]).toEqual([undefined, 1, 1]);
    streams[0]?.end();
    await turn();
    expect([second.ended, throttle.running, throttle.queued]).toEqual(['answered', 1, 0]);
    streams[1]?.end({ status: 'abandoned' });
    await turn();
    expect([throttle.running, throttle.queued]).toEqual([0, 0]);
  });

  it('throws what the attempt threw, and frees its place', async () => {
    const clock = createManualClock();
    const throttle = createThrottle({ clock });
    const bug = new TypeError('x');
    const send = throttle.layer(() => Promise.reject(bug));
    await expect(send(fakeLeased({ clock, throttled: ONE }))).rejects.toBe(bug);
    await turn();
    expect(throttle.running).toBe(0);
  });

  it('starts in the order of arrival, each group by itself', async () => {
    const clock = createManualClock();
    const throttle = createThrottle({ clock });
    const order: string[] = [];
    const send = throttle.layer(async (call) => {
      order.push(call.id);
      return fakeWhole();
    });
    const calls = ['1', '2', '3', '4'].map((id, i) => ({
      ...fakeLeased({ clock, throttled: { concurrency: 1, group: `group-${i % 2}` } }),
      id,
    }));
    await Promise.all(calls.map((call) => send(call)));
    expect(order.filter((id) => Number(id) % 2 === 1)).toEqual(['1', '3']);
    expect(order.filter((id) => Number(id) % 2 === 0)).toEqual(['2', '4']);
    expect(throttle.size).toBe(2);
  });

  it('keeps the distance between starts by the clock, with one timer', async () => {
    const { clock, begun, throttle, send, call } = start();
    const spaced = { minTimeMs: 100 };
    const calls = Array.from({ length: 4 }, () => call(spaced));
    const seen = calls.map((each) => watch(send(each)));
    const from = clock.now();
    await turn();
    expect([clock.pending, throttle.queued]).toEqual([1, 3]);
    await clock.advance(300);
    expect(begun.map((at) => at - from)).toEqual([0, 100, 200, 300]);
    expect(seen.map(({ ended }) => ended)).toEqual(Array.from({ length: 4 }, () => 'answered'));
    expect(calls.map(({ trace }) => trace.waitedMs)).toEqual([0, 100, 200, 300]);
    expect(clock.pending).toBe(0);
  });

  it('costs no turn of the loop when there is room', async () => {
    const { throttle, send, call } = start();
    let turned = false;
    setImmediate(() => (turned = true));
    await send(call({ concurrency: 2, minTimeMs: 100 }));
    expect([turned, throttle.queued]).toEqual([false, 0]);
  });

  it('applies changed limits to a limiter that is in use', async () => {
    const { throttle, send, streams, call } = start();
    const seen = [1, 2, 3, 4].map(() => watch(send(call({ concurrency: 2 }))));
    await turn();
    expect([throttle.running, throttle.queued, throttle.size]).toEqual([2, 2, 1]);
    const more = watch(send(call({ concurrency: 3 })));
    await turn();
    expect([throttle.running, throttle.queued]).toEqual([3, 2]);
    const fewer = watch(send(call({ concurrency: 1 })));
    for (const end of [0, 1]) streams[end]?.end();
    await turn();
    expect([throttle.running, throttle.queued, throttle.size]).toEqual([1, 3, 1]);
    for (let i = 2; i < 6; i++) {
      streams[i]?.end();
      await turn();
    }
    expect([...seen, more, fewer].map(({ ended }) => ended)).toEqual(Array.from({ length: 6 }, () => 'answered'));
    expect(throttle.running).toBe(0);
  });

  it('removes throttle that are idle when there are too many', async () => {
    const { clock, throttle, send, streams, call } = start(2);
    await send(call({ ...ONE, group: 'busy' }));
    await send(call({ concurrency: 1, minTimeMs: 1_000, group: 'spaced' }));
    streams[1]?.end();
    await turn();
    await send(call({ ...ONE, group: 'third' }));
    expect(throttle.size).toBe(3);
    await clock.advance(1_000);
    await send(call({ ...ONE, group: 'fourth' }));
    expect([throttle.size, throttle.running]).toEqual([3, 3]);
  });

  it('refuses who waits when it is closed, and lets the others end', async () => {
    const { clock, throttle, send, streams, call } = start();
    const spaced = { concurrency: 5, minTimeMs: 1_000 };
    await send(call(spaced));
    const waiting = watch(send(call(spaced)));
    await turn();
    throttle.close();
    await turn();
    expect(waiting.error).toBeInstanceOf(ClosedError);
    streams[0]?.end();
    await turn();
    expect([clock.pending, throttle.size, throttle.queued]).toEqual([0, 0, 0]);
  });

  it('leaves no timer of its own kind behind', async () => {
    const timers = (): number => getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const { send, streams, call } = start();
    await send(call({ concurrency: 1, minTimeMs: 50 }));
    streams[0]?.end();
    await turn();
    expect(timers()).toBe(before);
  });
});

describe('throttle cancellation', () => {
  const settle = async (): Promise<void> => {
    await turn();
  };
  const microtasks = (count: number) => async (): Promise<void> => {
    for (let i = 0; i < count; i++) await Promise.resolve();
  };

  it.each([
    ['is queued', settle],
    ...Array.from({ length: 25 }, (_, i) => [`has been received ${i} microtasks ago`, microtasks(i)] as const),
  ] as const)('leaves no place behind when the call %s', async (_name, wait) => {
    const { throttle, streams, begun, send, call, clock } = start();
    await send(call(ONE));
    const controller = new AbortController();
    const aborted = call(ONE, controller.signal);
    const leaving = watch(send(aborted));
    const staying = watch(send(call(ONE)));
    await wait();
    await clock.advance(0);
    const reason = Symbol('reason');
    controller.abort(reason);
    await turn();
    expect(leaving.error).toBe(reason);
    expect(throttle.queued).toBe(1);
    streams[0]?.end();
    await turn();
    expect([staying.ended, begun.length, throttle.running, throttle.queued]).toEqual(['answered', 2, 1, 0]);
    streams[1]?.end();
    await turn();
    await send(call(ONE));
    expect([throttle.running, throttle.queued]).toEqual([1, 0]);
  });

  // The first of them begins while the second is taken out, or the other way about: nobody may be lost on the way.
  it.each(Array.from({ length: 40 }, (_, i) => i))(
    'loses nobody when the abort comes %i microtasks after a place became free',
    async (ticks) => {
      const { throttle, streams, send, call } = start();
      await send(call(ONE));
      const controller = new AbortController();
      const leaving = watch(send(call(ONE, controller.signal)));
      const staying = watch(send(call(ONE)));
      await turn();
      streams[0]?.end();
      await microtasks(ticks)();
      controller.abort('enough');
      await turn();
      const begun = leaving.ended === 'answered';
      expect(leaving.error).toBe(begun ? undefined : 'enough');
      expect(staying.ended).toBe(begun ? undefined : 'answered');
      streams[1]?.end();
      await turn();
      expect(staying.ended).toBe('answered');
      streams[2]?.end();
      await turn();
      expect([throttle.running, throttle.queued]).toEqual([0, 0]);
    },
  );

  it('begins nothing when the abort comes in the same step', async () => {
    const { throttle, begun, send, call } = start();
    const controller = new AbortController();
    const seen = watch(send(call(ONE, controller.signal)));
    controller.abort('enough');
    await turn();
    expect([seen.error, begun.length, throttle.running, throttle.queued]).toEqual(['enough', 0, 0, 0]);
    await send(call(ONE));
    expect(throttle.running).toBe(1);
  });

  it('enters no limiter when the call has ended before', async () => {
    const { throttle, send, call } = start();
    const controller = new AbortController();
    controller.abort('enough');
    await expect(send(call(ONE, controller.signal))).rejects.toBe('enough');
    expect(throttle.size).toBe(0);
  });

  it('gives the distance back that a cancelled call would have kept', async () => {
    const { clock, begun, send, call } = start();
    const spaced = { minTimeMs: 1_000 };
    const from = clock.now();
    const controller = new AbortController();
    const seen = [undefined, controller.signal, controller.signal, undefined].map((signal) => watch(send(call(spaced, signal))));
    await clock.advance(400);
    controller.abort('enough');
    await clock.advance(600);
    expect(seen.map(({ ended }) => ended)).toEqual(['answered', 'failed', 'failed', 'answered']);
    expect(begun.map((at) => at - from)).toEqual([0, 1_000]);
  });

  it('keeps no distance for a call that left before it was received', async () => {
    const { clock, begun, send, call } = start();
    const spaced = { minTimeMs: 1_000 };
    const from = clock.now();
    const controller = new AbortController();
    const seen = [undefined, controller.signal, undefined].map((signal) => watch(send(call(spaced, signal))));
    controller.abort('enough');
    await clock.advance(1_000);
    expect(seen.map(({ ended }) => ended)).toEqual(['answered', 'failed', 'answered']);
    expect(begun.map((at) => at - from)).toEqual([0, 1_000]);
  });

  it('leaves no timer when all who waited for their distance have gone', async () => {
    const { clock, send, call } = start();
    const controller = new AbortController();
    const waiting = call({ minTimeMs: 1_000 }, controller.signal);
    await send(call({ minTimeMs: 1_000 }));
    const seen = watch(send(waiting));
    await clock.advance(400);
    controller.abort('enough');
    await turn();
    expect([seen.error, clock.pending, waiting.trace.waitedMs]).toEqual(['enough', 0, 400]);
  });

  it('lets ten thousand calls go at once', async () => {
    const { throttle, begun, send, call, streams } = start();
    await send(call(ONE));
    const controller = new AbortController();
    let left = 0;
    for (let i = 0; i < 10_000; i++) send(call(ONE, controller.signal)).catch(() => left++);
    await turn();
    expect(throttle.queued).toBe(10_000);
    controller.abort('enough');
    await turn();
    expect([left, throttle.queued]).toEqual([10_000, 0]);
    streams[0]?.end();
    await turn();
    expect([begun.length, throttle.running]).toEqual([1, 0]);
  });
});

describe('throttle properties', () => {
  const ends: readonly End[] = [{ status: 'complete' }, { status: 'abandoned' }, { status: 'failed', error: new Error('cut') }];
  const step = fc.oneof(
    fc.constant({ kind: 'call' as const }),
    fc.record({ kind: fc.constant('end' as const), which: fc.nat(50), how: fc.constantFrom(...ends) }),
    fc.record({ kind: fc.constant('abort' as const), which: fc.nat(50) }),
    fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(120) }),
    fc.record({ kind: fc.constant('microtasks' as const), count: fc.nat(12) }),
  );

  it('never exceeds concurrency or distance, serves everybody who stays, and ends empty', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(undefined, 50),
        fc.array(step, { maxLength: 80 }),
        async (concurrency, minTimeMs, steps) => {
          const { clock, throttle, streams, begun, send, call } = start();
          const done = new Set<FakeStream>();
          const callers: { readonly controller: AbortController; readonly seen: ReturnType<typeof watch> }[] = [];
          const end = (stream: FakeStream | undefined, how: End): void => {
            if (stream === undefined) return;
            done.add(stream);
            stream.end(how);
          };
          for (const each of steps) {
            if (each.kind === 'call') {
              const controller = new AbortController();
              callers.push({ controller, seen: watch(send(call({ concurrency, minTimeMs }, controller.signal))) });
            }
            if (each.kind === 'end') end(streams[each.which], each.how);
            if (each.kind === 'abort') callers[each.which]?.controller.abort('enough');
            if (each.kind === 'advance') await clock.advance(each.ms);
            if (each.kind === 'microtasks') for (let i = 0; i < each.count; i++) await Promise.resolve();
            expect(streams.length - done.size).toBeLessThanOrEqual(concurrency);
          }
          for (let i = 0; i <= callers.length; i++) {
            for (const stream of streams) end(stream, { status: 'complete' });
            await clock.advance(50);
          }
          for (let i = 1; i < begun.length; i++) expect((begun[i] ?? 0) - (begun[i - 1] ?? 0)).toBeGreaterThanOrEqual(minTimeMs ?? 0);
          for (const { controller, seen } of callers) expect(seen.ended === 'answered' || controller.signal.aborted).toBe(true);
          for (const { seen } of callers) expect(seen.ended).toBeDefined();
          expect([throttle.running, throttle.queued, clock.pending]).toEqual([0, 0, 0]);
        },
      ),
      { numRuns: 150 },
    );
  });
});

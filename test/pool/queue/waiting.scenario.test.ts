import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ClosedError, DeadlineError, KeysExhaustedError } from '../../../src/errors.ts';
import { bucket, cancelled, failed, keyInput, limits, makeAsk, NOTHING_LEFT, Rig, served, START, turn, verdict } from '../rig.ts';

const rpm = (limit: number, burst = 1): ReturnType<typeof limits> => limits(bucket({ limit, burst }));

describe('waiting', () => {
  it('one timer for all who wait, and none afterwards', async () => {
    const rig = new Rig([keyInput('a', { limits: rpm(60) })]);
    const first = rig.take();
    const waiting = Array.from({ length: 50 }, () => rig.wait({ waitUntil: START + 600_000 }));
    expect([rig.pool.waiting, rig.clock.pending]).toEqual([50, 1]);
    first.settle(served());
    for (let second = 1; second <= 50; second += 1) {
      await rig.clock.advance(1000);
      expect(waiting.filter(({ lease }) => lease !== undefined)).toHaveLength(second);
      waiting[second - 1]?.lease?.settle(served());
    }
    expect(rig.left).toEqual(NOTHING_LEFT);
    // Slept to each start, never polled.
    expect(rig.clock.slept.filter((ms) => ms < 1000)).toEqual([]);
  });

  it('says how long it waited and for what', async () => {
    const rig = new Rig([keyInput('a', { limits: rpm(60) })]);
    rig.take().settle(served());
    const waiting = rig.wait();
    await rig.clock.advance(1000);
    expect(waiting.lease?.waitedMs).toBe(1000);
    expect(waiting.lease?.why).toBe(
      'waited for configured limit of 60 requests per 60000 ms (group a), then the only group that could start',
    );
    waiting.lease?.settle(served());
  });

  it('an abort in the queue rejects with the reason and leaves nothing', async () => {
    const rig = new Rig([keyInput('a', { limits: rpm(60) })]);
    rig.take().settle(served());
    const controller = new AbortController();
    const waiting = rig.wait({}, rig.deadline(controller.signal));
    const other = rig.wait();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    const reason = new Error('the caller left');
    controller.abort(reason);
    await turn();
    expect(waiting.error).toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    expect(rig.pool.waiting).toBe(1);
    await rig.clock.advance(1000);
    other.lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('10,000 waiters on one signal settle before the first setImmediate, with its reason, and leave nothing', async () => {
    const rig = new Rig([keyInput('a', { limits: rpm(60) })]);
    rig.take().settle(served());
    const controller = new AbortController();
    const waiting = Array.from({ length: 10_000 }, () => rig.wait({}, rig.deadline(controller.signal)));
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    const reason = new Error('the caller left');
    controller.abort(reason);
    const next = turn();
    await next;
    expect(waiting.filter(({ error }) => error === reason)).toHaveLength(10_000);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('nobody is served after an abort, and be it that a sibling on the same signal frees the key first', async () => {
    const rig = new Rig([keyInput('a', { limits: { ...limits(), concurrency: 1 } })]).widen();
    const controller = new AbortController();
    const running = rig.deadline(controller.signal);
    const lease = rig.pool.lease(makeAsk(), running);
    const settle = (): void => void ('settle' in lease && lease.settle(cancelled));
    running.listen(settle);
    const waiting = [1, 2, 3].map(() => rig.wait({}, rig.deadline(controller.signal)));
    controller.abort('left');
    await turn();
    expect(waiting.map(({ lease: granted, error }) => [granted, error])).toEqual([1, 2, 3].map(() => [undefined, 'left']));
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('who stands behind one that leaves starts at once when it needs less', async () => {
    const tokens = limits(bucket({ counts: 'tokens', limit: 60, windowMs: 60_000, burst: 60 }));
    const rig = new Rig([keyInput('a', { limits: tokens })]);
    rig.take({ cost: { input: 50, output: 0 } }).settle(served({ input: 50, output: 0 }));
    const controller = new AbortController();
    const large = rig.wait({ cost: { input: 60, output: 0 } }, rig.deadline(controller.signal));
    const small = rig.wait({ cost: { input: 5, output: 0 } });
    controller.abort('left');
    await rig.clock.advance(0);
    expect(large.error).toBe('left');
    expect(small.lease?.waitedMs).toBe(0);
    small.lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('who stands behind one that is refused starts in the same breath when it needs less', async () => {
    const tokens = limits(bucket({ counts: 'tokens', limit: 60, windowMs: 60_000, burst: 60 }));
    const rig = new Rig([keyInput('a', { limits: tokens })]);
    rig.take({ cost: { input: 40, output: 0 } }).settle(served({ input: 40, output: 0 }));
    const lease = rig.take({ cost: { input: 10, output: 0 } });
    const large = rig.wait({ cost: { input: 60, output: 0 }, waitUntil: START + 52_000 });
    const small = rig.wait({ cost: { input: 5, output: 0 } });
    // A call in flight turns out to need more than it was taken for, so that the first one's time is too short now.
    lease.settle(served({ input: 14, output: 0 }));
    await turn();
    expect(large.error).toMatchObject({ retryAt: START + 54_000 });
    expect(small.lease?.waitedMs).toBe(0);
    expect(rig.clock.pending).toBe(0);
  });

  it('a call that is ended before it asks is never queued', () => {
    const rig = new Rig(['a']);
    expect(rig.refused({}, rig.deadline(AbortSignal.abort('early')))).toBe('early');
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it("the call's own time ends with a DeadlineError, and the queue's with the keys", async () => {
    const rig = new Rig([keyInput('a', { limits: { ...limits(), concurrency: 1 } })]).widen();
    const lease = rig.take();
    const own = rig.wait({}, rig.deadline(undefined, 500));
    const queued = rig.wait({ waitUntil: START + 700 });
    await rig.clock.advance(500);
    expect(own.error).toBeInstanceOf(DeadlineError);
    await rig.clock.advance(200);
    expect(queued.error).toBeInstanceOf(KeysExhaustedError);
    lease.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('close refuses who waits and who comes, and settles what is out', async () => {
    const rig = new Rig([keyInput('a', { limits: rpm(60) })]);
    const lease = rig.take();
    const waiting = rig.wait();
    rig.pool.close();
    await turn();
    expect(waiting.error).toBeInstanceOf(ClosedError);
    expect(rig.refused()).toBeInstanceOf(ClosedError);
    lease.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('a listener that changes the pool while it serves breaks nothing', async () => {
    const concurrent = { ...limits(bucket({ limit: 60, burst: 2 })), concurrency: 1 };
    const rig = new Rig([keyInput('a', { limits: concurrent }), keyInput('b', { limits: concurrent })]);
    const leases = [rig.take(), rig.take()];
    const waiting = [1, 2, 3].map(() => rig.wait());
    // Told while the queue is being served: both keys are free again, and one of them goes.
    rig.events.on('limit-near', () => {
      rig.key('b').status = { status: 'disabled' };
      rig.pool.stir();
    });
    for (const lease of leases) lease.settle(served());
    for (let second = 0; second < 4; second += 1) {
      await rig.clock.advance(1000);
      for (const { lease } of waiting) lease?.settle(served());
    }
    expect(waiting.map(({ lease }) => lease?.keyId).filter((id) => id === 'a').length).toBeGreaterThanOrEqual(2);
    expect(rig.left).toEqual(NOTHING_LEFT);
  });
});

describe('while it serves', () => {
  it('a listener that stirs the pool adds a round, and never starts one inside', async () => {
    const rig = new Rig([keyInput('a', { limits: { ...limits(bucket({ limit: 12 })), concurrency: 11 } })]);
    const leases = Array.from({ length: 11 }, () => rig.take());
    const waiting = [rig.wait(), rig.wait()];
    const now = rig.clock.now.bind(rig.clock);
    const inside: number[] = [];
    rig.events.on('limit-near', () => {
      let asked = 0;
      // Each round asks for the time.
      rig.clock.now = () => ((asked += 1), now());
      rig.pool.stir();
      rig.clock.now = now;
      inside.push(asked);
    });
    for (const lease of leases) lease.settle(served());
    await rig.clock.advance(5000);
    for (const { lease } of waiting) lease?.settle(served());
    expect(inside).toEqual([0]);
    expect(waiting.every(({ lease }) => lease !== undefined)).toBe(true);
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('a listener that ends the call it is told of loses no lease', async () => {
    const rig = new Rig([keyInput('a', { limits: { ...limits(bucket({ limit: 12 })), concurrency: 11 } })]);
    const leases = Array.from({ length: 11 }, () => rig.take());
    const controller = new AbortController();
    const waiting = rig.wait({}, rig.deadline(controller.signal));
    rig.events.on('limit-near', () => controller.abort('left'));
    for (const lease of leases) lease.settle(served());
    await turn();
    waiting.lease?.settle(cancelled);
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('a call that turns out to have ended frees another one, which a third gets, and nobody is lost', async () => {
    const rig = new Rig([keyInput('a', { limits: { ...limits(), concurrency: 2 } })]);
    const [first, second] = [rig.take(), rig.take()];
    const deadline = rig.deadline();
    const ending = rig.wait({}, deadline);
    const third = rig.wait();
    const fourth = rig.wait();
    // What hangs on the call ends with it, in the middle of a round.
    deadline.listen(() => {
      second.settle(cancelled);
      third.promise.catch(() => {});
    });
    const { ended } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(deadline) as object);
    Object.defineProperty(deadline, 'ended', {
      configurable: true,
      get() {
        delete (deadline as { ended?: unknown }).ended;
        deadline.end('over');
        return ended?.get?.call(deadline) as unknown;
      },
    });
    first.settle(served());
    await turn();
    expect(ending.error).toBe('over');
    for (const { lease } of [third, fourth]) lease?.settle(served());
    expect([third, fourth].map(({ lease }) => lease?.keyId)).toEqual(['a', 'a']);
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('one provider wakes for its own, and one timer is enough for all', async () => {
    const rig = new Rig([keyInput('a', { limits: rpm(60) })]);
    rig.pool.ring.add('other', keyInput('z', { limits: rpm(30) }), START);
    rig.take().settle(served());
    rig.take({ provider: 'other' }).settle(served());
    const waiting = [rig.wait({ provider: 'other' }), rig.wait()];
    expect(rig.clock.pending).toBe(1);
    await rig.clock.advance(1000);
    expect(waiting.map(({ lease }) => lease?.keyId)).toEqual([undefined, 'a']);
    await rig.clock.advance(1000);
    expect(waiting.map(({ lease }) => lease?.keyId)).toEqual(['z', 'a']);
    for (const { lease } of waiting) lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });
});

describe('refused at once', () => {
  it('with when and why, key by key, when the earliest start is too late', () => {
    const rig = new Rig([
      keyInput('slow', { limits: rpm(1) }),
      keyInput('held'),
      keyInput('dead'),
      keyInput('off'),
      keyInput('old', { expiresAt: START }),
      keyInput('other', { models: ['o1'] }),
    ]);
    rig.take({ keys: ['slow'] }).settle(served());
    rig.take({ keys: ['held'] }).settle(failed('quota_exhausted', { until: { at: START + 90_000, source: 'body' }, why: 'no money' }));
    rig.take({ keys: ['dead'] }).settle(failed('key_invalid', { definitive: true, why: 'revoked' }));
    rig.key('off').status = { status: 'disabled' };
    const error = rig.refused({ waitUntil: START + 59_999 }) as KeysExhaustedError;
    expect(error).toBeInstanceOf(KeysExhaustedError);
    expect(error.retryAt).toBe(START + 60_000);
    expect(error.keys).toEqual([
      { id: 'slow', state: 'ready', until: START + 60_000, reason: 'configured limit of 1 requests per 60000 ms' },
      { id: 'held', state: 'exhausted', until: START + 90_000, reason: 'quota_exhausted: no money' },
      { id: 'dead', state: 'invalid', until: undefined, reason: 'revoked' },
      { id: 'off', state: 'disabled', until: undefined, reason: 'the key is disabled' },
      { id: 'old', state: 'expired', until: undefined, reason: 'the key is expired' },
      { id: 'other', state: 'ready', until: undefined, reason: "its 'models' leave out 'gpt'" },
    ]);
    // How much it says of each state is the message's own; the counts and the instant are not.
    expect(error.message).toMatch(/: 2 ready.*, 1 exhausted.*, 1 invalid.*, 1 disabled.*, 1 expired.*, the first could start in 60000 ms$/);
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('what starts at the very limit waits for it', async () => {
    const rig = new Rig([keyInput('a', { limits: rpm(1) })]);
    rig.take().settle(served());
    const waiting = rig.wait({ waitUntil: START + 60_000 });
    await rig.clock.advance(60_000);
    expect(waiting.lease?.waitedMs).toBe(60_000);
    waiting.lease?.settle(served());
  });

  it("also when it is the call's own time that is too short", () => {
    const rig = new Rig([keyInput('a', { limits: rpm(1) })]);
    rig.take().settle(served());
    expect(rig.refused({}, rig.deadline(undefined, 59_999))).toBeInstanceOf(KeysExhaustedError);
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('without a way back when only a person can help', () => {
    const rig = new Rig(['a']);
    rig.key('a').status = { status: 'disabled' };
    expect(rig.refused()).toMatchObject({ retryAt: undefined, message: expect.stringContaining('none comes back by itself') });
    expect(new Rig([]).refused()).toMatchObject({ retryAt: undefined, keys: [], message: expect.stringContaining('0 keys') });
  });

  it('without an instant when calls in flight decide, and says so', async () => {
    const rig = new Rig([keyInput('a', { limits: { ...limits(), concurrency: 1 } })]);
    const lease = rig.take();
    const says = {
      retryAt: undefined,
      message: expect.stringContaining('1 ready (concurrency of 1), the first could start when calls in flight are answered') as string,
    };
    expect(rig.refused({ waitUntil: START })).toMatchObject(says);
    const waiting = rig.wait({ waitUntil: START + 500 });
    await rig.clock.advance(500);
    expect(waiting.error).toMatchObject(says);
    lease.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('a hold without end is no time to wait for', () => {
    const rig = new Rig(['a']);
    rig.take().settle(failed('quota_exhausted', { until: { at: Infinity, source: 'body' } }));
    expect(rig.refused()).toMatchObject({ retryAt: undefined });
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('a call that does not wait is served now or refused now, also behind others', async () => {
    const rig = new Rig([keyInput('a', { limits: rpm(60), models: ['gpt'] }), keyInput('b', { models: ['o1'] })]);
    rig.take().settle(served());
    const waiting = rig.wait();
    expect(rig.refused({ waitUntil: START })).toBeInstanceOf(KeysExhaustedError);
    expect(rig.take({ model: 'o1', waitUntil: START }).keyId).toBe('b');
    expect(rig.take({ model: 'o1', waitUntil: 0 }).keyId).toBe('b');
    await rig.clock.advance(1000);
    expect(waiting.lease).toBeDefined();
  });

  it('a key that expires before it is ready does not count', () => {
    const rig = new Rig([keyInput('a', { expiresAt: START + 500 })]);
    rig.take().settle(failed('rate_limited', { until: { at: START + 500, source: 'body' } }));
    expect(rig.refused()).toMatchObject({ retryAt: undefined });
  });

  it('all who wait, when the last key dies', async () => {
    const rig = new Rig([keyInput('a', { limits: { ...limits(), concurrency: 1 } })]).widen();
    const lease = rig.take();
    const waiting = Array.from({ length: 20 }, () => rig.wait());
    lease.settle(failed('key_invalid', { definitive: true }));
    await turn();
    for (const { error } of waiting) expect(error).toMatchObject({ retryAt: undefined, keys: [{ id: 'a', state: 'invalid' }] });
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it.each([
    ['disabled', (rig: Rig) => void (rig.key('a').status = { status: 'disabled' })],
    ['removed', (rig: Rig) => void rig.pool.ring.remove('a')],
    ['replaced by none that may serve', (rig: Rig) => rig.pool.ring.replace('openai', [keyInput('z', { models: ['o1'] })], rig.now)],
  ])('all who wait, when it is %s', async (_name, change) => {
    const rig = new Rig([keyInput('a', { limits: rpm(60) })]);
    rig.take().settle(served());
    const waiting = rig.wait();
    change(rig);
    rig.pool.stir();
    await turn();
    expect(waiting.error).toMatchObject({ retryAt: undefined });
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('one behind a head that starts too late for it, when its own time is over, with the time of its turn', async () => {
    const tokens = limits(bucket({ counts: 'tokens', limit: 60, windowMs: 60_000, burst: 60 }));
    const rig = new Rig([keyInput('a', { limits: tokens })]);
    rig.take({ cost: { input: 50, output: 0 } }).settle(served({ input: 50, output: 0 }));
    const head = rig.wait({ cost: { input: 60, output: 0 } });
    // The head may leave, so that nothing is certain before.
    const small = rig.wait({ cost: { input: 1, output: 0 }, waitUntil: START + 1000 });
    await rig.clock.advance(1000);
    expect(small.error).toMatchObject({ retryAt: START + 50_000 });
    await rig.clock.advance(49_000);
    head.lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('a request that no limit can hold is refused as such, and one that some group can is not', () => {
    const small = limits(bucket({ counts: 'tokens', limit: 100 }));
    const wide = limits(bucket({ counts: 'tokens', limit: 1000 }));
    const cost = { input: 900, output: 101 };
    const rig = new Rig([keyInput('a', { limits: small }), keyInput('b', { limits: small })]);
    expect(rig.refused({ cost })).toMatchObject({ verdict: { class: 'request_too_large', scope: 'request' }, reached: false });
    rig.pool.ring.add('openai', keyInput('c', { limits: wide }), START);
    expect(rig.take({ cost }).keyId).toBe('c');
    expect(rig.refused({ cost, groups: ['a', 'b'] })).toMatchObject({ verdict: { class: 'request_too_large' } });
    // An estimate is a guess: up to twice the limit is tried, with the whole bucket.
    expect(rig.take({ cost: { input: 200, output: 0 }, keys: ['a'] }).keyId).toBe('a');
  });
});

describe('lanes', () => {
  it('a call that cannot run blocks nobody who can', async () => {
    const rig = new Rig([keyInput('a', { limits: rpm(60), models: ['gpt'] }), keyInput('b'), keyInput('c', { models: ['o1'] })]);
    rig.take({ keys: ['a'] }).settle(served());
    const stuck = rig.wait({ keys: ['a'] });
    for (const more of [{ keys: ['b'] }, { groups: ['b'] }, { model: 'o1' }, {}]) expect(['b', 'c']).toContain(rig.take(more).keyId);
    expect(rig.clock.pending).toBe(1);
    await rig.clock.advance(1000);
    expect(stuck.lease?.keyId).toBe('a');
  });

  it('priority goes first, and waiting overtakes it', async () => {
    const rig = new Rig([keyInput('a', { limits: rpm(60) })]);
    rig.take().settle(served());
    const names: string[] = [];
    const queue = (name: string, priority: number): void => {
      void rig.wait({ priority }).promise.then((lease) => {
        names.push(name);
        lease.settle(served());
      });
    };
    queue('low', 0);
    queue('high', 5);
    await rig.clock.advance(1000);
    queue('high again', 0.5);
    await rig.clock.advance(10_000);
    expect(names).toEqual(['high', 'low', 'high again']);
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('an order of arrival holds among equals, across lanes too', async () => {
    const rig = new Rig([keyInput('a', { limits: rpm(60) })]);
    rig.take().settle(served());
    const order: number[] = [];
    for (let index = 0; index < 6; index += 1) {
      void rig.wait(index % 2 === 0 ? {} : { keys: ['a'] }).promise.then((lease) => {
        order.push(index);
        lease.settle(served());
      });
    }
    await rig.clock.advance(6000);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('spending', () => {
  const tpm = limits(bucket({ counts: 'tokens', limit: 600, windowMs: 60_000, burst: 100 }));
  const remaining = (rig: Rig): number | undefined => rig.snapshot('a').buckets[0]?.remaining;

  it('reserves the estimate and settles the true use', () => {
    const rig = new Rig([keyInput('a', { limits: tpm })]);
    const lease = rig.take({ cost: { input: 20, output: 60 } });
    expect(remaining(rig)).toBe(20);
    lease.settle(served({ input: 20, output: 10 }));
    expect(remaining(rig)).toBe(70);
    lease.settle(served({ input: 0, output: 0 }));
    expect(remaining(rig)).toBe(70);
  });

  it.each([
    ['served without a count', served(), 20],
    ['refused with a status', failed('rate_limited'), 100],
    ['timed out', { status: 'failed', verdict: verdict('timeout'), reached: true } as const, 20],
    ['never opened', { status: 'failed', verdict: verdict('network'), reached: false } as const, 100],
    ['cancelled', cancelled, 20],
  ])('%s', (_name, end, expected) => {
    const rig = new Rig([keyInput('a', { limits: tpm })]);
    rig.take({ cost: { input: 20, output: 60 } }).settle(end);
    expect(remaining(rig)).toBe(expected);
  });

  it('an unsent lease costs nothing, of any bucket', () => {
    const rig = new Rig([
      keyInput('a', { limits: limits(bucket({ limit: 5 }), bucket({ limit: 5, kind: 'fixed' }), bucket({ limit: 5, kind: 'sliding' })) }),
    ]);
    const lease = rig.pool.lease(makeAsk(), rig.deadline());
    expect(rig.snapshot('a').buckets.map((one) => one.remaining)).toEqual([4, 4, 4]);
    expect(lease).not.toBeInstanceOf(Promise);
    void ('settle' in lease && lease.settle(cancelled));
    expect(rig.snapshot('a').buckets.map((one) => one.remaining)).toEqual([5, 5, 5]);
  });

  it('concurrency is of the group, whatever the model and key', async () => {
    const two = { ...limits(), concurrency: 2 };
    const rig = new Rig([keyInput('a1', { group: 'a', limits: two }), keyInput('a2', { group: 'a', limits: two })]);
    const leases = [rig.take(), rig.take({ model: 'o1' })];
    const waiting = rig.wait();
    expect(rig.clock.pending).toBe(0);
    leases[1]?.settle(served());
    await turn();
    expect(waiting.lease).toBeDefined();
    expect(leases[0]?.throttled).toEqual({ group: 'openai/a', concurrency: 2, minTimeMs: undefined });
  });

  it('minTimeMs spaces the starts of a group', async () => {
    const rig = new Rig([keyInput('a', { limits: { ...limits(), minTimeMs: 200 } })]);
    rig.take();
    const waiting = [rig.wait(), rig.wait()];
    await rig.clock.advance(199);
    expect(waiting.map(({ lease }) => lease !== undefined)).toEqual([false, false]);
    await rig.clock.advance(1);
    expect(waiting.map(({ lease }) => lease !== undefined)).toEqual([true, false]);
    await rig.clock.advance(200);
    expect(waiting.map(({ lease }) => lease?.waitedMs)).toEqual([200, 400]);
  });

  it('a limit is near once, until it was away', () => {
    const rig = new Rig([keyInput('a', { limits: limits(bucket({ limit: 100, burst: 10 })) })]);
    const near = rig.heard('limit-near');
    // A share of the ten that it holds: of the hundred a minute less than a tenth is always left.
    for (let count = 0; count < 9; count += 1) rig.take().settle(served());
    expect(near).toEqual([]);
    rig.take().settle(served());
    expect(near).toHaveLength(1);
    expect(near[0]).toEqual({
      provider: 'openai',
      group: 'a',
      model: 'gpt',
      counts: 'requests',
      windowMs: 60_000,
      limit: 100,
      remaining: 0,
      share: 0.9,
    });
    // One comes and goes: it is spent all the time.
    rig.clock.advanceSync(1000);
    rig.take().settle(served());
    expect(near).toHaveLength(1);
    rig.clock.advanceSync(6000);
    for (let count = 0; count < 10; count += 1) rig.take().settle(served());
    expect(near).toHaveLength(2);
  });
});

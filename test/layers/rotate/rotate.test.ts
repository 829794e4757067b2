import type { Usage } from '../../../src/chat/reply.ts';
import { describe, expect, it } from 'vitest';
import type { Answer, Leased, Routed, Send } from '../../../src/call.ts';
import { KeysExhaustedError } from '../../../src/errors.ts';
import type { FailureClass, Verdict } from '../../../src/failure.ts';
import { rotate } from '../../../src/layers/rotate.ts';
import type { Protocol } from '../../../src/providers/provider.ts';
import type { AttemptReport } from '../../../src/report.ts';
import { fakeFailure, fakeRouted, fakeStream, fakeWhole, type FakeCallOptions } from '../../support/fake-call.ts';
import { bucket, keyInput, limits, NOTHING_LEFT, Rig, turn } from '../../pool/rig.ts';

const COST = { input: 10, output: 10 };

/** The rotating layer over a pool on a manual clock; `answer` is what each attempt gets. */
class RotateRig extends Rig {
  readonly reported: AttemptReport[] = [];
  readonly used: string[] = [];

  call(options: Partial<FakeCallOptions> = {}): Routed {
    const call = fakeRouted({ clock: this.clock, targets: ['openai/gpt'], ...options });
    const { provider } = call.target;
    const protocol: Protocol = { ...provider.protocol, estimate: () => COST };
    return { ...call, target: { ...call.target, provider: { ...provider, protocol } } };
  }

  layer(answer: (call: Leased) => Promise<Answer> | Answer, maxRotations = 8): Send<Routed> {
    const settings = {
      clock: this.clock,
      maxRotations,
      onAttempt: (_call: unknown, attempt: AttemptReport) => void this.reported.push({ ...attempt }),
    };
    return rotate(
      this.pool,
      settings,
    )(async (call) => {
      this.used.push(call.lease.keyId);
      call.lease.sent();
      return answer(call);
    });
  }
}

const fails =
  (failure: FailureClass, more: Partial<Verdict> = {}) =>
  (): never => {
    throw fakeFailure(failure, {
      scope: failure.startsWith('key_') ? 'key' : 'group',
      perModel: !failure.startsWith('key_'),
      status: 429,
      ...more,
    });
  };

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'it was answered',
    (error: unknown) => error,
  );
}

const five = ['a', 'b', 'c', 'd', 'e'];

describe('rotating', () => {
  it('a walk over five groups takes five leases and no more', async () => {
    const rig = new RotateRig(five);
    const call = rig.call({ settings: { maxWaitMs: 0 } });
    const error = await rejection(rig.layer(fails('rate_limited'))(call));
    expect(error).toBeInstanceOf(KeysExhaustedError);
    expect(rig.used.toSorted()).toEqual(five);
    expect(call.trace.attempts.map(({ action, class: failure }) => [action, failure])).toEqual(five.map(() => ['rotate', 'rate_limited']));
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('stops at the first that answers', async () => {
    const rig = new RotateRig(five);
    const call = rig.call();
    await rig.layer(() => (rig.used.length < 3 ? fails('quota_exhausted')() : fakeWhole()))(call);
    expect(rig.used).toHaveLength(3);
    expect(call.trace.attempts.map(({ action }) => action)).toEqual(['rotate', 'rotate', 'answer']);
  });

  it('does not go on beyond maxRotations, and hands on the last failure', async () => {
    const rig = new RotateRig(five);
    const call = rig.call();
    const error = await rejection(rig.layer(fails('rate_limited'), 2)(call));
    expect(error).toMatchObject({ verdict: { class: 'rate_limited' } });
    expect(call.trace.attempts.map(({ action }) => action)).toEqual(['rotate', 'rotate', 'reject']);
  });

  it.each([
    'overloaded',
    'server_error',
    'timeout',
    'network',
    'bad_request',
    'request_too_large',
    'context_length',
    'content_filtered',
    'bad_output',
  ] as const)('never for %s', async (failure) => {
    const rig = new RotateRig(five);
    await rejection(rig.layer(fails(failure))(rig.call()));
    expect(rig.used).toHaveLength(1);
    expect(rig.reported).toMatchObject([{ class: failure, action: 'reject' }]);
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('never for a bug: it is thrown as it is, and is not the fault of the key', async () => {
    const rig = new RotateRig(five);
    const bug = new TypeError('x is not a function');
    const error = await rejection(
      rig.layer(() => {
        throw bug;
      })(rig.call()),
    );
    expect(error).toBe(bug);
    expect(rig.used).toHaveLength(1);
    expect(rig.left).toEqual(NOTHING_LEFT);
    expect(rig.snapshot(rig.used[0] ?? '').totals).toMatchObject({ errors: 0 });
  });

  it('a key that refused a call is not asked again, whichever layer repeats it', async () => {
    const rig = new RotateRig(five);
    const call = rig.call({ settings: { maxWaitMs: 0 } });
    const layer = rig.layer(fails('key_forbidden'));
    await rejection(layer(call));
    await rejection(layer(call));
    expect(rig.used.toSorted()).toEqual(five);
    expect([...call.refusedBy].toSorted()).toEqual(five);
    expect(rig.pool.ring.all().map(({ id }) => rig.snapshot(id).state)).toEqual(five.map(() => 'ready'));
  });

  it('what is about a quota does not make a key avoided', async () => {
    const rig = new RotateRig(five);
    const call = rig.call({ settings: { maxWaitMs: 0 } });
    await rejection(rig.layer(fails('quota_exhausted'))(call));
    expect(call.refusedBy.size).toBe(0);
  });
});

describe('settling', () => {
  it('a whole answer at once, with its usage', async () => {
    const rig = new RotateRig(['a']);
    const answer = fakeWhole();
    const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
    await rig.layer(() => ({ ...answer, done: Promise.resolve({ status: 'complete', usage }) }))(rig.call());
    expect(rig.snapshot('a').totals).toEqual({ calls: 1, attempts: 1, tokens: 12, errors: 0 });
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it.each([{}, '12', -1e6, Number.NaN, Infinity])('usage that is no count (%s) as if nobody had counted', async (tokens) => {
    const rig = new RotateRig(['a']);
    // As a provider may send it.
    const usage = { prompt_tokens: tokens, completion_tokens: tokens, total_tokens: tokens } as unknown as Usage;
    await rig.layer(() => ({ ...fakeWhole(), done: Promise.resolve({ status: 'complete', usage }) }))(rig.call());
    expect(rig.snapshot('a').totals).toEqual({ calls: 1, attempts: 1, tokens: 0, errors: 0 });
  });

  it.each([
    ['complete', { status: 'complete' } as const, 'ok', 'answer', { calls: 1, errors: 0 }],
    ['abandoned', { status: 'abandoned' } as const, 'aborted', 'reject', { calls: 0, errors: 0 }],
    ['failed by the caller', { status: 'failed', error: 'left' } as const, 'aborted', 'reject', { calls: 0, errors: 0 }],
    [
      'failed',
      {
        status: 'failed',
        error: 'cut',
        verdict: { class: 'network', scope: 'route', perModel: true, definitive: false, why: 'cut' },
      } as const,
      'network',
      'reject',
      { calls: 0, errors: 1 },
    ],
  ])('a stream when it is %s, once', async (_name, end, failure, action, totals) => {
    const rig = new RotateRig(['a']);
    const stream = fakeStream();
    const call = rig.call({ stream: true });
    await rig.layer(() => stream.answer)(call);
    expect(rig.key('a').inFlight).toBe(1);
    expect(rig.reported).toEqual([]);
    await rig.clock.advance(300);
    stream.end(end);
    await turn();
    expect(rig.reported).toMatchObject([{ class: failure, action, durationMs: 300 }]);
    expect(call.trace.attempts).toEqual(rig.reported);
    expect(rig.snapshot('a').totals).toMatchObject(totals);
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('a stream that fails for want of quota holds its group', async () => {
    const rig = new RotateRig(['a']);
    const stream = fakeStream();
    await rig.layer(() => stream.answer)(rig.call({ stream: true }));
    stream.end({
      status: 'failed',
      error: 'cut',
      verdict: { class: 'quota_exhausted', scope: 'group', perModel: false, definitive: true, why: 'no money' },
    });
    await turn();
    expect(rig.snapshot('a').state).toBe('exhausted');
  });

  it('an abort under way: the reason passes, nothing is held', async () => {
    const rig = new RotateRig(['a']);
    const controller = new AbortController();
    const call = rig.call({ signal: controller.signal });
    const answer = rejection(rig.layer(() => new Promise((_, reject) => void call.deadline.listen(reject)))(call));
    await turn();
    expect(rig.key('a').inFlight).toBe(1);
    controller.abort('left');
    expect(await answer).toBe('left');
    expect(rig.reported).toMatchObject([{ class: 'aborted', action: 'reject' }]);
    expect(rig.snapshot('a')).toMatchObject({ state: 'ready', totals: { errors: 0 } });
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('an abort in the queue: no attempt at all', async () => {
    const rig = new RotateRig([keyInput('a', { limits: limits(bucket({ limit: 1 })) })]);
    const layer = rig.layer(() => fakeWhole());
    await layer(rig.call());
    const controller = new AbortController();
    const call = rig.call({ signal: controller.signal });
    const answer = rejection(layer(call));
    await rig.clock.advance(500);
    controller.abort('left');
    expect(await answer).toBe('left');
    expect(call.trace.attempts).toEqual([]);
    expect(call.trace.waitedMs).toBe(500);
    expect(rig.left).toEqual(NOTHING_LEFT);
  });
});

describe('the report', () => {
  it('tells of each attempt what it was taken for, how long it waited and why this key', async () => {
    const rig = new RotateRig([keyInput('a', { limits: limits(bucket({ limit: 60, burst: 1 })) })]);
    const layer = rig.layer(() =>
      rig.used.length === 2
        ? fails('rate_limited', { requestId: 'req-2', why: 'it said so', until: { at: rig.now + 100, source: 'body' } })()
        : fakeWhole(),
    );
    await layer(rig.call());
    const call = rig.call();
    const answer = layer(call);
    await rig.clock.advance(1000);
    await rig.clock.advance(1000);
    await answer;
    const waited = 'waited for configured limit of 60 requests per 60000 ms (group a), then the only group that could start';
    const shared = { provider: 'openai', model: 'gpt', key: 'a', group: 'a', durationMs: 0 };
    expect(call.trace.attempts).toMatchObject([
      {
        ...shared,
        startedAt: rig.now - 1000,
        waitedMs: 1000,
        class: 'rate_limited',
        scope: 'group',
        action: 'rotate',
        status: 429,
        requestId: 'req-2',
        why: `${waited}; it said so`,
      },
      { ...shared, startedAt: rig.now, waitedMs: 1000, class: 'ok', action: 'answer', status: 200 },
    ]);
    expect(call.trace.waitedMs).toBe(2000);
  });

  it('all waiting together is bounded by maxWaitMs, the first start by startBy', async () => {
    const rig = new RotateRig([keyInput('a', { limits: limits(bucket({ limit: 60, burst: 1 })) })]);
    const layer = rig.layer(() =>
      rig.used.length === 2 ? fails('rate_limited', { until: { at: rig.now + 1, source: 'body' } })() : fakeWhole(),
    );
    await layer(rig.call());
    const call = rig.call({ settings: { maxWaitMs: 1500 } });
    const answer = rejection(layer(call));
    await rig.clock.advance(1000);
    expect(await answer).toBeInstanceOf(KeysExhaustedError);
    expect(call.trace.attempts).toHaveLength(1);
    expect(await rejection(layer(rig.call({ startBy: rig.now + 999 })))).toMatchObject({ retryAt: rig.now + 1000 });
    expect(rig.left).toEqual(NOTHING_LEFT);
  });
});

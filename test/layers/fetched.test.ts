import { afterEach, describe, expect, test } from 'vitest';
import type { Answer, End, Leased, RawAnswer, Routed } from '../../src/call.ts';
import type { FetchRequest } from '../../src/chat/fetched.ts';
import { hedge } from '../../src/layers/hedge.ts';
import { retry } from '../../src/layers/retry.ts';
import { RetryBudgets } from '../../src/layers/retry/budget.ts';
import { rotate } from '../../src/layers/rotate.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import { createDeferred } from '../support/deferred.ts';
import { fakeFailure, fakeLeased, fakeRouted } from '../support/fake-call.ts';
import { aFetch } from '../transport/support.ts';

const OTHER: FetchRequest['endpoint'] = { kind: 'other', protocol: undefined, stream: false };

interface Stream {
  readonly answer: RawAnswer;
  readonly left: () => boolean;
}

/** Bytes that are over when their reader leaves. */
function bytes(status = 200): Stream {
  const ended = createDeferred<End>();
  let left = false;
  const parts: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => parts,
    next: () => new Promise(() => {}),
    return: () => {
      left = true;
      ended.resolve({ status: 'abandoned' });
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return { answer: { kind: 'raw', status, headers: {}, parts, done: ended.promise }, left: () => left };
}

/** Keys in groups of their own, asked one after the other; `answer` is what each attempt gets. */
function start(request: Partial<FetchRequest>, answer: (attempt: number, call: Leased) => Promise<Answer> | Answer, settings = {}) {
  const clock = createManualClock();
  const sent: Leased[] = [];
  const groups = ['one', 'two', 'three', 'four'];
  const lease = () => {
    const group = groups.shift() ?? 'none';
    return { ...fakeLeased({ clock }).lease, keyId: group, credential: group, groupId: group };
  };
  const rotating = rotate(
    { lease, estimates: { cost: () => ({ input: 1, output: 1 }) } },
    { clock, maxRotations: 8, onAttempt: () => {} },
  )(async (call) => {
    sent.push(call);
    return answer(sent.length, call);
  });
  const base = fakeRouted({ clock, settings });
  const call: Routed = { ...base, asked: { operation: 'fetch', request: aFetch('https://openai.test', request) } };
  const send = retry({ attempts: 3, budgets: new RetryBudgets(), clock, random: () => 0 })(hedge({ clock })(rotating));
  const answering = send(call);
  answering.catch(() => {});
  const lines = () => call.trace.attempts.map(({ key, class: failure, action }) => `${key} ${failure} ${action}`);
  return { clock, call, sent, answering, lines };
}

/** Fails as the verdicts say, then answers. */
function failing(...failures: readonly Parameters<typeof fakeFailure>[]): (attempt: number) => Answer {
  return (attempt) => {
    const failure = failures[attempt - 1];
    if (failure !== undefined) throw fakeFailure(...failure);
    return bytes(201).answer;
  };
}

describe('what a provider refused for its key', () => {
  test.each(['rate_limited', 'quota_exhausted', 'model_unavailable'] as const)(
    'goes to another one, with effects or not: %s',
    async (failure) => {
      const { answering, call, lines } = start({ endpoint: OTHER }, failing([failure]));
      expect(await answering).toMatchObject({ kind: 'raw', status: 201 });
      expect(lines()).toEqual([`one ${failure} rotate`, 'two ok answer']);
      expect(call.trace.attempts[1]?.status).toBe(201);
    },
  );

  test('stays refused where its body is gone', async () => {
    const body = { kind: 'once', open: async function* () {}, bytes: undefined } as const;
    const { answering, lines } = start({ endpoint: OTHER, body }, (attempt, { request }) => {
      if (typeof request.body === 'object' && 'open' in request.body) request.body.open();
      return failing(['rate_limited'])(attempt);
    });
    await expect(answering).rejects.toMatchObject({ verdict: { class: 'rate_limited' } });
    expect(lines()).toEqual(['one rate_limited reject']);
  });

  test('goes to another one while nobody has read its body', async () => {
    const body = { kind: 'once', open: async function* () {}, bytes: undefined } as const;
    const { answering, lines } = start({ endpoint: OTHER, body }, failing(['rate_limited']));
    await answering;
    expect(lines()).toEqual(['one rate_limited rotate', 'two ok answer']);
  });
});

describe('a sick provider', () => {
  test.each<[what: string, request: Partial<FetchRequest>, reached: boolean, attempts: number]>([
    ['a chat', {}, true, 2],
    ['a GET', { endpoint: OTHER, method: 'GET', body: { kind: 'none' } }, true, 2],
    ['what may have effects', { endpoint: OTHER }, true, 1],
    ['what may have effects and never arrived', { endpoint: OTHER }, false, 2],
  ])('is asked again for what may be repeated: %s', async (_what, request, reached, attempts) => {
    const { answering, clock, sent } = start(request, failing(['network', { reached }]));
    const ended = answering.then(
      () => 'answered',
      () => 'failed',
    );
    await clock.advance(1_000);
    expect(await ended).toBe(attempts === 2 ? 'answered' : 'failed');
    expect(sent).toHaveLength(attempts);
  });
});

describe('a second attempt beside a slow one', () => {
  let end = (): void => {};
  afterEach(() => end());

  test('wins, and the loser is left', async () => {
    const [first, second] = [bytes(), bytes(201)];
    const slow = createDeferred<Answer>();
    const { answering, clock } = start({}, (attempt) => (attempt === 1 ? slow.promise : second.answer), { hedgeAfterMs: 300 });
    await clock.advance(300);
    expect(await answering).toBe(second.answer);
    slow.resolve(first.answer);
    await first.answer.done;
    expect([first.left(), second.left()]).toEqual([true, false]);
    end = () => void second.answer.parts.return?.();
  });

  test('is not made of what may have effects', async () => {
    const slow = createDeferred<Answer>();
    const { answering, clock, sent } = start({ endpoint: OTHER }, () => slow.promise, { hedgeAfterMs: 300 });
    await clock.advance(1_000);
    expect(sent).toHaveLength(1);
    const { answer } = bytes();
    slow.resolve(answer);
    expect(await answering).toBe(answer);
  });
});

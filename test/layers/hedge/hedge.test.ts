import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Answer, Leased, Routed } from '../../../src/call.ts';
import { hedge } from '../../../src/layers/hedge.ts';
import { retry } from '../../../src/layers/retry.ts';
import { RetryBudgets } from '../../../src/layers/retry/budget.ts';
import { rotate } from '../../../src/layers/rotate.ts';
import { createManualClock } from '../../../src/simulator/manual-clock.ts';
import { createDeferred } from '../../support/deferred.ts';
import { fakeFailure, fakeLeased, fakeRouted, fakeStream, fakeWhole } from '../../support/fake-call.ts';

/** Two attempts at one call on their way, in the groups `one` and `two`. */
async function start({ attempts = 1 } = {}) {
  const clock = createManualClock();
  const call = fakeRouted({ clock, settings: { hedgeAfterMs: 300 } });
  const { protocol } = call.target.provider;
  const provider = { ...call.target.provider, protocol: { ...protocol, estimate: () => ({ input: 1, output: 1, least: 1 }) as never } };
  const groups = ['one', 'two', 'three'];
  const lease = () => {
    const group = groups.shift() ?? 'none';
    return { ...fakeLeased({ clock }).lease, keyId: group, credential: group, groupId: group };
  };
  const ends = [createDeferred<Answer>(), createDeferred<Answer>()] as const;
  const sent: Leased[] = [];
  const atKeys = rotate(
    { lease, estimates: { cost: () => ({ input: 1, output: 1 }) } },
    { clock, maxRotations: 0, onAttempt: () => {} },
  )((leased) => {
    sent.push(leased);
    return ends[sent.length - 1]?.promise ?? Promise.resolve(fakeWhole());
  });
  const send = retry({ attempts, budgets: new RetryBudgets(), clock, random: () => 0 })(hedge({ clock })(atKeys));
  const routed: Routed = { ...call, target: { ...call.target, provider } };
  const answering = send(routed);
  answering.catch(() => {});
  await clock.advance(300);
  const lines = () => call.trace.attempts.map(({ key, class: failure, action }) => `${key} ${failure} ${action}`);
  return { clock, call, answering, first: ends[0], second: ends[1], lines };
}

describe('two attempts that answer in one tick', () => {
  test('whole: the loser is marked, and the report names who answered', async () => {
    const { answering, first, second, lines, call, clock } = await start();
    const answer = fakeWhole();
    first.resolve(answer);
    second.resolve(fakeWhole());
    expect(await answering).toBe(answer);
    expect(lines()).toEqual(['one ok answer', 'two ok hedge']);
    expect(call.trace.attempts[1]?.why).toContain('another attempt of the call answered first');
    expect(call.trace.report(clock.now())).toMatchObject({ key: 'one' });
    expect(call.trace.answered).toBe(call.trace.attempts[0]);
  });

  test('as streams: the loser is left and marked', async () => {
    const { answering, first, second, lines, call, clock } = await start();
    const [won, lost] = [fakeStream(), fakeStream()];
    first.resolve(won.answer);
    second.resolve(lost.answer);
    expect(await answering).toBe(won.answer);
    lost.end({ status: 'abandoned' });
    won.end();
    await turn();
    expect(lines()).toEqual(['one ok answer', 'two aborted hedge']);
    expect(call.trace.report(clock.now())).toMatchObject({ key: 'one' });
  });
});

test('an answer that cannot be used is still the one that the report names', async () => {
  const { answering, first, second, call, clock } = await start();
  first.resolve(fakeWhole());
  second.resolve(fakeWhole());
  await answering;
  Object.assign(call.trace.answered ?? {}, { class: 'bad_output', action: 'reject' });
  expect(call.trace.report(clock.now())).toMatchObject({ key: 'one' });
});

describe('two attempts that fail', () => {
  test('are repeated after the first one: it is the one that was retried', async () => {
    const { answering, first, second, lines, clock } = await start({ attempts: 2 });
    second.reject(fakeFailure('rate_limited'));
    first.reject(fakeFailure('overloaded'));
    await clock.advance(0);
    await answering;
    expect(lines()).toEqual(['one overloaded retry', 'two rate_limited reject', 'three ok answer']);
  });

  const bug = new TypeError('x is not a function');
  const failure = fakeFailure('overloaded');
  test.each([
    ['the first one’s failure', failure, fakeFailure('network'), failure],
    ['a bug of the second', failure, bug, bug],
    ['a bug of the first', bug, failure, bug],
    ['the first bug of two', bug, new TypeError('y'), bug],
  ])('end the call with %s', async (_name, one, other, thrown) => {
    for (const order of ['first', 'second'] as const) {
      const { answering, first, second } = await start();
      if (order === 'first') first.reject(one);
      second.reject(other);
      await turn();
      first.reject(one);
      await expect(answering).rejects.toBe(thrown);
    }
  });
});

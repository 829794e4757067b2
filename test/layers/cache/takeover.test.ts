import { describe, expect, test } from 'vitest';
import { DeadlineError, KeysExhaustedError, ProviderError } from '../../../src/errors.ts';
import { type Ask, completion, createRig, type Rig, settle, stateOf, textOf, type Upstream } from './rig.ts';

/** Refuses a call as the pool does: by its patience and its end at entry, whatever changes later. */
function queue(rig: Rig, servedAt: number): void {
  rig.auto = (upstream) => {
    const { settings, deadline, startBy, trace } = upstream.call;
    const since = rig.clock.now();
    const limit = Math.min(startBy, deadline.at, since + settings.maxWaitMs - trace.waitedMs);
    const waitUntil = Math.min(limit, servedAt);
    rig.clock.after(waitUntil - since, () => {
      trace.waitedMs += rig.clock.now() - since;
      if (limit < servedAt) upstream.fail(exhausted(servedAt));
      else upstream.reply(completion('served'));
    });
  };
}

const exhausted = (retryAt: number | undefined) => new KeysExhaustedError('no key in time', { retryAt, keys: [] });
const patience = (maxWaitMs: number): Ask => ({ settings: { maxWaitMs } });

async function pair(rig: Rig, first: Ask, second: Ask) {
  queue(rig, rig.clock.now() + 1000);
  const leader = rig.ask(first);
  await settle();
  const joiner = rig.ask(second);
  await settle();
  const ends = Promise.allSettled([leader.answer, joiner.answer]);
  return { leader, joiner, ends };
}

describe('a flight that is refused for want of time', () => {
  test.each([
    ['maxWaitMs', patience(150), patience(20_000), 'keys_exhausted'],
    ['timeoutMs', { timeoutMs: 150 }, { timeoutMs: 20_000 }, /keys_exhausted|deadline_exceeded/],
  ] as const)('goes on with who is more patient by %s', async (_name, first, second, code) => {
    const rig = createRig();
    const { leader, joiner, ends } = await pair(rig, first, second);
    await rig.clock.advance(150);
    expect(await stateOf(leader.answer)).toMatchObject({ code: expect.stringMatching(code) });
    expect(await stateOf(joiner.answer)).toBe('pending');
    expect(rig.upstreams.map(({ call }) => call.trace)).toEqual([leader.call.trace, joiner.call.trace]);
    await rig.clock.advance(850);
    expect(await stateOf(joiner.answer)).toBe('resolved');
    await ends;
    // It led: its report tells of its own attempts, and of all its waiting.
    expect(joiner.call.trace).toMatchObject({ cache: 'miss', waitedMs: 1000, source: undefined, attempts: [{ key: 'key-1' }] });
    expect(rig.facts).toEqual(['stored']);
    for (const { call } of [leader, joiner]) call.deadline.close();
    expect([rig.clock.pending, rig.clock.pendingBackground]).toEqual([0, 0]);
  });

  test('changes nobody’s settings, and lifts no call that waits', async () => {
    const rig = createRig();
    const { leader, ends } = await pair(rig, { settings: { maxWaitMs: 150, priority: 1 } }, { settings: { maxWaitMs: 5000, priority: 7 } });
    const third = rig.ask({ settings: { maxWaitMs: 4000, priority: 9 } });
    await settle();
    const [first] = rig.upstreams;
    expect(first?.call.settings).toMatchObject({ maxWaitMs: 150, priority: 1 });
    await rig.clock.advance(150);
    expect(rig.upstreams[1]?.call.settings).toMatchObject({ maxWaitMs: 5000, priority: 9 });
    expect([first?.call.settings.priority, leader.call.settings.priority]).toEqual([1, 1]);
    await rig.clock.advance(850);
    await Promise.all([ends, third.answer]);
  });

  test('sets out once more for a thousand, and takes along who comes then', async () => {
    const rig = createRig();
    queue(rig, rig.clock.now() + 1000);
    const leader = rig.ask(patience(150)).answer.catch((error: unknown) => error);
    await settle();
    const others = Array.from({ length: 999 }, (_, index) => rig.ask(patience(5000 + (index % 500))));
    await settle();
    await rig.clock.advance(150);
    const late = rig.ask();
    await settle();
    await rig.clock.advance(850);
    const texts = await Promise.all([...others, late].map(async ({ answer }) => textOf(await answer)));
    expect(new Set(texts)).toEqual(new Set(['served']));
    expect(rig.upstreams).toHaveLength(2);
    expect(others.filter(({ call }) => call.trace.cache === 'miss')).toHaveLength(1);
    expect(await leader).toMatchObject({ code: 'keys_exhausted' });
  });

  test('tells who has no more patience than its leader, and nobody asks again', async () => {
    const rig = createRig();
    const asked = Array.from({ length: 50 }, () => rig.ask(patience(150)));
    await settle();
    const error = exhausted(rig.clock.now() + 1000);
    rig.upstreams[0]?.fail(error);
    const ends = await Promise.allSettled(asked.map(({ answer }) => answer));
    expect(ends.every((end) => end.status === 'rejected' && end.reason === error)).toBe(true);
    expect(rig.upstreams).toHaveLength(1);
  });

  test('refuses each at its time with its own error when all are impatient', async () => {
    const rig = createRig();
    queue(rig, rig.clock.now() + 1000);
    const refusals: { name: number; at: number; error: unknown }[] = [];
    const start = rig.clock.now();
    const asks: readonly (readonly [number, Ask])[] = [
      [100, patience(100)],
      [150, { ...patience(300), timeoutMs: 150 }],
      [200, patience(200)],
      [400, patience(400)],
    ];
    for (const [name, ask] of asks) {
      rig.ask(ask).answer.catch((error: unknown) => refusals.push({ name, at: rig.clock.now() - start, error }));
      await settle();
    }
    for (let ms = 0; ms < 1000; ms += 50) await rig.clock.advance(50);
    // Who is aboard shares the patience of the most patient, but its own time is its own.
    const all = [
      [100, 100],
      [150, 150],
      [200, 400],
      [400, 400],
    ];
    expect(refusals.map(({ name, at }) => [name, at])).toEqual(all);
    expect(refusals.map(({ error }) => error instanceof DeadlineError)).toEqual([false, true, false, false]);
    expect(refusals[0]?.error).not.toBe(refusals[3]?.error);
    expect(refusals[1]?.error).toMatchObject({ message: expect.stringContaining("'timeoutMs' is 150") });
    expect(rig.upstreams).toHaveLength(2);
  });

  test('counts what its passengers waited aboard, not the time of attempts', async () => {
    const rig = createRig();
    const leader = rig.ask(patience(100));
    const joiner = rig.ask(patience(1000));
    await settle();
    const [first] = rig.upstreams;
    await rig.clock.advance(500);
    if (first !== undefined) first.call.trace.waitedMs += 80;
    first?.fail(exhausted(rig.clock.now() + 500));
    await expect(leader.answer).rejects.toMatchObject({ code: 'keys_exhausted' });
    expect(rig.upstreams[1]?.call.trace.waitedMs).toBe(80);
    rig.upstreams[1]?.reply();
    await joiner.answer;
  });

  test('keeps what refused it: equal calls are refused by the same keys', async () => {
    const rig = createRig();
    const asked = [rig.ask(patience(100)), rig.ask(patience(1000))];
    await settle();
    rig.upstreams[0]?.call.refusedBy.add('key-9');
    rig.upstreams[0]?.fail(exhausted(rig.clock.now() + 500));
    await expect(asked[0]?.answer).rejects.toMatchObject({ code: 'keys_exhausted' });
    expect([...(rig.upstreams[1]?.call.refusedBy ?? [])]).toEqual(['key-9']);
    rig.upstreams[1]?.reply();
    await asked[1]?.answer;
  });

  test.each([
    ['no key ever can', () => exhausted(undefined)],
    ['the provider is sick', () => new ProviderError('sick', { class: 'server_error' })],
    ['it is a bug', () => new TypeError('bug')],
  ])('is one of its kind: when %s all are told', async (_name, make) => {
    const rig = createRig();
    const asked = [rig.ask(patience(100)), rig.ask(patience(1000))];
    await settle();
    const error = make();
    rig.upstreams[0]?.fail(error);
    const ends = await Promise.allSettled(asked.map(({ answer }) => answer));
    expect(ends).toMatchObject([{ reason: error }, { reason: error }]);
    expect(rig.upstreams).toHaveLength(1);
  });

  test('leaves a stale answer to everybody who has it at hand', async () => {
    const rig = createRig({ staleMs: 60_000, staleAfterMs: 200 });
    rig.auto = (upstream: Upstream) => upstream.reply(completion('old'));
    await rig.read({ ttlMs: 10 });
    await rig.clock.advance(20);
    const { ends } = await pair(rig, {}, { settings: { maxWaitMs: 90_000 } });
    await rig.clock.advance(200);
    expect(await ends).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }]);
    expect(rig.upstreams).toHaveLength(2);
  });
});

describe('an abort while another passenger takes over', () => {
  test('of the new leader leaves the flight to the others', async () => {
    const rig = createRig();
    const controller = new AbortController();
    const leader = rig.ask(patience(100));
    const heir = rig.ask({ ...patience(9000), signal: controller.signal });
    const third = rig.ask(patience(5000));
    await settle();
    rig.upstreams[0]?.fail(exhausted(rig.clock.now() + 500));
    leader.answer.catch(() => controller.abort('mine'));
    await expect(leader.answer).rejects.toMatchObject({ code: 'keys_exhausted' });
    await expect(heir.answer).rejects.toBe('mine');
    expect(rig.upstreams).toHaveLength(2);
    expect(rig.upstreams[1]?.call.deadline.ended).toBeUndefined();
    rig.upstreams[1]?.reply(completion('served'));
    expect(await textOf(await third.answer)).toBe('served');
    expect(third.call.trace).toMatchObject({ cache: 'shared', costUsd: 0 });
  });

  test('of everybody ends the request', async () => {
    const rig = createRig();
    const controller = new AbortController();
    const asked = [patience(100), patience(9000), patience(5000)].map((ask) => rig.ask({ ...ask, signal: controller.signal }));
    await settle();
    rig.upstreams[0]?.fail(exhausted(rig.clock.now() + 500));
    asked[0]?.answer.catch(() => controller.abort('mine'));
    await Promise.allSettled(asked.map(({ answer }) => answer));
    expect(rig.upstreams[1]?.call.deadline.ended).toEqual({ reason: 'mine' });
    rig.auto = (upstream) => upstream.reply(completion('new'));
    expect((await rig.read()).text).toBe('new');
    expect([rig.clock.pending, rig.clock.pendingBackground]).toEqual([0, 0]);
  });

  test('that came before it takes nobody who has left', async () => {
    const rig = createRig();
    const controller = new AbortController();
    const asked = [rig.ask(patience(100)), rig.ask({ ...patience(9000), signal: controller.signal })];
    await settle();
    controller.abort('mine');
    rig.upstreams[0]?.fail(exhausted(rig.clock.now() + 500));
    expect(await Promise.allSettled(asked.map(({ answer }) => answer))).toMatchObject([
      { reason: { code: 'keys_exhausted' } },
      { reason: 'mine' },
    ]);
    expect(rig.upstreams).toHaveLength(1);
  });
});

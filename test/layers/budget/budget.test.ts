import { describe, expect, test } from 'vitest';
import type { BudgetError } from '../../../src/errors.ts';
import { createDeferred } from '../../support/deferred.ts';
import { fakeStream } from '../../support/fake-call.ts';
import { BudgetRig } from './rig.ts';

const tokens = (input: number) => ({ input, output: 0 });
const ends = (asked: readonly { readonly end?: string }[]) => asked.map(({ end }) => end);

describe('a call whose budget is in use', () => {
  test('waits for calls under way, and is sent when they leave enough', async () => {
    const rig = new BudgetRig({ tenants: { one: { tokens: 30, per: 'day' } } });
    const asked = Array.from({ length: 5 }, () => rig.ask({ tenant: 'one' }));
    await rig.turn();
    expect(rig.sent).toHaveLength(3);
    await rig.clock.advance(500);
    rig.sent[0]?.serve(tokens(1));
    await rig.turn();
    expect(rig.sent).toHaveLength(3);
    rig.sent[1]?.serve(tokens(1));
    await rig.turn();
    expect(rig.sent).toHaveLength(4);
    expect(asked[3]?.call.trace.waitedMs).toBe(500);
    for (const sent of rig.sent) sent.serve(tokens(1));
    await rig.turn();
    rig.sent[4]?.serve(tokens(1));
    await rig.turn();
    expect(ends(asked)).toEqual(asked.map(() => 'answered'));
    expect(rig.budgets.list()).toMatchObject([{ spent: 5, reserved: 0 }]);
    expect(rig.clock.pending).toBe(0);
  });

  test('is refused when it is spent meanwhile', async () => {
    const rig = new BudgetRig({ tenants: { one: { tokens: 10, per: 'day' } } });
    const asked = Array.from({ length: 3 }, () => rig.ask({ tenant: 'one' }));
    rig.sent[0]?.serve(tokens(25));
    await rig.turn();
    expect(ends(asked)).toEqual(['answered', 'BudgetError', 'BudgetError']);
    expect(asked[1]?.error).toMatchObject({ retryAt: Date.UTC(2026, 2, 1), message: expect.stringContaining('spent so far 25 tokens') });
    expect(rig.clock.pending).toBe(0);
  });

  test.each([
    ['its patience', { maxWaitMs: 100 }, 'BudgetError'],
    ['its time', { timeoutMs: 100 }, 'DeadlineError'],
    ['the time of who has something else to offer', { startBy: Date.UTC(2026, 1, 28, 12) + 100 }, 'BudgetError'],
  ])('waits no longer than %s', async (_, options, end) => {
    const rig = new BudgetRig({ tenants: { one: { calls: 1, per: 'day' } } });
    rig.ask({ tenant: 'one' });
    const second = rig.ask({ tenant: 'one', ...options });
    await rig.clock.advance(99);
    expect(second.end).toBeUndefined();
    await rig.clock.advance(1);
    expect(second.end).toBe(end);
    expect(rig.sent).toHaveLength(1);
    rig.sent[0]?.serve();
    await rig.turn();
    expect(rig.clock.pending).toBe(0);
  });

  test('does not wait where it may not', async () => {
    const rig = new BudgetRig({ tenants: { one: { calls: 1, per: 'day' } } });
    rig.ask({ tenant: 'one' });
    const second = rig.ask({ tenant: 'one', maxWaitMs: 0 });
    await rig.turn();
    expect(second.end).toBe('BudgetError');
    expect((second.error as BudgetError).message).toContain('is in use by calls under way');
    // What is in use may be left at any time: not at the end of the day.
    expect((second.error as BudgetError).retryAt).toBe(rig.clock.now());
  });

  test('leaves with its caller, who gets their own reason, and lets those behind go on', async () => {
    const rig = new BudgetRig({ tenants: { one: { tokens: 30, per: 'day' } } });
    rig.ask({ tenant: 'one' });
    rig.ask({ tenant: 'one' });
    rig.ask({ tenant: 'one' });
    const controller = new AbortController();
    const gone = rig.ask({ tenant: 'one', signal: controller.signal });
    const next = rig.ask({ tenant: 'one' });
    controller.abort('enough');
    await rig.turn();
    expect(gone.end).toBe('enough');
    rig.sent[0]?.answer.reject(new Error('failed'));
    await rig.turn();
    expect(rig.sent.at(-1)?.call).toBe(next.call);
  });

  test('a call that was aborted before is not asked about its budget', async () => {
    const rig = new BudgetRig({ tenants: { one: { calls: 1, per: 'day' } } });
    rig.ask({ tenant: 'one' });
    rig.sent[0]?.serve();
    await rig.turn();
    const asked = rig.ask({ tenant: 'one', signal: AbortSignal.abort('before') });
    await rig.turn();
    expect(asked.end).toBe('before');
  });

  test('nobody overtakes who waits', async () => {
    const rig = new BudgetRig({ tenants: { one: { calls: 2, per: 'month' } }, tags: { 'team=a': { calls: 1, per: 'month' } } });
    rig.ask({ tenant: 'one' });
    rig.ask({ tenant: 'one' });
    const waiting = rig.ask({ tenant: 'one' });
    await rig.clock.advance(1);
    rig.sent[0]?.answer.reject(new Error('failed'));
    const late = rig.ask({ tenant: 'one' });
    await rig.turn();
    expect(rig.sent.map(({ call }) => call)).toContain(waiting.call);
    expect(rig.sent.map(({ call }) => call)).not.toContain(late.call);
  });

  test('of two budgets waits for the one, then for the other', async () => {
    const rig = new BudgetRig({ tenants: { one: { calls: 3, per: 'day' } }, tags: { 'team=a': { calls: 2, per: 'day' } } });
    const tags = { team: 'a' };
    rig.ask({ tenant: 'one' });
    rig.ask({ tenant: 'one' });
    rig.ask({ tenant: 'one' });
    rig.ask({ tags });
    rig.ask({ tags });
    const both = rig.ask({ tenant: 'one', tags });
    rig.sent[0]?.answer.reject(new Error('failed'));
    await rig.turn();
    expect(rig.sent).toHaveLength(5);
    rig.sent[3]?.answer.reject(new Error('failed'));
    await rig.turn();
    expect(rig.sent.at(-1)?.call).toBe(both.call);
    for (const sent of rig.sent) sent.serve();
    await rig.turn();
    expect(rig.budgets.list().map(({ name, spent, reserved }) => [name, spent, reserved])).toEqual([
      ['team=a', 2, 0],
      ['one', 3, 0],
    ]);
  });

  test.each([
    ['day', Date.UTC(2026, 2, 1)],
    ['month', Date.UTC(2026, 2, 1)],
  ] as const)('goes on when a new %s begins, although the call under way does not end', async (per, anewAt) => {
    const rig = new BudgetRig({ tenants: { one: { calls: 2, per } } });
    rig.ask({ tenant: 'one' });
    rig.sent[0]?.serve();
    await rig.turn();
    rig.ask({ tenant: 'one' });
    const waiting = [rig.ask({ tenant: 'one', maxWaitMs: Infinity }), rig.ask({ tenant: 'one', maxWaitMs: Infinity })];
    await rig.clock.advance(anewAt - rig.clock.now() - 1);
    expect(rig.sent).toHaveLength(2);
    await rig.clock.advance(1);
    // One place is still taken by the call of yesterday.
    expect(rig.sent.slice(2).map(({ call }) => call)).toEqual([waiting[0]?.call]);
    for (const sent of rig.sent) sent.serve();
    await rig.turn();
    expect(ends(waiting)).toEqual(['answered', 'BudgetError']);
    expect(rig.clock.pending).toBe(0);
  });

  test('goes on with the next day of a budget that it waits for after that of another one', async () => {
    const rig = new BudgetRig({ tenants: { one: { calls: 1, per: 'month' } }, tags: { 'team=a': { calls: 2, per: 'day' } } });
    const tags = { team: 'a' };
    rig.ask({ tenant: 'one' });
    rig.ask({ tags });
    rig.sent[1]?.serve();
    await rig.turn();
    rig.ask({ tags });
    const both = rig.ask({ tenant: 'one', tags, maxWaitMs: Infinity });
    rig.sent[0]?.answer.reject(new Error('failed'));
    await rig.turn();
    expect(rig.sent).toHaveLength(3);
    await rig.clock.advance(12 * 3_600_000);
    expect(rig.sent.at(-1)?.call).toBe(both.call);
    for (const sent of rig.sent) sent.serve();
    await rig.turn();
    expect(rig.clock.pending).toBe(0);
  });
});

describe('what is counted', () => {
  test('is what its attempts used, also of a call that failed in the end', async () => {
    const rig = new BudgetRig({
      tenants: {
        one: [
          { tokens: 1000, per: 'day' },
          { usd: 10, per: 'month' },
          { calls: 5, per: 'day' },
        ],
      },
    });
    const call = rig.ask({ tenant: 'one' });
    const [sent] = rig.sent;
    if (sent === undefined) throw new Error('Nothing was sent');
    const { trace } = sent.call;
    const line = { provider: 'openai', model: 'gpt', key: 'k', group: 'g', startedAt: 0, durationMs: 0, waitedMs: 0, why: '' };
    trace.attempts.push({ ...line, class: 'bad_output', tokens: { input: 7, output: 3 }, costUsd: 0.1 });
    trace.attempts.push({ ...line, class: 'server_error', status: 500 });
    sent.answer.reject(new Error('no answer fits'));
    await rig.turn();
    expect(call.end).toBe('Error');
    const spent = Object.fromEntries(rig.budgets.list().map((budget) => [budget.counts, budget.spent]));
    expect(spent).toEqual({ tokens: 10, usd: 0.1, calls: 0 });
  });

  test('a model without a price counts nothing in USD, and waits for nobody', async () => {
    const rig = new BudgetRig({ tenants: { one: { usd: 0.15, per: 'day' } } });
    rig.ask({ tenant: 'one' });
    rig.ask({ tenant: 'one' });
    const free = Array.from({ length: 20 }, () => rig.ask({ tenant: 'one', targets: ['openai/free'] }));
    await rig.turn();
    // Whoever waits is waited for all the same.
    expect(rig.sent).toHaveLength(1);
    rig.sent[0]?.serve(tokens(1));
    await rig.turn();
    expect(rig.sent).toHaveLength(22);
    for (const sent of rig.sent) sent.serve(tokens(1));
    await rig.turn();
    expect(ends(free)).toEqual(free.map(() => 'answered'));
    expect(rig.budgets.list()[0]?.spent).toBeCloseTo(0.02, 9);
  });

  test('a stream counts when it is over, and not where its reader left', async () => {
    const rig = new BudgetRig({ tenants: { one: { calls: 5, per: 'day' } } });
    const streams = [fakeStream(), fakeStream(), fakeStream()];
    for (const [index, stream] of streams.entries()) {
      rig.ask({ tenant: 'one', stream: true });
      rig.sent[index]?.serve(undefined, stream.answer);
    }
    await rig.turn();
    expect(rig.budgets.list()).toMatchObject([{ spent: 0, reserved: 3 }]);
    streams[0]?.end();
    streams[1]?.end({ status: 'abandoned' });
    streams[2]?.end({ status: 'failed', error: new Error('cut') });
    await rig.turn();
    expect(rig.budgets.list()).toMatchObject([{ spent: 1, reserved: 0 }]);
  });

  test('calls without tenant and tags that no budget is about pass as they are', async () => {
    const rig = new BudgetRig({ tenants: { one: { calls: 1, per: 'day' } }, tags: { team: { calls: 1, per: 'day' } } });
    for (let count = 0; count < 3; count += 1) rig.ask({ tenant: 'other', tags: { feature: 'x' } });
    for (let count = 0; count < 3; count += 1) rig.ask({ tags: JSON.parse('{"__proto__": "x", "constructor": "y"}') });
    expect(rig.sent).toHaveLength(6);
    expect(rig.budgets.list()).toMatchObject([{ name: 'one', spent: 0 }]);
  });
});

describe('prices', () => {
  test('are here before the first call is sent, where a budget is in USD', async () => {
    const rig = new BudgetRig({ tenants: { one: { usd: 0.25, per: 'day' } } });
    rig.prices.loading = createDeferred();
    const asked = Array.from({ length: 5 }, () => rig.ask({ tenant: 'one' }));
    const controller = new AbortController();
    const gone = rig.ask({ tenant: 'one', signal: controller.signal });
    controller.abort('enough');
    await rig.turn();
    expect(gone.end).toBe('enough');
    expect(rig.sent).toEqual([]);
    const { loading } = rig.prices;
    rig.prices.loading = undefined;
    loading?.resolve();
    await rig.turn();
    expect(rig.sent).toHaveLength(2);
    for (let index = 0; index < 5; index += 1) {
      rig.sent[index]?.serve(tokens(10));
      await rig.turn();
    }
    expect(ends(asked)).toEqual(['answered', 'answered', 'answered', 'BudgetError', 'BudgetError']);
  });

  test('are not waited for where none is', () => {
    const rig = new BudgetRig({ tenants: { one: { calls: 5, per: 'day' } } });
    rig.prices.loading = createDeferred();
    rig.ask({ tenant: 'one' });
    expect(rig.sent).toHaveLength(1);
  });
});

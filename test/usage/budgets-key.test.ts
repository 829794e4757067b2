import { describe, expect, test } from 'vitest';
import type { Bound } from '../../src/budget.ts';
import { resolveBudgets } from '../../src/options/budgets.ts';
import { Budgets } from '../../src/usage/budgets.ts';
import { keyInput, makeAsk, Rig, served, START } from '../pool/rig.ts';

const DAY = 86_400_000;
const limit = 2;
const own: readonly Bound[] = [{ counts: 'calls', limit, per: 'day', near: [] }];

/** A pool of one provider whose keys draw on a budget of two calls a day. */
function setUp(of: 'key' | 'group', keys: number) {
  const rig = new Rig([]);
  const { pool, clock, events } = rig;
  const prices = { ready: true, load: () => Promise.resolve(), costOf: () => undefined };
  const settings = resolveBudgets({ groups: { team: { calls: limit, per: 'day' } } }, true);
  const budgets = new Budgets(settings, { clock, events, prices, estimates: pool.estimates, addressOf: () => '' });
  pool.ring.countedBy(budgets);
  const more = of === 'key' ? { budgets: own } : { group: 'team' };
  for (let index = 0; index < keys; index += 1) pool.ring.add('openai', keyInput(`k${index}`, more), rig.now);
  rig.widen();
  return { rig, budgets };
}

describe.each([
  ['key', 1],
  // So many that they have an index.
  ['key', 30],
  ['group', 3],
] as const)('who waits for a call in flight by the budget of a %s, of %d keys', (of, keys) => {
  test('begins with the next period, although that one does not end', async () => {
    const { rig, budgets } = setUp(of, keys);
    const lease = async () => rig.pool.lease(makeAsk({ waitUntil: Infinity }), rig.deadline());
    const all = of === 'key' ? keys * limit : limit;
    const first = await Promise.all(Array.from({ length: all }, lease));
    for (const each of first) each.sent();
    for (const each of first.slice(0, all / 2)) each.settle(served({ input: 1, output: 1 }));
    let began: number | undefined;
    const waiting = lease().then((late) => {
      began = rig.now;
      return late;
    });
    await rig.clock.advance(DAY - 1);
    expect(began).toBeUndefined();
    await rig.clock.advance(1);
    expect(began).toBe(START + DAY);
    for (const each of [...first, await waiting]) each.settle(served({ input: 1, output: 1 }));
    expect(budgets.list().filter(({ reserved }) => reserved !== 0)).toEqual([]);
    expect(rig.left).toMatchObject({ waiting: 0, timers: 0, inFlight: 0 });
  });
});

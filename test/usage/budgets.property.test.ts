import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bound } from '../../src/budget.ts';
import { resolveBudgets } from '../../src/options/budgets.ts';
import type { Ask } from '../../src/pool/ask.ts';
import type { Lease } from '../../src/pool/lease.ts';
import { Budgets } from '../../src/usage/budgets.ts';
import { BudgetRig } from '../layers/budget/rig.ts';
import { cancelled, failed, keyInput, Rig, served } from '../pool/rig.ts';

const HOUR = 3_600_000;

/** What happens next: a call comes, one under way ends (well or not), one that waits leaves, time passes. */
const move = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), which: fc.nat(3), patient: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(30), how: fc.constantFrom('served', 'failed', 'cancelled') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 9 * HOUR }) }) },
);

/** Answers of each day, by who answered. */
class Days {
  readonly #answers = new Map<string, number>();

  note(name: string, now: number): void {
    const day = `${name} ${new Date(now).toISOString().slice(0, 10)}`;
    this.#answers.set(day, (this.#answers.get(day) ?? 0) + 1);
  }

  most(name: string): number {
    return Math.max(0, ...[...this.#answers].filter(([day]) => day.startsWith(`${name} `)).map(([, count]) => count));
  }
}

test('a budget of calls of a tag or tenant is never exceeded, whatever comes in between, and nothing stays reserved', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 40, maxLength: 100 }), fc.integer({ min: 1, max: 5 }), async (moves, limit) => {
      const rig = new BudgetRig({ tenants: { '*': { calls: limit, per: 'day' } }, tags: { team: { calls: limit + 1, per: 'day' } } });
      const days = new Days();
      const left = new Set<AbortController>();
      const over = new Set<number>();
      const end = (index: number, how: string): void => {
        const sent = rig.sent[index];
        if (sent === undefined || over.has(index)) return;
        over.add(index);
        if (how !== 'served') return sent.answer.reject(new Error(how));
        sent.serve();
        for (const name of [sent.call.settings.tenant, sent.call.trace.tags['team']])
          if (name !== undefined) days.note(name, rig.clock.now());
      };
      for (const each of moves) {
        if (each.do === 'ask') {
          const controller = new AbortController();
          left.add(controller);
          const who = [{ tenant: 'one' }, { tenant: 'two' }, { tags: { team: 'a' } }, { tenant: 'one', tags: { team: 'a' } }][each.which];
          rig.ask({ ...who, signal: controller.signal, maxWaitMs: each.patient ? Infinity : 1000 });
        } else if (each.do === 'end') end(each.which, each.how);
        else if (each.do === 'leave') [...left][each.which]?.abort('left');
        else await rig.clock.advance(each.ms);
        await rig.turn();
      }
      // Everybody comes to an end: those who were let in by it, too.
      for (let index = 0; index < rig.sent.length; index += 1) {
        end(index, 'served');
        await rig.turn();
      }
      for (const name of ['one', 'two']) expect(days.most(name)).toBeLessThanOrEqual(limit);
      expect(days.most('a')).toBeLessThanOrEqual(limit + 1);
      expect(rig.budgets.list().filter(({ reserved }) => reserved !== 0)).toEqual([]);
      expect(rig.clock.pending).toBe(0);
    }),
    { numRuns: 60 },
  );
});

const bounds: readonly Bound[] = [{ counts: 'calls', limit: 2, per: 'day', near: [] }];

test('a budget of calls of a key or group is never exceeded, and who waits is told in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 40, maxLength: 100 }), async (moves) => {
      const rig = new Rig([]);
      const { pool, clock, events } = rig;
      const settings = resolveBudgets({ groups: { team: { calls: 3, per: 'day' } } }, true);
      const prices = { ready: true, load: () => Promise.resolve(), costOf: () => undefined };
      const budgets = new Budgets(settings, { clock, events, prices, estimates: pool.estimates, addressOf: () => '' });
      pool.ring.countedBy(budgets);
      const inputs = [
        keyInput('a', { group: 'team', budgets: bounds }),
        keyInput('b', { group: 'team' }),
        keyInput('c', { budgets: bounds }),
        keyInput('d', { group: 'team' }),
      ];
      for (const [index, input] of inputs.entries()) pool.ring.add(index === 3 ? 'other' : 'openai', input, rig.now);
      rig.widen();
      const days = new Days();
      const leases: Lease[] = [];
      const waiting: { readonly promise: Promise<Lease>; error?: unknown }[] = [];
      const controllers: AbortController[] = [];
      const ends = { served: served({ input: 1, output: 1 }), failed: failed('server_error'), cancelled };
      const end = (index: number, how: 'served' | 'failed' | 'cancelled'): void => {
        const [lease] = leases.splice(index, 1);
        if (lease === undefined) return;
        lease.settle(ends[how]);
        if (how !== 'served') return;
        days.note(lease.keyId, rig.now);
        if (lease.keyId !== 'c') days.note('team', rig.now);
      };
      for (const each of moves) {
        if (each.do === 'ask') {
          const controller = new AbortController();
          controllers.push(controller);
          const ask = { provider: each.which === 3 ? 'other' : 'openai', waitUntil: rig.now + (each.patient ? 40 * HOUR : 1000) };
          try {
            const lease = pool.lease({ ...askOf(), ...ask }, rig.deadline(controller.signal));
            if (lease instanceof Promise) {
              const settled: (typeof waiting)[number] = { promise: lease };
              waiting.push(settled);
              lease.then(
                (late) => {
                  late.sent();
                  leases.push(late);
                },
                (error: unknown) => (settled.error = error),
              );
            } else {
              lease.sent();
              leases.push(lease);
            }
          } catch {
            // Refused at once.
          }
        } else if (each.do === 'end') end(each.which % 8, each.how);
        else if (each.do === 'leave') controllers[each.which]?.abort('left');
        else await clock.advance(each.ms);
        await clock.advance(0);
      }
      for (let rounds = 0; leases.length > 0 || pool.waiting > 0; rounds += 1) {
        expect(rounds).toBeLessThan(1000);
        if (leases.length > 0) end(0, 'served');
        else await clock.advance(HOUR);
        await clock.advance(0);
      }
      for (const name of ['a', 'c']) expect(days.most(name)).toBeLessThanOrEqual(2);
      expect(days.most('team')).toBeLessThanOrEqual(3);
      expect(budgets.list().filter(({ reserved }) => reserved !== 0)).toEqual([]);
      expect(rig.left).toMatchObject({ waiting: 0, timers: 0, inFlight: 0 });
    }),
    { numRuns: 60 },
  );
});

let calls = 0;

function askOf(): Omit<Ask, 'provider' | 'waitUntil'> {
  calls += 1;
  const free = { groups: undefined, keys: undefined, avoid: new Set<string>(), priority: 0, tenant: undefined, affinity: undefined };
  return { ...free, callId: `call-${calls}`, model: 'gpt', cost: { input: 1, output: 1 } };
}

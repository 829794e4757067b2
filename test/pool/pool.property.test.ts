import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Deadline } from '../../src/deadline.ts';
import type { Ask } from '../../src/pool/ask.ts';
import { choose } from '../../src/pool/queue/choose.ts';
import type { Lease, LeaseEnd } from '../../src/pool/lease.ts';
import type { GroupLimits } from '../../src/pool/quota/limits.ts';
import type { Verdict } from '../../src/failure.ts';
import { bucket, cancelled, failed, keyInput, limits, makeAsk, NOTHING_LEFT, Rig, seeded, served, START, turn } from './rig.ts';

/** A random life of a pool: calls come, wait, leave and end in every way while time passes and people change keys. */
type Move =
  | { readonly do: 'ask'; readonly ask: Partial<Ask>; readonly waitMs: number; readonly timeoutMs: number }
  | { readonly do: 'send' | 'abort'; readonly which: number }
  | { readonly do: 'end'; readonly which: number; readonly end: LeaseEnd }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'switch'; readonly key: string; readonly on: boolean };

const KEYS = ['a1', 'a2', 'b', 'c', 'd'];
const MODELS = ['gpt', 'o1'];

const GROUP_LIMITS: Readonly<Record<string, GroupLimits>> = {
  a: { ...limits(bucket({ limit: 6, windowMs: 3000, burst: 2 })), concurrency: 3, minTimeMs: undefined },
  b: limits(bucket({ limit: 4, windowMs: 2000, kind: 'fixed', perModel: false })),
  c: limits(bucket({ counts: 'tokens', limit: 100, windowMs: 2000, kind: 'sliding' })),
  d: { ...limits(), concurrency: undefined, minTimeMs: 150 },
};

const optionally = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });

const until = optionally(fc.integer({ min: -10, max: 4000 }));
const hint = (ms: number | undefined): Partial<Verdict> =>
  ms === undefined ? {} : { until: { at: START + 2000 + ms, source: 'retry-after' } };

const end: fc.Arbitrary<LeaseEnd> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 60 }).map((tokens) => served({ input: tokens, output: 0 })) },
  { weight: 2, arbitrary: fc.tuple(until, fc.boolean()).map(([ms, perModel]) => failed('rate_limited', { ...hint(ms), perModel })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('key', 'group', 'org')
      .map((scope) => failed('quota_exhausted', { ...hint(500), scope: scope as Verdict['scope'] })),
  },
  { weight: 1, arbitrary: fc.boolean().map((definitive) => failed('key_invalid', { definitive, ...hint(100) })) },
  { weight: 1, arbitrary: fc.constantFrom('server_error', 'network', 'timeout').map((failure) => failed(failure)) },
  { weight: 1, arbitrary: fc.constant(cancelled) },
);

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      waitMs: fc.constantFrom(0, 100, 1500, 10_000, Infinity),
      timeoutMs: fc.constantFrom(700, Infinity, Infinity),
      ask: fc.record({
        model: fc.constantFrom(...MODELS),
        cost: fc.integer({ min: 1, max: 60 }).map((input) => ({ input, output: 0 })),
        priority: fc.integer({ min: -1, max: 2 }),
        groups: optionally(fc.constantFrom(['a'], ['b', 'c'], ['d'])),
        keys: optionally(fc.constantFrom(['a1'], ['b', 'a2'])),
        affinity: optionally(fc.constantFrom('x', 'y')),
      }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), which: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(20), end }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), which: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 40, 333, 1000, 2500) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('switch' as const), key: fc.constantFrom(...KEYS), on: fc.boolean() }) },
);

interface Asked {
  readonly ask: Ask;
  readonly controller: AbortController;
  readonly deadline: Deadline;
  outcomes: number;
}

class Life {
  readonly rig = new Rig(
    KEYS.map((id) => keyInput(id, { group: id[0] ?? id, limits: GROUP_LIMITS[id[0] ?? id] ?? limits() })),
    5,
  );
  readonly asked: Asked[] = [];
  /** Those that wait, in order of arrival. */
  readonly waiting = new Set<Asked>();
  readonly leases: Lease[] = [];
  /** What was found wrong: nothing, that is. */
  readonly wrong: string[] = [];

  async run(moves: readonly Move[]): Promise<void> {
    for (const one of moves) {
      await this.#do(one);
      await turn();
      this.#checkWork();
    }
  }

  /** All calls end, time passes and nobody comes: everybody must be through. */
  async finish(): Promise<void> {
    for (let round = 0; round < 400 && this.waiting.size + this.leases.length > 0; round += 1) {
      for (const lease of this.leases.splice(0)) lease.settle(served());
      // Whoever is left waits for no time that comes: for a day at most, the hold for money with its jitter.
      await this.rig.clock.advance(1_000_000);
    }
  }

  async #do(one: Move): Promise<void> {
    const { rig } = this;
    switch (one.do) {
      case 'ask':
        return this.#ask(one.ask, one.waitMs, one.timeoutMs);
      case 'send':
        return this.leases[one.which % Math.max(1, this.leases.length)]?.sent();
      case 'end':
        for (const lease of this.leases.splice(one.which % Math.max(1, this.leases.length), 1)) {
          lease.settle(one.end);
          lease.settle(served());
        }
        return;
      case 'abort':
        return [...this.waiting][one.which % Math.max(1, this.waiting.size)]?.controller.abort('left');
      case 'wait':
        return rig.clock.advance(one.ms);
      case 'switch':
        if (one.on) rig.pool.outcomes.restore(rig.key(one.key));
        else rig.key(one.key).status = { status: 'disabled' };
        return rig.pool.stir();
    }
  }

  #ask(more: Partial<Ask>, waitMs: number, timeoutMs: number): void {
    const { rig } = this;
    const controller = new AbortController();
    const deadline = rig.deadline(controller.signal, timeoutMs);
    const asked: Asked = { ask: makeAsk({ ...more, waitUntil: rig.now + waitMs }), controller, deadline, outcomes: 0 };
    this.asked.push(asked);
    try {
      const leased = rig.pool.lease(asked.ask, deadline);
      if (!(leased instanceof Promise)) return this.#granted(asked, leased);
      this.waiting.add(asked);
      leased.then(
        (lease) => this.#granted(asked, lease),
        () => this.#over(asked),
      );
    } catch {
      this.#over(asked);
    }
  }

  #over(asked: Asked): void {
    asked.outcomes += 1;
    // As the layer above does: a call's time is its own.
    asked.deadline.close();
    this.waiting.delete(asked);
  }

  #granted(asked: Asked, lease: Lease): void {
    this.#over(asked);
    this.leases.push(lease);
    this.#checkLease(asked.ask, lease);
  }

  #checkLease(ask: Ask, lease: Lease): void {
    const { now } = this.rig;
    const key = this.rig.key(lease.keyId);
    const { group } = key;
    const holders = [key.holds, group.holds, group.provider.holds];
    if (!key.mayServe(ask.model, now)) this.wrong.push(`${key.id} may not serve`);
    if (holders.some((holds) => holds.readyAt(ask.model) > now)) this.wrong.push(`${key.id} is held`);
    if (ask.keys?.includes(key.id) === false || ask.groups?.includes(group.id) === false) this.wrong.push(`${key.id} was not asked for`);
    if (group.inFlight > (group.limits.concurrency ?? Infinity)) this.wrong.push(`${group.id} is over its concurrency`);
  }

  /**
   * Work conserving: the head of no lane waits for a key that is free, and while somebody waits for time the pool has a timer. But a call
   * may wait for the group that has its prompt, and what counts tokens (`c`) may be claimed by a larger call that came before.
   */
  #checkWork(): void {
    const { rig } = this;
    const groups = [...rig.pool.ring.provider('openai').groups.values()];
    const unclaimed = groups.filter(({ id }) => this.waiting.size < 2 || id !== 'c');
    const startable = [...this.waiting].filter(
      ({ ask }) => ask.affinity === undefined && choose(unclaimed, ask, rig.now, seeded()) !== undefined,
    );
    const heads = startable.filter((one) => [...this.waiting].every((other) => other === one || !precedes(other, one)));
    // Who left may have made room at the head; the pool wakes for it at once.
    if (heads.length > 0 && rig.clock.nextAt !== rig.now) this.wrong.push(`${heads.length} wait for nothing`);
  }
}

/** True when `a` may stand before `b` in one lane. */
function precedes(a: Asked, b: Asked): boolean {
  return a.ask.model === b.ask.model && String(a.ask.groups) === String(b.ask.groups) && String(a.ask.keys) === String(b.ask.keys);
}

it('no held key is ever leased, nobody waits for nothing, each is served or refused once, and nothing is left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 10, maxLength: 60 }), async (moves) => {
      const life = new Life();
      await life.run(moves);
      await life.finish();
      expect(life.wrong).toEqual([]);
      expect(life.asked.map(({ outcomes }) => outcomes)).toEqual(life.asked.map(() => 1));
      expect(life.rig.left).toEqual(NOTHING_LEFT);
    }),
    { numRuns: 200 },
  );
});

it('one probe at a time, whatever comes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ ends: fc.array(fc.constantFrom('served', 'spent', 'sick', 'left')), calls: fc.integer({ min: 1, max: 5 }) }), {
        maxLength: 12,
      }),
      async (rounds) => {
        const rig = new Rig(['a', keyInput('b', { models: [] })], 3).widen();
        rig.take().settle(failed('quota_exhausted'));
        for (const { ends, calls } of rounds) {
          const { holds } = rig.key('a').group;
          await rig.clock.advance(Math.max(0, holds.readyAt('gpt') - rig.now));
          const proving = holds.readyAt('gpt') > 0;
          const first = rig.take();
          const waiting = proving ? Array.from({ length: calls }, () => rig.wait({ waitUntil: rig.now + 50 })) : [];
          expect(waiting.filter(({ lease }) => lease !== undefined)).toEqual([]);
          expect(rig.key('a').inFlight).toBe(1);
          const how = { served: served(), spent: failed('quota_exhausted'), sick: failed('server_error'), left: cancelled };
          first.settle(how[ends[0] ?? 'served']);
          await turn();
          expect(holds.readyAt('gpt') > 0 ? rig.key('a').inFlight : 0).toBeLessThanOrEqual(1);
          for (let round = 0; round < 6; round += 1) {
            for (const { lease } of waiting) lease?.settle(cancelled);
            await turn();
          }
          await rig.clock.advance(60);
        }
        expect(rig.left).toEqual(NOTHING_LEFT);
      },
    ),
  );
});

/** A refusal of each kind of key, by a poisoned call or by the provider as a whole. */
const refusal = fc.boolean().map((definitive) => failed(definitive ? 'key_invalid' : 'key_forbidden', { definitive }));

it('one poisoned call never empties the pool', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 12 }),
      fc.array(fc.tuple(refusal, fc.boolean()), { minLength: 12, maxLength: 12 }),
      (keys, ends) => {
        const rig = new Rig(Array.from({ length: keys }, (_, index) => `k${index}`));
        const avoid = new Set<string>();
        for (const [end, between] of ends.slice(0, Math.min(9, keys))) {
          const lease = rig.take({ callId: 'poisoned', avoid });
          lease.settle(end);
          avoid.add(lease.keyId);
          for (const other of between && keys > avoid.size + 1 ? [rig.take()] : []) other.settle(served());
        }
        const usable = rig.pool.ring.all().filter(({ id }) => rig.snapshot(id).state === 'ready');
        expect(usable.length).toBeGreaterThanOrEqual(Math.max(1, keys - 2));
      },
    ),
  );
});

it('a provider that refuses everybody leaves no key invalid', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 8 }), fc.array(refusal, { minLength: 80, maxLength: 80 }), (keys, ends) => {
      const rig = new Rig(Array.from({ length: keys }, (_, index) => `k${index}`));
      let call = 0;
      for (const end of ends) {
        // Each call asks four keys at most, then the next one comes.
        const avoid = new Set<string>();
        call += 1;
        for (let rotation = 0; rotation < 4; rotation += 1) {
          for (const lease of takeNow(rig, { callId: `call-${call}`, avoid })) {
            lease.settle(end);
            avoid.add(lease.keyId);
          }
        }
      }
      const { provider } = rig.key('k0').group;
      expect(provider.holds.readyAt('gpt')).toBeGreaterThan(rig.now);
      expect(rig.pool.ring.all().map(({ status }) => status.status)).toEqual(rig.pool.ring.all().map(() => 'usable'));
      rig.clock.advanceSync(700_000);
      expect(rig.take().keyId).toBeDefined();
    }),
  );
});

/** A lease, if one is to be had now. */
function takeNow(rig: Rig, more: Partial<Ask>): readonly Lease[] {
  try {
    return [rig.take({ ...more, waitUntil: START })];
  } catch {
    return [];
  }
}

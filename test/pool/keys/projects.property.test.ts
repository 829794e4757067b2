import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Deadline } from '../../../src/deadline.ts';
import type { BucketReading } from '../../../src/failure.ts';
import type { Ask } from '../../../src/pool/ask.ts';
import { choose } from '../../../src/pool/queue/choose.ts';
import type { Lease, LeaseEnd } from '../../../src/pool/lease.ts';
import type { GroupLimits } from '../../../src/pool/quota/limits.ts';
import type { Group } from '../../../src/pool/keys/members.ts';
import { Secret } from '../../../src/secret.ts';
import { bucket, cancelled, failed, keyInput, limits, makeAsk, NOTHING_LEFT, reading, Rig, seeded, served, turn } from '../rig.ts';

/** A random life of a pool whose keys turn out, at any moment and in any order, to share projects. */
type Move =
  | { readonly do: 'ask'; readonly ask: Partial<Ask>; readonly waitMs: number }
  | { readonly do: 'send' | 'abort'; readonly which: number }
  | { readonly do: 'hear'; readonly which: number; readonly told: boolean; readonly readings: readonly BucketReading[] }
  | { readonly do: 'end'; readonly which: number; readonly told: boolean; readonly end: LeaseEnd }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'exchange'; readonly key: string };

const PROJECTS: Readonly<Record<string, string>> = { a: 'p', b: 'p', c: 'q', d: 'q', e: 'p', x: 'p', y: 'q' };
const KEYS = Object.keys(PROJECTS);
const DECLARED = ['x', 'y'];

const LIMITS: readonly GroupLimits[] = [
  { ...limits(bucket({ limit: 6, windowMs: 3000, burst: 3 })), concurrency: 3 },
  limits(bucket({ limit: 4, windowMs: 2000, kind: 'fixed', perModel: false })),
  limits(bucket({ counts: 'tokens', limit: 100, windowMs: 2000, kind: 'sliding' })),
  { ...limits(), minTimeMs: 150 },
  limits(),
];

const optionally = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const which = fc.nat(20);

const end: fc.Arbitrary<LeaseEnd> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 60 }).map((tokens) => served({ input: tokens, output: 0 })) },
  { weight: 2, arbitrary: fc.boolean().map((perModel) => failed('rate_limited', { perModel })) },
  { weight: 1, arbitrary: fc.constantFrom('group', 'org', 'key').map((scope) => failed('quota_exhausted', { scope: scope as 'group' })) },
  { weight: 1, arbitrary: fc.constantFrom('server_error', 'network').map((failure) => failed(failure)) },
  { weight: 1, arbitrary: fc.constant({ ...failed('network'), reached: false } as LeaseEnd) },
  { weight: 1, arbitrary: fc.constant(cancelled) },
);

const readings = fc.array(
  fc
    .record({ left: fc.integer({ min: 0, max: 20 }), resetMs: fc.integer({ min: 0, max: 4000 }), slot: fc.constantFrom('one', 'two') })
    .map(({ left, resetMs, slot }) => reading(20, left, resetMs, { slot, windowMs: 4000 })),
  { maxLength: 2 },
);

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      waitMs: fc.constantFrom(0, 100, 1500, 10_000, Infinity),
      ask: fc.record({
        model: fc.constantFrom('gpt', 'o1'),
        cost: fc.integer({ min: 1, max: 60 }).map((input) => ({ input, output: 0 })),
        groups: optionally(fc.constantFrom(['a'], ['b'], ['d', 'x'])),
        keys: optionally(fc.constantFrom(['a'], ['b', 'c'], ['e'])),
      }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('hear' as const), which, told: fc.boolean(), readings }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), which, told: fc.boolean(), end }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 40, 333, 1000, 2500) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('exchange' as const), key: fc.constantFrom(...KEYS) }) },
);

interface Asked {
  readonly ask: Ask;
  readonly controller: AbortController;
  readonly deadline: Deadline;
  outcomes: number;
}

class Life {
  readonly rig: Rig;
  readonly asked: Asked[] = [];
  readonly waiting = new Set<Asked>();
  readonly leases: Lease[] = [];
  readonly wrong: string[] = [];
  readonly #limits: readonly GroupLimits[];
  #exchanges = 0;

  constructor(given: readonly GroupLimits[]) {
    this.#limits = given;
    this.rig = new Rig(
      KEYS.map((id) => this.#input(id)),
      5,
    );
  }

  get groups(): readonly Group[] {
    return [...this.rig.pool.ring.provider('openai').groups.values()];
  }

  async run(moves: readonly Move[]): Promise<void> {
    for (const one of moves) {
      await this.#do(one);
      await turn();
      this.#check();
    }
  }

  async finish(): Promise<void> {
    for (let round = 0; round < 400 && this.waiting.size + this.leases.length > 0; round += 1) {
      for (const lease of this.leases.splice(0)) lease.settle(served());
      await this.rig.clock.advance(1_000_000);
    }
  }

  #input(id: string) {
    const declared = DECLARED.includes(id) ? { group: `group-${id}` } : {};
    const secret = new Secret(`sk-secret-of-${id}-${this.#exchanges}-0123456789`);
    return keyInput(id, { ...declared, secret, limits: this.#limits[KEYS.indexOf(id) % this.#limits.length] ?? limits() });
  }

  async #do(one: Move): Promise<void> {
    const { rig, leases } = this;
    switch (one.do) {
      case 'ask':
        return this.#ask(one.ask, one.waitMs);
      case 'send':
        return leases[one.which % Math.max(1, leases.length)]?.sent();
      case 'hear':
        return leases[one.which % Math.max(1, leases.length)]?.heard(
          one.readings,
          account(one.told, leases[one.which % Math.max(1, leases.length)]?.keyId),
        );
      case 'end':
        for (const lease of leases.splice(one.which % Math.max(1, leases.length), 1)) lease.settle(withAccount(one.end, one.told, lease));
        return;
      case 'abort':
        return [...this.waiting][one.which % Math.max(1, this.waiting.size)]?.controller.abort('left');
      case 'wait':
        return rig.clock.advance(one.ms);
      case 'exchange':
        this.#exchanges += 1;
        rig.pool.ring.replace(
          'openai',
          rig.pool.ring.all().map(({ id, input }) => (id === one.key ? this.#input(id) : input)),
          rig.now,
        );
        return rig.pool.stir();
    }
  }

  #ask(more: Partial<Ask>, waitMs: number): void {
    const { rig } = this;
    const controller = new AbortController();
    const deadline = rig.deadline(controller.signal);
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
    asked.deadline.close();
    this.waiting.delete(asked);
  }

  #granted(asked: Asked, lease: Lease): void {
    this.#over(asked);
    this.leases.push(lease);
    const key = this.rig.key(lease.keyId);
    const { group } = key;
    if ([...group.holders, key.holds].some((holds) => holds.readyAt(asked.ask.model) > this.rig.now)) this.wrong.push(`${key.id} is held`);
    if (group.inFlight > (group.limits.concurrency ?? Infinity)) this.wrong.push(`${group.id} is over its concurrency`);
  }

  #check(): void {
    const { rig, groups, leases } = this;
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
    if (sum(groups.map(({ inFlight }) => inFlight)) !== leases.length) this.wrong.push('calls in flight are not those of the groups');
    for (const group of groups) {
      if (group.keys.some((key) => key.group !== group)) this.wrong.push(`${group.id} has a key of another group`);
      const quotas = ['gpt', 'o1'].map((model) => group.quota(model, rig.now));
      if (sum(quotas.map(({ inFlight }) => inFlight)) !== group.inFlight) this.wrong.push(`${group.id} is not its quotas`);
      if (quotas.some(({ unheard, inFlight }) => unheard.size > inFlight))
        this.wrong.push(`${group.id} waits for answers that nobody sent for`);
      for (const { law, limit, source } of group.meters()) {
        const remaining = law.remaining(rig.now);
        // What is reserved is never less than nothing: no bucket holds more than it can.
        if (!(remaining <= limit + 1e-6) || !Number.isFinite(remaining))
          this.wrong.push(`${group.id} has ${remaining} of ${limit} (${source})`);
      }
    }
    const startable = [...this.waiting].filter(({ ask }) => choose(rig.pool.ring.candidates(ask), ask, rig.now, seeded()) !== undefined);
    const heads = startable.filter((one) => [...this.waiting].every((other) => other === one || !precedes(other, one)));
    if (heads.length > 0 && rig.clock.nextAt !== rig.now) this.wrong.push(`${heads.length} wait for nothing`);
  }
}

const account = (told: boolean, id: string | undefined): { readonly project?: string } => {
  const project = id === undefined ? undefined : PROJECTS[id];
  return told && project !== undefined ? { project } : {};
};

function withAccount(how: LeaseEnd, told: boolean, lease: Lease): LeaseEnd {
  return how.status === 'failed' ? { ...how, verdict: { ...how.verdict, ...account(told, lease.keyId) } } : how;
}

function precedes(a: Asked, b: Asked): boolean {
  return a.ask.model === b.ask.model && String(a.ask.groups) === String(b.ask.groups) && String(a.ask.keys) === String(b.ask.keys);
}

const given = fc.oneof(
  fc.constantFrom(...LIMITS).map((one) => [one]),
  fc.array(fc.constantFrom(...LIMITS), { minLength: 2, maxLength: KEYS.length }),
);

it('whenever groups turn out to be one, nothing that was reserved, held or waiting is lost', async () => {
  await fc.assert(
    fc.asyncProperty(given, fc.array(move, { minLength: 10, maxLength: 70 }), async (all, moves) => {
      const life = new Life(all);
      await life.run(moves);
      await life.finish();
      expect(life.wrong).toEqual([]);
      expect(life.asked.map(({ outcomes }) => outcomes)).toEqual(life.asked.map(() => 1));
      expect(life.rig.left).toEqual(NOTHING_LEFT);
      // Everything that was reserved has come back, also what had two groups.
      await life.rig.clock.advance(10_000_000);
      const configured = life.groups.flatMap((group) => group.meters()).filter(({ source }) => source === 'configured');
      expect(configured.map(({ law }) => law.remaining(life.rig.now))).toEqual(configured.map(({ law }) => law.capacity));
      for (const id of DECLARED) expect(life.rig.key(id).group.id).toBe(`group-${id}`);
    }),
    { numRuns: 300 },
  );
});

it('in whatever order keys tell their projects, those of one project end up in one group', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(KEYS, { minLength: KEYS.length }), fc.array(fc.constantFrom(...KEYS)), (order, before) => {
      const rig = new Rig(KEYS.map((id) => keyInput(id, DECLARED.includes(id) ? { group: `group-${id}` } : {}))).widen();
      for (const id of [...before, ...order]) {
        const lease = rig.take({ keys: [id] });
        lease.heard([], account(true, id));
        lease.settle(served());
      }
      const sets = [...rig.pool.ring.provider('openai').groups.values()].map(({ keys }) =>
        keys
          .map(({ id }) => id)
          .toSorted()
          .join(''),
      );
      expect(sets.toSorted()).toEqual(['abe', 'cd', 'x', 'y']);
    }),
  );
});

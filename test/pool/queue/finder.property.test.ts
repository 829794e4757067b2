import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ask } from '../../../src/pool/ask.ts';
import type { Lease, LeaseEnd } from '../../../src/pool/lease.ts';
import { choose, rankOf } from '../../../src/pool/queue/choose.ts';
import { Finder } from '../../../src/pool/queue/finder.ts';
import { firstReady, startsAt } from '../../../src/pool/queue/readiness.ts';
import { bucket, cancelled, failed, keyInput, limits, makeAsk, Rig, seeded, served, START } from '../rig.ts';

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
/** Second keys of some groups. */
const TWINS = ['a2', 'd2'];
const INDEXED = { alike: 0, sized: 0 };

const end: fc.Arbitrary<LeaseEnd> = fc.constantFrom(
  served({ input: 10, output: 0 }),
  failed('rate_limited'),
  failed('quota_exhausted', { scope: 'provider', perModel: false }),
  failed('key_invalid', { definitive: false }),
  cancelled,
);

type Move =
  | { readonly do: 'take'; readonly by: number }
  | { readonly do: 'wait'; readonly by: number }
  | { readonly do: 'end'; readonly by: number; readonly end: LeaseEnd };

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const), by: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), by: fc.nat(20), end }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), by: fc.constantFrom(1, 90, 700, 5000, 70_000) }) },
);

/** A pool whose leases an index is told of as the pool's own would be. */
class Life {
  readonly rig = new Rig(
    [...IDS, ...TWINS].map((id) => {
      const index = IDS.indexOf(id.slice(0, 1));
      return keyInput(id, {
        group: `group of ${id.slice(0, 1)}`,
        weight: index % 3,
        limits: {
          concurrency: index % 2 === 0 ? 1 + index : undefined,
          minTimeMs: index === 3 ? 100 : undefined,
          buckets: index > 3 ? [] : [bucket({ limit: 60, burst: 1 + index })],
        },
      });
    }),
  );
  readonly finder = new Finder(this.rig.pool.ring, 'openai', seeded(2), INDEXED);
  readonly leases: Lease[] = [];
  readonly wrong: string[] = [];

  do(one: Move): void {
    const { rig } = this;
    if (one.do === 'wait') rig.clock.advanceSync(one.by);
    else if (one.do === 'take') this.#take();
    else {
      for (const lease of this.leases.splice(one.by % Math.max(1, this.leases.length), 1)) {
        lease.settle(one.end);
        this.#touch(lease.keyId);
        // As the pool does: what others share may have ended by it.
        this.finder.reset();
      }
    }
    this.#compare();
  }

  #take(): void {
    try {
      const lease = this.rig.take({ waitUntil: 0 });
      this.leases.push(lease);
      this.#touch(lease.keyId);
    } catch {
      // Nobody can start.
    }
  }

  #touch(id: string): void {
    const { group } = this.rig.key(id);
    this.finder.touch(group, group.quota('gpt', this.rig.now));
  }

  /** Also for calls that some keys refused before: what these avoid is no matter of others, who look in between. */
  #compare(): void {
    for (const avoid of [[], ['a', 'd'], [], ['a', 'a2', 'e'], [...IDS, ...TWINS]]) this.#compareFor(makeAsk({ avoid: new Set(avoid) }));
  }

  #compareFor(ask: Ask): void {
    const { now } = this.rig;
    const groups = [...this.rig.pool.ring.provider('openai').groups.values()];
    const found = this.finder.find(ask, now, undefined);
    const scanned = choose(groups, ask, now, seeded());
    if ((found === undefined) !== (scanned === undefined)) this.wrong.push(`found ${found?.group.id}, scanned ${scanned?.group.id}`);
    if (found !== undefined && scanned !== undefined && rankOf(found.group) !== rankOf(scanned.group)) this.wrong.push('another rank');
    if (found !== undefined || scanned !== undefined) return;
    const instants = groups.map((group) => startsAt(group, ask, now)).filter((at) => at > now);
    if (this.finder.next(ask, now, undefined).at !== Math.min(Infinity, ...instants)) this.wrong.push('another next start');
    if (this.finder.first(ask, now, undefined).at !== firstReady(groups, ask, now).at) this.wrong.push('another hope');
  }
}

it('an index finds what looking at every group finds, whatever happened before', () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 5, maxLength: 60 }), (moves) => {
      const life = new Life();
      for (const one of moves) life.do(one);
      expect(life.wrong).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

describe('an index', () => {
  const many = Array.from({ length: 40 }, (_, index) => `g${index}`);
  const wide = { ...limits(), concurrency: 100 };

  it('draws among equals at random, each as often', () => {
    const rig = new Rig(many.map((id) => keyInput(id, { limits: wide })));
    const counts = new Map<string, number>();
    for (let count = 0; count < 8000; count += 1) {
      const lease = rig.take();
      counts.set(lease.keyId, (counts.get(lease.keyId) ?? 0) + 1);
      lease.settle(served());
    }
    expect(counts.size).toBe(many.length);
    for (const count of counts.values()) expect(count).toBeGreaterThan(120);
    for (const count of counts.values()) expect(count).toBeLessThan(280);
  });

  it('takes the least in flight', () => {
    const rig = new Rig(many.map((id) => keyInput(id, { limits: wide })));
    for (let count = 0; count < 400; count += 1) rig.take();
    expect(rig.pool.ring.all().map(({ inFlight }) => inFlight)).toEqual(many.map(() => 10));
  });

  it('knows when a group starts that was touched for nothing', () => {
    const rig = new Rig(many.map((id) => keyInput(id, { limits: limits(bucket({ limit: 60, burst: 1 })) })));
    for (const id of many) rig.take({ keys: [id] });
    const finder = new Finder(rig.pool.ring, 'openai', seeded(), INDEXED);
    const { group } = rig.key('g7');
    expect(finder.find(makeAsk(), rig.now, undefined)).toBeUndefined();
    rig.clock.advanceSync(1);
    for (const id of many) finder.touch(rig.key(id).group, group.quota('gpt', rig.now));
    expect(finder.next(makeAsk(), rig.now, undefined).at).toBe(START + 1000);
  });

  it('looks past the keys that refused a call, and spoils nothing for others', () => {
    const rig = new Rig(many.map((id) => keyInput(id, { limits: { ...limits(), concurrency: 1 } })));
    for (let count = 0; count < 39; count += 1) rig.take({ avoid: new Set(['g5']) });
    expect(rig.key('g5').inFlight).toBe(0);
    expect(rig.refused({ avoid: new Set(['g5']), waitUntil: START })).toMatchObject({ code: 'keys_exhausted' });
    expect(rig.take().keyId).toBe('g5');
  });

  it('gives an affinity one home among many', () => {
    const rig = new Rig(many.map((id) => keyInput(id, { limits: wide })));
    const homes = Array.from({ length: 30 }, (_, index) => new Set([1, 2, 3].map(() => rig.take({ affinity: `user-${index}` }).keyId)));
    expect(homes.map(({ size }) => size)).toEqual(homes.map(() => 1));
    expect(new Set(homes.flatMap((home) => [...home])).size).toBeGreaterThan(8);
  });
});

describe('a group of very many keys', () => {
  it('serves by its only good key, and is refused when that is gone', () => {
    const all = Array.from({ length: 200 }, (_, index) => keyInput(`k${index}`, { group: 'g', limits: { ...limits(), concurrency: 9 } }));
    const rig = new Rig(all);
    for (const key of rig.pool.ring.all()) if (key.id !== 'k137') key.status = { status: 'disabled' };
    rig.pool.stir();
    expect([1, 2, 3].map(() => rig.take().keyId)).toEqual(['k137', 'k137', 'k137']);
    rig.key('k137').status = { status: 'disabled' };
    rig.pool.stir();
    expect(rig.refused()).toMatchObject({ retryAt: undefined });
  });
});

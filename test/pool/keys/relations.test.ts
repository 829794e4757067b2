import { expect, it } from 'vitest';
import { reading, Rig, served } from '../rig.ts';
import { Shop } from './shop.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];
const WAYS = ['admission', 'answer'] as const;

it.each(SEEDS.flatMap((seed) => WAYS.map((readAt) => ({ seed, readAt }))))(
  'keys with quotas of their own stay groups of their own: seed $seed, limits read at $readAt',
  ({ seed, readAt }) => {
    const shop = new Shop({ a: 'A', b: 'B', c: 'C', d: 'D' }, { seed, readAt });
    const heard = shop.rig.heard('group-learned');
    shop.run(20_000);
    expect(heard).toEqual([]);
  },
);

it.each(SEEDS.flatMap((seed) => WAYS.map((readAt) => ({ seed, readAt }))))(
  'keys of two quotas are never in one group, and never parted from their own: seed $seed, limits read at $readAt',
  ({ seed, readAt }) => {
    const shop = new Shop({ a: 'A', b: 'A', c: 'B', d: 'B' }, { seed, readAt });
    const learned = shop.rig.heard('group-learned');
    const parted = shop.rig.heard('group-parted');
    shop.run(25_000);
    const mixed = learned.filter((told) => 'keys' in told && !['a,b', 'c,d'].includes(told.keys.toSorted().join()));
    expect([mixed, parted]).toEqual([[], []]);
    shop.end();
    expect(shop.rig.left).toMatchObject({ inFlight: 0, unheard: 0 });
  },
);

it.each(SEEDS)('keys that draw on one quota become one group: seed %s', (seed) => {
  const shop = new Shop({ a: 'A', b: 'A', c: 'B', d: 'B' }, { seed, readAt: 'answer' });
  shop.run(25_000);
  const groups = shop.keys.map((key) =>
    shop.rig
      .key(key)
      .group.keys.map(({ id }) => id)
      .toSorted(),
  );
  expect(groups).toEqual([
    ['a', 'b'],
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ]);
  expect(shop.rig.snapshot('b')).toMatchObject({ inferred: { evidence: 'limits' } });
});

it.each(SEEDS)('keys that were taken for one by mistake are parted: seed %s', (seed) => {
  const shop = new Shop({ a: 'A', b: 'B', c: 'C' }, { seed, readAt: 'answer' });
  const { ring } = shop.rig.pool;
  shop.run(1000);
  ring.infer(shop.rig.key('a').group, shop.rig.key('b').group, 'limits', shop.rig.now);
  shop.run(12_000);
  expect(shop.keys.map((key) => shop.rig.key(key).group.size)).toEqual([1, 1, 1]);
  shop.end();
  expect(shop.rig.left).toMatchObject({ inFlight: 0, unheard: 0 });
});

it('keys whose answers name one organisation, and no project, are one group until their answers contradict it', () => {
  const rig = new Rig(['a', 'b', 'c']);
  const heard = rig.heard('group-learned');
  for (const [key, limit] of [
    ['a', 600],
    ['b', 600],
    ['c', 60],
  ] as const) {
    const lease = rig.take({ keys: [key] });
    lease.heard([reading(limit, limit - 1, 100)], { organization: 'org-1' });
    lease.settle(served());
  }
  expect(heard).toMatchObject([{ provider: 'openai', keys: ['a', 'b'], inferred: 'organization' }]);
  expect(rig.snapshot('a')).toMatchObject({ group: rig.snapshot('b').group, inferred: { evidence: 'organization' } });
  // Limits that differ are not one.
  expect(rig.snapshot('c').group).toBe('c');
});

it('a key of an organisation that names a project of its own leaves', () => {
  const rig = new Rig(['a', 'b']);
  for (const key of ['a', 'b']) rig.take({ keys: [key] }).heard([reading(600, 599, 100)], { organization: 'org-1' });
  expect(rig.snapshot('b').group).toBe('a');
  rig.take({ keys: ['a'] }).heard([], { organization: 'org-1', project: 'p' });
  rig.take({ keys: ['b'] }).heard([], { organization: 'org-1', project: 'q' });
  expect([rig.snapshot('a').group, rig.snapshot('b').group]).toEqual(['a', 'b']);
});

it('a key that is parted takes along what it has out', () => {
  const rig = new Rig(['a', 'b']);
  const { ring } = rig.pool;
  ring.infer(rig.key('a').group, rig.key('b').group, 'limits', rig.now);
  const lease = rig.take({ keys: ['b'] });
  ring.part([rig.key('b')], rig.now);
  expect([rig.key('a').group.inFlight, rig.key('b').group.inFlight]).toEqual([0, 1]);
  expect(rig.key('b').group.quota('gpt', rig.now).unheard.size).toBe(1);
  expect([rig.snapshot('a').group, rig.snapshot('b').group]).toEqual(['a', 'b']);
  lease.settle(served());
  expect(rig.left).toMatchObject({ inFlight: 0, unheard: 0 });
});

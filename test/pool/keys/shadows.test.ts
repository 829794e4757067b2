import { describe, expect, it } from 'vitest';
import { apartIn, isOverfull } from '../../../src/pool/keys/apart.ts';
import { SendLog } from '../../../src/pool/keys/sends.ts';
import type { Sight, Track } from '../../../src/pool/keys/track.ts';
import { reading, Rig, served } from '../rig.ts';
import { Shop } from './shop.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];
const WAYS = ['admission', 'answer'] as const;
const PER_MS = 0.01;

it.each(SEEDS.flatMap((seed) => WAYS.map((readAt) => ({ seed, readAt }))))(
  'four keys of one bucket spend it once: seed $seed, limits read at $readAt',
  ({ seed, readAt }) => {
    const shop = new Shop({ a: 'A', b: 'A', c: 'A', d: 'A' }, { seed, readAt });
    shop.run(5000);
    const refused = shop.keys.map((key) => shop.rig.key(key).totals.errors).reduce((sum, errors) => sum + errors, 0);
    expect(refused).toBeLessThanOrEqual(6);
  },
);

it.each(SEEDS.flatMap((seed) => WAYS.map((readAt) => ({ seed, readAt }))))(
  'keys with buckets of their own spend each: seed $seed, limits read at $readAt',
  ({ seed, readAt }) => {
    const shop = new Shop({ a: 'A', b: 'B', c: 'C', d: 'D' }, { seed, readAt });
    shop.run(10_000);
    const calls = shop.keys.map((key) => shop.rig.key(key).totals.calls).reduce((sum, each) => sum + each, 0);
    // 60 to begin with and 100 more, each of four, less what is out.
    expect(calls).toBeGreaterThanOrEqual(600);
  },
);

describe('what others sent', () => {
  const told = (rig: Rig, key: string, remaining: number, limit = 600): void => {
    const lease = rig.take({ keys: [key] });
    lease.sent();
    lease.heard([reading(limit, remaining, (100 - remaining) / PER_MS)], {});
    lease.settle(served());
  };
  const shadowOf = (rig: Rig, key: string): number => rig.key(key).group.quota('gpt', rig.now).shadow;

  it('may be missing to a key until its own next answer', () => {
    const rig = new Rig(['a', 'b', 'c']);
    told(rig, 'a', 99);
    rig.clock.advanceSync(1);
    for (const key of ['b', 'b', 'c']) rig.take({ keys: [key] }).sent();
    expect(shadowOf(rig, 'a')).toBe(3);
    rig.clock.advanceSync(1);
    told(rig, 'a', 95);
    expect(shadowOf(rig, 'a')).toBe(0);
  });

  it('is not missing where limits differ, or somebody said whose the key is', () => {
    const rig = new Rig(['a', 'b']);
    told(rig, 'a', 99);
    told(rig, 'b', 59, 60);
    rig.take({ keys: ['b'] }).sent();
    expect(shadowOf(rig, 'a')).toBe(0);
  });

  it('is not missing any more once an answer tells of more than one bucket could hold', () => {
    const rig = new Rig(['a', 'b']);
    told(rig, 'a', 20);
    rig.take({ keys: ['b'] }).sent();
    expect(shadowOf(rig, 'a')).toBe(1);
    rig.clock.advanceSync(500);
    told(rig, 'b', 99);
    expect(shadowOf(rig, 'a')).toBe(0);
  });
});

describe('isOverfull', () => {
  const sight = (sentAt: number, remaining: number): Sight => ({ sentAt, at: sentAt + 200, remaining, resetMs: undefined });

  it.each([
    { remaining: 16, says: false },
    // 300 ms are 3, the way to and fro at most 1.5 more, and 3 may be hidden.
    { remaining: 17, says: false },
    { remaining: 18, says: true },
  ])('$remaining after 10 in 300 ms: $says', ({ remaining, says }) => {
    expect(isOverfull(sight(1300, remaining), sight(1000, 10), PER_MS)).toBe(says);
  });

  it('says nothing of answers that may have been read in either order', () => {
    expect(isOverfull(sight(1010, 99), sight(1000, 10), PER_MS)).toBe(false);
  });
});

describe('apartIn', () => {
  const logOf = (instants: readonly number[]): SendLog => {
    const log = new SendLog(0);
    for (const at of instants) log.add(at);
    return log;
  };
  const trackOf = (taken: number): Track => {
    const rows = [0, taken].map((count, index) => ({
      sentAt: 1000 + index * 2000,
      at: 1200 + index * 2000,
      taken: { admission: count, answer: count },
    }));
    return { limit: 600, rows, last: sightAt(3000), fullAt: Infinity, endsAt: undefined, noted: 2, fine: true };
  };
  const sightAt = (sentAt: number): Sight => ({ sentAt, at: sentAt + 200, remaining: 50, resetMs: undefined });
  const own = [logOf([1500, 1800, 2100])];
  const other = [logOf([1510, 1610, 1710, 1810, 1910, 2010, 2110])];

  it('names those whose requests are not in what was taken', () => {
    expect(apartIn(trackOf(3), own, [other])).toEqual([0]);
  });

  it('names nobody whose requests may be in it', () => {
    expect(apartIn(trackOf(10), own, [other])).toEqual([]);
  });

  it('names nobody who sent too little', () => {
    expect(apartIn(trackOf(3), own, [[logOf([1510, 1610, 1710, 1810])]])).toEqual([]);
  });
});

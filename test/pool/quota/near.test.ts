import { describe, expect, test } from 'vitest';
import { sharesTold } from '../../../src/pool/quota/near.ts';
import { bucket, keyInput, limits, reading, Rig, served } from '../rig.ts';
import { Pool } from '../../../src/pool/pool.ts';

describe('shares that stand as told', () => {
  const SHARES = [0.5, 0.8, 0.95];
  const rows: readonly (readonly [string, number, number, number])[] = [
    ['full: none', 0, 100, 0],
    ['half is left: not yet', 0, 50, 0],
    ['less than half', 0, 49, 1],
    ['two at once', 0, 15, 2],
    ['all', 0, 0, 3],
    ['overdrawn', 0, -20, 3],
    ['the last one holds until a twentieth is back', 3, 9, 3],
    ['and then no longer', 3, 11, 2],
    ['all of them are back', 3, 60, 0],
    ['the first one holds alone', 1, 54, 1],
    ['none stands that was not told', 1, 22, 1],
  ];
  test.each(rows)('%s', (_, told, remaining, expected) => {
    expect(sharesTold(SHARES, told, { remaining, most: 100, counts: 'tokens' })).toBe(expected);
  });

  test('of few requests hold until one is back', () => {
    expect(sharesTold([0.9], 1, { remaining: 1.4, most: 5, counts: 'requests' })).toBe(1);
    expect(sharesTold([0.9], 1, { remaining: 1.6, most: 5, counts: 'requests' })).toBe(0);
  });
});

test('each share comes once, in ascending order, also of shares given twice', () => {
  const rig = new Rig([]);
  const pool = new Pool(rig.clock, () => 0, rig.events, [0.8, 0.5, 0.5]);
  pool.ring.add('openai', keyInput('a', { limits: limits(bucket({ limit: 10, burst: 10 })) }), rig.now);
  const shares: number[] = [];
  rig.events.on('limit-near', ({ share, remaining }) => void shares.push(share, remaining));
  Object.assign(rig, { pool });
  for (let count = 0; count < 10; count += 1) rig.take().settle(served());
  expect(shares).toEqual([0.5, 4, 0.8, 1]);
});

test('a limit that is given and also told by the server comes once, as the tighter of both', () => {
  const rig = new Rig([]);
  const pool = new Pool(rig.clock, () => 0, rig.events, [0.5]);
  pool.ring.add('openai', keyInput('a', { limits: limits(bucket({ limit: 10, burst: 10 })) }), rig.now);
  const told: unknown[] = [];
  rig.events.on('limit-near', ({ share, limit }) => void told.push([share, limit]));
  Object.assign(rig, { pool });
  for (const remaining of [7, 6, 5, 4, 3, 2, 1]) {
    const lease = rig.take();
    lease.heard([reading(8, remaining, (8 - remaining) * 7500)], {});
    lease.settle(served());
  }
  expect(told).toEqual([[0.5, 8]]);
});

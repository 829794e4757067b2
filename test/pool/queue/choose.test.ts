import { describe, expect, it } from 'vitest';
import type { Ask } from '../../../src/pool/ask.ts';
import { choose } from '../../../src/pool/queue/choose.ts';
import type { KeyInput } from '../../../src/pool/keys/members.ts';
import { keyInput, limits, makeAsk, Rig, seeded } from '../rig.ts';

const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `g${index}`);

/** A key of which it is known that it may have as much in flight as it likes. */
const wide = (id: string, more: Partial<KeyInput> = {}): KeyInput => keyInput(id, { limits: { ...limits(), concurrency: 5000 }, ...more });

/** How often each key is chosen by asks that nothing settles. */
function spread(rig: Rig, count: number, more: (index: number) => Partial<Ask> = () => ({})): Map<string, number> {
  const counts = new Map<string, number>();
  for (let index = 0; index < count; index += 1) {
    const { keyId } = rig.take(more(index));
    counts.set(keyId, (counts.get(keyId) ?? 0) + 1);
  }
  return counts;
}

describe('choose', () => {
  it('the least in flight', () => {
    const counts = spread(new Rig(ids(5).map((id) => wide(id))), 100);
    expect([...counts.values()]).toEqual([20, 20, 20, 20, 20]);
  });

  it('in proportion to weights', () => {
    const counts = spread(new Rig([wide('a', { weight: 3 }), wide('b'), wide('c', { weight: 0.5 })]), 90);
    expect([counts.get('a'), counts.get('b'), counts.get('c')]).toEqual([60, 20, 10]);
  });

  it('more keys do not make more quota: a group weighs what its heaviest key does', () => {
    const counts = spread(new Rig([wide('a1', { group: 'a' }), wide('a2', { group: 'a' }), wide('b')]), 40);
    expect([counts.get('a1'), counts.get('a2'), counts.get('b')]).toEqual([10, 10, 20]);
  });

  it('a weight of 0 serves when nobody else can', () => {
    const rig = new Rig([wide('spare', { weight: 0 }), wide('main')]);
    expect(spread(rig, 10).get('main')).toBe(10);
    rig.key('main').status = { status: 'disabled' };
    expect(spread(rig, 10).get('spare')).toBe(10);
  });

  it('ties at random, the same for the same seed', () => {
    const draws = (seed: number): readonly (string | undefined)[] => {
      const rig = new Rig(ids(8));
      const random = seeded(seed);
      const groups = [...rig.pool.ring.provider('openai').groups.values()];
      return Array.from({ length: 400 }, () => choose(groups, makeAsk(), rig.now, random)?.key.id);
    };
    expect(draws(1)).toEqual(draws(1));
    expect(draws(1)).not.toEqual(draws(2));
    const first = draws(1);
    for (const id of ids(8)) expect(first.filter((drawn) => drawn === id).length).toBeGreaterThan(25);
  });

  it('one affinity one group, until it cannot start, and then the one that served it last', () => {
    const rig = new Rig(ids(8).map((id) => wide(id)));
    const counts = spread(rig, 20, () => ({ affinity: 'chat-1' }));
    expect(counts.size).toBe(1);
    const [home = ''] = counts.keys();
    rig.key(home).status = { status: 'disabled' };
    const next = rig.take({ affinity: 'chat-1' }).keyId;
    expect(next).not.toBe(home);
    // By then the other one has the prompt.
    rig.key(home).status = { status: 'usable' };
    expect(rig.take({ affinity: 'chat-1' }).keyId).toBe(next);
  });

  it('affinities share the groups about evenly, also where names differ in one digit', () => {
    const counts = spread(new Rig(ids(10).map((id) => wide(id))), 2000, (index) => ({ affinity: `user-${index}` }));
    expect(counts.size).toBe(10);
    for (const count of counts.values()) expect(count).toBeGreaterThan(140);
    for (const count of counts.values()) expect(count).toBeLessThan(260);
  });

  it('says among how many, and why', () => {
    const rig = new Rig([wide('a'), wide('b')]);
    expect(rig.take().why).toBe('least in flight of 2 groups');
    expect(rig.take({ affinity: 'x' }).why).toBe('affinity, of 2 groups');
    expect(rig.take({ keys: ['a'] }).why).toBe('the only group that could start');
  });
});

import { expect, it } from 'vitest';
import { reading, Rig, served } from '../rig.ts';

/** Two answers to each of two keys, as of when they leave: `left` of a burst of 100 at 10 a second. */
function answer(rig: Rig, left: Readonly<Record<string, number>>): void {
  const leases = ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b'].map((key) => rig.take({ keys: [key] }));
  rig.clock.advanceSync(100);
  for (const lease of leases) {
    const remaining = left[lease.keyId] ?? 0;
    lease.heard([reading(600, remaining, (100 - remaining) * 100)], {});
    lease.settle(served());
  }
}

it('keys whose own requests explain what is left stay groups of their own', () => {
  const rig = new Rig(['a', 'b']);
  const heard = rig.heard('group-learned');
  answer(rig, { a: 96, b: 96 });
  answer(rig, { a: 93, b: 93 });
  expect(heard).toEqual([]);
  expect(rig.snapshot('a').inferred).toBeUndefined();
});

it('keys whose requests explain what is left to the other become one group, and show it', () => {
  const rig = new Rig(['a', 'b']);
  const heard = rig.heard('group-learned');
  answer(rig, { a: 92, b: 92 });
  answer(rig, { a: 85, b: 85 });
  expect(heard).toMatchObject([{ provider: 'openai', keys: ['a', 'b'], inferred: 'limits' }]);
  expect(rig.snapshot('b')).toMatchObject({ group: 'a', inferred: { evidence: 'limits' } });
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

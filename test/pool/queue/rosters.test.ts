import { expect, it } from 'vitest';
import { Rosters } from '../../../src/pool/queue/rosters.ts';
import { keyInput, limits, makeAsk, Rig, seeded, served } from '../rig.ts';

const one = { ...limits(), concurrency: 1 };

it('a roster that begins when there are too many is told of what changes from then on', () => {
  const rig = new Rig(['a', 'b'].map((id) => keyInput(id, { limits: one })));
  const groups = ['a', 'b'].map((id) => rig.key(id).group);
  const rosters = new Rosters(seeded(), 4);
  const ask = makeAsk();
  rosters.of('first', groups);
  rosters.of('second', groups);
  for (const group of groups) rosters.touch(group, groups.length);
  const leases = [rig.take(), rig.take()];
  expect(rosters.of('third', groups).pick(ask, rig.now, undefined)).toBeUndefined();
  for (const lease of leases) lease.settle(served());
  rosters.touch(rig.key('a').group, groups.length);
  expect(rosters.of('third', groups).pick(ask, rig.now, undefined)?.group.id).toBe('a');
});

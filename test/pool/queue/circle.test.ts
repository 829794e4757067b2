import { expect, it } from 'vitest';
import { Circle } from '../../../src/pool/queue/circle.ts';
import { keyInput, Rig } from '../rig.ts';

const ids = Array.from({ length: 60 }, (_, index) => `g${index}`);
const rig = new Rig(ids.map((id) => keyInput(id)));
const groups = ids.map((id) => rig.key(id).group);
const homes = (circle: Circle): readonly (string | undefined)[] =>
  Array.from({ length: 50 }, (_, index) => circle.neighbours(`user-${index}`)[0]?.id);

it('an affinity keeps its home when another group goes', () => {
  const before = homes(new Circle(groups));
  const after = homes(new Circle(groups.filter(({ id }) => id !== 'g17')));
  const moved = before.filter((home, index) => home !== after[index]);
  expect(moved.filter((home) => home !== 'g17').length).toBeLessThan(3);
  expect(new Set(before).size).toBeGreaterThan(20);
});

it('few groups are each named once', () => {
  const few = new Circle(groups.slice(0, 3)).neighbours('user').map(({ id }) => id);
  expect(few.toSorted()).toEqual(['g0', 'g1', 'g2']);
});

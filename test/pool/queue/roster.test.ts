import { describe, expect, it, vi } from 'vitest';
import type { Group } from '../../../src/pool/keys/members.ts';
import { Roster } from '../../../src/pool/queue/roster.ts';
import { bucket, keyInput, limits, makeAsk, Rig, seeded, served, START } from '../rig.ts';

const MANY = 100;
const sized = (input: number): ReturnType<typeof makeAsk> => makeAsk({ cost: { input, output: 0 } });

/** Groups that all wait for the same instants: an empty bucket each, which fills by a token in 10 ms. */
function lockstep(): { readonly roster: Roster; readonly groups: readonly Group[] } {
  const spec = limits(bucket({ counts: 'tokens', limit: 6000, windowMs: 60_000, burst: 1000 }));
  const rig = new Rig(Array.from({ length: MANY }, (_, index) => keyInput(`k${index}`, { limits: spec })));
  for (let count = 0; count < MANY; count += 1) rig.take({ cost: { input: 1000, output: 0 } }).settle(served({ input: 1000, output: 0 }));
  const groups = rig.pool.ring.all().map(({ group }) => group);
  return { roster: new Roster(groups, seeded()), groups };
}

/** How many of `groups` are looked at by `look`. */
function lookedAt(groups: readonly Group[], look: () => void): number {
  const spies = groups.map((group) => vi.spyOn(group, 'quota'));
  look();
  return spies.filter(({ mock }) => mock.calls.length > 0).length;
}

describe('a roster of groups in lockstep', () => {
  it('finds for a larger ask who may start in time, without looking at all', () => {
    const { roster, groups } = lockstep();
    expect(roster.pick(sized(100), START, undefined)).toBeUndefined();
    expect(roster.first(sized(100), START).at).toBe(START + 1000);
    const looked = lookedAt(groups, () => expect(roster.first(sized(120), START, START + 1200).at).toBe(START + 1200));
    expect(looked).toBe(1);
  });

  it('looks at all where none may start in time, and says when the first does', () => {
    const { roster, groups } = lockstep();
    expect(roster.pick(sized(100), START, undefined)).toBeUndefined();
    const looked = lookedAt(groups, () => expect(roster.first(sized(120), START, START + 1199).at).toBe(START + 1200));
    expect(looked).toBe(MANY);
  });
});

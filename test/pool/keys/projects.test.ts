import { describe, expect, it } from 'vitest';
import type { GroupLimits } from '../../../src/pool/quota/limits.ts';
import type { KeyInput } from '../../../src/pool/keys/members.ts';
import { Secret } from '../../../src/secret.ts';
import { bucket, cancelled, failed, keyInput, limits, NOTHING_LEFT, reading, Rig, served, START, turn, verdict } from '../rig.ts';

/** An answer to `id` names `project`. */
function tell(rig: Rig, id: string, project: string): void {
  const lease = rig.take({ keys: [id] });
  lease.heard([], { project });
  lease.settle(served());
}

function united(inputs: readonly (string | KeyInput)[] = ['a', 'b', 'c']): Rig {
  const rig = new Rig(inputs);
  tell(rig, 'b', 'p');
  tell(rig, 'a', 'p');
  return rig;
}

const groups = (rig: Rig): readonly string[] => rig.pool.ring.all().map((key) => `${key.id} in ${key.group.id}`);

describe('undeclared keys of one project', () => {
  it('become one group with the first answers, and it is told once', () => {
    const rig = new Rig(['a', 'b', 'c']);
    const heard = rig.heard('group-learned');
    for (const id of ['b', 'c', 'a', 'a', 'b']) tell(rig, id, id === 'c' ? 'q' : 'p');
    expect(groups(rig)).toEqual(['a in a', 'b in a', 'c in c']);
    expect(heard).toEqual([{ provider: 'openai', project: 'p', group: 'a', keys: ['a', 'b'] }]);
    expect(['a', 'b', 'c'].map((id) => rig.snapshot(id))).toMatchObject([
      { group: 'a', project: 'p' },
      { group: 'a', project: 'p' },
      { group: 'c', project: 'q' },
    ]);
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('a third one joins, and the name stays', () => {
    const rig = new Rig(['a', 'b', 'c']);
    for (const id of ['c', 'b', 'a']) tell(rig, id, 'p');
    expect(groups(rig)).toEqual(['a in b', 'b in b', 'c in b']);
  });

  it('a message that names the project does as well, and what it refuses is the whole group', () => {
    const rig = new Rig(['a', 'b', 'c']);
    tell(rig, 'a', 'p');
    rig.take({ keys: ['b'] }).settle(failed('rate_limited', { project: 'p', until: { at: START + 5000, source: 'retry-after' } }));
    expect(['a', 'b', 'c'].map((id) => rig.key(id).group.holds.readyAt('gpt'))).toEqual([START + 5000, START + 5000, 0]);
    expect(rig.take().keyId).toBe('c');
  });

  it('an organisation merges nothing, and is that of both once they are one', () => {
    const rig = new Rig(['a', 'b']);
    for (const id of ['a', 'b']) {
      const lease = rig.take({ keys: [id] });
      lease.heard([], { organization: 'o' });
      lease.settle(served());
    }
    expect(groups(rig)).toEqual(['a in a', 'b in b']);
    expect(rig.key('a').group.organization).toBe(rig.key('b').group.organization);
  });

  it('the first word of a key counts: another project later changes nothing', () => {
    const rig = united();
    tell(rig, 'c', 'q');
    tell(rig, 'b', 'q');
    expect(groups(rig)).toEqual(['a in a', 'b in a', 'c in c']);
    expect(rig.snapshot('b').project).toBe('p');
  });

  it('can be asked for by the name of the group that was', () => {
    const rig = united();
    rig.key('a').status = { status: 'disabled' };
    expect(rig.take({ groups: ['b'] }).groupId).toBe('a');
    expect(rig.take({ groups: ['a'] }).keyId).toBe('b');
    expect(rig.refused({ groups: ['none'] })).toMatchObject({ code: 'keys_exhausted' });
  });
});

describe('declared groups', () => {
  it('are never merged, and it is said that they share', () => {
    const rig = new Rig([keyInput('a', { group: 'one' }), keyInput('b', { group: 'two' }), 'c', 'd']);
    const heard = rig.heard('group-learned');
    for (const id of ['a', 'b', 'c', 'd']) tell(rig, id, 'p');
    expect(groups(rig)).toEqual(['a in one', 'b in two', 'c in c', 'd in c']);
    expect(heard).toEqual([
      { provider: 'openai', project: 'p', group: 'two', keys: ['b', 'a'], ignored: true },
      { provider: 'openai', project: 'p', group: 'c', keys: ['c', 'a', 'b'], ignored: true },
      { provider: 'openai', project: 'p', group: 'c', keys: ['c', 'd'] },
      { provider: 'openai', project: 'p', group: 'c', keys: ['c', 'd', 'a', 'b'], ignored: true },
    ]);
  });

  it('a learned group that somebody declares stays as it is from then on', () => {
    const rig = united();
    rig.pool.ring.add('openai', keyInput('e', { group: 'b' }), START);
    tell(rig, 'c', 'p');
    expect(groups(rig)).toEqual(['a in a', 'b in a', 'c in c', 'e in a']);
  });
});

describe('what is known and reserved', () => {
  const ten = limits(bucket({ limit: 10 }), bucket({ limit: 100, perModel: false }));
  const input = (id: string, given: GroupLimits = ten): KeyInput => keyInput(id, { limits: given });
  const remaining = (rig: Rig, id = 'a'): readonly number[] => rig.snapshot(id).buckets.map((bucketOf) => bucketOf.remaining);

  it.each(['refill', 'fixed', 'sliding'] as const)('of %s limits is spent once, from one bucket', (kind) => {
    const given = limits(bucket({ limit: 10, kind }), bucket({ limit: 100, kind, perModel: false }));
    const rig = new Rig([input('a', given), input('b', given)]);
    for (const id of ['a', 'b', 'b']) rig.take({ keys: [id] }).settle(served());
    const out = rig.take({ keys: ['b'] });
    tell(rig, 'a', 'p');
    out.heard([], { project: 'p' });
    expect(remaining(rig)).toEqual([95, 5]);
    expect(rig.snapshot('b').buckets).toEqual(rig.snapshot('a').buckets);
    out.settle({ status: 'failed', verdict: verdict('network'), reached: false });
    expect(remaining(rig)).toEqual([96, 6]);
  });

  it('of limits that differ, the larger of two alike binds, and what only one has', () => {
    const five = { ...limits(bucket({ limit: 5 })), concurrency: 2, minTimeMs: 100 };
    const rig = new Rig([input('a', { ...ten, concurrency: 7 }), input('b', five)]);
    const out = rig.take({ keys: ['a'] });
    tell(rig, 'b', 'p');
    out.heard([], { project: 'p' });
    const { group } = rig.key('a');
    expect(group.limits).toMatchObject({ concurrency: 7, minTimeMs: 100 });
    // The one that was out is heard: the server has counted it, and so do both who limit requests of a group.
    expect(rig.snapshot('a').buckets.map(({ limit, remaining: left }) => [limit, left])).toEqual([
      [100, 99],
      [10, 9],
    ]);
    out.settle(served());
    expect(remaining(rig)).toEqual([99, 9]);
  });

  it('a strict limit of one key refuses the other nothing', () => {
    const loose = limits(bucket({ limit: 100 }));
    const strict = { ...limits(bucket({ limit: 5 })), concurrency: 1, minTimeMs: 0 };
    for (const [first, second] of [
      [loose, strict],
      [strict, loose],
    ] as const) {
      const rig = new Rig([input('a', first), input('b', second)]);
      tell(rig, 'a', 'p');
      tell(rig, 'b', 'p');
      expect(rig.snapshot('a').buckets.map(({ limit }) => limit)).toEqual([100]);
      for (let call = 0; call < 50; call += 1) rig.take({ keys: ['a'] }).settle(served());
    }
  });

  it('of learned limits the lower level counts, less what the other one has out', () => {
    const rig = new Rig(['a', 'b']).widen();
    for (const [id, left] of [
      ['a', 50],
      ['b', 80],
    ] as const) {
      const lease = rig.take({ keys: [id] });
      lease.heard([reading(100, left, 600)], {});
      lease.settle(served());
    }
    const out = [rig.take({ keys: ['a'] }), rig.take({ keys: ['b'] }), rig.take({ keys: ['b'] })];
    tell(rig, 'a', 'p');
    tell(rig, 'b', 'p');
    // 50 of `a`, less one of its own, two of the other and one that told each.
    expect(rig.snapshot('b').buckets).toMatchObject([{ limit: 100, source: 'learned' }]);
    expect(remaining(rig)[0]).toBeLessThanOrEqual(47);
    expect(remaining(rig)[0]).toBeGreaterThanOrEqual(45);
    for (const lease of out) lease.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('calls in flight, also of a key that is gone, count in the group', () => {
    const one = { ...limits(), concurrency: 3 };
    const rig = new Rig([input('a', one), input('b', one), 'c']);
    const out = [rig.take({ keys: ['a'] }), rig.take({ keys: ['b'] }), rig.take({ keys: ['b'] })];
    for (const lease of out) lease.heard([], { project: 'p' });
    expect(rig.key('a').group.inFlight).toBe(3);
    const waiting = rig.wait({ keys: ['a'] });
    rig.pool.ring.remove('b');
    for (const lease of out.slice(1)) lease.settle(cancelled);
    expect(rig.key('a').group.inFlight).toBe(2);
    expect(waiting.error).toBeUndefined();
    out[0]?.settle(served());
    expect(rig.key('a').group.inFlight).toBe(1);
  });

  it('a probe under way in one of them is the probe of both', async () => {
    const rig = new Rig(['a', 'b']);
    tell(rig, 'a', 'p');
    rig.take({ keys: ['b'] }).settle(failed('quota_exhausted', { perModel: false, until: { at: START + 1000, source: 'body' } }));
    await rig.clock.advance(1000);
    const probe = rig.take({ keys: ['b'] });
    probe.heard([], { project: 'p' });
    const waiting = rig.wait();
    await turn();
    expect(waiting.lease).toBeUndefined();
    probe.settle(served());
    await turn();
    expect(waiting.lease?.groupId).toBe('a');
    waiting.lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('one probe is enough where both had a hold that has ended', async () => {
    const rig = new Rig(['a', 'b']);
    tell(rig, 'a', 'p');
    const spent = failed('quota_exhausted', { perModel: false, until: { at: START + 1000, source: 'body' } });
    for (const id of ['a', 'b']) rig.take({ keys: [id] }).settle(spent);
    await rig.clock.advance(1000);
    const probe = rig.take({ keys: ['b'] });
    probe.heard([], { project: 'p' });
    const waiting = rig.wait();
    await turn();
    expect(waiting.lease).toBeUndefined();
    probe.settle(cancelled);
    await turn();
    waiting.lease?.settle(served());
    expect([waiting.lease?.groupId, rig.left]).toEqual(['a', NOTHING_LEFT]);
  });

  it('what is out in either is subtracted from what the server says next', () => {
    const rig = new Rig(['a', 'b']).widen();
    tell(rig, 'a', 'p');
    const out = [rig.take({ keys: ['b'] }), rig.take({ keys: ['b'] }), rig.take({ keys: ['b'] })];
    out[0]?.heard([], { project: 'p' });
    const last = rig.take({ keys: ['a'] });
    last.heard([reading(100, 50, 600)], {});
    expect(remaining(rig)).toEqual([48]);
    for (const lease of [...out, last]) lease.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('a quota that nobody knows is found out as carefully as by the one that was refused', async () => {
    const rig = new Rig(['a', 'b']);
    tell(rig, 'a', 'p');
    const out = Array.from({ length: 4 }, () => rig.take({ keys: ['b'] }));
    out[0]?.settle(failed('rate_limited', { until: { at: START + 1, source: 'retry-after' } }));
    out[1]?.heard([], { project: 'p' });
    expect(rig.snapshot('a').buckets).toMatchObject([{ counts: 'requests', source: 'learned' }]);
    await rig.clock.advance(10_000);
    for (const lease of out.slice(1)) lease.settle(served());
    const next = rig.take();
    next.settle(served());
    expect([next.groupId, rig.left]).toEqual(['a', NOTHING_LEFT]);
  });

  it('who waits for one of them is served by what they are together', async () => {
    const slow = { ...limits(), minTimeMs: 1000 };
    const rig = new Rig([input('a', slow), input('b', slow)]);
    const [first, second] = [rig.take({ keys: ['a'] }), rig.take({ keys: ['b'] })];
    const waiting = [rig.wait({ groups: ['a'] }), rig.wait({ groups: ['b'] }), rig.wait({ keys: ['b'] })];
    for (const lease of [first, second]) lease.heard([], { project: 'p' });
    for (const count of [1, 2, 3]) {
      await rig.clock.advance(1000);
      expect(waiting.filter(({ lease }) => lease !== undefined)).toHaveLength(count);
    }
    for (const lease of [first, second, ...waiting.map((one) => one.lease)]) lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });
});

describe('keys that come and go', () => {
  it('a new text of the same id is in the group that it was in', () => {
    const rig = united();
    const fresh = keyInput('b', { secret: new Secret('sk-another-secret-0123456789') });
    rig.pool.ring.replace('openai', [keyInput('a'), fresh], rig.now);
    expect(groups(rig)).toEqual(['a in a', 'b in a']);
    expect(rig.snapshot('b')).not.toHaveProperty('project');
  });

  it('a new key of the project takes up what the ones before left behind', () => {
    const ten = limits(bucket({ limit: 10 }));
    const rig = new Rig([keyInput('old', { limits: ten })]);
    const heard = rig.heard('group-learned');
    tell(rig, 'old', 'p');
    const out = rig.take();
    rig.pool.ring.replace('openai', [keyInput('new', { limits: ten })], rig.now);
    tell(rig, 'new', 'p');
    expect(rig.snapshot('new')).toMatchObject({ group: 'new', buckets: [{ remaining: 7 }] });
    expect([rig.key('new').group.inFlight, heard]).toEqual([1, []]);
    out.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('thousands of tokens of one project leave no groups behind', () => {
    const rig = new Rig([]);
    for (let count = 0; count < 1000; count += 1) {
      rig.pool.ring.replace('openai', [keyInput(`token-${count}`)], rig.now);
      tell(rig, `token-${count}`, 'p');
    }
    expect(rig.pool.ring.provider('openai').groups.size).toBe(1);
    expect(rig.take({ groups: ['token-998'] }).keyId).toBe('token-999');
  });
});

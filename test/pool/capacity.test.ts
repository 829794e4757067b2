import { describe, expect, test } from 'vitest';
import { capacityOf, type TargetCapacity } from '../../src/pool/capacity.ts';
import { bucket, failed, keyInput, limits, reading, Rig, served, START } from './rig.ts';

const rpm = (limit: number) => bucket({ limit });
const tpm = (limit: number) => bucket({ counts: 'tokens', limit });
const NAMED = { scope: 'group', until: { at: START + 30_000, source: 'retry-after' } } as const;

function capacity(rig: Rig, model = 'gpt'): TargetCapacity {
  const [target] = capacityOf(rig.pool, [{ provider: 'openai', model }], rig.now).targets;
  if (target === undefined) throw new Error('Cannot look at the capacity as there is no target');
  return target;
}

/** A call that takes `ms` and uses so many tokens. */
function call(rig: Rig, tokens: number, ms = 1000, keys?: readonly string[]): void {
  const lease = rig.take(keys === undefined ? {} : { keys });
  rig.clock.advanceSync(ms);
  lease.settle(served({ input: tokens, output: 0 }));
}

describe('capacity', () => {
  test('of limits that were given is known before the first call, but for tokens', () => {
    const rig = new Rig([keyInput('a', { limits: limits(rpm(60), tpm(10_000)) })]);
    const { groups, ...all } = capacity(rig);
    expect(all).toEqual({
      provider: 'openai',
      model: 'gpt',
      perMinute: 60,
      unknownGroups: 0,
      pace: { perMinute: 0 },
      binding: { counts: 'requests', limit: 60, windowMs: 60_000 },
      oneMoreKey: { inNewGroup: 60, inOldGroup: 0 },
    });
    expect(groups[0]).toMatchObject({ group: 'a', keys: 1, perMinute: 60 });
    expect(groups[0]?.buckets.map((each) => [each.counts, each.perMinute])).toEqual([
      ['requests', 60],
      ['tokens', undefined],
    ]);
  });

  test('tells which limit binds once a call has told what it takes', () => {
    const rig = new Rig([keyInput('a', { limits: limits(rpm(60), tpm(10_000)) })]);
    call(rig, 500);
    expect(capacity(rig)).toMatchObject({ perMinute: 20, binding: { counts: 'tokens', limit: 10_000, windowMs: 60_000 } });
  });

  test('of places is known once a call has told how long it takes', () => {
    const rig = new Rig([keyInput('a', { limits: { ...limits(), concurrency: 3 } })]);
    expect(capacity(rig)).not.toHaveProperty('perMinute');
    expect(capacity(rig).unknownGroups).toBe(1);
    call(rig, 10, 2000);
    expect(capacity(rig)).toMatchObject({ perMinute: 90, unknownGroups: 0, binding: { counts: 'concurrency', limit: 3 } });
    expect(capacity(rig).groups[0]?.concurrency).toEqual({ limit: 3, inFlight: 0, perMinute: 90 });
  });

  test('of spacing is what fits one after the other', () => {
    const rig = new Rig([keyInput('a', { limits: { ...limits(rpm(600)), minTimeMs: 500 } })]);
    expect(capacity(rig)).toMatchObject({ perMinute: 120, binding: { counts: 'spacing', limit: 500 } });
  });

  test('is unknown, not zero, while nobody has told of a limit', () => {
    const rig = new Rig(['a', 'b']);
    const { groups, ...all } = capacity(rig);
    expect(all).toEqual({ provider: 'openai', model: 'gpt', unknownGroups: 2, pace: { perMinute: 0 }, oneMoreKey: { inOldGroup: 0 } });
    expect(groups).toEqual([
      { group: 'a', keys: 1, pace: { perMinute: 0 }, buckets: [] },
      { group: 'b', keys: 1, pace: { perMinute: 0 }, buckets: [] },
    ]);
  });

  test('learns from answers', () => {
    const rig = new Rig(['a', 'b']);
    const lease = rig.take({ keys: ['a'] });
    lease.heard([reading(600, 599, 100)], {});
    lease.settle(served());
    expect(capacity(rig)).toMatchObject({ perMinute: 600, unknownGroups: 1, oneMoreKey: { inNewGroup: 600 } });
  });

  test('sums groups, and counts keys of one group once', () => {
    const shared = { group: 'g', limits: limits(rpm(60)) };
    const rig = new Rig([keyInput('a', shared), keyInput('b', shared), keyInput('c', { limits: limits(rpm(30)) })]);
    expect(capacity(rig)).toMatchObject({ perMinute: 90, oneMoreKey: { inNewGroup: 30, inOldGroup: 0 } });
    expect(capacity(rig)).not.toHaveProperty('binding');
    expect(capacity(rig).groups.map(({ group, keys, perMinute }) => [group, keys, perMinute])).toEqual([
      ['g', 2, 60],
      ['c', 1, 30],
    ]);
  });

  test('leaves out keys that are held, and says until when; a new key would not be', () => {
    const rig = new Rig([keyInput('a', { limits: limits(rpm(60)) }), keyInput('b', { limits: limits(rpm(60)) })]);
    rig.take({ keys: ['a'] }).settle(failed('quota_exhausted', NAMED));
    const { perMinute, oneMoreKey, groups } = capacity(rig);
    expect([perMinute, oneMoreKey.inNewGroup]).toEqual([60, 60]);
    expect(groups[0]).toMatchObject({ group: 'a', keys: 0, perMinute: 0, until: START + 30_000 });
    expect(groups[1]).not.toHaveProperty('until');
  });

  test('is zero when no key may be used, and without a time when none comes back by itself', () => {
    const rig = new Rig([keyInput('a', { limits: limits(rpm(60)) })]);
    rig.key('a').status = { status: 'invalid', since: START };
    const target = capacity(rig);
    expect([target.perMinute, target.unknownGroups]).toEqual([0, 0]);
    expect(target.groups[0]).toMatchObject({ keys: 0, perMinute: 0 });
    expect(target.groups[0]).not.toHaveProperty('until');
  });

  test('leaves out groups whose keys are not for the model', () => {
    const rig = new Rig([keyInput('a', { models: ['claude-*'], limits: limits(rpm(60)) })]);
    expect(capacity(rig)).toMatchObject({ groups: [], unknownGroups: 0, oneMoreKey: { inOldGroup: 0 } });
    expect(capacity(rig)).not.toHaveProperty('perMinute');
  });

  test('says how long it lasts at the present pace', () => {
    const day = bucket({ limit: 1000, windowMs: 86_400_000, kind: 'fixed' });
    const rig = new Rig([keyInput('a', { limits: limits(day) }), keyInput('b', { limits: limits(day) })]);
    for (let count = 0; count < 200; count += 1) call(rig, 10);
    const { pace, lastsMs, groups } = capacity(rig);
    // A call a second; 1,800 are left.
    expect(pace.perMinute).toBeCloseTo(60.5, 1);
    expect(Math.round((lastsMs ?? 0) / 60_000)).toBe(30);
    expect(groups.map((group) => Math.round((group.lastsMs ?? 0) / 60_000) > 10)).toEqual([true, true]);
    expect(pace.tokensPerCall === undefined ? 0 : Math.round(pace.tokensPerCall)).toBe(10);
    expect(Math.round(pace.callMs ?? 0)).toBe(1000);
  });

  test('is plain data, and made of no secret', () => {
    const rig = new Rig([keyInput('a', { limits: limits(rpm(60), tpm(10_000)) })]);
    call(rig, 500);
    const told = capacityOf(rig.pool, rig.pool.paces.used(), rig.now);
    expect(JSON.parse(JSON.stringify(told))).toEqual(told);
    expect(JSON.stringify(told)).not.toContain('sk-secret');
    expect(told.targets.map(({ provider, model }) => `${provider}/${model}`)).toEqual(['openai/gpt']);
  });

  test('is cheap with many keys', () => {
    const day = bucket({ limit: 1000, windowMs: 86_400_000, kind: 'fixed' });
    const rig = new Rig(Array.from({ length: 2000 }, (_, index) => keyInput(`k${index}`, { limits: limits(rpm(60), tpm(10_000), day) })));
    for (let count = 0; count < 50; count += 1) call(rig, 10);
    expect(capacity(rig).groups).toHaveLength(2000);
  });
});

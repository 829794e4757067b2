import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import { KeyRing } from '../../../src/pool/keys/ring.ts';
import { Secret } from '../../../src/secret.ts';
import { bucket, failed, keyInput, limits, Rig, served, START } from '../rig.ts';

const ten = limits(bucket({ limit: 10 }));

describe('a ring', () => {
  it('ids are unique in a client, across providers', () => {
    const ring = new KeyRing();
    ring.add('openai', keyInput('a'), START);
    expect(() => ring.add('groq', keyInput('a'), START)).toThrow(ConfigError);
  });

  it('groups of one name belong to their provider', () => {
    const ring = new KeyRing();
    const a = ring.add('openai', keyInput('a', { group: 'main' }), START);
    const b = ring.add('groq', keyInput('b', { group: 'main' }), START);
    expect(a.group).not.toBe(b.group);
  });

  it('unlike limits in one group are refused, like ones are not', () => {
    const ring = new KeyRing();
    ring.add('openai', keyInput('a', { group: 'main', limits: ten }), START);
    ring.add('openai', keyInput('b', { group: 'main', limits: limits(bucket({ limit: 10 })) }), START);
    expect(() => ring.add('openai', keyInput('c', { group: 'main' }), START)).toThrow('keys of one group must name the same');
    expect(ring.get('c')).toBeUndefined();
    expect(ring.all()).toHaveLength(2);
  });

  it('keys of one group count once', () => {
    const rig = new Rig([keyInput('a', { group: 'main', limits: ten }), keyInput('b', { group: 'main', limits: ten })]);
    rig.take({ keys: ['a'] });
    expect(rig.snapshot('b').buckets[0]?.remaining).toBe(9);
  });
});

describe('replace', () => {
  it('keeps the state of the same key, and starts a changed one anew', () => {
    const rig = new Rig(['same', 'changed', 'gone']);
    for (const id of ['same', 'changed', 'gone'])
      rig.take({ keys: [id] }).settle(failed('key_forbidden', { until: { at: Infinity, source: 'body' } }));
    rig.clock.advanceSync(120_000);
    rig.key('same').status = { status: 'disabled' };
    const [same, changed] = [rig.key('same'), rig.key('changed')];
    rig.pool.ring.replace(
      'openai',
      [keyInput('same'), keyInput('changed', { secret: new Secret('sk-another-secret-0123456789') }), keyInput('new')],
      rig.now,
    );
    expect(rig.pool.ring.all().map(({ id }) => id)).toEqual(['same', 'changed', 'new']);
    expect(rig.key('same')).toBe(same);
    expect(rig.key('changed')).not.toBe(changed);
    expect(rig.key('changed').status).toEqual({ status: 'usable' });
  });

  it('a group whose keys are exchanged keeps what it spent and learned', () => {
    const rig = new Rig([keyInput('old', { group: 'main', limits: ten })]);
    rig.take().settle(served());
    rig.pool.ring.replace('openai', [keyInput('new', { group: 'main', limits: ten })], START);
    expect(rig.snapshot('new').buckets[0]?.remaining).toBe(9);
  });

  it('with other limits it begins anew', () => {
    const rig = new Rig([keyInput('old', { group: 'main', limits: ten })]);
    rig.pool.ring.replace('openai', [keyInput('new', { group: 'main' })], START);
    expect(rig.key('new').group.limits.buckets).toEqual([]);
  });

  it('keys that come and go for years leave no groups behind', () => {
    const rig = new Rig([]);
    for (let count = 0; count < 1000; count += 1) rig.pool.ring.replace('openai', [keyInput(`token-${count}`)], START);
    expect(rig.pool.ring.all()).toHaveLength(1);
    expect(rig.pool.ring.provider('openai').groups.size).toBeLessThanOrEqual(40);
  });
});

describe('quotas per model', () => {
  it('made-up names cost no memory, and give back nothing that was spent', () => {
    const rig = new Rig([keyInput('a', { limits: limits(bucket({ limit: 10, windowMs: 600_000 })) })]);
    for (let count = 0; count < 7; count += 1) rig.take().settle(served());
    const { group } = rig.key('a');
    for (let count = 0; count < 5000; count += 1) group.quota(`made-up-${count}`, START);
    expect(rig.snapshot('a').buckets.find(({ model }) => model === 'gpt')?.remaining).toBe(3);
    expect(group.meters().length).toBeLessThanOrEqual(513);
  });
});

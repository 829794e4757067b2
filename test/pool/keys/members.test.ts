import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../../src/pool/keys/ring.ts';
import { bucket, cancelled, keyInput, limits, Rig, served, START } from '../rig.ts';

const DAY = 86_400_000;

describe('made-up names cost no memory', () => {
  it('quotas that are not idle for a day are bounded: those not used for longest go, never one in flight', () => {
    const rig = new Rig([keyInput('a', { limits: limits(bucket({ limit: 1000, windowMs: DAY })) })]);
    const out = rig.take({ model: 'in flight' });
    for (let count = 0; count < 5000; count += 1) {
      rig.clock.advanceSync(1);
      rig.take({ model: `made-up-${count}` }).settle(served());
    }
    const { buckets } = rig.snapshot('a');
    expect(buckets.length).toBeLessThanOrEqual(512);
    const models = buckets.map(({ model }) => model);
    expect(models).toContain('in flight');
    expect(models).toContain('made-up-4999');
    out.settle(cancelled);
  });

  it('an organisation that names itself anew in each answer keeps its first name', () => {
    const ring = new KeyRing();
    const [a, b] = [ring.add('openai', keyInput('a'), START), ring.add('openai', keyInput('b'), START)];
    const { provider } = a.group;
    for (let count = 0; count < 2000; count += 1) provider.tie(a.group, `org-${count}`);
    provider.tie(b.group, 'org-0');
    expect(b.group.organization).toBe(a.group.organization);
    // The latest aliases are known, those that are long gone are not.
    const c = ring.add('openai', keyInput('c'), START);
    provider.tie(c.group, 'org-1999');
    expect(c.group.organization).toBe(a.group.organization);
    const d = ring.add('openai', keyInput('d'), START);
    provider.tie(d.group, 'org-1');
    expect(d.group.organization).not.toBe(a.group.organization);
  });
});

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/secret.ts';
import { bucket, failed, keyInput, limits, Rig, served, START } from '../rig.ts';

describe('snapshotOf', () => {
  it('a fresh key', () => {
    const rig = new Rig([keyInput('a', { limits: limits(bucket({ limit: 60, perModel: false })) })]);
    expect(rig.snapshot('a')).toEqual({
      id: 'a',
      provider: 'openai',
      group: 'a',
      label: 'sk-…6789',
      state: 'ready',
      holds: [],
      buckets: [{ counts: 'requests', windowMs: 60_000, limit: 60, remaining: 60, resetAt: START, source: 'configured' }],
      inFlight: 0,
      totals: { calls: 0, attempts: 0, tokens: 0, errors: 0 },
      addedAt: START,
      firstSeenAt: START,
      ageDays: 0,
    });
  });

  it('counts what it did', () => {
    const rig = new Rig(['a']);
    rig.take().settle(served({ input: 7, output: 5 }));
    rig.take().settle(failed('server_error'));
    rig.take();
    expect(rig.snapshot('a')).toMatchObject({ inFlight: 1, lastUsedAt: START, totals: { calls: 1, attempts: 3, tokens: 12, errors: 1 } });
  });

  it.each([
    ['ready, with the hold, when it is for one model', failed('quota_exhausted', { scope: 'key' }), 'ready', 1],
    ['exhausted without quota', failed('quota_exhausted', { scope: 'group', perModel: false }), 'exhausted', 1],
    ['cooling after a rate limit', failed('rate_limited', { scope: 'key', perModel: false }), 'cooling', 1],
    ['cooling under suspicion', failed('key_forbidden'), 'cooling', 1],
    ['invalid when a code says so', failed('key_invalid', { definitive: true, status: 401 }), 'invalid', 0],
  ])('%s', (_name, end, state, holds) => {
    const rig = new Rig(['a', 'b']);
    rig.take({ keys: ['a'] }).settle(end);
    const snapshot = rig.snapshot('a');
    expect(snapshot.state).toBe(state);
    expect(snapshot.holds).toHaveLength(holds);
    expect(snapshot.reason).toMatchObject({ at: START, message: expect.stringContaining('the test said') });
  });

  it('a key held with its group tells the reason too, though it was not refused itself', () => {
    const rig = new Rig([keyInput('a1', { group: 'a' }), keyInput('a2', { group: 'a' })]);
    rig.take({ keys: ['a1'] }).settle(failed('quota_exhausted', { perModel: false, status: 402, why: 'no money' }));
    expect(rig.snapshot('a2')).toMatchObject({
      state: 'exhausted',
      until: rig.snapshot('a1').until,
      reason: { class: 'quota_exhausted', status: 402, message: 'no money', at: START },
    });
  });

  it('has neither reason nor until once a hold is over', () => {
    const rig = new Rig(['a', 'b']);
    rig.take({ keys: ['a'] }).settle(failed('rate_limited', { perModel: false }));
    rig.clock.advanceSync(2000);
    expect(rig.snapshot('a')).not.toHaveProperty('reason');
    expect(rig.snapshot('a')).toMatchObject({ state: 'ready', holds: [] });
    expect(rig.snapshot('a')).not.toHaveProperty('until');
  });

  it('shows a tail only of long secrets, and none of the text', () => {
    const secret = 'sk-0123456789abcdefghij';
    const rig = new Rig([
      keyInput('long', { secret: new Secret(secret) }),
      keyInput('short', { secret: new Secret('sk-0123456789') }),
      keyInput('none', { secret: undefined }),
    ]);
    expect(['long', 'short', 'none'].map((id) => rig.snapshot(id).label)).toEqual(['sk-…ghij', '…', 'keyless']);
    expect(JSON.stringify(rig.snapshot('long'))).not.toContain(secret.slice(3, 18));
  });
});

import { describe, expect, it } from 'vitest';
import { Keys } from '../../src/client/keys.ts';
import type { Lease } from '../../src/pool/lease.ts';
import { bucket, failed, keyInput, limits, makeAsk, NOTHING_LEFT, reading, Rig, served, START, turn } from './rig.ts';

const HOUR = 3_600_000;
const invalid = failed('key_invalid', { definitive: true });
const suspect = failed('key_forbidden');
const spent = failed('quota_exhausted');
const states = (rig: Rig): Record<string, string> =>
  Object.fromEntries(rig.pool.ring.all().map((key) => [key.id, rig.snapshot(key.id).state]));

describe('a rate limit', () => {
  it('holds the group for the model, and only for it', () => {
    const rig = new Rig([keyInput('a1', { group: 'a' }), keyInput('a2', { group: 'a' }), 'b']);
    rig.take({ keys: ['a1'] }).settle(failed('rate_limited', { until: { at: START + 5000, source: 'retry-after' } }));
    expect(rig.take({ groups: ['a', 'b'] }).keyId).toBe('b');
    expect(rig.refused({ groups: ['a'], waitUntil: START + 100 })).toMatchObject({ retryAt: START + 5000 });
    expect(rig.take({ model: 'o1', groups: ['a'] }).groupId).toBe('a');
  });

  it('a burst of refusals is one event', () => {
    const rig = new Rig(['a']).widen();
    const held = rig.heard('key-held');
    const leases = Array.from({ length: 20 }, () => rig.take());
    for (const lease of leases) lease.settle(failed('rate_limited'));
    expect(held).toHaveLength(1);
    expect(rig.key('a').group.holds.active(START)[0]?.strikes).toBe(1);
  });

  it('a late success never frees it', () => {
    const rig = new Rig(['a']).widen();
    const [late, refused] = [rig.take(), rig.take()];
    refused.settle(failed('rate_limited', { until: { at: START + 5000, source: 'body' } }));
    late.settle(served());
    expect(rig.refused({ waitUntil: START + 100 })).toMatchObject({ retryAt: START + 5000 });
  });

  it('without headers the next wait is longer each time, and an answer ends the series', async () => {
    const rig = new Rig(['a'], 3);
    const lengths: number[] = [];
    for (let count = 0; count < 4; count += 1) {
      const lease = rig.take();
      lease.settle(failed('rate_limited'));
      const until = rig.key('a').group.holds.readyAt('gpt');
      lengths.push(Math.floor((until - rig.now) / 1000));
      await rig.clock.advance(until - rig.now);
    }
    // Of next to nothing that was admitted the rate is at most half of what was tried.
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    expect(lengths[3]).toBeGreaterThan(4 * (lengths[0] ?? Infinity));
    const recovered = rig.heard('key-recovered');
    rig.take().settle(served());
    expect(recovered).toHaveLength(1);
    await rig.clock.advance(60_000);
    rig.take().settle(failed('rate_limited'));
    expect(rig.key('a').group.holds.active(rig.now)[0]?.strikes).toBe(1);
  });

  it('without a hint but with a bucket it lasts until the bucket has room', () => {
    const rig = new Rig([keyInput('a', { limits: limits(bucket({ limit: 60, burst: 1 })) })]);
    rig.take().settle(failed('rate_limited'));
    expect(rig.key('a').group.holds.active(START)[0]).toMatchObject({ until: START + 1000, source: 'bucket' });
  });

  it("of a body tells the group's limits", () => {
    const rig = new Rig(['a']);
    rig.take().settle(failed('rate_limited', { readings: [reading(60, 0, 60_000)] }));
    expect(rig.snapshot('a').buckets).toEqual([
      { counts: 'requests', windowMs: 60_000, model: 'gpt', limit: 60, remaining: 0, resetAt: START + 60_000, source: 'learned' },
    ]);
    expect(rig.refused({ waitUntil: START + 100 })).toMatchObject({ retryAt: START + 1005 });
  });
});

describe('half-open', () => {
  async function exhausted(): Promise<Rig> {
    const rig = new Rig(['a'], 7).widen();
    rig.take().settle(failed('quota_exhausted', { until: { at: START + HOUR, source: 'body' } }));
    await rig.clock.advance(HOUR);
    return rig;
  }

  it('one probe at a time; the others wait without a timer', async () => {
    const rig = await exhausted();
    const probe = rig.take();
    const waiting = [rig.wait(), rig.wait()];
    expect(rig.clock.pending).toBe(0);
    probe.settle(served());
    await turn();
    expect(waiting.map(({ lease }) => lease !== undefined)).toEqual([true, true]);
    for (const { lease } of waiting) lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('a probe that fails holds longer, and refuses who waited', async () => {
    const rig = await exhausted();
    const probe = rig.take();
    const waiting = rig.wait({ waitUntil: rig.now + 60_000 });
    probe.settle(spent);
    await turn();
    expect(waiting.error).toMatchObject({ keys: [{ id: 'a', state: 'exhausted' }] });
    const hold = rig.key('a').group.holds.active(rig.now)[0];
    expect(hold?.strikes).toBe(2);
    expect((hold?.until ?? 0) - rig.now).toBeGreaterThanOrEqual(2 * HOUR);
  });

  it('a probe that tells nothing leaves the next one to the next call', async () => {
    const rig = await exhausted();
    const probe = rig.take();
    const waiting = rig.wait();
    probe.settle({ status: 'cancelled' });
    await turn();
    expect(waiting.lease).toBeDefined();
    const other = rig.wait();
    expect(other.lease).toBeUndefined();
    waiting.lease?.settle(failed('server_error', { status: 500 }));
    await turn();
    other.lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('a key under probe beside one that is held: the pool sleeps until time brings something', async () => {
    const rig = new Rig([keyInput('a1', { group: 'a' }), keyInput('a2', { group: 'a' }), 'other']).widen();
    rig.take({ keys: ['a1'] }).settle(failed('key_forbidden', { until: { at: START + 1000, source: 'body' } }));
    rig.take({ keys: ['a2'] }).settle(failed('key_forbidden', { until: { at: START + 9000, source: 'body' } }));
    await rig.clock.advance(1000);
    const probe = rig.take({ groups: ['a'] });
    const slept = rig.clock.slept.length;
    const waiting = rig.wait({ groups: ['a'] });
    await rig.clock.advance(8000);
    expect(rig.clock.slept.slice(slept)).toEqual([8000]);
    expect(waiting.lease?.keyId).toBe('a2');
    probe.settle(served());
    waiting.lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });
});

describe('an organisation', () => {
  const org = (rig: Rig, id: string, name: string): void => rig.take({ keys: [id] }).heard([], { organization: name });

  it('that two groups share is held for both, and for no other', () => {
    const rig = new Rig(['a', 'b', 'c']);
    org(rig, 'a', 'org-1');
    org(rig, 'b', 'org-1');
    org(rig, 'c', 'org-2');
    rig.take({ keys: ['a'] }).settle(failed('quota_exhausted', { scope: 'org', perModel: false }));
    expect(states(rig)).toEqual({ a: 'exhausted', b: 'exhausted', c: 'ready' });
    expect(rig.snapshot('b')).toMatchObject({ organization: 'org-1', reason: { class: 'quota_exhausted' } });
    expect(rig.take().keyId).toBe('c');
  });

  it('that ties groups is told once for each group that joins', () => {
    const rig = new Rig(['a', 'b', 'c', 'd']);
    const heard = rig.heard('organization-learned');
    org(rig, 'a', 'org-1');
    org(rig, 'c', 'org-2');
    expect(heard).toEqual([]);
    for (const id of ['b', 'b', 'a', 'd']) org(rig, id, 'org-1');
    const told = { provider: 'openai', organization: 'org-1' };
    expect(heard).toEqual([
      { ...told, groups: ['a', 'b'] },
      { ...told, groups: ['a', 'b', 'd'] },
    ]);
  });

  it('that nobody named is the group', () => {
    const rig = new Rig(['a', 'b']);
    rig.take({ keys: ['a'] }).settle(failed('quota_exhausted', { scope: 'org', perModel: false }));
    expect(states(rig)).toEqual({ a: 'exhausted', b: 'ready' });
  });

  it('that the refusal itself names is known at once, also by its second name', () => {
    const rig = new Rig(['a', 'b']);
    org(rig, 'a', 'org-1');
    org(rig, 'a', 'acme');
    rig.take({ keys: ['b'] }).settle(failed('quota_exhausted', { scope: 'org', perModel: false, organization: 'acme' }));
    expect(states(rig)).toEqual({ a: 'exhausted', b: 'exhausted' });
  });
});

describe('refused keys', () => {
  it('a definitive code makes a key invalid until a person changes it', async () => {
    const rig = new Rig(['a', 'b']);
    const events = [rig.heard('key-invalidated'), rig.heard('key-recovered')];
    rig.take({ keys: ['a'] }).settle(invalid);
    await rig.clock.advance(365 * 24 * HOUR);
    expect(states(rig)).toEqual({ a: 'invalid', b: 'ready' });
    expect(rig.take().keyId).toBe('b');
    rig.pool.outcomes.restore(rig.key('a'));
    expect(states(rig)).toEqual({ a: 'ready', b: 'ready' });
    expect(events.map((list) => list.length)).toEqual([1, 1]);
  });

  it('a bare 401 makes it suspect: held, then probed', async () => {
    const rig = new Rig(['a', 'b']);
    rig.take({ keys: ['a'] }).settle(suspect);
    expect(states(rig)).toEqual({ a: 'cooling', b: 'ready' });
    await rig.clock.advance(80_000);
    const probe = rig.take({ keys: ['a'] });
    const waiting = rig.wait({ keys: ['a'] });
    probe.settle(suspect);
    await turn();
    expect(waiting.lease).toBeUndefined();
    expect(rig.key('a').holds.active(rig.now)[0]?.strikes).toBe(2);
  });

  it('a call that every key refuses marks nothing in the end', () => {
    const rig = new Rig(['a', 'b', 'c', 'd']);
    const avoid = new Set<string>();
    for (let count = 0; count < 4; count += 1) {
      const lease = rig.take({ callId: 'poisoned', avoid });
      lease.settle(invalid);
      avoid.add(lease.keyId);
    }
    expect(states(rig)).toEqual({ a: 'ready', b: 'ready', c: 'ready', d: 'ready' });
    expect(rig.refused({ avoid })).toMatchObject({
      retryAt: undefined,
      keys: ['a', 'b', 'c', 'd'].map((id) => ({ id, reason: 'it refused this call' })),
    });
  });

  it('a poisoned call invalidates two keys at most, though others are served in between', () => {
    const rig = new Rig(Array.from({ length: 10 }, (_, index) => `k${index}`));
    const avoid = new Set<string>();
    for (let count = 0; count < 9; count += 1) {
      const lease = rig.take({ callId: 'poisoned', avoid });
      lease.settle(invalid);
      avoid.add(lease.keyId);
      rig.take().settle(served());
    }
    expect(Object.values(states(rig)).filter((state) => state === 'invalid')).toHaveLength(2);
  });

  it('when all fail in several calls the provider is held, probed, and given back by one answer', async () => {
    const rig = new Rig(['a', 'b', 'c']);
    for (const id of ['a', 'b', 'c']) rig.take({ keys: [id] }).settle(invalid);
    expect(states(rig)).toEqual({ a: 'cooling', b: 'cooling', c: 'cooling' });
    expect(rig.snapshot('a').holds).toMatchObject([{ scope: 'provider', class: 'key_invalid' }]);
    const until = rig.snapshot('a').until ?? 0;
    await rig.clock.advance(until - rig.now);
    const probe = rig.take();
    const waiting = rig.wait();
    probe.settle(served());
    await turn();
    expect(waiting.lease).toBeDefined();
    expect(states(rig)).toEqual({ a: 'ready', b: 'ready', c: 'ready' });
  });

  it('a held provider that fails its probe is held longer, and no key is marked', async () => {
    const rig = new Rig(['a', 'b']);
    for (const id of ['a', 'b']) rig.take({ keys: [id] }).settle(invalid);
    await rig.clock.advance((rig.snapshot('a').until ?? 0) - rig.now);
    rig.take().settle(invalid);
    expect(rig.key('a').group.provider.holds.unproved()?.strikes).toBe(2);
    expect(states(rig)).toEqual({ a: 'cooling', b: 'cooling' });
  });

  it('one key alone is believed, also when it is the only one of its provider', () => {
    const rig = new Rig(['a']);
    rig.take().settle(invalid);
    expect(states(rig)).toEqual({ a: 'invalid' });
  });

  it('a key that a person disabled meanwhile stays disabled', () => {
    const rig = new Rig(['a', 'b']);
    const lease = rig.take({ keys: ['a'], callId: 'one' });
    rig.key('a').status = { status: 'disabled' };
    lease.settle(invalid);
    rig.take({ keys: ['b'], callId: 'one' }).settle(invalid);
    expect(states(rig)['a']).toBe('disabled');
  });
});

describe('what says nothing about a key', () => {
  it.each(['overloaded', 'server_error', 'timeout', 'network', 'bad_request', 'context_length', 'content_filtered', 'aborted'] as const)(
    '%s',
    (failure) => {
      const rig = new Rig(['a']);
      const held = rig.heard('key-held');
      rig.take().settle(failed(failure, { scope: 'route' }));
      expect(held).toEqual([]);
      expect(rig.snapshot('a')).toMatchObject({ state: 'ready', holds: [], totals: { attempts: 1, errors: 1, calls: 0, tokens: 0 } });
    },
  );
});

describe('a quota of which nothing is known', () => {
  /** How many more start now. */
  function start(rig: Rig): readonly Lease[] {
    const leases: Lease[] = [];
    for (let count = 0; count < 1000; count += 1) {
      const leased = rig.pool.lease({ ...ask, callId: `ramp-${count}` }, rig.deadline());
      if (leased instanceof Promise) {
        leased.catch(() => {});
        break;
      }
      leased.sent();
      leases.push(leased);
    }
    rig.pool.close();
    return leases;
  }
  const ask = {
    provider: 'openai',
    model: 'gpt',
    cost: { input: 1, output: 1 },
    groups: undefined,
    keys: undefined,
    avoid: new Set<string>(),
    priority: 0,
    tenant: undefined,
    affinity: undefined,
    waitUntil: Infinity,
  };

  it.each([
    ['starts four at once', 0, 4],
    ['one more once those are answered', 4, 5],
    ['four times as many after sixty-four answers', 64, 16],
    ['all once it is wide', 2720, 1000],
  ])('%s', (_name, answers, expected) => {
    const rig = new Rig(['a']);
    const quota = rig.key('a').group.quota('gpt', rig.now);
    for (let count = 0; count < answers; count += 1) quota.answered();
    expect(start(rig)).toHaveLength(expected);
  });

  it('does not wait for the end of streams, but for their headers', async () => {
    const rig = new Rig(['a']);
    const leases = [1, 2, 3, 4].map(() => rig.take());
    const waiting = rig.wait();
    leases[0]?.heard([], {});
    await turn();
    expect(waiting.lease).toBeDefined();
  });

  it('is known with the first headers that tell its limits', async () => {
    const rig = new Rig(['a']);
    const lease = rig.take();
    lease.heard([reading(60, 59, 1000)], {});
    for (let count = 0; count < 59; count += 1) rig.take();
    expect(rig.refused({ waitUntil: START + 999 })).toMatchObject({ retryAt: START + 1005 });
  });

  it('never waits for the first answer: one more starts each 100 ms, then each 50 ms', async () => {
    const rig = new Rig(['a']);
    const first = [1, 2, 3, 4].map(() => rig.take());
    const waiting = Array.from({ length: 46 }, () => rig.wait({ waitUntil: START + 4000 }));
    const started = (): number => waiting.filter(({ lease }) => lease !== undefined).length;
    const seen: number[] = [];
    for (let second = 1; second <= 3; second += 1) {
      await rig.clock.advance(1000);
      seen.push(started());
    }
    expect(seen).toEqual([10, 30, 46]);
    for (const lease of [...first, ...waiting.map(({ lease: granted }) => granted)]) lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('what was idle for an hour begins again with a few', async () => {
    const rig = new Rig(['a']);
    rig.take().settle(served());
    await rig.clock.advance(3_600_000);
    expect(start(rig)).toHaveLength(5);
  });

  it('a refusal means that it is empty now: the rate is learned from what is admitted between two', async () => {
    const rig = new Rig(['a']);
    let level = 20;
    let at = rig.now;
    let refused = 0;
    let admitted = 0;
    // A server that gives five requests a second, and says so to nobody.
    for (const end = START + 60_000; rig.now < end;) {
      const pending = Promise.resolve(rig.pool.lease(makeAsk(), rig.deadline()));
      const came = { lease: false };
      void pending.then(() => (came.lease = true));
      await turn();
      while (!came.lease) await rig.clock.advance(5);
      const lease = await pending;
      lease.sent();
      level = Math.min(20, level + (rig.now - at) / 200);
      at = rig.now;
      const fits = level >= 1;
      level -= fits ? 1 : 0;
      admitted += fits ? 1 : 0;
      refused += fits ? 0 : 1;
      lease.settle(fits ? served() : failed('rate_limited'));
    }
    expect(admitted).toBeGreaterThan(0.95 * (20 + 5 * 60));
    expect(refused).toBeLessThan(0.06 * admitted);
  });

  it.each([
    ['with a configured concurrency', { limits: { ...limits(), concurrency: 100 } }, 100],
    ['without a key', { secret: undefined }, 1000],
  ])('%s is not unknown: nothing is probed', (_name, more, expected) => {
    expect(start(new Rig([keyInput('a', more)]))).toHaveLength(expected);
  });

  it('a rate without a burst says nothing of the burst: it starts spread out', () => {
    const limited = keyInput('a', { limits: limits(bucket({ limit: 600, burst: undefined })) });
    expect(start(new Rig([limited]))).toHaveLength(4);
  });
});

describe('a learned limit that is too small for all calls', () => {
  const tokens = reading(10_000, 10_000, 0, { counts: 'tokens', slot: 'tokens/60000' });
  const huge = { cost: { input: 30_000, output: 0 } };

  it('refuses nothing by itself: the call waits until it is full, and the server decides', async () => {
    const rig = new Rig(['a']);
    const lease = rig.take();
    lease.heard([tokens], {});
    lease.settle(served());
    await rig.clock.advance(1000);
    const large = rig.take(huge);
    const waiting = rig.wait(huge);
    large.settle(served({ input: 5000, output: 0 }));
    await rig.clock.advance(120_000);
    waiting.lease?.heard([reading(100_000, 70_000, 0, { counts: 'tokens', slot: 'tokens/60000' })], {});
    waiting.lease?.settle(served());
    expect(rig.snapshot('a').buckets).toMatchObject([{ source: 'learned', limit: 100_000 }]);
  });

  it('is forgotten by a reset, and learned again', () => {
    const rig = new Rig([keyInput('a', { limits: limits(bucket({ limit: 60 })) })]);
    rig.take().heard([tokens], {});
    expect(rig.snapshot('a').buckets.map(({ source }) => source)).toEqual(['configured', 'learned']);
    new Keys(rig.pool, rig.clock, []).reset('a');
    expect(rig.snapshot('a').buckets.map(({ source }) => source)).toEqual(['configured']);
    rig.take().heard([tokens], {});
    expect(rig.snapshot('a').buckets.map(({ source }) => source)).toEqual(['configured', 'learned']);
  });
});

describe('keys that come and go', () => {
  it('an expired key serves no more, one that is enabled again does', async () => {
    const rig = new Rig([keyInput('a', { expiresAt: START + 1000 }), 'b']);
    rig.key('b').status = { status: 'disabled' };
    expect(rig.take().keyId).toBe('a');
    await rig.clock.advance(1000);
    expect(states(rig)).toEqual({ a: 'expired', b: 'disabled' });
    expect(rig.refused()).toMatchObject({ retryAt: undefined });
    rig.pool.outcomes.restore(rig.key('b'));
    expect(rig.take().keyId).toBe('b');
  });

  it('a key added while calls wait serves them at once', async () => {
    const rig = new Rig([keyInput('a', { limits: limits(bucket({ limit: 1 })) })]);
    rig.take().settle(served());
    const waiting = rig.wait();
    rig.pool.ring.add('openai', keyInput('b'), rig.now);
    rig.pool.stir();
    await turn();
    expect(waiting.lease?.keyId).toBe('b');
    expect(rig.clock.pending).toBe(0);
  });

  it('a key removed while it serves is settled, and harms nobody', () => {
    const rig = new Rig(['a', 'b']);
    const { group } = rig.key('a');
    const lease = rig.take({ keys: ['a'] });
    expect(rig.pool.ring.remove('a')).toBe(true);
    expect(rig.pool.ring.remove('a')).toBe(false);
    lease.settle(invalid);
    expect(group.inFlight).toBe(0);
    expect(states(rig)).toEqual({ b: 'ready' });
  });

  it('a reset forgets every hold', () => {
    const rig = new Rig(['a']);
    rig.take().settle(spent);
    const key = rig.key('a');
    for (const holds of [key.holds, key.group.holds, key.group.provider.holds]) holds.clear();
    expect(rig.snapshot('a').state).toBe('ready');
    expect(rig.take().keyId).toBe('a');
  });
});

import { describe, expect, it } from 'vitest';
import { bucket, keyInput, limits, NOTHING_LEFT, Rig, served, START, turn } from '../rig.ts';

const tokens = (limit: number, burst: number): ReturnType<typeof limits> => limits(bucket({ counts: 'tokens', limit, burst }));
const of = (input: number): { readonly cost: { readonly input: number; readonly output: number } } => ({ cost: { input, output: 0 } });
const one = { ...limits(), concurrency: 1 };

describe('calls of different sizes', () => {
  it('a small one takes what a large one before it cannot use', async () => {
    const rig = new Rig([keyInput('wide', { limits: tokens(6000, 100) }), keyInput('narrow', { limits: tokens(30, 10) })]);
    rig.take(of(100)).settle(served({ input: 100, output: 0 }));
    const large = rig.wait(of(90));
    const small = rig.pool.waiting === 1 ? rig.take(of(5)) : undefined;
    expect(small?.keyId).toBe('narrow');
    await rig.clock.advance(900);
    expect([large.lease?.keyId, large.lease?.waitedMs]).toEqual(['wide', 900]);
    large.lease?.settle(served());
    small?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('a large one is not starved by small ones that drain what it waits for', async () => {
    const rig = new Rig([keyInput('a', { limits: tokens(6000, 100) })]);
    rig.take(of(100)).settle(served({ input: 100, output: 0 }));
    const large = rig.wait(of(90));
    const small = [];
    for (let count = 0; count < 30; count += 1) {
      small.push(rig.wait(of(5)));
      await rig.clock.advance(30);
    }
    expect([large.lease?.waitedMs, small.filter(({ lease }) => lease !== undefined)]).toEqual([900, []]);
    for (let count = 0; count < 30; count += 1) await rig.clock.advance(100);
    expect(small.every(({ lease }) => lease !== undefined)).toBe(true);
    for (const { lease } of [large, ...small]) lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('a bucket that somebody claimed is free when they leave', async () => {
    const rig = new Rig([keyInput('a', { limits: tokens(6000, 100) })]);
    rig.take(of(90)).settle(served({ input: 90, output: 0 }));
    const controller = new AbortController();
    const large = rig.wait(of(90), rig.deadline(controller.signal));
    const small = rig.wait(of(5));
    controller.abort('left');
    await rig.clock.advance(0);
    expect([large.error, small.lease?.waitedMs]).toEqual(['left', 0]);
    small.lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });
});

describe('thousands that wait', () => {
  const MANY = 4000;
  const crowd = (
    signal?: AbortSignal,
  ): { readonly rig: Rig; readonly first: ReturnType<Rig['take']>; readonly calls: readonly ReturnType<Rig['wait']>[] } => {
    const rig = new Rig([keyInput('a', { limits: one })]);
    const first = rig.take();
    return { rig, first, calls: Array.from({ length: MANY }, () => rig.wait({}, rig.deadline(signal))) };
  };

  it('are served strictly as they came', async () => {
    const { rig, first, calls } = crowd();
    const order: number[] = [];
    for (const [index, { promise }] of calls.entries()) {
      void promise.then((lease) => {
        order.push(index);
        lease.settle(served());
      });
    }
    first.settle(served());
    while (rig.pool.waiting > 0) await turn();
    await turn();
    expect(order).toEqual(calls.map((_, index) => index));
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('are all aborted by the one signal that they share', async () => {
    const controller = new AbortController();
    const { rig, first, calls } = crowd(controller.signal);
    controller.abort('enough');
    await turn();
    expect(calls.filter(({ error }) => error === 'enough')).toHaveLength(MANY);
    first.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });
});

describe('tenants', () => {
  it('share what there is, also a newcomer behind a long line', async () => {
    const rig = new Rig([keyInput('a', { limits: limits(bucket({ limit: 60, burst: 1 })) })]);
    rig.take().settle(served());
    const order: string[] = [];
    const queue = (tenant: string): void => {
      void rig.wait({ tenant }).promise.then((lease) => {
        order.push(tenant);
        lease.settle(served());
      });
    };
    for (let count = 0; count < 20; count += 1) queue('first');
    await rig.clock.advance(5000);
    for (let count = 0; count < 5; count += 1) queue('second');
    await rig.clock.advance(10_000);
    expect(order.slice(5).filter((tenant) => tenant === 'second')).toHaveLength(5);
    await rig.clock.advance(10_000);
    expect(rig.left).toEqual(NOTHING_LEFT);
  });
});

describe('affinity', () => {
  const warmed = (input: number): { readonly rig: Rig; readonly home: ReturnType<Rig['take']>; readonly ask: object } => {
    const rig = new Rig([keyInput('a', { limits: one }), keyInput('b', { limits: one })]);
    const ask = { affinity: 'chat', ...of(input) };
    rig.take(ask).settle(served());
    return { rig, home: rig.take(ask), ask };
  };

  it('waits for the group that has the prompt, as long as that is cheaper', async () => {
    const { rig, home, ask } = warmed(4000);
    const waiting = rig.wait(ask);
    // Nobody stands behind it.
    const other = rig.take(of(10));
    await rig.clock.advance(999);
    expect(waiting.lease).toBeUndefined();
    home.settle(served());
    await turn();
    expect(waiting.lease?.keyId).toBe(home.keyId);
    expect(waiting.lease?.why).toBe(`waited for group ${home.groupId}, which has its prompt, then the only group that could start`);
    for (const lease of [waiting.lease, other]) lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('takes a cold one when the patience is over, and says so', async () => {
    const { rig, home, ask } = warmed(4000);
    const waiting = rig.wait(ask);
    await rig.clock.advance(1000);
    expect([waiting.lease?.keyId === home.keyId, waiting.lease?.waitedMs]).toEqual([false, 1000]);
    expect(waiting.lease?.why).toContain(`waited for group ${home.groupId}, which has its prompt`);
    for (const lease of [waiting.lease, home]) lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('waits not at all for a prompt that is worth nothing, for one that has cooled down, or for a group that comes too late', async () => {
    const small = warmed(1);
    expect(small.rig.take(small.ask).keyId).not.toBe(small.home.keyId);
    const cold = warmed(4000);
    await cold.rig.clock.advance(5 * 60_000);
    expect(cold.rig.take(cold.ask).keyId).not.toBe(cold.home.keyId);
    const late = new Rig([keyInput('a', { limits: limits(bucket({ limit: 6, burst: 1 })) }), keyInput('b', { limits: one })]);
    const ask = { affinity: 'chat', ...of(4000) };
    late.take({ ...ask, keys: ['a'] }).settle(served());
    expect(late.take(ask).keyId).toBe('b');
  });

  it('waits longer where cached tokens are cheaper, and not at all where they are not', async () => {
    const { rig, home, ask } = warmed(4000);
    const { provider } = rig.key(home.keyId).group;
    provider.charging = { ...provider.charging, cachedPrice: 0.1 };
    const waiting = rig.wait(ask);
    await rig.clock.advance(1799);
    expect(waiting.lease).toBeUndefined();
    await rig.clock.advance(1);
    expect(waiting.lease?.waitedMs).toBe(1800);
    provider.charging = { ...provider.charging, cachedPrice: 1 };
    home.settle(served());
    // The other one has the prompt by now, and is busy.
    const cold = rig.take(ask);
    expect(cold.keyId).toBe(home.keyId);
    for (const lease of [waiting.lease, cold]) lease?.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });

  it('starts at the group that has the prompt, also when others have less in flight', () => {
    const rig = new Rig(['a', 'b', 'c'].map((id) => keyInput(id, { limits: { ...limits(), concurrency: 5 } })));
    const first = rig.take({ affinity: 'chat' });
    const others = [1, 2, 3].map(() => rig.take({ affinity: 'chat' }));
    expect(others.map(({ keyId }) => keyId)).toEqual([first.keyId, first.keyId, first.keyId]);
    expect(others[0]?.why).toBe('affinity: of 3 groups the one that has its prompt');
  });

  it('goes back to its old place, and is refused at its own limit', async () => {
    const { rig, home, ask } = warmed(4000);
    const other = rig.take(of(10));
    const waiting = rig.wait({ ...ask, waitUntil: START + 400 });
    await rig.clock.advance(400);
    expect(waiting.error).toMatchObject({ code: 'keys_exhausted' });
    for (const lease of [home, other]) lease.settle(served());
    expect(rig.left).toEqual(NOTHING_LEFT);
  });
});

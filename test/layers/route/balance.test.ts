import { describe, expect, test } from 'vitest';
import type { Answer, Balanced, Call, Routed } from '../../../src/call.ts';
import { KeysExhaustedError } from '../../../src/errors.ts';
import { route } from '../../../src/layers/route.ts';
import { Balancer } from '../../../src/layers/route/balance.ts';
import { Breakers } from '../../../src/layers/route/breakers.ts';
import { createManualClock } from '../../../src/simulator/manual-clock.ts';
import { seeded } from '../../pool/rig.ts';
import { fakeCall, fakeFailure, fakeWhole, noteAttempt } from '../../support/fake-call.ts';

const A = 'openai/a';
const B = 'anthropic/b';
const C = 'google/c';

const CHEAP = { input: 1, output: 2 };
const DEAR = { input: 10, output: 20 };

interface Rules {
  readonly by: Balanced['by'];
  /** By target, in their order. */
  readonly targets: Readonly<Record<string, Partial<Balanced>>>;
  /** How long each takes, ms, or what it fails with. */
  readonly takes?: Readonly<Record<string, number | Error>>;
}

function start({ by, targets, takes = {} }: Rules) {
  const clock = createManualClock();
  const random = seeded(3);
  const written: Record<string, number> = {};
  const balancer = new Balancer({
    clock,
    random,
    fallbackAfterMs: 1_000,
    estimates: { expected: (_provider, model, { input }) => ({ input, output: written[model] ?? 100 }) },
  });
  const asked: string[] = [];
  const next = async (call: Routed): Promise<Answer> => {
    asked.push(call.target.route);
    noteAttempt(call, 'ok', { why: call.trace.whyTarget ?? 'no word' });
    const takesMs = takes[call.target.route] ?? 100;
    if (typeof takesMs !== 'number') throw takesMs;
    await new Promise<void>((resolve) => void clock.after(takesMs, resolve));
    return fakeWhole();
  };
  const breakers = new Breakers({ clock, random });
  const send = route({ clock, breakers, balancer, fallbackAfterMs: 1_000 })(next);
  const call = (): Call => {
    const made = fakeCall({ clock, targets: Object.keys(targets) });
    return {
      ...made,
      targets: made.targets.map((target) => ({
        ...target,
        provider: { ...target.provider, protocol: { ...target.provider.protocol, estimate: () => ({ input: 100, output: undefined }) } },
        balanced: { by, weight: 1, price: undefined, ...targets[target.route] },
      })),
    };
  };
  const ask = async (): Promise<Call> => {
    const made = call();
    const answering = send(made);
    await clock.advance(10_000);
    await answering;
    return made;
  };
  /** Who was asked first by a call that ends before the next one begins. */
  const first = async (): Promise<string | undefined> => {
    const before = asked.length;
    await ask();
    return asked[before];
  };
  return { clock, balancer, written, asked, send, call, ask, first };
}

const counted = (names: readonly (string | undefined)[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name ?? 'none'] = (counts[name ?? 'none'] ?? 0) + 1;
  return counts;
};

describe('by cost', () => {
  test('the cheapest is asked first, and the report says so', async () => {
    const { asked, ask } = start({ by: 'cost', targets: { [A]: { price: DEAR }, [B]: { price: CHEAP } } });
    const { trace } = await ask();
    expect(asked).toEqual([B]);
    expect(trace.attempts[0]?.why).toBe('the cheapest of 2 targets');
  });

  test('a model that writes more can be the dearer one', async () => {
    const { written, asked, ask } = start({ by: 'cost', targets: { [A]: { price: { input: 2, output: 4 } }, [B]: { price: CHEAP } } });
    written['b'] = 2_000;
    await ask();
    expect(asked).toEqual([A]);
  });

  test('whoever cannot start soon is passed over for the next cheapest, without a word of why', async () => {
    const dry = new KeysExhaustedError('Cannot answer', { retryAt: undefined, keys: [] });
    const targets = { [A]: { price: { input: 5, output: 5 } }, [B]: { price: CHEAP }, [C]: { price: DEAR } };
    const { asked, ask } = start({ by: 'cost', targets, takes: { [B]: dry } });
    const { trace } = await ask();
    expect(asked).toEqual([B, A]);
    expect(trace.attempts.map(({ why }) => why)).toEqual(['the cheapest of 3 targets', 'no word']);
  });

  test('of equal ones the first stays first', async () => {
    const { asked, ask } = start({ by: 'cost', targets: { [A]: { price: CHEAP }, [B]: { price: CHEAP } } });
    await ask();
    expect(asked).toEqual([A]);
  });
});

describe('by weight', () => {
  test('calls are spread in proportion', async () => {
    const { first } = start({ by: 'weight', targets: { [A]: { weight: 1 }, [B]: { weight: 3 } } });
    const firsts: (string | undefined)[] = [];
    for (let each = 0; each < 400; each += 1) firsts.push(await first());
    const share = (counted(firsts)[B] ?? 0) / 400;
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(0.8);
  });
});

describe('by latency', () => {
  test('each is asked once, then the fastest', async () => {
    const { first } = start({ by: 'latency', targets: { [A]: {}, [B]: {}, [C]: {} }, takes: { [A]: 900, [B]: 100, [C]: 500 } });
    const firsts = [await first(), await first(), await first(), await first(), await first()];
    expect(firsts).toEqual([A, B, C, B, B]);
  });

  test('an unseen one is probed by one call at a time', async () => {
    const { clock, asked, send, call } = start({ by: 'latency', targets: { [A]: {}, [B]: {} }, takes: { [A]: 100, [B]: 5_000 } });
    const answering = [send(call()), send(call())];
    await clock.advance(100);
    answering.push(send(call()), send(call()));
    expect(asked).toEqual([A, B, A, A]);
    await clock.advance(10_000);
    await Promise.all(answering);
  });

  test('one that was slow is asked again once that has faded', async () => {
    const takes: Record<string, number> = { [A]: 100, [B]: 3_000 };
    const { first } = start({ by: 'latency', targets: { [A]: {}, [B]: {} }, takes });
    expect([await first(), await first(), await first(), await first()]).toEqual([A, B, A, A]);
    takes[B] = 10;
    let again: string | undefined;
    for (let each = 0; each < 60 && again !== B; each += 1) again = await first();
    expect(again).toBe(B);
    const firsts: (string | undefined)[] = [];
    for (let each = 0; each < 20; each += 1) firsts.push(await first());
    expect(counted(firsts)[B]).toBeGreaterThan(15);
  });

  test('a refusal is no fast answer', async () => {
    const { first } = start({ by: 'latency', targets: { [A]: {}, [B]: {} }, takes: { [A]: fakeFailure('rate_limited') } });
    expect([await first(), await first(), await first()]).toEqual([A, B, B]);
  });

  test('calls that overlap are shared by how fast each is', async () => {
    const { clock, asked, send, call, ask } = start({ by: 'latency', targets: { [A]: {}, [B]: {} }, takes: { [A]: 100, [B]: 300 } });
    await ask();
    await ask();
    const before = asked.length;
    const answering = Array.from({ length: 40 }, () => send(call()));
    const { [A]: fast = 0, [B]: slow = 0 } = counted(asked.slice(before));
    // Ten seconds since the fast one answered have faded it by a sixth more.
    expect([fast, slow]).toEqual([32, 8]);
    await clock.advance(1_000);
    await Promise.all(answering);
  });

  test('routes that are remembered are bounded', async () => {
    const { balancer, call } = start({ by: 'latency', targets: { [A]: {} } });
    const made = call();
    const [target] = made.targets;
    for (let each = 0; each < 1_200; each += 1) if (target !== undefined) balancer.asked(made, { ...target, route: `r${each}` })();
    expect(balancer.size).toBe(1_000);
  });
});

test('in order: nothing is said and nothing is changed', async () => {
  const { asked, ask } = start({ by: 'order', targets: { [A]: { price: DEAR }, [B]: { price: CHEAP } } });
  const { trace } = await ask();
  expect(asked).toEqual([A]);
  expect(trace.attempts[0]?.why).toBe('no word');
});

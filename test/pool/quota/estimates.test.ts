import { describe, expect, test } from 'vitest';
import { type Charging, uncertain } from '../../../src/charging.ts';
import { chargedFor, Estimates, FIRST_OUTPUT_TOKENS } from '../../../src/pool/quota/estimates.ts';
import { bucket, keyInput, limits, Rig, seeded, served } from '../rig.ts';

const estimates = (more: Partial<Charging> = {}): Estimates => new Estimates(() => ({ ...uncertain, ...more }));

interface Answered {
  readonly input?: number;
  readonly limit?: number | undefined;
  readonly used: readonly [input: number, output: number];
  readonly times?: number;
}

function teach(known: Estimates, { input = 100, limit, used, times = 100 }: Answered): void {
  for (let each = 0; each < times; each += 1) known.learn('p', 'm', { input, output: limit }, { input: used[0], output: used[1] });
}

describe('before anything came', () => {
  test('the size stands, with a small margin, and the answer is as long as its limit', () => {
    expect(estimates().cost('p', 'm', { input: 100, output: 1000 })).toEqual({ input: 105, output: 1000 });
  });

  test('an answer without a limit is a guess', () => {
    const cost = estimates().cost('p', 'm', { input: 100, output: undefined });
    expect(cost).toEqual({ input: 105, output: FIRST_OUTPUT_TOKENS, guessed: FIRST_OUTPUT_TOKENS });
  });

  test('what has no answer costs none', () => {
    expect(estimates().cost('p', 'm', { input: 100, output: 0 }).output).toBe(0);
  });
});

describe('what came back', () => {
  test('corrects the input, and how much of its limit an answer takes', () => {
    const known = estimates();
    teach(known, { limit: 1000, used: [200, 100] });
    expect(known.cost('p', 'm', { input: 100, output: 1000 })).toEqual({ input: 210, output: 105 });
    expect(known.cost('p', 'm', { input: 1000, output: 500 })).toEqual({ input: 2100, output: 53 });
  });

  test('tells how long an answer without a limit is', () => {
    const known = estimates();
    teach(known, { used: [100, 800] });
    expect(known.cost('p', 'm', { input: 100, output: undefined })).toEqual({ input: 105, output: 840, guessed: 840 });
  });

  test('one answer is not yet the rule: half as much more is reserved', () => {
    const known = estimates();
    teach(known, { limit: 1000, used: [100, 100], times: 1 });
    expect(known.cost('p', 'm', { input: 100, output: 1000 })).toEqual({ input: 150, output: 150 });
  });

  test('is learned for each model apart', () => {
    const known = estimates();
    teach(known, { limit: 1000, used: [200, 100] });
    expect(known.cost('p', 'other', { input: 100, output: 1000 })).toEqual({ input: 105, output: 1000 });
  });

  test('follows a model that answers otherwise from now on', () => {
    const known = estimates();
    teach(known, { limit: 1000, used: [100, 100] });
    teach(known, { limit: 1000, used: [100, 900], times: 200 });
    expect(known.cost('p', 'm', { input: 100, output: 1000 }).output).toBeGreaterThan(900);
  });

  test('the limit is the most that is reserved', () => {
    const known = estimates();
    teach(known, { limit: 1000, used: [100, 1000] });
    expect(known.cost('p', 'm', { input: 100, output: 1000 }).output).toBe(1000);
  });

  test.each([
    ['not a number', Number.NaN],
    ['endless', Infinity],
    ['negative', -5],
    ['astronomic', 1e12],
  ])('that is %s is ignored', (_what, tokens) => {
    const known = estimates();
    teach(known, { limit: 1000, used: [tokens, 100] });
    teach(known, { limit: 1000, used: [100, tokens] });
    expect(known.models).toBe(0);
  });

  test('that is off by orders moves little when it comes once', () => {
    const known = estimates();
    teach(known, { limit: 1000, used: [100, 100] });
    teach(known, { limit: 1000, used: [9_000_000, 0], times: 1 });
    const cost = known.cost('p', 'm', { input: 100, output: 1000 });
    expect(cost.input).toBeLessThan(130);
    expect(cost.output).toBeGreaterThan(90);
  });

  test('an input of nothing teaches nothing of the input', () => {
    const known = estimates();
    teach(known, { limit: 1000, used: [0, 100] });
    expect(known.cost('p', 'm', { input: 100, output: 1000 })).toEqual({ input: 105, output: 105 });
  });
});

test('reservations neither starve nor overrun where lengths differ widely', () => {
  const known = estimates();
  const random = seeded(7);
  let reserved = 0;
  let used = 0;
  for (let each = 0; each < 3000; each += 1) {
    const size = { input: 50 + Math.floor(random() * 5000), output: 4000 };
    const cost = known.cost('p', 'm', size);
    const real = { input: Math.round(size.input * (1.2 + random() * 0.6)), output: Math.round(20 + 600 * random() ** 3) };
    reserved += each < 100 ? 0 : cost.input + cost.output;
    used += each < 100 ? 0 : real.input + real.output;
    known.learn('p', 'm', size, real);
  }
  expect(reserved / used).toBeGreaterThan(1);
  expect(reserved / used).toBeLessThan(1.25);
});

test('memory is bounded: the model that was longest unheard starts anew', () => {
  const known = estimates();
  for (let each = 0; each < 600; each += 1) known.learn('p', `m${each}`, { input: 10, output: 10 }, { input: 20, output: 10 });
  expect(known.models).toBe(512);
  expect(known.cost('p', 'm0', { input: 100, output: 10 }).input).toBe(105);
  expect(known.cost('p', 'm599', { input: 100, output: 10 }).input).toBe(300);
});

describe('a row of a provider', () => {
  test('that counts max_tokens at the request has it reserved whole', () => {
    const known = estimates({ admission: 'max_tokens' });
    teach(known, { limit: 1000, used: [100, 10] });
    expect(known.cost('p', 'm', { input: 100, output: 1000 })).toEqual({ input: 105, output: 1000 });
  });

  test('that does not count cached tokens', () => {
    const charging: Charging = { ...uncertain, cachedInput: 0 };
    expect(chargedFor({ input: 1000, output: 10, cached: 900 }, charging, 'm')).toEqual({ input: 100, output: 10 });
    expect(chargedFor({ input: 1000, output: 10, cached: 9000 }, charging, 'm')).toEqual({ input: 0, output: 10 });
    expect(chargedFor({ input: 1000, output: 10, cached: 900 }, uncertain, 'm')).toEqual({ input: 1000, output: 10 });
  });

  test('that counts the output of some models several times', () => {
    const charging: Charging = { ...uncertain, output: { models: /^big/, times: 5 } };
    expect(chargedFor({ input: 10, output: 10 }, charging, 'big-1')).toEqual({ input: 10, output: 50 });
    expect(chargedFor({ input: 10, output: 10 }, charging, 'small')).toEqual({ input: 10, output: 10 });
  });
});

describe('in a pool', () => {
  const tokens = limits(bucket({ counts: 'tokens', limit: 1000 }));

  test('an answer teaches the next reservation', () => {
    const rig = new Rig([keyInput('a')]);
    const size = { input: 100, output: 1000 };
    const lease = rig.take({ cost: rig.pool.estimates.cost('openai', 'gpt', size), size });
    lease.settle(served({ input: 100, output: 100 }));
    expect(rig.pool.estimates.cost('openai', 'gpt', size)).toEqual({ input: 150, output: 150 });
  });

  test.each<[string, Partial<Charging>, number]>([
    ['is settled by what it used', {}, 200],
    ['does not pay for cached tokens where they do not count', { cachedInput: 0 }, 120],
    ['pays several times for its output where that counts so', { output: { models: /gpt/, times: 5 } }, 600],
    ['pays its limit where that is counted whole for good', { admission: 'max_tokens', settles: false }, 500],
    ['gets back what it did not use where that is settled', { admission: 'max_tokens', settles: true }, 200],
  ])('an answer %s', (_what, charging, spent) => {
    const rig = new Rig([keyInput('a', { limits: tokens })]);
    rig.pool.ring.provider('openai').charging = { ...uncertain, ...charging };
    const size = { input: 100, output: 400 };
    const lease = rig.take({ cost: rig.pool.estimates.cost('openai', 'gpt', size), size });
    lease.settle({ status: 'served', used: { input: 100, output: 100, cached: 80 } });
    expect(rig.snapshot('a').buckets.map(({ remaining }) => remaining)).toEqual([1000 - spent]);
  });

  test('no call is refused for a guess', () => {
    const rig = new Rig([keyInput('a', { limits: tokens })]);
    rig.pool.estimates.learn('openai', 'gpt', { input: 10, output: undefined }, { input: 10, output: 5000 });
    const cost = rig.pool.estimates.cost('openai', 'gpt', { input: 10, output: undefined });
    expect(cost.output).toBe(7500);
    expect(rig.take({ cost }).keyId).toBe('a');
  });
});

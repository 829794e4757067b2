import { describe, expect, it } from 'vitest';
import { beginLearning, learn, type Learned, type Sample } from '../../../src/pool/quota/learn.ts';

const sample = (limit: number, remaining: number, resetMs?: number): Sample => ({ limit, remaining, resetMs });

function after(samples: readonly Sample[], windowMs = 60_000): Learned {
  const [first, ...rest] = samples;
  if (first === undefined) throw new Error('Cannot learn from no sample');
  return rest.reduce(learn, beginLearning(first, windowMs));
}

/** What a token bucket says after each of `spent` requests at once, its reset rounded to `grainMs`. */
function refillSays(
  spec: { readonly limit: number; readonly windowMs: number; readonly burst: number },
  spent: readonly number[],
  grainMs = 1,
): readonly Sample[] {
  return spent.map((used) => {
    const resetMs = Math.ceil((used * spec.windowMs) / spec.limit / grainMs) * grainMs;
    return sample(spec.limit, spec.burst - used, resetMs);
  });
}

describe("OpenAI's published samples", () => {
  it('60 / 59 / 1s is a minute with a burst of its limit', () => {
    expect(after([sample(60, 59, 1000)])).toMatchObject({ limit: 60, windowMs: 60_000, burst: 60, kind: 'refill' });
  });

  it('5000 / 4999 / 12ms is a minute too', () => {
    expect(after([sample(5000, 4999, 12)])).toMatchObject({ limit: 5000, windowMs: 60_000, burst: 5000, kind: 'refill' });
  });

  it('150000 tokens / 149984 / 6ms', () => {
    expect(after([sample(150_000, 149_984, 6)])).toMatchObject({ windowMs: 60_000, burst: 149_999 });
  });

  it("the free tier's requests per day: two answers tell that the window is a day", () => {
    const perDay = refillSays({ limit: 200, windowMs: 86_400_000, burst: 200 }, [1, 2]);
    expect(after(perDay)).toMatchObject({ windowMs: 86_400_000, burst: 200, kind: 'refill' });
  });
});

describe('a bucket that refills', () => {
  it.each([
    ['a minute, burst as the limit', { limit: 60, windowMs: 60_000, burst: 60 }],
    ['a minute, a sixth at once', { limit: 600, windowMs: 60_000, burst: 100 }],
    ['an hour', { limit: 1000, windowMs: 3_600_000, burst: 1000 }],
    ['a day', { limit: 1000, windowMs: 86_400_000, burst: 20 }],
    ['six seconds, which nobody uses', { limit: 60, windowMs: 6000, burst: 10 }],
    ['ten seconds', { limit: 50, windowMs: 10_000, burst: 50 }],
    ['a second', { limit: 100, windowMs: 1000, burst: 50 }],
  ])('%s', (_name, spec) => {
    expect(after(refillSays(spec, [1, 2, 4, 9]))).toMatchObject({ windowMs: spec.windowMs, burst: spec.burst, kind: 'refill' });
  });

  it('two samples tell the window, whatever lies between them', () => {
    const day = { limit: 10_000, windowMs: 86_400_000, burst: 10_000 };
    for (const between of [3, 50, 4000]) expect(after(refillSays(day, [1, 1 + between])).windowMs).toBe(86_400_000);
  });

  it('a fall of one proves little: remaining is floored, so the true fall may be a tenth', () => {
    // 59.05 left, then 58.95: one tenth of a request, which is 100 ms.
    expect(after([sample(60, 59, 950), sample(60, 58, 1050)]).windowMs).toBe(60_000);
  });

  it('a reset in whole seconds does not make a fast limit slow', () => {
    const fast = { limit: 600, windowMs: 60_000, burst: 600 };
    expect(after(refillSays(fast, [1, 5, 11, 12, 21], 1000)).windowMs).toBe(60_000);
  });

  it('a reset of milliseconds does not make a huge limit slow', () => {
    const huge = { limit: 150_000_000, windowMs: 60_000, burst: 150_000_000 };
    expect(after(refillSays(huge, [100, 900, 2600, 3000])).windowMs).toBe(60_000);
  });

  it('the burst is the largest seen and never above the limit', () => {
    const state = after([sample(600, 40, 2000), sample(600, 39, 2100)]);
    expect(state.burst).toBe(60);
    expect(learn(state, sample(600, 90, 1000)).burst).toBe(100);
    expect(learn(state, sample(600, 600, 60_000)).burst).toBe(600);
  });

  it('without a reset nothing but the limit is known', () => {
    expect(after([sample(60, 10), sample(60, 9)])).toMatchObject({ burst: 60, windowMs: 60_000, kind: 'refill' });
  });
});

describe('a fixed window', () => {
  it('is told by remaining and reset that fall together', () => {
    const samples = [sample(100, 90, 50_000), sample(100, 85, 48_000)];
    expect(after(samples.slice(0, 1)).kind).toBe('refill');
    expect(after([sample(100, 90, 50_000), sample(100, 89, 49_900)]).kind).toBe('refill');
    expect(after(samples)).toMatchObject({ kind: 'fixed', burst: 100, windowMs: 60_000 });
  });

  it('one request at a time tells it too', () => {
    const samples = Array.from({ length: 8 }, (_, index) => sample(100, 99 - index, 59_000 - index * 2000));
    expect(after(samples).kind).toBe('fixed');
  });

  it('its next window is no slope: reset jumps up once', () => {
    const fixed = after([sample(100, 90, 20_000), sample(100, 85, 18_000), sample(100, 80, 10_000)]);
    const turned = learn(fixed, sample(100, 40, 59_000));
    expect(turned).toMatchObject({ kind: 'fixed', windowMs: 60_000 });
    expect(learn(turned, sample(100, 30, 50_000))).toMatchObject({ kind: 'fixed', windowMs: 60_000 });
  });

  it('a server that changes to refilling is believed after as many answers', () => {
    const fixed = after([sample(100, 90, 20_000), sample(100, 85, 18_000), sample(100, 80, 10_000)]);
    expect(after([sample(100, 90, 20_000)])).toMatchObject({ kind: 'refill' });
    const refilled = refillSays({ limit: 100, windowMs: 60_000, burst: 100 }, [80, 82, 84, 86, 88, 90]).reduce(learn, fixed);
    expect(refilled.kind).toBe('refill');
  });

  it('a window longer than the assumed one is widened to a usual one', () => {
    expect(after([sample(100, 90, 3_000_000), sample(100, 80, 2_900_000), sample(100, 70, 2_800_000)]).windowMs).toBe(3_600_000);
  });
});

describe('a limit that changes', () => {
  it('is believed at once, up and down, and keeps the window', () => {
    const day = after(refillSays({ limit: 200, windowMs: 86_400_000, burst: 200 }, [1, 2]));
    expect(learn(day, sample(2000, 1999, 43_200))).toMatchObject({ limit: 2000, windowMs: 86_400_000, burst: 2000 });
    expect(learn(day, sample(20, 5, 64_800_000))).toMatchObject({ limit: 20, windowMs: 86_400_000, burst: 20 });
  });

  it('keeps a fixed window fixed', () => {
    const fixed = after([sample(100, 90, 20_000), sample(100, 85, 18_000), sample(100, 80, 10_000)]);
    expect(learn(fixed, sample(50, 40, 9000)).kind).toBe('fixed');
  });
});

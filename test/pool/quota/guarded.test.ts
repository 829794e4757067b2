import { describe, expect, it } from 'vitest';
import { FixedLaw, SlidingLaw } from '../../../src/pool/quota/bucket.ts';
import { GuardedLaw } from '../../../src/pool/quota/guarded.ts';

const WINDOW_MS = 10_000;
const START = 1_000_000;

/** Ten a window; its end is told to be in 3 s, and ten were sent just now. */
function spent(): GuardedLaw {
  const fixed = new FixedLaw({ limit: 10, windowMs: WINDOW_MS }, START);
  fixed.setWindow({ limit: 10, windowMs: WINDOW_MS, remaining: 10, endsAt: START + 3000 });
  const guarded = new GuardedLaw(fixed, new SlidingLaw({ limit: 10, windowMs: WINDOW_MS }), WINDOW_MS, 0);
  for (let count = 0; count < 10; count += 1) guarded.take(1, START);
  guarded.told(START + 3000, WINDOW_MS);
  return guarded;
}

describe('a window that may slide', () => {
  it('is asked with one request once its told end is there', () => {
    const guarded = spent();
    const askAt = guarded.fitsAt(1, START + 1000);
    expect(askAt).toBe(START + 3060);
    guarded.take(1, askAt);
    expect(guarded.fitsAt(1, askAt)).toBeGreaterThan(START + WINDOW_MS);
  });

  it('is proved not to slide by more than could have come back', () => {
    const guarded = spent();
    expect(guarded.isProved(1, START + 3100)).toBe(false);
    expect(guarded.isProved(9, START + 3100)).toBe(true);
  });

  it('gives back later than was believed once it refused, and once for all that were out', () => {
    const guarded = spent();
    guarded.told(START + WINDOW_MS, WINDOW_MS);
    const refusedAt = START + WINDOW_MS + 100;
    expect(guarded.fitsAt(1, refusedAt)).toBe(refusedAt);
    guarded.refused(refusedAt - 10, refusedAt);
    guarded.refused(refusedAt - 5, refusedAt + 5);
    expect(guarded.fitsAt(1, refusedAt)).toBe(refusedAt + 90);
  });
});

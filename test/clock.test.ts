import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Clock, systemClock, systemRandom } from '../src/clock.ts';
import { createManualClock } from '../src/simulator/manual-clock.ts';

const LONGEST_MS = 2 ** 31 - 1;
const MONTH_MS = 31 * 86_400_000;

interface Subject {
  readonly clock: Clock;
  readonly advance: (ms: number) => void;
}

const subjects: Readonly<Record<string, () => Subject>> = {
  systemClock: () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    return { clock: systemClock, advance: (ms) => void vi.advanceTimersByTime(ms) };
  },
  createManualClock: () => {
    const clock = createManualClock();
    return { clock, advance: (ms) => clock.advanceSync(ms) };
  },
};

afterEach(() => {
  vi.useRealTimers();
});

describe.each(Object.entries(subjects))('contract: %s', (_, make) => {
  let clock: Clock;
  let advance: (ms: number) => void;
  const fire = vi.fn<() => void>();

  beforeEach(() => {
    ({ clock, advance } = make());
    fire.mockClear();
  });

  test('now moves with time, in whole milliseconds', () => {
    const before = clock.now();
    advance(1500);
    expect(clock.now() - before).toBe(1500);
    expect(Number.isInteger(clock.now())).toBe(true);
  });

  test.each([1, 250, LONGEST_MS, LONGEST_MS + 1, MONTH_MS, 3 * LONGEST_MS])('a timer of %i ms fires once, then and not before', (ms) => {
    const before = clock.now();
    clock.after(ms, fire);
    advance(ms - 1);
    expect(fire).not.toHaveBeenCalled();
    advance(1);
    expect(fire).toHaveBeenCalledTimes(1);
    expect(clock.now() - before).toBe(ms);
    advance(ms);
    expect(fire).toHaveBeenCalledTimes(1);
  });

  test('never fires within `after` itself, not even with no time to wait', () => {
    clock.after(0, fire);
    clock.after(-5, fire);
    expect(fire).not.toHaveBeenCalled();
    advance(1);
    expect(fire).toHaveBeenCalledTimes(2);
  });

  test('a part of a millisecond is waited for, not dropped', () => {
    clock.after(1.2, fire);
    advance(1);
    expect(fire).not.toHaveBeenCalled();
    advance(1);
    expect(fire).toHaveBeenCalledTimes(1);
  });

  test('timers fire in the order of their times, equal ones in the order they were asked', () => {
    const order: string[] = [];
    clock.after(20, () => order.push('c'));
    clock.after(10, () => order.push('a'));
    clock.after(10, () => order.push('b'));
    advance(30);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  test('a cancelled timer never fires, in its first slice and in a later one', () => {
    clock.after(10, fire).cancel();
    const long = clock.after(MONTH_MS, fire);
    advance(LONGEST_MS + 1);
    long.cancel();
    advance(MONTH_MS);
    expect(fire).not.toHaveBeenCalled();
  });

  test('cancel after the timer fired does nothing, twice too', () => {
    const timer = clock.after(1, fire);
    advance(1);
    timer.cancel();
    timer.cancel();
    expect(fire).toHaveBeenCalledTimes(1);
  });

  test('a timer may start the next one', () => {
    clock.after(5, () => void clock.after(5, fire));
    advance(5);
    expect(fire).not.toHaveBeenCalled();
    advance(5);
    expect(fire).toHaveBeenCalledTimes(1);
  });

  test('a timer of endless time never fires', () => {
    const timer = clock.after(Infinity, fire);
    advance(5 * LONGEST_MS);
    expect(fire).not.toHaveBeenCalled();
    timer.cancel();
  });

  test('a background timer fires as any other', () => {
    clock.after(MONTH_MS, fire, { background: true });
    advance(MONTH_MS);
    expect(fire).toHaveBeenCalledTimes(1);
  });
});

describe('systemClock', () => {
  const timeouts = (): number => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;

  test('a background timer lets the process exit, another one does not', () => {
    const before = timeouts();
    const background = systemClock.after(MONTH_MS, () => {}, { background: true });
    expect(timeouts()).toBe(before);
    const other = systemClock.after(MONTH_MS, () => {});
    expect(timeouts()).toBe(before + 1);
    background.cancel();
    other.cancel();
    expect(timeouts()).toBe(before);
  });

  test('never asks Node for a timer longer than it can take', () => {
    const set = vi.spyOn(globalThis, 'setTimeout');
    systemClock.after(MONTH_MS, () => {}).cancel();
    expect(set.mock.calls.map(([, ms]) => ms)).toEqual([LONGEST_MS]);
  });

  test('a time that is no number fires once, instead of sleeping in endless slices', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const fire = vi.fn<() => void>();
    systemClock.after(Number.NaN, fire);
    vi.advanceTimersByTime(10);
    expect(fire).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  // The two below move the clock of this process ahead for good, so they come last.
  test('follows a wall clock that is ahead, as after the machine slept', () => {
    const ahead = systemClock.now() + 3_600_000;
    const wall = vi.spyOn(Date, 'now').mockReturnValue(ahead);
    expect(systemClock.now()).toBe(ahead);
    wall.mockRestore();
  });

  test('never goes backwards when the wall clock is set back', () => {
    const before = systemClock.now();
    const wall = vi.spyOn(Date, 'now').mockReturnValue(0);
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
    wall.mockRestore();
  });
});

test('systemRandom is uniform in [0, 1) as far as one can see', () => {
  const drawn = Array.from({ length: 1000 }, systemRandom);
  expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(new Set(drawn).size).toBeGreaterThan(900);
});

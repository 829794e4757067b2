import { describe, expect, test } from 'vitest';
import { Pace, Progress } from '../../src/map/progress.ts';
import type { MapProgress } from '../../src/options/map.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';

const START = Date.UTC(2026, 0, 1);

describe('the pace', () => {
  test('is of the time that has passed, while that is less than a minute', () => {
    const pace = new Pace(START);
    expect(pace.perMinute(START)).toBe(undefined);
    for (let count = 0; count < 10; count += 1) pace.note(START + count * 1000);
    expect(pace.perMinute(START + 10_000)).toBe(60);
  });

  test('forgets what is more than a minute ago', () => {
    const pace = new Pace(START);
    for (let count = 0; count < 600; count += 1) pace.note(START + 100);
    for (let at = 60_000; at < 120_000; at += 1000) pace.note(START + at);
    expect(pace.perMinute(START + 120_000)).toBe(60);
    expect(pace.perMinute(START + 600_000)).toBe(0);
  });
});

describe('progress', () => {
  const listen = (total?: number) => {
    const clock = createManualClock();
    const heard: MapProgress[] = [];
    return { clock, heard, progress: new Progress(clock, total, (told) => void heard.push(told)) };
  };

  test('is told at most once a second, and in the end', () => {
    const { clock, heard, progress } = listen(100);
    for (let count = 0; count < 50; count += 1) {
      progress.note(count % 10 === 0 ? 'failed' : 'done');
      clock.advanceSync(100);
    }
    progress.end();
    expect(heard.map(({ done, failed }) => done + failed)).toEqual([1, 11, 21, 31, 41, 50]);
    expect(heard.at(-1)).toEqual({ done: 45, failed: 5, resumed: 0, total: 100, perMinute: 600, leftMs: 5000 });
  });

  test('knows no time left without a total or a pace', () => {
    const { heard, progress } = listen();
    progress.note('resumed');
    progress.end();
    expect(heard).toEqual([{ done: 1, failed: 0, resumed: 1 }]);
  });

  test('is told once where there was nothing to do', () => {
    const { heard, progress } = listen(0);
    progress.end();
    progress.end();
    expect(heard).toEqual([{ done: 0, failed: 0, resumed: 0, total: 0, leftMs: 0 }]);
  });

  test('survives a listener that throws', () => {
    const progress = new Progress(createManualClock(), 1, () => {
      throw new Error('mine');
    });
    progress.note('done');
    expect(() => progress.end()).not.toThrow();
  });
});

import { expect, test } from 'vitest';
import { createManualClock } from '../../src/simulator/index.ts';

test('now stands still until advance', async () => {
  const clock = createManualClock(1000);
  expect(clock.now()).toBe(1000);
  await clock.advance(250);
  expect(clock.now()).toBe(1250);
  clock.advanceSync(50);
  expect(clock.now()).toBe(1300);
});

test('the default start is the start of a minute and a day', () => {
  expect(new Date(createManualClock().now()).toISOString()).toBe('2026-01-01T00:00:00.000Z');
});

test('timers fire in the order they fall due, those of one instant in the order they were asked', async () => {
  const clock = createManualClock(0);
  const fired: [string, number][] = [];
  const note = (name: string) => () => void fired.push([name, clock.now()]);
  clock.after(20, note('late'));
  clock.after(10, note('first'));
  clock.after(10, note('second'));
  clock.after(30, note('not yet'));
  await clock.advance(29);
  expect(fired).toEqual([
    ['first', 10],
    ['second', 10],
    ['late', 20],
  ]);
});

test('what a timer sets off through promises may start another timer of the same advance', async () => {
  const clock = createManualClock(0);
  const sleep = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  const woken: number[] = [];
  const loop = async () => {
    for (let turn = 0; turn < 3; turn++) {
      await sleep(10);
      woken.push(clock.now());
    }
  };
  const done = loop();
  await clock.advance(30);
  await done;
  expect(woken).toEqual([10, 20, 30]);
});

test('advanceSync lets nothing run between timers', () => {
  const clock = createManualClock(0);
  const fired: string[] = [];
  clock.after(5, () => {
    fired.push('timer');
    clock.after(5, () => fired.push('nested'));
    void Promise.resolve().then(() => fired.push('promise'));
  });
  clock.advanceSync(10);
  expect(fired).toEqual(['timer', 'nested']);
});

test('cancel keeps a timer from firing, and does nothing afterwards', () => {
  const clock = createManualClock(0);
  const fired: string[] = [];
  clock.after(5, () => fired.push('cancelled')).cancel();
  const kept = clock.after(5, () => fired.push('kept'));
  clock.advanceSync(5);
  kept.cancel();
  expect(fired).toEqual(['kept']);
  expect(clock.pending).toBe(0);
});

test('pending tells timers that hold a process from those that do not', () => {
  const clock = createManualClock(0);
  clock.after(5, () => undefined);
  clock.after(6, () => undefined, { background: true });
  clock.after(7, () => undefined, { background: true });
  expect([clock.pending, clock.pendingBackground, clock.nextAt]).toEqual([1, 2, 5]);
  clock.advanceSync(6);
  expect([clock.pending, clock.pendingBackground, clock.nextAt]).toEqual([0, 1, 7]);
  clock.advanceSync(1);
  expect([clock.pending, clock.pendingBackground, clock.nextAt]).toEqual([0, 0, undefined]);
});

test('slept lists the durations asked for, cancelled ones too', () => {
  const clock = createManualClock(0);
  clock.after(5, () => undefined);
  clock.after(2 ** 40, () => undefined).cancel();
  expect(clock.slept).toEqual([5, 2 ** 40]);
});

test('a fraction of a millisecond is a whole one, as with real time', () => {
  const clock = createManualClock(0);
  clock.after(0.2, () => undefined);
  expect(clock.nextAt).toBe(1);
});

test('a negative duration is due at once', () => {
  const clock = createManualClock(0);
  const fired: number[] = [];
  clock.after(-5, () => fired.push(clock.now()));
  clock.advanceSync(0);
  expect(fired).toEqual([0]);
});

test('advance refuses to go backwards', async () => {
  const clock = createManualClock(0);
  await expect(clock.advance(-1)).rejects.toThrow(`Cannot advance the clock as 'ms' must be a number from 0: current value is -1`);
  expect(() => clock.advanceSync(Number.NaN)).toThrow(RangeError);
});

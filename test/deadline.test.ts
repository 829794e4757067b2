import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { SignalHub } from '../src/abort.ts';
import { Deadline } from '../src/deadline.ts';
import { DeadlineError } from '../src/errors.ts';
import { createManualClock } from '../src/simulator/manual-clock.ts';

function make(limits: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {}): {
  clock: ReturnType<typeof createManualClock>;
  deadline: Deadline;
  told: unknown[];
} {
  const clock = createManualClock(1000);
  const deadline = new Deadline(clock, new SignalHub(), { signal: limits.signal, timeoutMs: limits.timeoutMs ?? Infinity });
  return { clock, deadline, told: [] };
}

it('hooks the signal and starts a timer only when somebody listens, once for all', () => {
  const { signal } = new AbortController();
  const { clock, deadline } = make({ signal, timeoutMs: 500 });
  expect([clock.pending, getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
  deadline.listen(() => {});
  deadline.listen(() => {});
  expect([clock.pending, getEventListeners(signal, 'abort').length]).toEqual([1, 1]);
  deadline.close();
  expect([clock.pending, getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
});

it('its time ends it with a DeadlineError, heard or not', () => {
  const { clock, deadline, told } = make({ timeoutMs: 500 });
  deadline.listen((reason) => void told.push(reason));
  clock.advanceSync(499);
  expect(deadline.ended).toBeUndefined();
  clock.advanceSync(1);
  expect(told).toEqual([expect.any(DeadlineError)]);
  expect(deadline.ended?.reason).toBe(told[0]);
  const unheard = make({ timeoutMs: 500 });
  unheard.clock.advanceSync(500);
  expect(() => unheard.deadline.throwIfEnded()).toThrow(DeadlineError);
});

it("the signal ends it with the caller's own reason, be it undefined", () => {
  const controller = new AbortController();
  const { deadline, told, clock } = make({ signal: controller.signal, timeoutMs: 500 });
  deadline.listen((reason) => void told.push(reason));
  controller.abort('left');
  expect(told).toEqual(['left']);
  expect(clock.pending).toBe(0);
  const silent = make();
  silent.deadline.end(undefined);
  expect(silent.deadline.ended).toEqual({ reason: undefined });
});

it('ends once, and tells late listeners at once', () => {
  const { deadline, told } = make();
  deadline.listen((reason) => void told.push(reason));
  deadline.end('first');
  deadline.end('second');
  deadline.listen((reason) => void told.push(reason));
  expect(told).toEqual(['first', 'first']);
});

it('who stops listening while others are told is not told', () => {
  const { deadline, told } = make();
  deadline.listen(() => {
    told.push('first');
    stop();
  });
  const stop = deadline.listen(() => void told.push('second'));
  deadline.end('over');
  expect(told).toEqual(['first']);
});

it('moves its end later, never earlier', () => {
  const { clock, deadline, told } = make({ timeoutMs: 500 });
  deadline.listen((reason) => void told.push(reason));
  deadline.extend(1200);
  expect(deadline.at).toBe(1500);
  deadline.extend(2000);
  clock.advanceSync(999);
  expect(told).toEqual([]);
  clock.advanceSync(1);
  expect(told).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

it('equal time-outs of one clock share a timer, and each ends in its own time', () => {
  const clock = createManualClock(1000);
  const hub = new SignalHub();
  const told: string[] = [];
  const begin = (name: string): Deadline => {
    const deadline = new Deadline(clock, hub, { timeoutMs: 500 });
    deadline.listen(() => void told.push(`${name} at ${clock.now()}`));
    return deadline;
  };
  const late = new Deadline(clock, hub, { timeoutMs: 500 });
  const first = begin('first');
  clock.advanceSync(100);
  begin('second');
  clock.advanceSync(100);
  const third = begin('third');
  expect(clock.pending).toBe(1);
  // Began with the first, was heard after the third: nobody waits behind a later one.
  late.listen(() => void told.push(`late at ${clock.now()}`));
  first.close();
  third.close();
  clock.advanceSync(400);
  expect([told, clock.pending]).toEqual([['late at 1500', 'second at 1600'], 0]);
});

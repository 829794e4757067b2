import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { SignalHub } from '../src/abort.ts';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

it('listens once to a signal that many share, and lets go with the last', () => {
  const hub = new SignalHub();
  const { signal } = new AbortController();
  const stops = Array.from({ length: 100 }, () => hub.listen(signal, () => {}));
  expect(listeners(signal)).toBe(1);
  for (const stop of stops.slice(1)) stop();
  expect(listeners(signal)).toBe(1);
  stops[0]?.();
  stops[0]?.();
  expect(listeners(signal)).toBe(0);
  hub.listen(signal, () => {});
  expect(listeners(signal)).toBe(1);
});

it('tells each once, in order, with the reason, and the same function as often as it was passed', () => {
  const hub = new SignalHub();
  const controller = new AbortController();
  const told: unknown[] = [];
  const listener = (reason: unknown): void => void told.push(reason);
  hub.listen(controller.signal, listener);
  const stop = hub.listen(controller.signal, listener);
  hub.listen(controller.signal, () => void told.push('last'));
  stop();
  controller.abort('reason');
  expect(told).toEqual(['reason', 'last']);
  expect(listeners(controller.signal)).toBe(0);
});

it('who stops while others are told is not told', () => {
  const hub = new SignalHub();
  const controller = new AbortController();
  const told: string[] = [];
  hub.listen(controller.signal, () => {
    told.push('first');
    stop();
  });
  const stop = hub.listen(controller.signal, () => void told.push('second'));
  controller.abort();
  expect(told).toEqual(['first']);
});

it('a signal that has aborted tells at once', () => {
  const told: unknown[] = [];
  const signal = AbortSignal.abort('early');
  new SignalHub().listen(signal, (reason) => void told.push(reason));
  expect(told).toEqual(['early']);
  expect(listeners(signal)).toBe(0);
});

it('one who begins to listen while others are told is told too', () => {
  const hub = new SignalHub();
  const controller = new AbortController();
  const told: string[] = [];
  hub.listen(controller.signal, () => void hub.listen(controller.signal, () => void told.push('late')));
  controller.abort();
  expect(told).toEqual(['late']);
});

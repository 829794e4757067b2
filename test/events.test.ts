import { describe, expect, test, vi } from 'vitest';
import { Events, type KeysRefreshFailed, quietly } from '../src/events.ts';

const NAME = 'keys-refresh-failed';
const fact: KeysRefreshFailed = { provider: 'openai', reason: 'none' };
const listener = () => vi.fn<(payload: KeysRefreshFailed) => void>();

describe('Events', () => {
  test('hands a fact to every listener of its name, in the order they came', () => {
    const events = new Events();
    const order: string[] = [];
    events.on(NAME, () => order.push('first'));
    events.on('cache-hit', () => order.push('other'));
    events.on(NAME, (payload) => order.push(payload.reason));
    events.emit(NAME, fact);
    expect(order).toEqual(['first', 'none']);
  });

  test('a listener that throws or rejects harms neither the emitter nor the next listener', async () => {
    const events = new Events();
    const after = listener();
    events.on(NAME, () => {
      throw new Error('mine');
    });
    const rejecting: () => unknown = () => Promise.reject(new Error('mine, later'));
    events.on(NAME, rejecting);
    // A promise of somebody else's making: vitest would report its rejection as unhandled.
    const foreign: unknown = Object.fromEntries([
      // oxlint-disable-next-line unicorn/no-thenable
      ['then', (_: unknown, reject: (error: Error) => void) => reject(new Error('mine, foreign'))],
    ]);
    events.on(NAME, () => foreign as undefined);
    events.on(NAME, () => null as unknown as undefined);
    events.on(NAME, after);
    expect(() => events.emit(NAME, fact)).not.toThrow();
    await new Promise((resolve) => setImmediate(resolve));
    expect(after).toHaveBeenCalledExactlyOnceWith(fact);
  });

  test('one function passed twice is called twice, and each unsubscribe ends one', () => {
    const events = new Events();
    const twice = listener();
    const stop = events.on(NAME, twice);
    events.on(NAME, twice);
    events.emit(NAME, fact);
    expect(twice).toHaveBeenCalledTimes(2);
    stop();
    stop();
    events.emit(NAME, fact);
    expect(twice).toHaveBeenCalledTimes(3);
  });

  test('a listener that another one takes out during an emit is not called', () => {
    const events = new Events();
    const later = listener();
    const own = vi.fn<() => void>(() => stopOwn());
    const stopOwn = events.on(NAME, own);
    events.on(NAME, () => stopLater());
    const stopLater = events.on(NAME, later);
    events.emit(NAME, fact);
    events.emit(NAME, fact);
    expect(own).toHaveBeenCalledTimes(1);
    expect(later).not.toHaveBeenCalled();
  });

  test('a listener that is added during an emit waits for the next event', () => {
    const events = new Events();
    const calls: number[] = [];
    const again = (): void => {
      calls.push(calls.length);
      events.on(NAME, again);
    };
    events.on(NAME, again);
    events.emit(NAME, fact);
    expect(calls).toHaveLength(1);
    events.emit(NAME, fact);
    expect(calls).toHaveLength(3);
  });

  test('hears only while somebody listens', () => {
    const events = new Events();
    expect(events.hears(NAME)).toBe(false);
    const stop = events.on(NAME, () => {});
    expect(events.hears(NAME)).toBe(true);
    expect(events.hears('cache-hit')).toBe(false);
    stop();
    expect(events.hears(NAME)).toBe(false);
  });
});

test('quietly lets nothing out, whatever is thrown', () => {
  for (const thrown of [new Error('x'), undefined, null, 'text'] as readonly unknown[]) {
    expect(() =>
      quietly(() => {
        throw thrown;
      }),
    ).not.toThrow();
  }
});

import type { Timer } from '../../src/clock.ts';
import type { VirtualTime } from './time.ts';

/**
 * Lets a process live in virtual time: `setTimeout`, `setInterval`, `Date` and `performance.now` follow the time that `current` answers.
 * For clients that take no clock. To be called before they are imported, as some keep what they find then. `setImmediate`, promises and
 * the runtime's own timers stay real.
 */
export function fakeGlobals(current: () => VirtualTime): void {
  const timers = new WeakMap<object, Timer>();
  const start = (fire: () => void, ms: number | undefined, again: boolean): object => {
    const handle = { ref: () => handle, unref: () => handle, hasRef: () => true, refresh: () => handle };
    const plan = (): void => {
      const timer = current().clock.after(ms ?? 1, () => {
        if (again) plan();
        fire();
      });
      timers.set(handle, timer);
    };
    plan();
    return handle;
  };
  const cancel = (handle: unknown): void => {
    if (typeof handle === 'object' && handle !== null) timers.get(handle)?.cancel();
  };
  Object.assign(globalThis, {
    setTimeout: (fire: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) => start(() => fire(...given), ms, false),
    setInterval: (fire: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) => start(() => fire(...given), ms, true),
    clearTimeout: cancel,
    clearInterval: cancel,
    Date: toDate(() => current().clock.now()),
  });
  Object.defineProperty(performance, 'now', { value: () => current().now(), configurable: true });
}

function toDate(now: () => number): DateConstructor {
  return new Proxy(Date, {
    construct: (target, given, self) => Reflect.construct(target, given.length === 0 ? [now()] : given, self) as object,
    apply: (target) => new target(now()).toString(),
    get: (target, name, self) => (name === 'now' ? now : (Reflect.get(target, name, self) as unknown)),
  });
}

import type { OnceBody } from './types.ts';

/** Opens a body when its first bytes are wanted, and no earlier. By hand: the `return()` of a generator waits for the read that it should end. */
export function openLate(open: OnceBody['open']): AsyncIterableIterator<Uint8Array> {
  let opened: AsyncIterator<Uint8Array> | undefined;
  const late: AsyncIterableIterator<Uint8Array> = {
    next: () => (opened ??= open()[Symbol.asyncIterator]()).next(),
    async return() {
      await opened?.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => late,
  };
  return late;
}

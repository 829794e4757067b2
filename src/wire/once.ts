import type { OnceBody } from './types.ts';

/** Opens a body when its first bytes are wanted, and no earlier. */
export async function* openLate(open: OnceBody['open']): AsyncGenerator<Uint8Array, undefined> {
  yield* open();
  return undefined;
}

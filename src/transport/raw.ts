import type { Answer, Leased } from '../call.ts';
import type { Passing } from '../chat/asked.ts';

/** One attempt at a request that the caller wrote: the provider's own bytes come back. */
export function exchangeRaw(_call: Leased, _asked: Passing): Promise<Answer> {
  return Promise.reject(new TypeError('Not built'));
}

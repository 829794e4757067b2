import type { Leased } from '../../call.ts';

type Request = Leased['request'];

/** A body shorter than this is not worth packing, characters. */
const SHORTEST = 512;

/**
 * A request that waits for its key. Its body stands outside the heap until it is sent: thousands may wait. It is not dropped and written anew,
 * as the caller may have gone on with the objects that it was made of.
 */
export interface Held {
  readonly request: Request;
  readonly body: Buffer | undefined;
}

export function hold(request: Request): Held {
  const { method, url, headers, body } = request;
  // Bytes stand outside already, and what can be read once is not ours to read.
  if (typeof body !== 'string' || body.length < SHORTEST) return { request, body: undefined };
  return { request: { method, url, headers, body: undefined }, body: Buffer.from(body) };
}

export function release({ request, body }: Held): Request {
  return body === undefined ? request : { ...request, body: body.toString() };
}

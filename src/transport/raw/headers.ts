import type { WireHeaders } from '../../wire/index.ts';

/** Of the connection, or of bytes as they were on the way: they come inflated, and in pieces of their own. */
const ON_THE_WAY = new Set(['connection', 'content-encoding', 'content-length', 'keep-alive', 'trailer', 'transfer-encoding', 'upgrade']);

/** What the caller may be told of the head of an answer. */
export function toPassed(headers: WireHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ON_THE_WAY.has(name)));
}

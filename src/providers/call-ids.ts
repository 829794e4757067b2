import { createHash } from 'node:crypto';

/**
 * The id of a tool call as a provider takes it: an id of another provider's making that it would refuse is replaced, the same one by the same, so
 * that a call and its result stay together, and different ones by different ones.
 */
export function toCallId(id: unknown, takes: RegExp, length: number): string {
  const text = typeof id === 'string' ? id : '';
  return takes.test(text) ? text : createHash('sha256').update(text).digest('hex').slice(0, length);
}

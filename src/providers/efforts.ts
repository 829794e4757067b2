import type { Unsupported } from './encoding.ts';

/** Words of `reasoning_effort` that keywheel can say otherwise, weakest first. A provider that takes the word as it is may know more. */
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

export type Effort = (typeof EFFORTS)[number];

/** The effort for a provider that is told it in other words than the caller's; `undefined` where none is asked for, or an unknown one was dropped. */
export function readEffort(effort: unknown, unsupported: Unsupported): Effort | undefined {
  if (effort === undefined || effort === null) return undefined;
  const known = EFFORTS.find((name) => name === effort);
  if (known === undefined) unsupported.refuse('reasoning_effort', effort, 'reasoning_effort', `must be one of ${EFFORTS.join(', ')} there`);
  return known;
}

import type { Size } from './quota/estimates.ts';
import type { Cost } from './quota/limits.ts';

/** What a call needs from the pool for its next attempt. */
export interface Ask {
  readonly callId: string;
  readonly provider: string;
  readonly model: string;
  /** Estimated tokens of the attempt. */
  readonly cost: Cost;
  /** What that was made of, for the estimates to learn from; absent where nothing is to be learned. */
  readonly size?: Size | undefined;
  /** Groups and keys that may serve, sorted; `undefined` is all. */
  readonly groups: readonly string[] | undefined;
  readonly keys: readonly string[] | undefined;
  /** Keys that refused this call before, as `Lease.credential` names them. */
  readonly avoid: ReadonlySet<string>;
  /** Higher first; waiting raises it. */
  readonly priority: number;
  /** Whose call it is: who waits is served in fair turns among tenants. */
  readonly tenant: string | undefined;
  /** Calls of one affinity prefer one group: providers cache prompts per organisation, and a warm one is cheaper. */
  readonly affinity: string | undefined;
  /** The group of an attempt under way at the same call: this one needs another group, and capacity that nobody waits for. */
  readonly besides?: string | undefined;
  /** The attempt must start by then, epoch ms. A start that is possible now is never too late. */
  readonly waitUntil: number;
}

/** Names the set of keys that may serve an ask: calls of one lane wait for the same keys. */
export function laneOf(ask: Ask): string {
  const plain = ask.groups === undefined && ask.keys === undefined && ask.avoid.size === 0;
  if (plain) return `${ask.provider}\n${ask.model}`;
  return JSON.stringify([ask.provider, ask.model, ask.groups, ask.keys, [...ask.avoid].toSorted()]);
}

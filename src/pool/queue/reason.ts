import type { Ask } from '../ask.ts';
import type { Choice } from './choose.ts';
import type { Waiter } from './waiter.ts';

/** How long a call waited for its lease, and why it has that key, in words for a report. */
export interface Waited {
  readonly ms: number;
  readonly why: string;
}

/** Of a call that did not wait. */
export function notWaited(choice: Choice, ask: Ask): Waited {
  return { ms: 0, why: whyThis(choice, ask) };
}

export function waitedUntil(now: number, choice: Choice, waiter: Waiter): Waited {
  const ms = now - waiter.since;
  const why = whyThis(choice, waiter.ask);
  return { ms, why: ms === 0 ? why : `waited for ${waiter.boundBy}, then ${why}` };
}

function whyThis({ among, warm }: Choice, ask: Ask): string {
  if (warm === true && among > 1) return `affinity: of ${among} groups the one that has its prompt`;
  if (among === 1) return 'the only group that could start';
  return ask.affinity === undefined ? `least in flight of ${among} groups` : `affinity, of ${among} groups`;
}

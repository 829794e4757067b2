import type { Ask } from '../ask.ts';
import type { Lease } from '../lease.ts';

/** Waiting this long is worth one step of priority: a low one is served late, never never. */
const AGEING_MS = 1000;

/** A call that waits for a lease. */
export interface Waiter {
  readonly ask: Ask;
  readonly since: number;
  /** Not served by then, it is refused: the ask's `waitUntil` or the call's own end. Epoch ms. */
  readonly limit: number;
  /** Order of arrival. */
  readonly order: number;
  /** What kept it from starting. */
  boundBy: string;
  /** True once the call was aborted or is out of time, whether or not it was told so. */
  readonly ended: boolean;
  /** The name of the lane in which it waits now. */
  lane: string | undefined;
  /** It has waited for the group that has its prompt, and will not again. */
  coldAnyway: boolean;
  /** Until when it waits for that group; epoch ms. */
  patientUntil: number;
  /** Places in the heaps of its lane. */
  place: number;
  limitPlace: number;
  patiencePlace: number;
  grant(lease: Lease): void;
  /** `earliest` is when the first of its queue could start, epoch ms. */
  refuse(earliest: number): void;
}

/** Priority less the ageing of an arrival. As all waiters age alike, the order of two never changes while they wait. */
export function scoreOf(priority: number, since: number): number {
  return priority - since / AGEING_MS;
}

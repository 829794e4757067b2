import type { Ask } from '../ask.ts';
import { Heap } from './heap.ts';
import type { Lease } from '../lease.ts';
import type { Group } from '../keys/members.ts';
import type { KeyRing } from '../keys/ring.ts';

/** Waiting this long is worth one step of priority: a low one is served late, never never. */
const AGEING_MS = 1000;

/** A call that waits for a lease. */
export interface Waiter {
  readonly ask: Ask;
  readonly since: number;
  /** Not served by then, it is refused: the ask's `waitUntil` or the call's own end. Epoch ms. */
  readonly limit: number;
  /**
   * Priority less the ageing of its arrival. As all waiters age alike, the order of two never changes while they wait.
   */
  readonly score: number;
  /** Order of arrival. */
  readonly order: number;
  /** What kept it from starting when it came. */
  readonly boundBy: string;
  /** True once the call was aborted or is out of time, whether or not it was told so. */
  readonly ended: boolean;
  grant(lease: Lease): void;
  /** `earliest` is when the first of its queue could start, epoch ms. */
  refuse(earliest: number): void;
}

export function scoreOf(priority: number, now: number): number {
  return priority - now / AGEING_MS;
}

export function servedBefore(a: Waiter, b: Waiter): boolean {
  return a.score === b.score ? a.order < b.order : a.score > b.score;
}

/** The calls that wait for one set of keys: the first in order is served first, and whoever's time is over leaves. */
export class Lane {
  readonly name: string;
  #candidates: { readonly version: number; readonly groups: readonly Group[] } | undefined;
  readonly #order = new Heap<Waiter>(servedBefore);
  readonly #limits = new Heap<Waiter>((a, b) => a.limit < b.limit);

  constructor(name: string) {
    this.name = name;
  }

  get size(): number {
    return this.#order.size;
  }

  get head(): Waiter | undefined {
    return this.#order.peek();
  }

  /** When the first waiter's time is over. */
  get firstLimit(): number {
    return this.#limits.peek()?.limit ?? Infinity;
  }

  /** The groups that may serve it, found anew only when keys came or went. */
  groups(ring: KeyRing, ask: Ask): readonly Group[] {
    if (this.#candidates?.version !== ring.version) this.#candidates = { version: ring.version, groups: [...ring.candidates(ask)] };
    return this.#candidates.groups;
  }

  add(waiter: Waiter): void {
    this.#order.push(waiter);
    this.#limits.push(waiter);
  }

  delete(waiter: Waiter): void {
    this.#order.delete(waiter);
    this.#limits.delete(waiter);
  }

  /** Takes out those whose time ends before `at`; all of them when `at` never comes. */
  takeHopeless(at: number): readonly Waiter[] {
    if (at === Infinity) return this.takeAll();
    const hopeless: Waiter[] = [];
    for (let waiter = this.#limits.peek(); waiter !== undefined && waiter.limit < at; waiter = this.#limits.peek()) {
      this.delete(waiter);
      hopeless.push(waiter);
    }
    return hopeless;
  }

  takeAll(): readonly Waiter[] {
    const all = this.#order.values();
    for (const waiter of all) this.delete(waiter);
    return all;
  }
}

import type { EndListener } from '../../abort.ts';
import type { Deadline } from '../../deadline.ts';
import type { Ask } from '../ask.ts';
import type { Lease } from '../lease.ts';
import type { Waiter } from './waiter.ts';

/** What a call in the queue needs of whoever runs the queue: one for all, so that a waiting call costs little memory. */
export interface WaitingOwner {
  /** The error of a refusal, at the time of the refusal. */
  whyRefused(ask: Ask, deadline: Deadline, earliest: number): unknown;
  /** The call ended first: takes it out of the queue. */
  abandoned(waiter: Waiter): void;
}

/** A call in the queue: it may be served or refused before anybody awaits it. */
export class Waiting implements Waiter, EndListener {
  readonly ask: Ask;
  readonly since: number;
  readonly limit: number;
  readonly order: number;
  boundBy: string;
  lane: string | undefined;
  coldAnyway = false;
  patientUntil = Infinity;
  place = -1;
  limitPlace = -1;
  patiencePlace = -1;
  readonly #deadline: Deadline;
  readonly #owner: WaitingOwner;
  #outcome: { readonly lease: Lease } | { readonly reason: unknown } | undefined;
  #resolve: ((lease: Lease) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;

  constructor(
    ask: Ask,
    deadline: Deadline,
    place: { readonly now: number; readonly limit: number; readonly order: number },
    boundBy: string,
    owner: WaitingOwner,
  ) {
    this.ask = ask;
    this.#deadline = deadline;
    this.since = place.now;
    this.limit = place.limit;
    this.order = place.order;
    this.boundBy = boundBy;
    this.#owner = owner;
  }

  get ended(): boolean {
    return this.#deadline.ended !== undefined;
  }

  grant(lease: Lease): void {
    this.#deadline.leave(this);
    this.#outcome = { lease };
    this.#resolve?.(lease);
  }

  refuse(earliest: number): void {
    this.#deadline.leave(this);
    const reason = this.#owner.whyRefused(this.ask, this.#deadline, earliest);
    this.#outcome = { reason };
    this.#reject?.(reason);
  }

  /** The lease when it was granted at once; throws when it was refused at once; else a promise of it. */
  settled(): Lease | Promise<Lease> {
    const outcome = this.#outcome;
    if (outcome === undefined) return this.#wait();
    if ('lease' in outcome) return outcome.lease;
    throw outcome.reason;
  }

  #wait(): Promise<Lease> {
    return new Promise<Lease>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#deadline.join(this);
    });
  }

  /** The call ended while it waited. */
  onEnd(reason: unknown): void {
    this.#owner.abandoned(this);
    this.#reject?.(reason);
  }
}

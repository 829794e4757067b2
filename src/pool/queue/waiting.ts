import type { Deadline } from '../../deadline.ts';
import type { Ask } from '../ask.ts';
import type { Lease } from '../lease.ts';
import { scoreOf, type Waiter } from './queue.ts';

/** A call in the queue: it may be served or refused before anybody awaits it. */
export class Waiting implements Waiter {
  readonly ask: Ask;
  readonly since: number;
  readonly limit: number;
  readonly score: number;
  readonly order: number;
  readonly boundBy: string;
  readonly #deadline: Deadline;
  readonly #why: (earliest: number) => unknown;
  #lease: Lease | undefined;
  #refusal: { readonly reason: unknown } | undefined;
  #answer: { resolve(lease: Lease): void; reject(reason: unknown): void } | undefined;
  #stopListening: (() => void) | undefined;

  /** `why` makes the error of a refusal, at the time of the refusal. */
  constructor(
    ask: Ask,
    deadline: Deadline,
    place: { readonly now: number; readonly limit: number; readonly order: number },
    boundBy: string,
    why: (earliest: number) => unknown,
  ) {
    this.ask = ask;
    this.#deadline = deadline;
    this.since = place.now;
    this.limit = place.limit;
    this.order = place.order;
    this.score = scoreOf(ask.priority, place.now);
    this.boundBy = boundBy;
    this.#why = why;
  }

  get ended(): boolean {
    return this.#deadline.ended !== undefined;
  }

  grant(lease: Lease): void {
    this.#stopListening?.();
    this.#lease = lease;
    this.#answer?.resolve(lease);
  }

  refuse(earliest: number): void {
    this.#stopListening?.();
    const reason = this.#why(earliest);
    this.#refusal = { reason };
    this.#answer?.reject(reason);
  }

  /** The lease when it was granted at once; throws when it was refused at once. */
  settled(): Lease | undefined {
    if (this.#refusal !== undefined) throw this.#refusal.reason;
    return this.#lease;
  }

  /** `leave` takes the call out of the queue when it ends first. */
  wait(leave: () => void): Promise<Lease> {
    return new Promise<Lease>((resolve, reject) => {
      this.#answer = { resolve, reject };
      this.#stopListening = this.#deadline.listen((reason) => {
        leave();
        reject(reason);
      });
    });
  }
}

import type { Clock } from '../../clock.ts';
import type { Throttled } from '../../pool/lease.ts';
import { Limiter } from './limiter.ts';

/** The limiters of all groups that have limits; each is made with its group's first call. */
export class Limiters {
  readonly clock: Clock;
  readonly #maxIdle: number;
  readonly #limiters = new Map<string, Limiter>();

  /** @param maxIdle Groups come and go with their keys: beyond so many, idle limiters are removed. */
  constructor(clock: Clock, maxIdle = 100) {
    this.clock = clock;
    this.#maxIdle = maxIdle;
  }

  /** The group's limiter, with its limits as they are now. */
  of(throttled: Throttled): Limiter {
    const known = this.#limiters.get(throttled.group);
    if (known !== undefined) {
      known.apply(throttled);
      return known;
    }
    this.#removeIdle();
    const limiter = new Limiter(throttled, this.clock);
    this.#limiters.set(throttled.group, limiter);
    return limiter;
  }

  get queued(): number {
    return this.#sum((limiter) => limiter.queued);
  }

  get running(): number {
    return this.#sum((limiter) => limiter.running);
  }

  get size(): number {
    return this.#limiters.size;
  }

  close(): void {
    for (const limiter of this.#limiters.values()) limiter.close();
    this.#limiters.clear();
  }

  #removeIdle(): void {
    if (this.#limiters.size < this.#maxIdle) return;
    for (const [group, limiter] of this.#limiters) if (limiter.idle) this.#limiters.delete(group);
  }

  #sum(count: (limiter: Limiter) => number): number {
    let sum = 0;
    for (const limiter of this.#limiters.values()) sum += count(limiter);
    return sum;
  }
}

import type { Clock, Timer } from '../../clock.ts';
import { Serving, type ServingOwner } from './serving.ts';

/** Those who wait, by provider, as no call waits for keys of two; and the one timer that wakes them all. */
export class Servings {
  readonly #clock: Clock;
  readonly #owner: ServingOwner;
  readonly #servings = new Map<string, Serving>();
  #timer: { readonly at: number; readonly timer: Timer } | undefined;

  constructor(clock: Clock, owner: Omit<ServingOwner, 'now' | 'slept'>) {
    this.#clock = clock;
    this.#owner = { ...owner, now: () => clock.now(), slept: () => this.#schedule() };
  }

  of(provider: string): Serving {
    let serving = this.#servings.get(provider);
    if (serving === undefined) {
      serving = new Serving(this.#owner, provider);
      this.#servings.set(provider, serving);
    }
    return serving;
  }

  /** Calls that wait for a lease. */
  get waiting(): number {
    let waiting = 0;
    for (const { lanes } of this.#servings.values()) waiting += lanes.waiting;
    return waiting;
  }

  /** Anything may have changed. */
  stir(): void {
    for (const serving of this.#servings.values()) {
      serving.finder.reset();
      serving.pump();
    }
  }

  /** Refuses everybody who waits. */
  close(): void {
    for (const serving of this.#servings.values()) serving.close();
  }

  #schedule(): void {
    let at = Infinity;
    for (const serving of this.#servings.values()) at = Math.min(at, serving.wakesAt);
    if (this.#timer?.at === at) return;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    if (at === Infinity) return;
    const timer = this.#clock.after(at - this.#clock.now(), () => {
      this.#timer = undefined;
      const now = this.#clock.now();
      for (const serving of this.#servings.values()) if (serving.wakesAt <= now) serving.pump();
      this.#schedule();
    });
    this.#timer = { at, timer };
  }
}

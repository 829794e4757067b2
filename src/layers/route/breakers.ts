import type { Clock, Random } from '../../clock.ts';
import { admit, afterEnd, afterEntry, type Breaker, type Health, NEW_BREAKER, opensAt, type Passage } from './breaker.ts';

/** A route was ejected, is being tried, or is back. */
export interface RouteChange {
  readonly route: string;
  readonly status: Breaker['status'];
  /** When an ejected route is tried again, epoch ms. */
  readonly until: number | undefined;
}

export interface BreakersOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly onRouteChange?: ((change: RouteChange) => void) | undefined;
  /** How many routes are remembered; beyond it the one longest unused starts anew. @default 1000 */
  readonly maxRoutes?: number;
}

/** The breakers of all routes: stores and tells, decides nothing. */
export class Breakers {
  readonly #options: BreakersOptions;
  readonly #states = new Map<string, Breaker>();

  constructor(options: BreakersOptions) {
    this.#options = options;
  }

  /** True when a call may enter now; takes nothing. */
  admits(route: string): boolean {
    return admit(this.state(route), this.#options.clock.now()) !== undefined;
  }

  /** Enters; `undefined` when the route is ejected. */
  enter(route: string): Passage | undefined {
    const passage = admit(this.state(route), this.#options.clock.now());
    if (passage !== undefined) this.#store(route, afterEntry(this.state(route), passage));
    return passage;
  }

  /** Enters whatever the state is; as the probe where one is due. */
  force(route: string): Passage {
    return this.enter(route) ?? { as: 'forced', at: this.#options.clock.now() };
  }

  /** The call that entered has ended. */
  leave(route: string, passage: Passage, health: Health): void {
    const { clock, random } = this.#options;
    this.#store(route, afterEnd(this.state(route), passage, health, clock.now(), random));
  }

  /** When the route admits a call again, epoch ms. */
  opensAt(route: string): number {
    return opensAt(this.state(route));
  }

  state(route: string): Breaker {
    return this.#states.get(route) ?? NEW_BREAKER;
  }

  /** Routes that are remembered. */
  get size(): number {
    return this.#states.size;
  }

  #store(route: string, state: Breaker): void {
    const before = this.state(route);
    if (state === before) return;
    this.#states.delete(route);
    this.#states.set(route, state);
    this.#forgetOldest();
    if (state.status === before.status) return;
    this.#options.onRouteChange?.({ route, status: state.status, until: state.status === 'open' ? state.until : undefined });
  }

  #forgetOldest(): void {
    if (this.#states.size <= (this.#options.maxRoutes ?? 1_000)) return;
    const [oldest] = this.#states.keys();
    if (oldest !== undefined) this.#states.delete(oldest);
  }
}

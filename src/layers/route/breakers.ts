import type { Clock, Random } from '../../clock.ts';
import type { RouteChanged } from '../../events.ts';
import { admit, afterEnd, afterEntry, type Breaker, type Health, NEW_BREAKER, opensAt, type Passage } from './breaker.ts';

/** A route as its breaker knows it; a target is one. */
export interface Route {
  readonly route: string;
  readonly provider: { readonly name: string };
  readonly model: string;
}

export interface BreakersOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly onRouteChange?: ((change: RouteChanged) => void) | undefined;
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
  admits({ route }: Route): boolean {
    return admit(this.state(route), this.#options.clock.now()) !== undefined;
  }

  /** Enters; `undefined` when the route is ejected. */
  enter(route: Route): Passage | undefined {
    const state = this.state(route.route);
    const passage = admit(state, this.#options.clock.now());
    if (passage !== undefined) this.#store(route, afterEntry(state, passage));
    return passage;
  }

  /** Enters whatever the state is; as the probe where one is due. */
  force(route: Route): Passage {
    return this.enter(route) ?? { as: 'forced', at: this.#options.clock.now() };
  }

  /** The call that entered has ended. */
  leave(route: Route, passage: Passage, health: Health): void {
    const { clock, random } = this.#options;
    this.#store(route, afterEnd(this.state(route.route), passage, health, clock.now(), random));
  }

  /** When the route admits a call again, epoch ms. */
  opensAt({ route }: Route): number {
    return opensAt(this.state(route));
  }

  state(route: string): Breaker {
    return this.#states.get(route) ?? NEW_BREAKER;
  }

  /** Routes that are remembered. */
  get size(): number {
    return this.#states.size;
  }

  #store({ route, provider, model }: Route, state: Breaker): void {
    const before = this.state(route);
    if (state === before) return;
    // The latest last; one alone stands there already.
    if (this.#states.size > 1) this.#states.delete(route);
    this.#states.set(route, state);
    this.#forgetOldest();
    if (state.status === before.status) return;
    const until = state.status === 'open' ? { until: state.until } : {};
    this.#options.onRouteChange?.({ provider: provider.name, model, status: state.status, ...until });
  }

  #forgetOldest(): void {
    if (this.#states.size <= (this.#options.maxRoutes ?? 1_000)) return;
    const [oldest] = this.#states.keys();
    if (oldest !== undefined) this.#states.delete(oldest);
  }
}

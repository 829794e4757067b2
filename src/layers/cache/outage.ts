const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** How an operation was let through; a `probe` goes to a store that had failed, one at a time. */
export type Pass = 'normal' | 'probe';

type State =
  | { readonly status: 'up' }
  /** Left alone until `until`, then probed once. */
  | { readonly status: 'down'; readonly until: number; readonly pauseMs: number; readonly probing: boolean };

/** Decides when a store that failed is asked again: after 1 s, doubling to a minute. Only a probe ends an outage. */
export class Outage {
  #state: State = { status: 'up' };

  /** True from the first failure until a probe succeeded. */
  get isDown(): boolean {
    return this.#state.status === 'down';
  }

  /** True while nothing is to be asked. */
  isPaused(now: number): boolean {
    return this.#state.status === 'down' && now < this.#state.until;
  }

  /** `undefined`: leave the store alone. */
  admit(now: number): Pass | undefined {
    const state = this.#state;
    if (state.status === 'up') return 'normal';
    if (now < state.until || state.probing) return undefined;
    this.#state = { ...state, probing: true };
    return 'probe';
  }

  served(pass: Pass): void {
    if (pass === 'probe') this.#state = { status: 'up' };
  }

  /** Operations that began before the outage fail with it and change nothing. */
  failed(pass: Pass, now: number): void {
    const state = this.#state;
    if (state.status === 'up') this.#state = { status: 'down', until: now + FIRST_PAUSE_MS, pauseMs: FIRST_PAUSE_MS, probing: false };
    if (state.status === 'up' || pass !== 'probe') return;
    const pauseMs = Math.min(state.pauseMs * 2, LONGEST_PAUSE_MS);
    this.#state = { status: 'down', until: now + pauseMs, pauseMs, probing: false };
  }
}

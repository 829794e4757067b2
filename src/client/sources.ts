import type { Clock, Timer } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import { ClosedError } from '../errors.ts';
import type { Events } from '../events.ts';
import type { ResolvedProvider } from '../options/providers.ts';
import type { Pool } from '../pool/pool.ts';
import { KeySource } from './source.ts';

/** Keys of the providers whose keys come from a function: loaded before first use, then refreshed in the background. */
export class KeySources {
  readonly #sources = new Map<string, KeySource>();
  readonly #waiting = new Set<(reason: ClosedError) => void>();
  readonly #clock: Clock;
  #missing: number;

  constructor(providers: readonly ResolvedProvider[], pool: Pool, clock: Clock, events: Events) {
    const onLoaded = (): void => void (this.#missing -= 1);
    for (const resolved of providers) {
      const { source, provider } = resolved;
      pool.ring.provider(provider.name).charging = provider.charging;
      if (source.kind === 'function') this.#sources.set(provider.name, new KeySource(resolved, source, { pool, clock, events, onLoaded }));
      else for (const key of source.keys) pool.ring.add(provider.name, key, clock.now());
    }
    pool.renewBy((key) => this.#sources.get(key.group.provider.name)?.renew(key));
    this.#missing = this.#sources.size;
    this.#clock = clock;
  }

  /** Waits for the first load of every source; rejects with the first failure. */
  async ready(): Promise<void> {
    await this.#wait(Promise.all([...this.#sources.values()].map((source) => source.ready())));
  }

  /**
   * Waits until one of `providers`, in their order, has its keys: a source that fails or hangs is no reason to refuse a call that
   * another target can serve. `undefined` when there is nothing to wait for, as there is but for the first calls.
   */
  ensure(providers: Iterable<string>, deadline: Deadline, patience: Patience): Promise<void> | undefined {
    if (this.#missing === 0) return undefined;
    const loads = [...new Set(providers)].map((name) => {
      const source = this.#sources.get(name);
      const failed = source?.failed ?? false;
      return { failed, load: source === undefined || source.loaded ? undefined : source.ready() };
    });
    // Those that failed before come last, so that a call that others can serve does not wait for them each time.
    const ordered = loads.toSorted((a, b) => Number(a.failed) - Number(b.failed)).map(({ load }) => load);
    if (ordered[0] === undefined) return undefined;
    const race = new LoadRace(ordered, this.#clock, patience);
    return this.#wait(race.won, deadline, () => race.leave());
  }

  close(): void {
    for (const source of this.#sources.values()) source.close();
    const reason = new ClosedError('Cannot load the keys as the client was closed');
    for (const reject of this.#waiting) reject(reason);
  }

  #wait(load: Promise<unknown>, deadline?: Deadline, leave?: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      let stop = (): void => {};
      const over = (): void => {
        stop();
        leave?.();
        this.#waiting.delete(fail);
      };
      const fail = (reason: unknown): void => {
        over();
        reject(reason);
      };
      this.#waiting.add(fail);
      stop = deadline?.listen(fail) ?? stop;
      load.then(() => {
        over();
        resolve();
      }, fail);
    });
  }
}

/** How long a call waits for keys that are being loaded, ms. */
export interface Patience {
  /** For a preferred target, while another one has its keys. */
  readonly preferredMs: number;
  /** In all; then the pool says that there is no key. */
  readonly longestMs: number;
}

type LoadState = { readonly status: 'pending' } | { readonly status: 'loaded' } | { readonly status: 'failed'; readonly reason: unknown };

/**
 * Loads that a call waits for, in the order of its targets; `undefined` is loaded already. A later one takes the place of an earlier
 * one once `preferredMs` have passed.
 */
class LoadRace {
  /** Resolves when the call may go on; rejects with the first failure when all fail. */
  readonly won: Promise<void>;
  readonly #states: LoadState[];
  readonly #timers: readonly Timer[];
  #patient = true;
  #resolve: () => void = () => {};
  #reject: (reason: unknown) => void = () => {};

  constructor(loads: readonly (Promise<void> | undefined)[], clock: Clock, patience: Patience) {
    this.won = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#states = loads.map((load) => (load === undefined ? { status: 'loaded' } : { status: 'pending' }));
    const impatient = (): void => {
      this.#patient = false;
      this.#look();
    };
    const others = loads.length > 1 ? [clock.after(patience.preferredMs, impatient)] : [];
    this.#timers = [...others, clock.after(patience.longestMs, () => this.#resolve())];
    for (const [index, load] of loads.entries()) {
      load?.then(
        () => this.#set(index, { status: 'loaded' }),
        (reason: unknown) => this.#set(index, { status: 'failed', reason }),
      );
    }
  }

  /** Nobody waits any more. */
  leave(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  #set(index: number, state: LoadState): void {
    this.#states[index] = state;
    this.#look();
  }

  #look(): void {
    const next = this.#states.find(({ status }) => status === 'loaded' || (status === 'pending' && this.#patient));
    if (next?.status === 'loaded') this.#resolve();
    const [first] = this.#states.flatMap((state) => (state.status === 'failed' ? [state] : []));
    if (this.#states.every(({ status }) => status === 'failed')) this.#reject(first?.reason);
  }
}

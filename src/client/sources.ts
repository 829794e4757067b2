import type { Clock } from '../clock.ts';
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
  #missing: number;

  constructor(providers: readonly ResolvedProvider[], pool: Pool, clock: Clock, events: Events) {
    const onLoaded = (): void => void (this.#missing -= 1);
    for (const resolved of providers) {
      const { source, provider } = resolved;
      if (source.kind === 'function') this.#sources.set(provider.name, new KeySource(resolved, source, { pool, clock, events, onLoaded }));
      else for (const key of source.keys) pool.ring.add(provider.name, key, clock.now());
    }
    this.#missing = this.#sources.size;
  }

  /** Waits for the first load of every source; rejects with the first failure. */
  async ready(): Promise<void> {
    await this.#wait(Promise.all([...this.#sources.values()].map((source) => source.ready())));
  }

  /**
   * Waits until one of `providers`, in their order, has its keys: a source that fails or hangs is no reason to refuse a call that
   * another target can serve. `undefined` when there is nothing to wait for, as there is but for the first calls.
   */
  ensure(providers: Iterable<string>, deadline: Deadline): Promise<void> | undefined {
    if (this.#missing === 0) return undefined;
    const loads = [...new Set(providers)].map((name) => {
      const source = this.#sources.get(name);
      const failed = source?.failed ?? false;
      return { failed, load: source === undefined || source.loaded ? undefined : source.ready() };
    });
    // Those that failed before come last, so that a call that others can serve does not wait for them each time.
    const ordered = loads.toSorted((a, b) => Number(a.failed) - Number(b.failed)).map(({ load }) => load);
    for (const load of ordered) load?.catch(() => {});
    return ordered[0] === undefined ? undefined : this.#wait(firstOf(ordered), deadline);
  }

  close(): void {
    for (const source of this.#sources.values()) source.close();
    const reason = new ClosedError('Cannot load the keys as the client was closed');
    for (const reject of this.#waiting) reject(reason);
  }

  #wait(load: Promise<unknown>, deadline?: Deadline): Promise<void> {
    return new Promise((resolve, reject) => {
      let stop = (): void => {};
      const over = (): void => {
        stop();
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

/** Resolves with the first load that does, in their order; rejects with the first failure when all fail. */
async function firstOf(loads: readonly (Promise<void> | undefined)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const load of loads) {
    try {
      await load;
      return;
    } catch (error) {
      failures.push(error);
    }
  }
  throw failures[0];
}

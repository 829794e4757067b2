import type { Clock, Timer } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import { ConfigError } from '../errors.ts';
import type { Events } from '../events.ts';
import { resolveKeys } from '../options/keys.ts';
import type { ResolvedProvider } from '../options/providers.ts';
import type { Pool } from '../pool/pool.ts';
import { toPrintable } from '../printable.ts';

/** Keys of the providers whose keys come from a function: loaded before first use, then refreshed in the background. */
export class KeySources {
  readonly #sources = new Map<string, Source>();
  #missing: number;

  constructor(providers: readonly ResolvedProvider[], pool: Pool, clock: Clock, events: Events) {
    for (const resolved of providers) {
      if (resolved.source.kind === 'function') this.#sources.set(resolved.provider.name, new Source(resolved, resolved.source, { pool, clock, events }));
      else for (const key of resolved.source.keys) pool.ring.add(resolved.provider.name, key, clock.now());
    }
    this.#missing = this.#sources.size;
  }

  /** Waits for the first load of every source; rejects with the first failure. */
  async ready(): Promise<void> {
    await Promise.all([...this.#sources.values()].map((source) => source.ready()));
    this.#missing = 0;
  }

  /** `undefined` when the keys of `providers` are there, as they are but for the first calls. */
  ensure(providers: Iterable<string>, deadline: Deadline): Promise<void> | undefined {
    if (this.#missing === 0) return undefined;
    const waiting = [...new Set(providers)].flatMap((name) => this.#sources.get(name) ?? []).filter((source) => !source.loaded);
    if (waiting.length === 0) return undefined;
    return new Promise((resolve, reject) => {
      const stop = deadline.listen(reject);
      Promise.all(waiting.map((source) => source.ready()))
        .then(() => resolve(), reject)
        .finally(stop);
    });
  }

  close(): void {
    for (const source of this.#sources.values()) source.close();
  }
}

interface Surroundings {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly events: Events;
}

class Source {
  readonly #resolved: ResolvedProvider;
  readonly #load: () => unknown;
  readonly #refreshMs: number;
  readonly #around: Surroundings;
  #loading: Promise<void> | undefined;
  #timer: Timer | undefined;
  #closed = false;
  loaded = false;

  constructor(resolved: ResolvedProvider, source: { readonly load: () => unknown; readonly refreshMs: number }, around: Surroundings) {
    this.#resolved = resolved;
    this.#load = source.load;
    this.#refreshMs = source.refreshMs;
    this.#around = around;
  }

  /** The first load, tried again by the next call when it failed. */
  ready(): Promise<void> {
    if (this.loaded) return Promise.resolve();
    this.#loading ??= this.#first().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #first(): Promise<void> {
    const failure = await this.#refresh();
    if (failure !== undefined) throw failure;
    this.loaded = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#closed || this.#refreshMs === Infinity) return;
    this.#timer = this.#around.clock.after(this.#refreshMs, () => void this.#refresh().then(() => this.#schedule()), { background: true });
  }

  /** Returns why the last good list stays, if it does. */
  async #refresh(): Promise<ConfigError | undefined> {
    const { provider, limits } = this.#resolved;
    const { pool, clock, events } = this.#around;
    const task = `load the keys of '${provider.name}'`;
    try {
      const given: unknown = await this.#load();
      if (given === undefined || given === null || (Array.isArray(given) && given.length === 0)) throw new ConfigError(`Cannot ${task} as the function answered no key`);
      const keys = resolveKeys(given, { provider: provider.name, task, limits });
      if (this.#closed) return undefined;
      pool.ring.replace(provider.name, keys, clock.now());
      pool.stir();
      return undefined;
    } catch (error) {
      // The function's own error may hold anything, also a key: its message is told, the error is not carried along.
      const failure = error instanceof ConfigError ? error : new ConfigError(`Cannot ${task} as the function failed: ${reasonOf(error)}`);
      events.emit('keys-refresh-failed', { provider: provider.name, reason: failure.message });
      return failure;
    }
  }
}

function reasonOf(error: unknown): string {
  return toPrintable(error instanceof Error ? error.message : String(error), 200);
}

import type { Clock, Timer } from '../clock.ts';
import { ConfigError } from '../errors.ts';
import type { Events } from '../events.ts';
import { resolveKeys } from '../options/keys.ts';
import type { ResolvedProvider } from '../options/providers.ts';
import type { KeyEntry, KeyInput } from '../pool/keys/members.ts';
import type { Pool } from '../pool/pool.ts';
import { toPrintable } from '../printable.ts';
import { scrub } from '../wire/scrub.ts';
import { Renewals } from './renewals.ts';

/** How long one load may take. */
const LOAD_MS = 60_000;

interface Surroundings {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly events: Events;
  /** Called once, when the first load succeeded. */
  readonly onLoaded: () => void;
}

/** The keys of one provider that come from a function. One load at a time; the next one is due `refreshMs` after it ended. */
export class KeySource {
  readonly #resolved: ResolvedProvider;
  readonly #load: () => unknown;
  readonly #refreshMs: number;
  readonly #around: Surroundings;
  #loading: Promise<void> | undefined;
  #refreshing: Promise<ConfigError | undefined> | undefined;
  /** What the function answered, without the keys that a person added. */
  #given: ReadonlySet<KeyInput> = new Set();
  readonly #renewals: Renewals;
  #timer: Timer | undefined;
  #limit: Timer | undefined;
  #closed = false;
  loaded = false;
  /** The first load was tried and failed. */
  failed = false;

  constructor(resolved: ResolvedProvider, source: { readonly load: () => unknown; readonly refreshMs: number }, around: Surroundings) {
    this.#resolved = resolved;
    this.#load = source.load;
    this.#refreshMs = source.refreshMs;
    this.#around = around;
    this.#renewals = new Renewals({
      clock: around.clock,
      loading: () => this.#refreshing,
      load: () => this.#reload(),
      isUnchanged: (key) => around.pool.ring.get(key.id) === key,
    });
  }

  /** The first load, tried again by the next call when it failed. */
  ready(): Promise<void> {
    if (this.loaded) return Promise.resolve();
    this.#loading ??= this.#first().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /**
   * Asks the function again as its provider does not accept a key of it any more, such as a token that expired: until it has answered
   * once for each key, one load at a time and not soon after the last one. `undefined` for what it cannot renew.
   */
  renew(key: KeyEntry): Promise<void> | undefined {
    // One that is not in the pool any more has its follower there.
    if (this.#closed || this.#around.pool.ring.get(key.id) !== key || !this.#given.has(key.input)) return undefined;
    return this.#renewals.renew(key);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#limit?.cancel();
    this.#renewals.close();
  }

  async #reload(): Promise<boolean> {
    const failure = await this.#refresh();
    this.#schedule();
    return failure === undefined;
  }

  async #first(): Promise<void> {
    const failure = await this.#refresh();
    this.failed = failure !== undefined;
    if (failure !== undefined) throw failure;
    this.loaded = true;
    this.#around.onLoaded();
    this.#schedule();
  }

  #schedule(): void {
    this.#timer?.cancel();
    if (this.#closed || this.#refreshMs === Infinity) return;
    this.#timer = this.#around.clock.after(this.#refreshMs, () => void this.#refresh().then(() => this.#schedule()), { background: true });
  }

  /** Returns why the last good list stays, if it does. */
  #refresh(): Promise<ConfigError | undefined> {
    this.#refreshing ??= this.#ask().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #ask(): Promise<ConfigError | undefined> {
    const { provider } = this.#resolved;
    const { pool, clock, events } = this.#around;
    try {
      const keys = this.#read(await this.#answer());
      if (this.#closed) return undefined;
      pool.ring.replace(provider.name, keys, clock.now());
      this.#given = new Set(keys.flatMap(({ id }) => pool.ring.get(id)?.input ?? []));
      pool.stir();
      return undefined;
    } catch (error) {
      // The function's own error may hold anything, also a key: what is told of it is cleaned, the error is not carried along.
      const failure =
        error instanceof ConfigError ? error : new ConfigError(`Cannot ${this.#task} as the function failed: ${this.#reasonOf(error)}`);
      if (!this.#closed) events.emit('keys-refresh-failed', { provider: provider.name, reason: failure.message });
      return failure;
    }
  }

  /** A function that never answers would stop every later refresh. */
  async #answer(): Promise<unknown> {
    const given = this.#load();
    if (!(given instanceof Promise)) return given;
    return new Promise((resolve, reject) => {
      const late = new ConfigError(`Cannot ${this.#task} as the function did not answer in time: the limit is ${LOAD_MS} ms`);
      const limit = this.#around.clock.after(LOAD_MS, () => reject(late), { background: true });
      this.#limit = limit;
      given.then(resolve, reject).finally(() => limit.cancel());
    });
  }

  /** The list is checked as a whole before any of it is taken, so that a wrong one leaves the last good one as it is. */
  #read(given: unknown): readonly KeyInput[] {
    const { provider, limits, priced = true } = this.#resolved;
    if (given === undefined || given === null || (Array.isArray(given) && given.length === 0)) {
      throw new ConfigError(`Cannot ${this.#task} as the function answered no key`);
    }
    const keys = resolveKeys(given, { provider: provider.name, task: this.#task, limits, auth: provider.auth.kind, priced });
    for (const { id } of keys) {
      const owner = this.#around.pool.ring.get(id)?.group.provider.name ?? provider.name;
      if (owner === provider.name) continue;
      throw new ConfigError(`Cannot ${this.#task} as ids of keys are unique in a client: current value is '${id}', which '${owner}' has`);
    }
    return keys;
  }

  get #task(): string {
    return `load the keys of '${this.#resolved.provider.name}'`;
  }

  #reasonOf(error: unknown): string {
    const known = this.#around.pool.ring.all().map((key) => key.input.secret);
    const text = known.reduce((left, secret) => scrub(left, secret), messageOf(error));
    return toPrintable(
      text.replaceAll(LONG_WORD, (word) => (/\d/.test(word) ? '…' : word)),
      200,
    );
  }
}

/** With a digit in it, it may be a key that nobody knows yet. */
const LONG_WORD = /[\w+/=.~-]{16,}/g;

function messageOf(error: unknown): string {
  // JSON's errors quote the text that was read.
  if (error instanceof SyntaxError) return 'SyntaxError';
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'it threw what has no text';
  }
}

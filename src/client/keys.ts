import type { Clock } from '../clock.ts';
import { ConfigError } from '../errors.ts';
import { resolveKey } from '../options/keys.ts';
import { checkUnusedOptions } from '../options/schema.ts';
import type { ResolvedProvider } from '../options/providers.ts';
import type { KeyLike } from '../options/types.ts';
import type { KeyEntry } from '../pool/keys/members.ts';
import type { Pool } from '../pool/pool.ts';
import { daysSince, type KeySnapshot, snapshotOf, stateOf } from '../pool/keys/snapshot.ts';
import { toShown } from '../printable.ts';

/** A key that nobody uses: what a person needs to know before they revoke it. Instants are epoch ms. */
export interface UnusedKey {
  readonly id: string;
  readonly provider: string;
  readonly group: string;
  readonly label: string;
  readonly state: KeySnapshot['state'];
  /** When the client first saw it. */
  readonly firstSeenAt: number;
  /** Since then, with fractions. */
  readonly ageDays: number;
  readonly lastUsedAt?: number;
  /** Since its last use; since it was first seen where it was never used. With fractions. */
  readonly unusedDays: number;
  /** That it answered. */
  readonly calls: number;
}

const UNUSED_DAYS = 30;

/** The keys of a client, as a person sees and changes them. */
export class Keys {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #providers: ReadonlyMap<string, ResolvedProvider>;

  /** @internal */
  constructor(pool: Pool, clock: Clock, providers: readonly ResolvedProvider[]) {
    this.#pool = pool;
    this.#clock = clock;
    this.#providers = new Map(providers.map((resolved) => [resolved.provider.name, resolved]));
  }

  /** Every key with its state, holds and buckets as they are now. */
  list(): KeySnapshot[] {
    const now = this.#clock.now();
    return this.#pool.ring.all().map((key) => snapshotOf(key, now));
  }

  /**
   * Keys that no call used for `days` (default 30; 0: all), and how old each is: those that were longest unused first. Disabled, invalid and
   * expired ones are among them, as their state says; what stands for the key of a provider without keys is not. Counted since the client was
   * made, as it remembers nothing of earlier ones; a key that its function took out and brings back is as old as before. Throws `ConfigError`
   * for days below 0.
   */
  unused(options?: { readonly days?: number | undefined }): UnusedKey[] {
    const { days = UNUSED_DAYS } = checkUnusedOptions(options ?? {});
    const now = this.#clock.now();
    const keys = this.#pool.ring.all().filter(({ input }) => input.secret !== undefined);
    const unused = keys.map((key) => toUnused(key, now)).filter(({ unusedDays }) => unusedDays >= days);
    return unused.toSorted((a, b) => b.unusedDays - a.unusedDays || a.firstSeenAt - b.firstSeenAt);
  }

  /** `undefined` when there is no key of this id. */
  get(id: string): KeySnapshot | undefined {
    const key = this.#pool.ring.get(id);
    return key === undefined ? undefined : snapshotOf(key, this.#clock.now());
  }

  /**
   * Adds a key to a configured provider and returns its id. Throws `ConfigError` for an unknown provider, an id that is taken, a
   * text that can be no key, or limits unlike those of its group. A key function's next refresh takes it out again.
   */
  add(provider: string, key: KeyLike): string {
    const resolved = this.#providers.get(provider);
    if (resolved === undefined) {
      throw new ConfigError(
        `Cannot add the key as the provider must be one of ${[...this.#providers.keys()].join(', ')}: current value is ${toShown(provider)}`,
      );
    }
    const input = resolveKey(key, 'key', {
      provider,
      task: 'add the key',
      limits: resolved.limits,
      auth: resolved.provider.auth.kind,
      ...(resolved.priced === undefined ? {} : { priced: resolved.priced }),
    });
    this.#pool.ring.add(provider, input, this.#clock.now());
    this.#pool.stir();
    return input.id;
  }

  /** Takes a key out; its attempts in flight go on. Returns `false` when there is none of this id. */
  remove(id: string): boolean {
    const removed = this.#pool.ring.remove(id);
    if (removed) this.#pool.stir();
    return removed;
  }

  /** Keeps a key from being used until `enable` or `reset`. Throws `ConfigError` for an unknown id. */
  disable(id: string): void {
    this.#find(id, 'disable').status = { status: 'disabled' };
    this.#pool.stir();
  }

  /** Makes a disabled or invalid key usable; holds stay. Throws `ConfigError` for an unknown id. */
  enable(id: string): void {
    this.#pool.outcomes.restore(this.#find(id, 'enable'));
    this.#pool.stir();
  }

  /**
   * Forgets what is held against a key: its state, its holds and those of its group, organisation and provider, and what was spent of its
   * budgets, and its group's, in this period. For a person who knows better, as after paying a bill. Throws `ConfigError` for an unknown id.
   */
  reset(id: string): void {
    const key = this.#find(id, 'reset');
    for (const purse of key.purses) purse.reset();
    for (const holds of [key.holds, key.group.holds, key.group.organization?.holds, key.group.provider.holds]) holds?.clear();
    key.group.unlearn();
    this.#pool.outcomes.restore(key);
    this.#pool.stir();
  }

  #find(id: string, task: string): KeyEntry {
    const key = this.#pool.ring.get(id);
    if (key === undefined) throw new ConfigError(`Cannot ${task} the key as no key has this id: current value is ${toShown(id)}`);
    return key;
  }
}

function toUnused(key: KeyEntry, now: number): UnusedKey {
  const { id, group, firstSeenAt, lastUsedAt, totals, input } = key;
  return {
    id,
    provider: group.provider.name,
    group: group.id,
    label: input.secret?.label ?? '',
    state: stateOf(key, now).state,
    firstSeenAt,
    ageDays: daysSince(firstSeenAt, now),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    unusedDays: daysSince(lastUsedAt ?? firstSeenAt, now),
    calls: totals.calls,
  };
}

import type { Bound, Budgeted } from '../budget.ts';
import type { Events } from '../events.ts';
import { Account } from './budgets-account.ts';

/** Beyond so many names at once those that nothing was spent of are forgotten. */
const MOST_NAMES = 10_000;
/** To look through them all takes a millisecond: not each time. */
const LOOK_EVERY_MS = 60_000;
/** Whose names are more than are kept share one budget. */
const OTHERS = '(others)';

type Kept = readonly Account[];

/** The accounts of one kind of budgets by whose they are, however many names there are. */
export class Accounts {
  readonly #of: Budgeted['of'];
  readonly #events: Events;
  readonly #mostNames: number;
  readonly #accounts = new Map<string, Kept>();
  #looksAt = -Infinity;

  constructor(of: Budgeted['of'], events: Events, mostNames = MOST_NAMES) {
    this.#of = of;
    this.#events = events;
    this.#mostNames = mostNames;
  }

  get size(): number {
    return this.#accounts.size;
  }

  /** Those of `name` as they are known; else new ones, of the names that are too many common ones. */
  of(name: string, bounds: readonly Bound[], now: number, others = OTHERS): Kept {
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    const isFull = this.#accounts.size >= this.#mostNames && !this.#forget(now);
    return isFull ? (this.#accounts.get(others) ?? this.open(others, bounds)) : this.open(name, bounds);
  }

  /** Those of `name`, whatever comes: of two that count alike the later bound holds, and what was spent stays. */
  open(name: string, bounds: readonly Bound[]): Kept {
    const known = this.#accounts.get(name) ?? [];
    const opened = bounds.map((bound) => {
      const same = known.find(({ budget }) => budget.counts === bound.counts && budget.per === bound.per);
      same?.rebound(bound);
      return same ?? new Account(this.#of, name, bound, this.#events);
    });
    this.#accounts.set(name, opened);
    return opened;
  }

  /** Makes room where that is due: for accounts that are opened whatever comes. */
  sweep(now: number): void {
    if (this.#accounts.size >= this.#mostNames) this.#forget(now);
  }

  *all(): Iterable<Account> {
    for (const accounts of this.#accounts.values()) yield* accounts;
  }

  /** Returns true when there is room now. */
  #forget(now: number): boolean {
    if (now < this.#looksAt) return false;
    this.#looksAt = now + LOOK_EVERY_MS;
    for (const [name, accounts] of this.#accounts) if (accounts.every((account) => account.idle(now))) this.#accounts.delete(name);
    return this.#accounts.size < this.#mostNames;
  }
}

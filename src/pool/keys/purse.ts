import type { Bound } from '../../budget.ts';
import type { Ask } from '../ask.ts';
import type { LeaseEnd } from '../lease.ts';
import type { Hold } from './hold.ts';
import { Holds } from './holds.ts';

/** What keys may spend, as somebody counts it: a user's budget, beside the provider's own limits. */
export interface PurseAccount {
  readonly of: 'key' | 'group';
  /** `busy`: calls under way may use up what is left. */
  room(ask: Ask, now: number): 'open' | 'busy' | 'reached';
  /** Reserves what an attempt is expected to spend, and says how much that is. */
  reserve(ask: Ask, now: number): number;
  settle(reserved: number, ask: Ask, end: LeaseEnd, now: number): void;
  reached(now: number): boolean;
  /** When it begins anew, epoch ms. */
  until(now: number): number;
  /** One printable sentence: which budget, and how much of it is spent. */
  why(now: number): string;
  reset(): void;
  /** A key begins, or ends, to draw on it. */
  use(by: 1 | -1): void;
}

/** Who keeps the accounts of keys and groups. Asked when a key comes: the same name has the same account. */
export interface PurseAccounts {
  ofKey(id: string, bounds: readonly Bound[]): readonly PurseAccount[];
  /** By the name that the keys declare, or that a key alone has. */
  ofGroup(name: string): readonly PurseAccount[];
}

const nobodyCounts: PurseAccounts = { ofKey: () => [], ofGroup: () => [] };

/**
 * What keys draw on: an account, and the hold of those who draw on it while it is spent. The hold is its own, so that no refusal of a
 * provider changes it, and it none of theirs.
 */
export class Purse {
  readonly account: PurseAccount;
  readonly holds = new Holds();
  #group: object | undefined;
  #isWide = false;
  #wanted = false;

  constructor(account: PurseAccount) {
    this.account = account;
  }

  /** A key of `group` begins to draw on it. */
  join(group: object): void {
    this.#isWide ||= this.#group !== undefined && this.#group !== group;
    this.#group = group;
  }

  /** What is left may be used up by calls under way: whoever needs more waits for them. */
  isBusy(ask: Ask, now: number): boolean {
    const isBusy = this.account.room(ask, now) === 'busy';
    this.#wanted ||= isBusy;
    return isBusy;
  }

  /** True once after somebody was kept waiting, where it is that of several groups: those of others may start now, or never. */
  calls(): boolean {
    if (!this.#isWide || !this.#wanted) return false;
    this.#wanted = false;
    return true;
  }

  /** Returns the hold that begins by it, if one does. */
  settle(reserved: number, ask: Ask, end: LeaseEnd, now: number): Hold | undefined {
    this.account.settle(reserved, ask, end, now);
    return this.look(now);
  }

  /** Holds its keys when nothing is left, lets them go when there is more again. Returns the hold that begins. */
  look(now: number): Hold | undefined {
    if (!this.account.reached(now)) {
      if (this.holds.current(now) !== undefined) this.holds.clear();
      return undefined;
    }
    if (this.holds.current(now) !== undefined) return undefined;
    const hold: Hold = {
      scope: this.account.of,
      model: undefined,
      class: 'quota_exhausted',
      since: now,
      until: this.account.until(now),
      source: 'budget',
      strikes: 1,
      release: 'time',
      status: undefined,
      why: this.account.why(now),
    };
    this.holds.set(hold);
    return hold;
  }

  /** A person says that it may be spent anew. */
  reset(): void {
    this.account.reset();
    this.holds.clear();
  }
}

/** The purses of a client's keys: one for each account. */
export class Purses {
  readonly #accounts: PurseAccounts;
  readonly #known = new WeakMap<PurseAccount, Purse>();

  constructor(accounts: PurseAccounts = nobodyCounts) {
    this.#accounts = accounts;
  }

  ofKey(id: string, bounds: readonly Bound[], now: number): readonly Purse[] {
    return this.#of(this.#accounts.ofKey(id, bounds), now);
  }

  ofGroup(name: string, now: number): readonly Purse[] {
    return this.#of(this.#accounts.ofGroup(name), now);
  }

  #of(accounts: readonly PurseAccount[], now: number): readonly Purse[] {
    if (accounts.length === 0) return NO_PURSES;
    return accounts.map((account) => {
      const purse = this.#known.get(account) ?? new Purse(account);
      this.#known.set(account, purse);
      // Somebody may have changed how much it is.
      purse.look(now);
      return purse;
    });
  }
}

/** Of most keys: nothing is made for who has no budget. */
export const NO_PURSES: readonly Purse[] = [];

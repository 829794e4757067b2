import type { Ask } from '../pool/ask.ts';
import type { PurseAccount } from '../pool/keys/purse.ts';
import type { LeaseEnd } from '../pool/lease.ts';
import type { Estimates } from '../pool/quota/estimates.ts';
import type { Account } from './budgets-account.ts';
import type { Measure } from './budgets-measure.ts';

/** A budget as the pool draws on it: by attempts. */
export class KeyAccount implements PurseAccount {
  readonly of: 'key' | 'group';
  readonly #account: Account;
  readonly #measure: Measure;
  readonly #estimates: Pick<Estimates, 'expected'>;
  /** The pool asks for many keys in a row on behalf of one call. */
  #asked: { readonly ask: Ask; readonly at: number; readonly amount: number } | undefined;

  constructor(account: Account, measure: Measure, estimates: Pick<Estimates, 'expected'>) {
    this.of = account.budget.of === 'group' ? 'group' : 'key';
    this.#account = account;
    this.#measure = measure;
    this.#estimates = estimates;
  }

  room(ask: Ask, now: number): 'open' | 'busy' | 'reached' {
    return this.#account.room(now, () => this.#amountOf(ask, now));
  }

  reserve(ask: Ask, now: number): number {
    const amount = this.#amountOf(ask, now);
    this.#account.reserve(amount);
    return amount;
  }

  /** What failed or was aborted counts nothing; an answer that its provider did not count is one call, and no tokens. */
  settle(reserved: number, { provider, model }: Ask, end: LeaseEnd, now: number): void {
    const spent = end.status === 'served' ? this.#measure(provider, model, end.used ?? { input: 0, output: 0 }, now) : 0;
    this.#account.settle(reserved, spent, now);
  }

  reached(now: number): boolean {
    return this.#account.reached(now);
  }

  until(now: number): number {
    return this.#account.until(now);
  }

  why(now: number): string {
    return this.#account.why(now);
  }

  reset(): void {
    this.#account.reset();
  }

  use(by: 1 | -1): void {
    this.#account.uses += by;
  }

  #amountOf(ask: Ask, now: number): number {
    if (this.#account.budget.counts === 'calls') return 1;
    if (this.#asked?.ask === ask && this.#asked.at === now) return this.#asked.amount;
    const { provider, model, size, cost } = ask;
    const tokens = size === undefined ? cost : this.#estimates.expected(provider, model, size);
    const amount = this.#measure(provider, model, tokens, now);
    this.#asked = { ask, at: now, amount };
    return amount;
  }
}

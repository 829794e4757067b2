import type { Bound, Budgeted, BudgetSnapshot } from '../budget.ts';
import { BudgetError } from '../errors.ts';
import type { Events } from '../events.ts';
import { toPrintable } from '../printable.ts';
import { type Period, periodOf } from './budgets-period.ts';
import { PARTS_OF_USD } from './cell.ts';

/** What may be taken of a budget now: `busy` when calls under way may use up what is left, `reached` when nothing is. */
export type Room = 'open' | 'busy' | 'reached';

/** Looks again whether it may begin. Returns false when it has to wait on, in its place. */
export type Waiter = () => boolean;

/**
 * What was spent of one budget in this period, and what calls under way are expected to spend. One call alone may always begin while anything
 * is left, so that no estimate keeps a budget from being used: the last call of a period may spend more than was left.
 */
export class Account {
  readonly #events: Events;
  #budget: Budgeted;
  #near: readonly number[];
  #period: Period = { from: -Infinity, until: -Infinity };
  #spent = 0;
  #reserved = 0;
  /** How many reserved. */
  #underWay = 0;
  /** What share of it was told in this period, with all below. */
  #told = 0;
  readonly #waiting = new Set<Waiter>();
  #waking = false;
  /** Keys that draw on it. */
  uses = 0;

  constructor(of: Budgeted['of'], name: string, bound: Bound, events: Events) {
    this.#events = events;
    this.#budget = toBudgeted(of, name, bound);
    this.#near = bound.near;
  }

  get budget(): Budgeted {
    return this.#budget;
  }

  /** Somebody says anew how much it is: what was spent stays. */
  rebound(bound: Bound): void {
    this.#near = bound.near;
    if (this.#budget.limit === bound.limit) return;
    this.#budget = toBudgeted(this.#budget.of, this.#budget.name, bound);
    // Of more there is more to be told.
    this.#told = Math.min(this.#told, this.#spent / bound.limit);
  }

  /** When its period ends, epoch ms. */
  until(now: number): number {
    this.#turn(now);
    return this.#period.until;
  }

  reached(now: number): boolean {
    this.#turn(now);
    return this.#spent >= this.#budget.limit;
  }

  /** Whether a call that is expected to spend `amount` may begin. */
  room(now: number, amount: () => number): Room {
    if (this.reached(now)) return 'reached';
    if (this.#underWay === 0) return 'open';
    // What costs nothing, as far as anybody knows, takes nobody's part.
    const needs = amount();
    return needs === 0 || this.#spent + this.#reserved + needs <= this.#budget.limit ? 'open' : 'busy';
  }

  reserve(amount: number): void {
    this.#reserved += amount;
    this.#underWay += 1;
  }

  /** What was reserved is over: counted in the period that it ends in. */
  settle(reserved: number, spent: number, now: number): void {
    this.#turn(now);
    this.#underWay -= 1;
    // Sums of fractions leave dust.
    this.#reserved = this.#underWay === 0 ? 0 : this.#reserved - reserved;
    this.#spent = this.#sum(spent);
    if (spent > 0) this.#tell();
    this.wake();
  }

  /** A person says that nothing was spent. */
  reset(): void {
    this.#spent = 0;
    this.#told = 0;
    this.wake();
  }

  /** Nothing would be lost by forgetting it. */
  idle(now: number): boolean {
    this.#turn(now);
    return this.uses === 0 && this.#spent === 0 && this.#underWay === 0 && this.#waiting.size === 0;
  }

  wait(waiter: Waiter): void {
    this.#waiting.add(waiter);
  }

  /** Who stood behind it may need less. */
  leave(waiter: Waiter): void {
    if (this.#waiting.delete(waiter)) this.wake();
  }

  /** The first who has to wait on keeps all behind it waiting: else a large call would never begin. */
  wake(): void {
    if (this.#waking) return;
    this.#waking = true;
    for (const waiter of this.#waiting) if (!waiter()) break;
    this.#waking = false;
  }

  /** Calls that wait for calls under way. */
  get waiting(): number {
    return this.#waiting.size;
  }

  snapshot(now: number): BudgetSnapshot {
    const reached = this.reached(now);
    return { ...this.#budget, spent: this.#spent, reserved: this.#reserved, reached, ...this.#period };
  }

  /** `the budget of tenant 'acme' of 100 calls a day is spent: 100 were, and it begins anew at …`. */
  why(now: number): string {
    const { of, name, counts, limit, per } = this.#budget;
    const state = this.reached(now) ? 'is spent' : 'is in use by calls under way';
    const anew = new Date(this.#period.until).toISOString();
    return `the budget of ${of} '${toPrintable(name, 80)}' of ${inWords(limit, counts)} a ${per} ${state}: spent so far ${inWords(this.#spent, counts)}, and it begins anew at ${anew}`;
  }

  refusal(now: number): BudgetError {
    const retryAt = this.reached(now) ? this.until(now) : now;
    return new BudgetError(`Cannot start the call as ${this.why(now)}`, { budget: this.#budget, retryAt });
  }

  /** A new period has begun. What is under way is still to be paid. */
  #turn(now: number): void {
    if (now < this.#period.until) return;
    this.#period = periodOf(this.#budget.per, now);
    this.#spent = 0;
    this.#told = 0;
  }

  /** Money in parts as the ledger has it: 0.7 and 0.1 are not quite 0.8 otherwise. */
  #sum(spent: number): number {
    const sum = this.#spent + spent;
    return this.#budget.counts === 'usd' ? Math.round(sum * PARTS_OF_USD) / PARTS_OF_USD : sum;
  }

  #tell(): void {
    const spent = this.#spent;
    const share = Math.min(1, spent / this.#budget.limit);
    const before = this.#told;
    if (share <= before) return;
    // Before anybody hears of it: a listener may forgive what was spent.
    this.#told = share;
    for (const near of this.#near) if (near > before && near <= share) this.#tellNear(near, spent);
    if (share < 1) return;
    this.#tellNear(1, spent);
    this.#events.emit('budget-reached', { budget: this.#budget, spent, until: this.#period.until });
  }

  #tellNear(share: number, spent: number): void {
    this.#events.emit('budget-near', { budget: this.#budget, spent, share });
  }
}

function toBudgeted(of: Budgeted['of'], name: string, { counts, limit, per }: Bound): Budgeted {
  return { of, name, counts, limit, per };
}

function inWords(amount: number, counts: Budgeted['counts']): string {
  if (counts === 'usd') return `${Number(amount.toFixed(6))} USD`;
  return `${amount} ${amount === 1 ? counts.slice(0, -1) : counts}`;
}

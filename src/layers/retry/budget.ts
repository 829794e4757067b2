/**
 * What a retry is paid from. `retries` repeats what reached the provider; `reconnects` is a small reserve of its own for
 * connections that never opened, which count as no attempt and so would have no other bound in an outage.
 */
export type Purse = 'retries' | 'reconnects';

/** Tokens of one route. */
export type Budget = Readonly<Record<Purse, number>>;

/**
 * The arithmetic of the AWS SDKs: 100 retries in hand, each earned back by five answers. Through a minute of outage at 50 calls
 * a second both purses together add 120 attempts to 3,000.
 */
export const FULL_BUDGET: Budget = { retries: 500, reconnects: 100 };
const RETRY_COST = 5;
const ANSWER_EARNS = 1;

/** The budget after one retry; `undefined` when it cannot pay for it. */
export function pay(budget: Budget, purse: Purse): Budget | undefined {
  const left = budget[purse] - RETRY_COST;
  return left < 0 ? undefined : { ...budget, [purse]: left };
}

/** The budget after an answer. `paidFrom` is the purse of the retry that brought it, which gets its cost back. */
export function earn(budget: Budget, paidFrom: Purse | undefined): Budget {
  const earned = (purse: Purse): number => (purse === paidFrom ? RETRY_COST : ANSWER_EARNS);
  return {
    retries: Math.min(FULL_BUDGET.retries, budget.retries + earned('retries')),
    reconnects: Math.min(FULL_BUDGET.reconnects, budget.reconnects + earned('reconnects')),
  };
}

/** The budgets of all routes. A full one needs no entry, so a healthy client keeps none. */
export class RetryBudgets {
  readonly #spent = new Map<string, Budget>();
  readonly #maxRoutes: number;

  /** @param maxRoutes How many routes that are not full are remembered; beyond it the one longest unused starts anew. */
  constructor(maxRoutes = 1_000) {
    this.#maxRoutes = maxRoutes;
  }

  /** Takes the cost of one retry; `false` when the route cannot pay. */
  pay(route: string, purse: Purse): boolean {
    const rest = pay(this.balance(route), purse);
    if (rest === undefined) return false;
    this.#store(route, rest);
    return true;
  }

  /** The route has answered. */
  earn(route: string, paidFrom: Purse | undefined): void {
    const budget = this.#spent.get(route);
    if (budget !== undefined) this.#store(route, earn(budget, paidFrom));
  }

  /** What the route may still spend. */
  balance(route: string): Budget {
    return this.#spent.get(route) ?? FULL_BUDGET;
  }

  /** Routes that are not full. */
  get size(): number {
    return this.#spent.size;
  }

  #store(route: string, budget: Budget): void {
    this.#spent.delete(route);
    if (budget.retries >= FULL_BUDGET.retries && budget.reconnects >= FULL_BUDGET.reconnects) return;
    this.#spent.set(route, budget);
    if (this.#spent.size <= this.#maxRoutes) return;
    const [oldest] = this.#spent.keys();
    if (oldest !== undefined) this.#spent.delete(oldest);
  }
}

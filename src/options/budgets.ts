/** The most that may be spent in a day or month (by UTC's calendar): one of `usd`, `tokens` and `calls`. */
export interface BudgetOptions {
  /** What its answers cost. Answers whose price is not known count nothing. */
  readonly usd?: number | undefined;
  /** Input and output together. */
  readonly tokens?: number | undefined;
  /** Answers. */
  readonly calls?: number | undefined;
  readonly per: 'day' | 'month';
  /** Shares, above 0 and below 1, at which the event `budget-near` is told. @default [0.8] */
  readonly near?: readonly number[] | undefined;
}

/** Budgets beside those of keys, by name. `'*'` is a budget of its own for each that has none by name. */
export interface BudgetsOptions {
  /** Reached: the group is held until the period ends. @default none */
  readonly groups?: Readonly<Record<string, BudgetOptions>> | undefined;
  /** By `name=value` of a call's `tags`, or `name=*`. Reached: such calls are refused with `BudgetError` until the period ends. @default none */
  readonly tags?: Readonly<Record<string, BudgetOptions>> | undefined;
  /** By a call's `tenant`. Reached: their calls are refused with `BudgetError` until the period ends. @default none */
  readonly tenants?: Readonly<Record<string, BudgetOptions>> | undefined;
}

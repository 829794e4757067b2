/** What a budget bounds, and whose it is. */
export interface Budgeted {
  readonly of: 'key' | 'group' | 'tag' | 'tenant';
  /** Id of the key or group, the tenant's name, or `name=value` of the tag. */
  readonly name: string;
  readonly counts: 'usd' | 'tokens' | 'calls';
  /** The most a period. */
  readonly limit: number;
  /** By UTC's calendar. */
  readonly per: 'day' | 'month';
}

/** How much may be spent, of what, and when that is told: a budget before it is somebody's. */
export interface Bound extends Pick<Budgeted, 'counts' | 'limit' | 'per'> {
  /** Shares, the least first. */
  readonly near: readonly number[];
}

/** A budget as it is now. Instants are epoch ms. */
export interface BudgetSnapshot extends Budgeted {
  /** In this period, by answers that are over. */
  readonly spent: number;
  /** What calls under way are expected to spend. */
  readonly reserved: number;
  /** Nothing more is spent of it until the period ends. */
  readonly reached: boolean;
  /** The period: from then, until before then. */
  readonly from: number;
  readonly until: number;
}

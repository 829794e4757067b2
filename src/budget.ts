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

import type { PricesOptions } from '../options/prices.ts';
import type { TokenCounts } from '../report.ts';

/** Whose price is asked for. */
export interface Priced {
  readonly provider: string;
  readonly baseURL: string;
  readonly model: string;
}

/** What tokens cost: the user's own prices first, then a kept list, which is loaded when it is first needed. */
export class Prices {
  constructor(_options: boolean | PricesOptions) {}

  /** Nothing is to be loaded any more. */
  get ready(): boolean {
    return true;
  }

  /** Loads the list; never rejects, as a call is worth more than its price. */
  load(): Promise<void> {
    return Promise.resolve();
  }

  /** USD; `undefined` for a model that nobody knows. */
  costOf(_priced: Priced, _tokens: TokenCounts, _at: number): number | undefined {
    return undefined;
  }
}

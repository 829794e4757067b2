/** What a million tokens of one model cost, USD. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** Read from the provider's prompt cache. @default input */
  readonly cached?: number | undefined;
  /** Written to it. @default input */
  readonly cacheWrite?: number | undefined;
}

/** Prices of your own, by `provider/model` or `provider/pattern*`: before the kept list. A model that neither knows costs `undefined`. */
export type PricesOptions = Readonly<Record<string, ModelPrice>>;

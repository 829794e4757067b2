/** What a million tokens of one model cost, USD. 0 is free: a model of your own. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** Read from the provider's prompt cache. @default input */
  readonly cached?: number | undefined;
  /** Written to it. @default input */
  readonly cacheWrite?: number | undefined;
}

/**
 * Prices of your own, by `provider/model` or a pattern of it (`openai/gpt-*`; `*` is any text): before those of the kept list. A name goes
 * before patterns, a longer pattern before a shorter one. A model that neither knows costs `undefined`.
 */
export type PricesOptions = Readonly<Record<string, ModelPrice>>;

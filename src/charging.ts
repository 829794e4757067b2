/** What a provider counts against its limits for one call, and when. Facts of its row; `uncertain` where nobody says. */
export interface Charging {
  /**
   * What it counts for the output when a request comes: `max_tokens` whole, an `estimate` of its own, or nothing until the output is
   * written, which is `true` to the use.
   */
  readonly admission: 'max_tokens' | 'estimate' | 'true';
  /** What was counted at admission is corrected to the true use when the answer is over. */
  readonly settles: boolean;
  /** A request that it refuses for a rate counts as a request nevertheless; of tokens it uses none. */
  readonly refusedCount: boolean;
  /** What a token that was read from its prompt cache counts against the token limits, of one that was not: 0 to 1. */
  readonly cachedInput: number;
  /** What such a token costs, of one that was not cached: 0 to 1. */
  readonly cachedPrice: number;
  /** Models whose output counts several times; none where it is absent. */
  readonly output?: { readonly models: RegExp; readonly times: number } | undefined;
}

/**
 * For a provider of which nobody says what it counts. An expected use is reserved and settled; where the provider counts more, its headers
 * or refusals say so. Who caches prompts asks a tenth to a half for what was cached.
 */
export const uncertain: Charging = { admission: 'estimate', settles: true, refusedCount: false, cachedInput: 1, cachedPrice: 0.5 };

import type { ModelPrice } from '../options/prices.ts';
import type { TokenCounts } from '../report.ts';

/** USD for a million tokens; of a request with more than `start` tokens of input another one, for all of its tokens. */
export type Rate =
  | number
  | {
      readonly base: number;
      /** By their starts. */
      readonly tiers: readonly { readonly start: number; readonly price: number }[];
    };

/** What a model costs. */
export interface Rates {
  readonly input: Rate;
  /** Absent of a model that gives none: what it gives nevertheless has no price. */
  readonly output: Rate | undefined;
  /** Of a part of the input, as long as it has a price of its own. */
  readonly cached?: Rate | undefined;
  readonly cacheWrite?: Rate | undefined;
  /** Of a part of the output. */
  readonly reasoning?: Rate | undefined;
  /** USD for each answer, beside its tokens. */
  readonly request: number;
}

const MILLION = 1_000_000;

/** The user's own prices in the same words. */
export function ofPrice({ input, output, cached, cacheWrite }: ModelPrice): Rates {
  return { input, output, cached, cacheWrite, request: 0 };
}

/** USD; `undefined` where a kind of tokens was used that has no price. */
export function costAt(rates: Rates, tokens: TokenCounts): number | undefined {
  const { input, output } = tokens;
  if (rates.output === undefined && output > 0) return undefined;
  let plainInput = input;
  let plainOutput = output;
  let sum = 0;
  if (rates.cached !== undefined && tokens.cached !== undefined) {
    sum += tokens.cached * rateAt(rates.cached, input);
    plainInput -= tokens.cached;
  }
  if (rates.cacheWrite !== undefined && tokens.cacheWrite !== undefined) {
    sum += tokens.cacheWrite * rateAt(rates.cacheWrite, input);
    plainInput -= tokens.cacheWrite;
  }
  if (rates.reasoning !== undefined && tokens.reasoning !== undefined) {
    sum += tokens.reasoning * rateAt(rates.reasoning, input);
    plainOutput -= tokens.reasoning;
  }
  // Parts that are more than the whole are the provider's slip.
  sum += Math.max(0, plainInput) * rateAt(rates.input, input);
  if (rates.output !== undefined) sum += Math.max(0, plainOutput) * rateAt(rates.output, input);
  return sum / MILLION + rates.request;
}

function rateAt(rate: Rate, input: number): number {
  if (typeof rate === 'number') return rate;
  let price = rate.base;
  for (const tier of rate.tiers) if (input > tier.start) price = tier.price;
  return price;
}

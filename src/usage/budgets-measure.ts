import type { Budgeted } from '../budget.ts';
import type { TokenCounts } from '../report.ts';
import type { Prices } from './prices.ts';

/** What tokens of a provider's model come to, in what a budget counts; 0 where that is not known. */
export type Measure = (provider: string, model: string, tokens: TokenCounts, at: number) => number;

/** `addressOf`: the base URL of a provider. */
export function measuresOf(
  prices: Pick<Prices, 'costOf'>,
  addressOf: (provider: string) => string,
): Readonly<Record<Budgeted['counts'], Measure>> {
  return {
    calls: () => 1,
    tokens: (_provider, _model, { input, output }) => input + output,
    usd: (provider, model, tokens, at) => prices.costOf({ provider, baseURL: addressOf(provider), model }, tokens, at) ?? 0,
  };
}

import { calcPrice, findProvider } from '@pydantic/genai-prices';
import type { Rate, Rates } from './rates.ts';

/** Whose price is asked for. */
export interface Priced {
  readonly provider: string;
  /** Where it is asked: tells the provider of a name of the user's own. */
  readonly baseURL: string;
  readonly model: string;
}

/** What the list says, and until when: some prices change with the date or the time of day. */
export interface Listed {
  readonly rates: Rates | undefined;
  readonly until: number;
}

/** The kept list of prices. */
export type FindRates = (priced: Priced, at: number) => Listed;

/** Known providers by their names in the list. Those that serve models of one's own have no price there. */
const IDS: ReadonlyMap<string, string> = new Map([
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['google', 'google'],
  ['mistral', 'mistral'],
  ['cohere', 'cohere'],
  ['azure', 'azure'],
  ['bedrock', 'aws'],
  ['groq', 'groq'],
  ['deepseek', 'deepseek'],
  ['xai', 'x-ai'],
  ['openrouter', 'openrouter'],
  ['together', 'together'],
  ['fireworks', 'fireworks'],
  ['perplexity', 'perplexity'],
  ['cerebras', 'cerebras'],
  ['moonshot', 'moonshotai'],
  ['zai', 'zai'],
]);

const MINUTE_MS = 60_000;
const UNKNOWN: Listed = { rates: undefined, until: Infinity };

/**
 * Looks a model up. The address counts first, then the provider's name, so that one that is reached through a proxy has its price; an
 * address and a name that nobody knows have none, whatever the model is called. 50 us: who asks keeps the answer.
 */
export const findListed: FindRates = ({ provider, baseURL, model }, at) => {
  try {
    const providerId = findProvider({ providerApiUrl: baseURL })?.id ?? IDS.get(provider);
    // Without a provider it would guess one by the model's name.
    if (providerId === undefined) return UNKNOWN;
    const found = calcPrice({ input_tokens: 0, output_tokens: 0 }, model, { providerId, timestamp: new Date(at) });
    if (found === null) return UNKNOWN;
    const { id, prices } = found.model;
    return { rates: toRates(found.model_price, id), until: Array.isArray(prices) ? endOfMinute(at) : Infinity };
  } catch {
    // It throws for prices that contradict each other.
    return UNKNOWN;
  }
};

type ListedPrice = NonNullable<ReturnType<typeof calcPrice>>['model_price'];

/** USD for a million, where the list has so much: a model that is sold by the hour has no price of its tokens, and none is not zero. */
function toRates(price: ListedPrice, id: string): Rates | undefined {
  const input = toRate(price['input_mtok']);
  const perRequest = toRate(price['requests_kcount']) ?? 0;
  if (input === undefined) return id.endsWith(':free') ? { input: 0, output: 0, request: 0 } : undefined;
  return {
    input,
    output: toRate(price['output_mtok']),
    cached: toRate(price['cache_read_mtok']),
    cacheWrite: toRate(price['cache_write_mtok']),
    reasoning: toRate(price['output_reasoning_mtok']),
    request: typeof perRequest === 'number' ? perRequest / 1000 : 0,
  };
}

function toRate(price: ListedPrice[string]): Rate | undefined {
  if (price === undefined || typeof price === 'number') return price;
  return { base: price.base, tiers: price.tiers.toSorted((a, b) => a.start - b.start) };
}

function endOfMinute(at: number): number {
  return (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS;
}

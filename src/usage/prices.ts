import type { ModelPrice, PricesOptions } from '../options/prices.ts';
import { matchesModel } from '../pool/quota/limits.ts';
import type { TokenCounts } from '../report.ts';
import type { FindRates, Listed, Priced } from './price-list.ts';
import { costAt, ofPrice, type Rates } from './rates.ts';

export type { Priced } from './price-list.ts';

/** Models of one provider whose price is at hand. */
const MOST_KNOWN = 1000;

/** What tokens cost: the user's own prices first, then a kept list, which is loaded when it is first needed. */
export class Prices {
  readonly #own: OwnPrices;
  readonly #open: () => Promise<FindRates>;
  readonly #known = new Map<string, Map<string, Listed>>();
  #list: FindRates | undefined;
  #loading: Promise<void> | undefined;
  #ready: boolean;

  constructor(options: boolean | PricesOptions, open: () => Promise<FindRates> = openList) {
    this.#own = new OwnPrices(typeof options === 'object' ? options : {});
    this.#open = open;
    this.#ready = options === false;
  }

  /** Nothing is to be loaded any more. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Loads the list, once; never rejects, as a call is worth more than its price: without a list, models cost `undefined`. */
  load(): Promise<void> {
    if (this.#ready) return Promise.resolve();
    return (this.#loading ??= this.#load());
  }

  /** What was begun to load is here, or failed. */
  settled(): Promise<void> {
    return this.#loading ?? Promise.resolve();
  }

  /** USD; `undefined` for a model that nobody knows. */
  costOf(priced: Priced, tokens: TokenCounts, at: number): number | undefined {
    const rates = this.#ratesOf(priced, at);
    return rates === undefined ? undefined : costAt(rates, tokens);
  }

  async #load(): Promise<void> {
    try {
      this.#list = await this.#open();
    } catch {
      // It is not there (a bundler left it out): as with `prices: false`.
    }
    this.#ready = true;
  }

  #ratesOf(priced: Priced, at: number): Rates | undefined {
    if (!this.#ready) return this.#own.find(priced);
    const models = this.#modelsOf(priced.provider);
    const known = models.get(priced.model);
    if (known !== undefined && at < known.until) return known.rates;
    const found = this.#find(priced, at);
    if (models.size >= MOST_KNOWN) models.clear();
    models.set(priced.model, found);
    return found.rates;
  }

  #find(priced: Priced, at: number): Listed {
    const own = this.#own.find(priced);
    if (own !== undefined || this.#list === undefined) return { rates: own, until: Infinity };
    return this.#list(priced, at);
  }

  #modelsOf(provider: string): Map<string, Listed> {
    let models = this.#known.get(provider);
    if (models === undefined) this.#known.set(provider, (models = new Map<string, Listed>()));
    return models;
  }
}

/** Prices of the user's own: by exact name before patterns, the longest pattern first. */
class OwnPrices {
  readonly #exact = new Map<string, Rates>();
  readonly #patterns: readonly { readonly pattern: readonly string[]; readonly rates: Rates }[];

  constructor(options: PricesOptions) {
    const named = Object.entries(options).filter((entry): entry is [string, ModelPrice] => entry[1] !== undefined);
    for (const [name, price] of named) this.#exact.set(name, ofPrice(price));
    this.#patterns = named
      .filter(([name]) => name.includes('*'))
      .toSorted(([a], [b]) => b.length - a.length)
      .map(([name, price]) => ({ pattern: [name], rates: ofPrice(price) }));
  }

  find({ provider, model }: Priced): Rates | undefined {
    const name = `${provider}/${model}`;
    return this.#exact.get(name) ?? this.#patterns.find(({ pattern }) => matchesModel(pattern, name))?.rates;
  }
}

/** Five MB and 70 ms: not before it is needed. */
async function openList(): Promise<FindRates> {
  const { findListed } = await import('./price-list.ts');
  return findListed;
}

import type { Charging } from '../../charging.ts';
import type { Used } from '../lease.ts';
import type { Cost } from './limits.ts';

/** The size of what is asked, in tokens, before anything was learned of the model. */
export interface Size {
  readonly input: number;
  /** The most that the answer may have; `undefined` when the caller named no limit. */
  readonly output: number | undefined;
}

/** An answer of a model that has not answered yet, where the caller names no limit: a few paragraphs. */
export const FIRST_OUTPUT_TOKENS = 256;
/** What is reserved beyond the mean at least: a token too few is a refusal, one too many comes back in a moment. */
const MARGIN = 0.05;
/** An older answer counts the less the more came after it: about so many matter. */
const MEMORY = 32;
/** One answer moves the mean no further than so many times away: usage that is off by orders is rubbish, unless it comes again. */
const ODD = 4;
const ODD_TOKENS = 16;
/** Tokens beyond this are no count of anything. */
const MOST_TOKENS = 1e8;
/** Models are remembered up to here; beyond it the one longest unheard starts anew. */
const MOST_MODELS = 512;

/**
 * What calls will use of their provider's limits, learned for each model from what they used: how far the count of input tokens is off, what
 * share of its limit an answer takes, and how long one is without a limit.
 */
export class Estimates {
  readonly #chargingOf: (provider: string) => Charging;
  readonly #models = new Map<string, Model>();

  constructor(chargingOf: (provider: string) => Charging) {
    this.#chargingOf = chargingOf;
  }

  /** What to reserve for one attempt. */
  cost(provider: string, model: string, size: Size): Cost {
    const known = this.#models.get(nameOf(provider, model));
    const input = Math.ceil(known === undefined ? size.input * (1 + MARGIN) : known.input.expect(size.input, 1 + MARGIN));
    const charging = this.#chargingOf(provider);
    if (size.output === undefined) {
      const written = known?.free.expect(1, FIRST_OUTPUT_TOKENS) ?? FIRST_OUTPUT_TOKENS;
      const guessed = Math.ceil(written * timesOf(charging, model));
      return { input, output: guessed, guessed };
    }
    if (known === undefined || size.output === 0 || charging.admission === 'max_tokens') return { input, output: size.output };
    const written = Math.min(size.output, known.limited.expect(size.output, 1));
    return { input, output: Math.ceil(written * timesOf(charging, model)) };
  }

  /** What it will use on average: for comparing prices, where a margin would favour who is known for longer. */
  expected(provider: string, model: string, size: Size): { readonly input: number; readonly output: number } {
    const known = this.#models.get(nameOf(provider, model));
    const input = known?.input.mean(size.input, 1) ?? size.input;
    if (size.output === undefined) return { input, output: known?.free.mean(1, FIRST_OUTPUT_TOKENS) ?? FIRST_OUTPUT_TOKENS };
    return { input, output: Math.min(size.output, known?.limited.mean(size.output, 1) ?? size.output) };
  }

  /** An answer is whole, and says what it used. */
  learn(provider: string, model: string, size: Size, used: Used): void {
    if (!isCount(used.input) || !isCount(used.output)) return;
    const charging = this.#chargingOf(provider);
    const known = this.#remember(nameOf(provider, model));
    // Nobody asks without a word; what is read from a cache counts at the request where `max_tokens` does.
    const input = charging.admission === 'max_tokens' ? used.input : chargedFor(used, charging, model).input;
    if (size.input > 0 && used.input > 0) known.input.learn(size.input, input);
    if (size.output === undefined) known.free.learn(1, used.output);
    else if (size.output > 0) known.limited.learn(size.output, used.output);
  }

  /** Models of which something was learned. */
  get models(): number {
    return this.#models.size;
  }

  #remember(name: string): Model {
    const found = this.#models.get(name);
    // The latest comes last; while there is room that is nobody's concern.
    if (found !== undefined && this.#models.size < MOST_MODELS / 2) return found;
    const known = found ?? { input: new Share(), limited: new Share(), free: new Share() };
    this.#models.delete(name);
    this.#models.set(name, known);
    if (this.#models.size > MOST_MODELS) {
      const [oldest] = this.#models.keys();
      if (oldest !== undefined) this.#models.delete(oldest);
    }
    return known;
  }
}

/** What an answer counts against the limits in the end; of one with a limit of `limit` tokens that is counted whole for good, the limit. */
export function chargedFor(used: Used, charging: Charging, model: string, limit = 0): { readonly input: number; readonly output: number } {
  const cached = Math.min(used.cached ?? 0, used.input);
  const written = used.output * timesOf(charging, model);
  const output = charging.admission === 'max_tokens' && !charging.settles ? Math.max(written, limit) : written;
  return { input: used.input - cached * (1 - charging.cachedInput), output };
}

function timesOf({ output }: Charging, model: string): number {
  return output?.models.test(model) === true ? output.times : 1;
}

interface Model {
  /** Of the counted size of the input. */
  readonly input: Share;
  /** Of the limit of the answer. */
  readonly limited: Share;
  /** Of an answer without a limit, in tokens. */
  readonly free: Share;
}

/**
 * What came of what was expected: a mean that weighs large calls more, as it is their sum that must fit, and how far calls are from it, as a
 * network stack smooths its round trips.
 */
class Share {
  #samples = 0;
  #expected = 0;
  #came = 0;
  #off = 0;

  learn(expected: number, came: number): void {
    const mean = this.mean(expected, came / expected);
    const believed = Math.min(Math.max(came, mean / ODD), mean * ODD + ODD_TOKENS);
    this.#samples = Math.min(MEMORY, this.#samples + 1);
    const weight = 1 / this.#samples;
    this.#expected += (expected - this.#expected) * weight;
    this.#came += (believed - this.#came) * weight;
    // Of one call nobody knows how far others are from it.
    const off = this.#samples === 1 ? believed / 2 : Math.abs(believed - mean);
    this.#off += (off - this.#off) * weight;
  }

  /** What comes of `expected` on average; `first` of it before anything came. */
  mean(expected: number, first: number): number {
    return this.#samples === 0 ? expected * first : (this.#came / this.#expected) * expected;
  }

  /** What to reserve for `expected`; `first` of it before anything came. */
  expect(expected: number, first: number): number {
    if (this.#samples === 0) return expected * first;
    return (expected / this.#expected) * (this.#came + Math.max(this.#came * MARGIN, this.#off));
  }
}

function nameOf(provider: string, model: string): string {
  return `${provider}\n${model}`;
}

function isCount(tokens: number): boolean {
  return tokens >= 0 && tokens < MOST_TOKENS;
}

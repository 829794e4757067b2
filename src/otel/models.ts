import { toPrintable } from '../printable.ts';

/** Names of one provider that are told. */
const MOST_NAMES = 100;
const OTHERS = '(others)';

/** Names of models come from callers and providers, and a metric keeps each one for ever: beyond the first of a provider they share one. */
export class ModelNames {
  readonly #names = new Map<string, Set<string>>();

  of(provider: string, model: string): string {
    let names = this.#names.get(provider);
    if (names === undefined) {
      names = new Set();
      this.#names.set(provider, names);
    }
    if (names.has(model)) return model;
    const label = toPrintable(model, 200);
    if (names.size >= MOST_NAMES && !names.has(label)) return OTHERS;
    names.add(label);
    return label;
  }
}

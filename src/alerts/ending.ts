import type { Stop } from '../wire/index.ts';

/** Ends whatever listens, once. */
export class Ending implements Stop {
  #ended: { readonly reason: unknown } | undefined;
  readonly #listeners = new Set<(reason: unknown) => void>();

  get ended(): { readonly reason: unknown } | undefined {
    return this.#ended;
  }

  listen(listener: (reason: unknown) => void): () => void {
    if (this.#ended !== undefined) {
      listener(this.#ended.reason);
      return () => {};
    }
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener(reason);
  }
}

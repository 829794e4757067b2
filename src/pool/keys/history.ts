/** What a key did. */
export interface KeyTotals {
  calls: number;
  attempts: number;
  tokens: number;
  errors: number;
}

/** What is remembered of a key that may come back. */
export interface KeyHistory {
  /** Epoch ms. */
  readonly firstSeenAt: number;
  readonly lastUsedAt: number | undefined;
  /** Goes on counting what the key still had under way. */
  readonly totals: KeyTotals;
}

/** Short-lived keys come and go for years: of those that left the latest are remembered. */
const REMEMBERED = 1000;

/** Keys that left, by what makes them the same: id, provider and secret. */
export class Histories {
  readonly #left = new Map<string, KeyHistory>();

  get size(): number {
    return this.#left.size;
  }

  leave(name: string, { firstSeenAt, lastUsedAt, totals }: KeyHistory): void {
    this.#left.delete(name);
    this.#left.set(name, { firstSeenAt, lastUsedAt, totals });
    if (this.#left.size <= REMEMBERED) return;
    const [oldest] = this.#left.keys();
    if (oldest !== undefined) this.#left.delete(oldest);
  }

  comeBack(name: string): KeyHistory | undefined {
    const history = this.#left.get(name);
    this.#left.delete(name);
    return history;
  }
}

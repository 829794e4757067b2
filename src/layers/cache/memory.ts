import { LRUCache } from 'lru-cache';

export interface MemoryBounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/**
 * A bounded store for Keyv: the texts used longest ago leave first.
 * `lru-cache` itself will not do: it takes an options object where Keyv passes the ttl as a number, and stores nothing.
 */
export class Memory {
  readonly #texts: LRUCache<string, string>;

  constructor(bounds: MemoryBounds) {
    this.#texts = new LRUCache({ max: bounds.maxEntries, maxSize: bounds.maxBytes, sizeCalculation: toBytes });
  }

  get(key: string): string | undefined {
    return this.#texts.get(key);
  }

  /** `false` for a text that is larger than the whole store. Entries carry their own times, so Keyv's ttl is not needed. */
  set(key: string, text: string): boolean {
    this.#texts.set(key, text);
    return this.#texts.has(key);
  }

  delete(key: string): boolean {
    return this.#texts.delete(key);
  }

  clear(): void {
    this.#texts.clear();
  }
}

function toBytes(text: string, key: string): number {
  return Buffer.byteLength(text) + key.length;
}

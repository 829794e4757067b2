/** What became of one item of a `client.map()`. `reply` is `undefined` where there is an error. */
export type MapResult<Item, Reply> =
  | {
      /** Where the item stands among the items, from 0. */
      readonly index: number;
      readonly item: Item;
      readonly reply: Reply;
      /** An earlier run had the answer: it comes from the `resume` file. */
      readonly resumed?: true;
      readonly error?: undefined;
    }
  | {
      readonly index: number;
      readonly item: Item;
      /** As `chat` rejects, or what `toRequest` threw. */
      readonly error: unknown;
      readonly reply?: undefined;
      readonly resumed?: undefined;
    };

/** Results that are here and not read yet. */
export interface Shelf<Result> {
  /** How many are held. */
  readonly size: number;
  /** `undefined` for an item that has no result: it is left out. */
  put(index: number, result: Result | undefined): void;
  /** The next one, where it is here. */
  take(): Result | undefined;
}

/** As they come. */
export class AsFinished<Result> implements Shelf<Result> {
  #results: Result[] = [];
  #first = 0;

  get size(): number {
    return this.#results.length - this.#first;
  }

  put(_index: number, result: Result | undefined): void {
    if (result !== undefined) this.#results.push(result);
  }

  take(): Result | undefined {
    const result = this.#results[this.#first];
    if (result === undefined) return undefined;
    this.#first += 1;
    // What was read must not be held: the spent head goes when it is the larger part.
    if (this.#first * 2 > this.#results.length) {
      this.#results = this.#results.slice(this.#first);
      this.#first = 0;
    }
    return result;
  }
}

/** In the order of the items: each waits for those before it. */
export class InOrder<Result> implements Shelf<Result> {
  readonly #results = new Map<number, Result | undefined>();
  #next = 0;

  get size(): number {
    return this.#results.size;
  }

  put(index: number, result: Result | undefined): void {
    this.#results.set(index, result);
    this.#skip();
  }

  take(): Result | undefined {
    const result = this.#results.get(this.#next);
    if (result === undefined) return undefined;
    this.#results.delete(this.#next);
    this.#next += 1;
    this.#skip();
    return result;
  }

  #skip(): void {
    while (this.#results.has(this.#next) && this.#results.get(this.#next) === undefined) {
      this.#results.delete(this.#next);
      this.#next += 1;
    }
  }
}

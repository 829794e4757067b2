/** Where an item keeps its place in a heap, -1 while it has none: a number in the item costs a tenth of a map's entry. */
export interface Place<T> {
  get(item: T): number;
  set(item: T, place: number): void;
}

/** A binary heap whose items know where they are, so that any one leaves in O(log n): an abort must leave no trace. */
export class Heap<T extends object> {
  readonly #before: (a: T, b: T) => boolean;
  readonly #place: Place<T>;
  readonly #items: T[] = [];

  constructor(before: (a: T, b: T) => boolean, place: Place<T>) {
    this.#before = before;
    this.#place = place;
  }

  get size(): number {
    return this.#items.length;
  }

  has(item: T): boolean {
    return this.#items[this.#place.get(item)] === item;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Does nothing when the item is not here. */
  delete(item: T): void {
    const position = this.#place.get(item);
    if (this.#items[position] !== item) return;
    this.#place.set(item, -1);
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#rise(last, position);
    this.#sink(last, this.#place.get(last));
  }

  /** The item goes before others, or after them, than it did. */
  moved(item: T): void {
    if (!this.has(item)) return;
    this.#rise(item, this.#place.get(item));
    this.#sink(item, this.#place.get(item));
  }

  /** All items, in no order. */
  values(): readonly T[] {
    return [...this.#items];
  }

  #rise(item: T, from: number): void {
    let position = from;
    while (position > 0) {
      const parent = this.#items[(position - 1) >> 1];
      if (parent === undefined || !this.#before(item, parent)) break;
      this.#put(parent, position);
      position = (position - 1) >> 1;
    }
    this.#put(item, position);
  }

  #sink(item: T, from: number): void {
    let position = from;
    for (;;) {
      let child = position * 2 + 1;
      let next = this.#items[child];
      if (next === undefined) break;
      const right = this.#items[child + 1];
      if (right !== undefined && this.#before(right, next)) {
        child += 1;
        next = right;
      }
      if (!this.#before(next, item)) break;
      this.#put(next, position);
      position = child;
    }
    this.#put(item, position);
  }

  #put(item: T, position: number): void {
    this.#items[position] = item;
    this.#place.set(item, position);
  }
}

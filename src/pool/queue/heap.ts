/** A binary heap that knows where its items are, so that any one leaves in O(log n): an abort must leave no trace. */
export class Heap<T extends object> {
  readonly #before: (a: T, b: T) => boolean;
  readonly #items: T[] = [];
  readonly #positions = new Map<T, number>();

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
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
    const position = this.#positions.get(item);
    if (position === undefined) return;
    this.#positions.delete(item);
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#rise(last, position);
    this.#sink(last, this.#positions.get(last) ?? position);
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
      this.#place(parent, position);
      position = (position - 1) >> 1;
    }
    this.#place(item, position);
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
      this.#place(next, position);
      position = child;
    }
    this.#place(item, position);
  }

  #place(item: T, position: number): void {
    this.#items[position] = item;
    this.#positions.set(item, position);
  }
}

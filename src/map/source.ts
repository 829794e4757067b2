import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';

/** What `client.map()` goes through; pulled only as far as it is needed, so that it may be endless. */
export type Items<Item> = Iterable<Item> | AsyncIterable<Item>;

/** The items, opened. */
export interface Source<Item> {
  next(): IteratorResult<Item, unknown> | Promise<IteratorResult<Item, unknown>>;
  /** Lets go of items that are not read to their end. */
  close(): unknown;
}

/** Throws `ConfigError` for what cannot be gone through, or asks for nothing. A text is one item, not its letters. */
export function assertMappable(items: unknown, toRequest: unknown): void {
  const isIterable = typeof items === 'object' && items !== null && (Symbol.iterator in items || Symbol.asyncIterator in items);
  if (!isIterable) throw wrong('items', 'an array, an iterable or an async iterable', items);
  if (typeof toRequest !== 'function') throw wrong('toRequest', 'a function', toRequest);
}

function wrong(name: string, what: string, value: unknown): ConfigError {
  return new ConfigError(`Cannot map the items as '${name}' must be ${what}: current value is ${toShown(value)}`);
}

/** How many there are, where `items` tells: an array, a set, a map. */
export function totalOf(items: Items<unknown>): number | undefined {
  const total: unknown = Reflect.get(items, 'length') ?? Reflect.get(items, 'size');
  return typeof total === 'number' ? total : undefined;
}

export function openSource<Item>(items: Items<Item>): Source<Item> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  return { next: () => iterator.next(), close: () => iterator.return?.() };
}

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Heap, type Place } from '../../../src/pool/queue/heap.ts';

interface Item {
  readonly rank: number;
  place: number;
}

const place: Place<Item> = { get: (item) => item.place, set: (item, at) => (item.place = at) };

const before = (a: Item, b: Item): boolean => a.rank < b.rank;

it('holds its items in order, whichever leave, like a sorted array', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ push: fc.integer({ min: 0, max: 1000 }) }) },
    { weight: 1, arbitrary: fc.record({ drop: fc.nat(1000) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new Heap<Item>(before, place);
      const model: Item[] = [];
      for (const step of steps) {
        if ('push' in step) {
          const item = { rank: step.push, place: -1 };
          heap.push(item);
          model.push(item);
        } else for (const item of model.splice(step.drop % Math.max(1, model.length), 1)) heap.delete(item);
        expect(heap.size).toBe(model.length);
        expect(heap.peek()?.rank).toBe(model.length === 0 ? undefined : Math.min(...model.map(({ rank }) => rank)));
      }
      const drained: number[] = [];
      for (let item = heap.peek(); item !== undefined; item = heap.peek()) {
        drained.push(item.rank);
        heap.delete(item);
      }
      expect(drained).toEqual(model.map(({ rank }) => rank).sort((a, b) => a - b));
    }),
  );
});

it('the item that fills a gap may have to rise in its new branch', () => {
  const heap = new Heap<Item>(before, place);
  const items = [20, 17, 9, 18, 22, 7, 6].map((rank) => ({ rank, place: -1 }));
  for (const item of items) heap.push(item);
  for (const index of [0, 5]) for (const item of items.slice(index, index + 1)) heap.delete(item);
  const drained: number[] = [];
  for (let item = heap.peek(); item !== undefined; item = heap.peek()) {
    drained.push(item.rank);
    heap.delete(item);
  }
  expect(drained).toEqual([6, 9, 17, 18, 22]);
});

it('a stranger, or an item that has left, changes nothing', () => {
  const heap = new Heap<Item>(before, place);
  const item = { rank: 1, place: -1 };
  heap.push(item);
  heap.delete({ rank: 1, place: 0 });
  expect(heap.values()).toEqual([item]);
  heap.delete(item);
  heap.delete(item);
  expect([heap.size, heap.peek()]).toEqual([0, undefined]);
});

it('an item whose rank changed is put where it belongs, and one that is not here stays away', () => {
  const heap = new Heap<{ rank: number; place: number }>((a, b) => a.rank < b.rank, {
    get: (item) => item.place,
    set: (item, at) => (item.place = at),
  });
  const items = [5, 3, 8, 1].map((rank) => ({ rank, place: -1 }));
  for (const item of items) heap.push(item);
  const [first, , third] = items;
  for (const [item, rank] of [
    [first, 0],
    [third, 4],
  ] as const)
    if (item !== undefined) item.rank = rank;
  for (const item of items) heap.moved(item);
  heap.moved({ rank: -1, place: 2 });
  const drained: number[] = [];
  for (let item = heap.peek(); item !== undefined; item = heap.peek()) {
    drained.push(item.rank);
    heap.delete(item);
  }
  expect(drained).toEqual([0, 1, 3, 4]);
});

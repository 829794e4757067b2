import type { Clock, Timer } from '../../src/clock.ts';

/** Runs `fire` after `ms` of its own time. Real time and virtual time both fulfil it, so that the provider and the driver know neither. */
export interface Time {
  /** Epoch ms, with fractions. */
  now(): number;
  after(ms: number, fire: () => void): void;
}

const EPOCH_AT = Date.now() - performance.now();

/** Time as it passes. */
export const realTime: Time = {
  now: () => EPOCH_AT + performance.now(),
  after: (ms, fire) => void setTimeout(fire, ms),
};

/** Time that passes only when nothing is left to do: minutes of traffic in seconds, the same for each run of a seed. */
export interface VirtualTime extends Time {
  /** What the client is given: whole milliseconds, and timers that come late by up to one, as Node's do. */
  readonly clock: Clock;
  /** Lets time pass until `until` (epoch ms) or until `done` says so. */
  run(until: number, done?: () => boolean): Promise<void>;
}

interface Pending {
  readonly at: number;
  readonly order: number;
  fire: (() => void) | undefined;
}

/** @param late How late a timer fires, ms: drawn for each. */
export function createVirtualTime(startMs: number, late: () => number): VirtualTime {
  const heap = new Heap();
  let now = startMs;
  let order = 0;
  const plan = (at: number, fire: () => void): Pending => {
    const pending: Pending = { at, order: (order += 1), fire };
    heap.push(pending);
    return pending;
  };
  return {
    now: () => now,
    after: (ms, fire) => void plan(now + Math.max(0, ms), fire),
    clock: {
      now: () => Math.floor(now),
      after: (ms, fire) => toTimer(plan(now + Math.max(1, Math.ceil(ms)) + late(), fire)),
    },
    async run(until, done = () => false) {
      await settled();
      for (let next = heap.first; next !== undefined && next.at <= until && !done(); next = heap.first) {
        heap.pop();
        if (next.fire === undefined) continue;
        now = Math.max(now, next.at);
        next.fire();
        await settled();
      }
      if (!done()) now = Math.max(now, until);
    },
  };
}

/** Everything that promises and streams have to do is done before the event loop comes to its next round. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function toTimer(pending: Pending): Timer {
  return {
    cancel: () => {
      pending.fire = undefined;
    },
  };
}

/** A binary heap: the earliest first, of two at one instant the older. */
class Heap {
  readonly #items: Pending[] = [];

  get first(): Pending | undefined {
    return this.#items[0];
  }

  push(item: Pending): void {
    const items = this.#items;
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !isBefore(item, parent)) break;
      items[index] = parent;
      index = above;
    }
    items[index] = item;
  }

  pop(): void {
    const items = this.#items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const child = this.#earlier(left, left + 1);
      const item = items[child];
      if (item === undefined || !isBefore(item, last)) break;
      items[index] = item;
      index = child;
    }
    items[index] = last;
  }

  #earlier(left: number, right: number): number {
    const [a, b] = [this.#items[left], this.#items[right]];
    return a !== undefined && b !== undefined && isBefore(b, a) ? right : left;
  }
}

function isBefore(a: Pending, b: Pending): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

import { describe, expect, it } from 'vitest';
import { Lane, scoreOf, type Waiter } from '../../../src/pool/queue/queue.ts';
import { makeAsk, START } from '../rig.ts';

let order = 0;

function waiter(name: string, { priority = 0, since = START, limit = Infinity } = {}): Waiter & { readonly name: string } {
  order += 1;
  return {
    name,
    ask: makeAsk({ priority }),
    since,
    limit,
    score: scoreOf(priority, since),
    order,
    boundBy: '',
    ended: false,
    grant: () => {},
    refuse: () => {},
  };
}

function lane(...waiters: readonly (Waiter & { readonly name: string })[]): Lane {
  const made = new Lane('lane');
  for (const one of waiters) made.add(one);
  return made;
}

function namesInOrder(of: Lane): readonly string[] {
  const names: string[] = [];
  for (let head = of.head; head !== undefined; head = of.head) {
    names.push((head as Waiter & { readonly name: string }).name);
    of.delete(head);
  }
  return names;
}

describe('a lane', () => {
  it('serves in order of arrival, also within one millisecond', () => {
    expect(namesInOrder(lane(waiter('a'), waiter('b'), waiter('c', { since: START + 1 })))).toEqual(['a', 'b', 'c']);
  });

  it('serves a higher priority first', () => {
    expect(namesInOrder(lane(waiter('low'), waiter('high', { priority: 1 })))).toEqual(['high', 'low']);
  });

  it('a second of waiting is worth one step of priority', () => {
    const old = (): Waiter & { readonly name: string } => waiter('old');
    expect(namesInOrder(lane(old(), waiter('early', { priority: 1, since: START + 999 })))).toEqual(['early', 'old']);
    expect(namesInOrder(lane(old(), waiter('late', { priority: 1, since: START + 1001 })))).toEqual(['old', 'late']);
  });

  it('takes out those whose time ends before an instant, and only those', () => {
    const made = lane(waiter('a', { limit: START + 10 }), waiter('b', { limit: START + 20 }), waiter('c'));
    expect(made.firstLimit).toBe(START + 10);
    expect(made.takeHopeless(START + 10)).toEqual([]);
    expect(made.takeHopeless(START + 11)).toHaveLength(1);
    expect(made.firstLimit).toBe(START + 20);
    expect(made.takeHopeless(START + 99_999)).toHaveLength(1);
    expect(made.firstLimit).toBe(Infinity);
    expect(made.takeHopeless(Infinity)).toHaveLength(1);
    expect(made.size).toBe(0);
  });

  it('all leave at once', () => {
    const made = lane(waiter('a'), waiter('b'));
    expect(made.takeAll()).toHaveLength(2);
    expect([made.size, made.head]).toEqual([0, undefined]);
  });
});

import { describe, expect, it } from 'vitest';
import { Lane, type Line } from '../../../src/pool/queue/queue.ts';
import type { Waiter } from '../../../src/pool/queue/waiter.ts';
import { makeAsk, START } from '../rig.ts';

let order = 0;

function waiter(
  name: string,
  { priority = 0, since = START, limit = Infinity, tenant }: { priority?: number; since?: number; limit?: number; tenant?: string } = {},
): Waiter & { readonly name: string } {
  order += 1;
  return {
    name,
    ask: makeAsk({ priority, tenant }),
    since,
    limit,
    order,
    boundBy: '',
    ended: false,
    lane: undefined,
    coldAnyway: false,
    patientUntil: Infinity,
    place: -1,
    limitPlace: -1,
    patiencePlace: -1,
    grant: () => {},
    refuse: () => {},
  };
}

const line = (): Line => ({ name: 'line', turns: new Map(), lanes: 1 });

function lane(...waiters: readonly (Waiter & { readonly name: string })[]): Lane {
  const made = new Lane('lane', line(), { home: undefined, isPlain: true });
  for (const one of waiters) made.add(one);
  return made;
}

function namesInOrder(of: Lane): readonly string[] {
  const names: string[] = [];
  for (let head = of.head; head !== undefined; head = of.head) {
    names.push((head as Waiter & { readonly name: string }).name);
    of.served(head);
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

describe('tenants', () => {
  const many = (tenant: string, count: number, since = START): readonly (Waiter & { readonly name: string })[] =>
    Array.from({ length: count }, (_, index) => waiter(`${tenant}${index}`, { tenant, since }));

  it('go in turns, each in its own order', () => {
    expect(namesInOrder(lane(...many('a', 4), ...many('b', 3)))).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2', 'a3']);
  });

  it('a newcomer is served within a round, whatever others have in line', () => {
    const made = lane(...many('a', 100));
    for (let count = 0; count < 50; count += 1) for (const head of [made.head]) if (head !== undefined) made.served(head);
    for (const one of many('b', 2, START + 10)) made.add(one);
    const names = namesInOrder(made);
    expect(names.indexOf('b0')).toBeLessThanOrEqual(1);
    expect(names.indexOf('b1')).toBeLessThanOrEqual(3);
  });

  it('who comes again as soon as it is served gets no more than its turn', () => {
    const made = lane(...many('a', 10), ...many('b', 1));
    const names: string[] = [];
    for (let count = 0; count < 10; count += 1) {
      for (const head of [made.head]) {
        if (head === undefined) continue;
        names.push(head.ask.tenant ?? '');
        made.served(head);
        if (head.ask.tenant === 'b') for (const one of many('b', 1, START + count)) made.add(one);
      }
    }
    expect(names.join('')).toBe('ababababab');
  });

  it('one alone, or none, is served as it came', () => {
    const alone = lane(...many('a', 2), waiter('urgent', { tenant: 'a', priority: 2 }), waiter('late', { tenant: 'a', since: START + 1 }));
    expect(namesInOrder(alone)).toEqual(['urgent', 'a0', 'a1', 'late']);
  });

  it('a priority goes before turns, and ages by its oldest call', () => {
    const made = lane(...many('a', 2), ...many('b', 2, START + 500), waiter('high', { tenant: 'b', priority: 1, since: START + 1001 }));
    expect(namesInOrder(made)).toEqual(['a0', 'b0', 'a1', 'high', 'b1']);
  });

  it('turns hold across the sizes of one line', () => {
    const shared = line();
    const [small, large] = ['small', 'large'].map((name) => new Lane(name, shared, { home: undefined, isPlain: true }));
    for (const one of many('a', 3)) large?.add(one);
    for (const one of many('b', 1, START + 5)) small?.add(one);
    expect(large !== undefined && small?.goesBefore(large)).toBe(false);
    for (const head of [large?.head]) if (head !== undefined) large?.served(head);
    expect(large !== undefined && small?.goesBefore(large)).toBe(true);
  });
});

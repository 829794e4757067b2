import { describe, expect, it } from 'vitest';
import type { Ask } from '../../../src/pool/ask.ts';
import { KeyRing } from '../../../src/pool/keys/ring.ts';
import { Lanes } from '../../../src/pool/queue/lanes.ts';
import type { Waiter } from '../../../src/pool/queue/waiter.ts';
import { keyInput, makeAsk, START } from '../rig.ts';

let order = 0;

function waiter(more: Partial<Ask> = {}): Waiter {
  order += 1;
  return {
    ask: makeAsk(more),
    since: START,
    limit: Infinity,
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

/** Lanes over the keys `a` and `b`, whose classes of size are the tokens of input. */
function lanesOf(): { readonly lanes: Lanes; readonly ring: KeyRing } {
  const ring = new KeyRing();
  for (const id of ['a', 'b']) ring.add('openai', keyInput(id), START);
  return { ring, lanes: new Lanes(ring, { sizeOf: ({ cost }) => cost.input }) };
}

const sized = (input: number): Partial<Ask> => ({ cost: { input, output: 0 } });

function add(lanes: Lanes, ...waiters: readonly Waiter[]): void {
  for (const one of waiters) lanes.for(one.ask).add(one);
}

describe('lanes', () => {
  it('are one for asks of the same keys and size, whoever asks', () => {
    const { lanes } = lanesOf();
    expect(lanes.for(makeAsk({ tenant: 'x', priority: 1 }))).toBe(lanes.for(makeAsk()));
    expect(lanes.size).toBe(1);
  });

  it.each([
    ['model', { model: 'o1' }],
    ['size', sized(20)],
    ['keys', { keys: ['a'] }],
    ['groups', { groups: ['a'] }],
    ['what it avoids', { avoid: new Set(['a']) }],
  ])('are others for another %s', (_what, more) => {
    const { lanes } = lanesOf();
    expect(lanes.for(makeAsk(more))).not.toBe(lanes.for(makeAsk()));
  });

  it('of a home are its own, and only that may serve them', () => {
    const { lanes, ring } = lanesOf();
    const home = ring.get('b')?.group;
    const ask = makeAsk();
    const parked = lanes.for(ask, home);
    expect(parked).not.toBe(lanes.for(ask));
    expect(lanes.groupsOf(parked, ask)).toEqual([home]);
  });

  it('know who may serve them, and name nobody where that is all', () => {
    const { lanes, ring } = lanesOf();
    const named = makeAsk({ keys: ['a'] });
    expect(lanes.groupsOf(lanes.for(named), named)).toEqual([ring.get('a')?.group]);
    expect(lanes.groupsOf(lanes.for(makeAsk()), makeAsk())).toBeUndefined();
  });

  it('of several sizes keep one turn for each tenant', () => {
    const { lanes } = lanesOf();
    const [small, large] = [lanes.for(makeAsk(sized(1))), lanes.for(makeAsk(sized(2)))];
    expect(small).not.toBe(large);
    expect(small.line).toBe(large.line);
    expect(lanes.for(makeAsk({ model: 'o1' })).line).not.toBe(small.line);
  });

  it('count who waits, and find where', () => {
    const { lanes } = lanesOf();
    const [one, other, third] = [waiter(), waiter(), waiter({ model: 'o1' })];
    add(lanes, one, other, third);
    expect([lanes.size, lanes.waiting]).toEqual([2, 3]);
    expect(lanes.of(third)).toBe(lanes.for(third.ask));
    expect(lanes.of(waiter())).toBeUndefined();
  });

  it('are forgotten with the last who waits in them, and not before', () => {
    const { lanes } = lanesOf();
    const [one, other] = [waiter(), waiter()];
    add(lanes, one, other);
    const lane = lanes.for(one.ask);
    lanes.take(lane, one, true);
    expect([lanes.size, lanes.waiting, lanes.of(one)]).toEqual([1, 1, undefined]);
    lanes.take(lane, other);
    expect([lanes.size, lanes.waiting]).toEqual([0, 0]);
    expect(lanes.for(one.ask)).not.toBe(lane);
  });

  it('forget turns only with the last lane of a line', () => {
    const { lanes } = lanesOf();
    const [small, large] = [waiter(sized(1)), waiter(sized(2))];
    add(lanes, small, large);
    const { line } = lanes.for(small.ask);
    lanes.take(lanes.for(small.ask), small);
    expect(lanes.for(small.ask).line).toBe(line);
    lanes.drop(lanes.for(small.ask));
    lanes.take(lanes.for(large.ask), large);
    expect(lanes.for(small.ask).line).not.toBe(line);
  });

  it('leave a lane alone that took the place of one which was dropped', () => {
    const { lanes } = lanesOf();
    const gone = lanes.for(makeAsk());
    lanes.drop(gone);
    const next = waiter();
    add(lanes, next);
    lanes.drop(gone);
    expect(lanes.of(next)?.head).toBe(next);
  });

  it('give up all who wait at once', () => {
    const { lanes } = lanesOf();
    const all = [waiter(), waiter({ model: 'o1' }), waiter(sized(2))];
    add(lanes, ...all);
    expect(new Set(lanes.takeAll())).toEqual(new Set(all));
    expect([lanes.size, lanes.waiting, lanes.of(all[0] ?? waiter())]).toEqual([0, 0, undefined]);
  });
});

import { Heap, type Place } from './heap.ts';
import { Turns } from './turns.ts';
import { scoreOf, type Waiter } from './waiter.ts';

/** Calls without a tenant are one more tenant's: no name is empty. */
const NOBODY = '';

/** Priorities of which one line remembers whose turn it is. */
const MOST_PRIORITIES = 64;

/** One tenant's calls of one priority in one lane, as they came. */
class Flow {
  readonly tenant: string;
  turn: number;
  readonly #waiters = new Heap<Waiter>((a, b) => a.order < b.order, {
    get: ({ place }) => place,
    set: (waiter, place) => (waiter.place = place),
  });
  turnPlace = -1;
  agePlace = -1;

  constructor(tenant: string, turn: number) {
    this.tenant = tenant;
    this.turn = turn;
  }

  get head(): Waiter | undefined {
    return this.#waiters.peek();
  }

  get order(): number {
    return this.head?.order ?? Infinity;
  }

  add(waiter: Waiter): void {
    this.#waiters.push(waiter);
  }

  delete(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }
}

/** The calls of one priority in a lane: tenants in turns, and the calls of each as they came. */
export class Level {
  readonly priority: number;
  readonly #turns: Map<number, Turns>;
  readonly #flows = new Map<string, Flow>();
  readonly #byTurn = new Heap<Flow>((a, b) => (a.turn === b.turn ? a.order < b.order : a.turn < b.turn), {
    get: ({ turnPlace }) => turnPlace,
    set: (flow, place) => (flow.turnPlace = place),
  });
  readonly #byAge = new Heap<Flow>((a, b) => a.order < b.order, {
    get: ({ agePlace }) => agePlace,
    set: (flow, place) => (flow.agePlace = place),
  });
  #place = -1;

  constructor(priority: number, turns: Map<number, Turns>) {
    this.priority = priority;
    this.#turns = turns;
  }

  static readonly place: Place<Level> = { get: (level) => level.#place, set: (level, place) => (level.#place = place) };

  /** A level is as old as its oldest call: whichever tenant's turn it is gains by it. */
  static before(this: void, a: Level, b: Level): boolean {
    const [first, second] = [a.#byAge.peek()?.head, b.#byAge.peek()?.head];
    if (first === undefined || second === undefined) return first !== undefined;
    const [score, other] = [scoreOf(a.priority, first.since), scoreOf(b.priority, second.since)];
    return score === other ? first.order < second.order : score > other;
  }

  get isEmpty(): boolean {
    return this.#flows.size === 0;
  }

  get head(): Waiter | undefined {
    return this.#first()?.head;
  }

  /** The turn of its head. */
  get turn(): number {
    return this.#first()?.turn ?? Infinity;
  }

  add(waiter: Waiter): void {
    const tenant = waiter.ask.tenant ?? NOBODY;
    const flow = this.#flows.get(tenant);
    if (flow === undefined) {
      const fresh = new Flow(tenant, this.#turnsOf().of(tenant));
      fresh.add(waiter);
      this.#flows.set(tenant, fresh);
      this.#byTurn.push(fresh);
      this.#byAge.push(fresh);
      return;
    }
    flow.add(waiter);
    this.#moved(flow);
  }

  served(waiter: Waiter): void {
    const flow = this.#flows.get(waiter.ask.tenant ?? NOBODY);
    if (flow !== undefined) this.#turnsOf().served(flow.tenant, flow.turn);
  }

  delete(waiter: Waiter): void {
    const flow = this.#flows.get(waiter.ask.tenant ?? NOBODY);
    if (flow === undefined) return;
    flow.delete(waiter);
    if (flow.head !== undefined) {
      this.#moved(flow);
      return;
    }
    this.#flows.delete(flow.tenant);
    this.#byTurn.delete(flow);
    this.#byAge.delete(flow);
  }

  /** A tenant's turn may be later by now, as lanes of other sizes served it. */
  #first(): Flow | undefined {
    const turns = this.#turnsOf();
    let flow = this.#byTurn.peek();
    for (; flow !== undefined && turns.of(flow.tenant) > flow.turn; flow = this.#byTurn.peek()) {
      flow.turn = turns.of(flow.tenant);
      this.#byTurn.moved(flow);
    }
    return flow;
  }

  #moved(flow: Flow): void {
    this.#byTurn.moved(flow);
    this.#byAge.moved(flow);
  }

  #turnsOf(): Turns {
    let turns = this.#turns.get(this.priority);
    if (turns === undefined) {
      turns = new Turns();
      // Priorities may be any numbers. Whoever is forgotten starts where a newcomer does.
      if (this.#turns.size >= MOST_PRIORITIES) this.#turns.clear();
      this.#turns.set(this.priority, turns);
    }
    return turns;
  }
}

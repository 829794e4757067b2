import type { Ask } from '../ask.ts';
import type { Group } from '../keys/members.ts';
import type { KeyRing } from '../keys/ring.ts';
import { Heap, type Place } from './heap.ts';
import { Level } from './level.ts';
import type { Turns } from './turns.ts';
import type { Waiter } from './waiter.ts';

/** What lanes of one set of keys share, whatever the size of their calls: whose turn it is. */
export interface Line {
  readonly name: string;
  readonly turns: Map<number, Turns>;
  lanes: number;
}

/**
 * The calls that wait for one set of keys, of about one size: the highest priority first, each as old as its oldest call; within one
 * priority tenants in turns, and each tenant's calls as they came. Whoever's time is over leaves.
 */
export class Lane {
  readonly name: string;
  readonly line: Line;
  /** The only group that may serve it, for which its prompts are worth waiting. */
  readonly home: Group | undefined;
  /** Its calls name no groups or keys. */
  readonly isPlain: boolean;
  /** Nobody in it can start before, as far as was known when it was looked at last. */
  earliest: number | undefined;
  #candidates: { readonly version: number; readonly groups: readonly Group[] } | undefined;
  readonly #levels = new Map<number, Level>();
  readonly #order = new Heap<Level>(Level.before, Level.place);
  readonly #limits = new Heap<Waiter>((a, b) => a.limit < b.limit, {
    get: ({ limitPlace }) => limitPlace,
    set: (waiter, place) => (waiter.limitPlace = place),
  });
  #size = 0;

  #turnPlace = -1;

  static readonly turnPlace: Place<Lane> = { get: (lane) => lane.#turnPlace, set: (lane, place) => (lane.#turnPlace = place) };

  constructor(name: string, line: Line, keys: { readonly home: Group | undefined; readonly isPlain: boolean }) {
    this.name = name;
    this.line = line;
    this.home = keys.home;
    this.isPlain = keys.isPlain;
  }

  get size(): number {
    return this.#size;
  }

  get head(): Waiter | undefined {
    return this.#order.peek()?.head;
  }

  /** When the first waiter's time is over. */
  get firstLimit(): number {
    return this.#limits.peek()?.limit ?? Infinity;
  }

  /** True when this lane's head goes before the other one's. Turns of tenants hold across the sizes of one line. */
  goesBefore(other: Lane): boolean {
    const [level, against] = [this.#order.peek(), other.#order.peek()];
    if (level === undefined || against === undefined) return level !== undefined;
    if (this.line === other.line && level.priority === against.priority && level.turn !== against.turn) return level.turn < against.turn;
    return Level.before(level, against);
  }

  /** The groups that may serve it, found anew only when keys came or went. */
  groups(ring: KeyRing, ask: Ask): readonly Group[] {
    if (this.#candidates?.version !== ring.version) {
      const groups = this.home === undefined ? [...ring.candidates(ask)] : [this.home.live];
      this.#candidates = { version: ring.version, groups };
    }
    return this.#candidates.groups;
  }

  add(waiter: Waiter): void {
    const { priority } = waiter.ask;
    let level = this.#levels.get(priority);
    if (level === undefined) {
      level = new Level(priority, this.line.turns);
      this.#levels.set(priority, level);
    }
    level.add(waiter);
    if (this.#order.has(level)) this.#order.moved(level);
    else this.#order.push(level);
    // Who has no limit needs no place among limits.
    if (waiter.limit < Infinity) this.#limits.push(waiter);
    waiter.lane = this.name;
    this.#size += 1;
  }

  /** It has its lease: its tenant's next one has another turn. */
  served(waiter: Waiter): void {
    this.#levels.get(waiter.ask.priority)?.served(waiter);
    this.delete(waiter);
  }

  delete(waiter: Waiter): void {
    if (waiter.lane !== this.name) return;
    waiter.lane = undefined;
    this.#size -= 1;
    this.#limits.delete(waiter);
    const level = this.#levels.get(waiter.ask.priority);
    if (level === undefined) return;
    level.delete(waiter);
    if (level.isEmpty) {
      this.#levels.delete(level.priority);
      this.#order.delete(level);
    } else this.#order.moved(level);
  }

  /** Takes out those whose time ends before `at`; all of them when `at` never comes. */
  takeHopeless(at: number): readonly Waiter[] {
    if (at === Infinity) return this.takeAll();
    const hopeless: Waiter[] = [];
    for (let waiter = this.#limits.peek(); waiter !== undefined && waiter.limit < at; waiter = this.#limits.peek()) {
      this.delete(waiter);
      hopeless.push(waiter);
    }
    return hopeless;
  }

  takeAll(): readonly Waiter[] {
    const all: Waiter[] = [];
    for (let head = this.head; head !== undefined; head = this.head) {
      this.delete(head);
      all.push(head);
    }
    return all;
  }
}

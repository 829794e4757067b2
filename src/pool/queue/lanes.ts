import { type Ask, laneOf } from '../ask.ts';
import type { Group } from '../keys/members.ts';
import type { KeyRing } from '../keys/ring.ts';
import { Lane, type Line } from './queue.ts';
import type { Waiter } from './waiter.ts';

/** Asks of one class of size wait in one lane. */
export interface Sizes {
  sizeOf(ask: Ask): number;
}

/** The lanes of one provider in which somebody waits. */
export class Lanes {
  readonly #ring: KeyRing;
  readonly #sizes: Sizes;
  readonly #lanes = new Map<string, Lane>();
  readonly #lines = new Map<string, Line>();

  constructor(ring: KeyRing, sizes: Sizes) {
    this.#ring = ring;
    this.#sizes = sizes;
  }

  get size(): number {
    return this.#lanes.size;
  }

  /** Calls in all of them. */
  get waiting(): number {
    let waiting = 0;
    for (const lane of this.#lanes.values()) waiting += lane.size;
    return waiting;
  }

  values(): Iterable<Lane> {
    return this.#lanes.values();
  }

  /** The lane in which `waiter` waits now. */
  of({ lane }: Waiter): Lane | undefined {
    return lane === undefined ? undefined : this.#lanes.get(lane);
  }

  /** The groups that may serve a lane's ask; `undefined` is all. */
  groupsOf(lane: Lane, ask: Ask): readonly Group[] | undefined {
    return lane.home === undefined && lane.isPlain ? undefined : lane.groups(this.#ring, ask);
  }

  /** The lane for an ask, begun where there is none; of one that waits for its `home` alone another. */
  for(ask: Ask, home?: Group): Lane {
    const of = laneOf(ask);
    const name = `${of}\n${this.#sizes.sizeOf(ask)}${home === undefined ? '' : `\n${home.id}`}`;
    let lane = this.#lanes.get(name);
    if (lane !== undefined) return lane;
    let line = this.#lines.get(of);
    if (line === undefined) {
      line = { name: of, turns: new Map(), lanes: 0 };
      this.#lines.set(of, line);
    }
    line.lanes += 1;
    const isPlain = ask.groups === undefined && ask.keys === undefined;
    lane = new Lane(name, line, { home, isPlain });
    this.#lanes.set(name, lane);
    return lane;
  }

  /** It waits no more; `served` when it has its lease, so that its tenant's next one has another turn. */
  take(lane: Lane, waiter: Waiter, served = false): void {
    if (served) lane.served(waiter);
    else lane.delete(waiter);
    this.drop(lane);
  }

  /** Forgets a lane in which nobody waits any more. */
  drop(lane: Lane): void {
    if (lane.size > 0 || this.#lanes.get(lane.name) !== lane) return;
    this.#lanes.delete(lane.name);
    lane.line.lanes -= 1;
    if (lane.line.lanes === 0) this.#lines.delete(lane.line.name);
  }

  /** Empties all. */
  takeAll(): readonly Waiter[] {
    const lanes = [...this.#lanes.values()];
    this.#lanes.clear();
    this.#lines.clear();
    return lanes.flatMap((lane) => lane.takeAll());
  }
}

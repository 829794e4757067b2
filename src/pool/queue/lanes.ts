import { type Ask, laneOf } from '../ask.ts';
import type { Group } from '../keys/members.ts';
import { Lane, type Line } from './queue.ts';
import type { Waiter } from './waiter.ts';

/** The lanes of one provider in which somebody waits. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #lines = new Map<string, Line>();

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

  /** The lane for an ask of a class of size, begun where there is none; of one that waits for its `home` alone another. */
  for(ask: Ask, size: number, home?: Group): Lane {
    const of = laneOf(ask);
    const name = `${of}\n${size}${home === undefined ? '' : `\n${home.id}`}`;
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

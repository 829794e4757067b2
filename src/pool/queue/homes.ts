import type { Ask } from '../ask.ts';
import type { Group } from '../keys/members.ts';
import type { Choice } from './choose.ts';
import { patienceFor } from './claims.ts';
import type { Finder } from './finder.ts';
import { Heap } from './heap.ts';
import type { Lanes } from './lanes.ts';
import type { Lane } from './queue.ts';
import type { Waiter } from './waiter.ts';

/** The group that has a call's prompt, and until when waiting for it is cheaper than a cold one elsewhere. */
export interface Home {
  readonly group: Group;
  readonly until: number;
}

/** Who of a provider's calls waits for the group that has its prompt, and how long that is worth it. */
export class Homes {
  readonly #finder: Finder;
  readonly #lanes: Lanes;
  /** By when it is not worth it any more. */
  readonly #patient = new Heap<Waiter>((a, b) => a.patientUntil < b.patientUntil, {
    get: ({ patiencePlace }) => patiencePlace,
    set: (waiter, place) => (waiter.patiencePlace = place),
  });

  constructor(finder: Finder, lanes: Lanes) {
    this.#finder = finder;
    this.#lanes = lanes;
  }

  /** When the first loses its patience, epoch ms; `Infinity` when nobody waits so. */
  get endsAt(): number {
    return this.#patient.peek()?.patientUntil ?? Infinity;
  }

  /** Where an ask rather waits for the group that has its prompt than to start by `choice`. */
  for(ask: Ask, choice: Choice, limit: number, now: number): Home | undefined {
    if (ask.affinity === undefined || choice.warm === true) return undefined;
    const group = this.#finder.warm.of(ask, now);
    const until = group === undefined ? now : Math.min(limit, patienceFor(ask, group, choice.group, now));
    return group === undefined || until <= now ? undefined : { group, until };
  }

  /** It waits for its home alone from now on, in the lane that is returned. */
  park(waiter: Waiter, { group, until }: Home): Lane {
    waiter.boundBy = `group ${group.id}, which has its prompt`;
    waiter.patientUntil = until;
    this.#patient.push(waiter);
    const lane = this.#lanes.for(waiter.ask, group);
    lane.add(waiter);
    return lane;
  }

  /** It waits no more, or never did so. */
  forget(waiter: Waiter): void {
    this.#patient.delete(waiter);
  }

  /** Those whom their home cannot serve any more in time that is worth it: they go back to their old place. */
  giveUp(now: number): void {
    for (let waiter = this.#patient.peek(); waiter !== undefined && waiter.patientUntil <= now; waiter = this.#patient.peek())
      this.#giveUp(waiter);
    if (this.#patient.size === 0) return;
    for (const lane of this.#lanes.values()) {
      if (lane.home === undefined) continue;
      for (let { head } = lane; head !== undefined && this.#isHopeless(lane, head, now); { head } = lane) this.#giveUp(head);
    }
  }

  #isHopeless(lane: Lane, head: Waiter, now: number): boolean {
    return this.#finder.firstOf(head.ask, now, this.#lanes.groupsOf(lane, head.ask)).at > head.patientUntil;
  }

  #giveUp(waiter: Waiter): void {
    const lane = this.#lanes.of(waiter);
    if (lane !== undefined) this.#lanes.take(lane, waiter);
    this.forget(waiter);
    waiter.coldAnyway = true;
    this.#lanes.for(waiter.ask).add(waiter);
  }
}

import type { Random } from '../../clock.ts';
import { laneOf } from '../ask.ts';
import { choose, type Choice } from './choose.ts';
import type { Grant } from '../grant.ts';
import { Heap } from './heap.ts';
import { Lane, servedBefore, type Waiter } from './queue.ts';
import { firstReady, startsAt } from './readiness.ts';
import type { KeyRing } from '../keys/ring.ts';

/** What serving needs of its pool. */
export interface ServingOwner {
  readonly ring: KeyRing;
  readonly random: Random;
  now(): number;
  grant(waiter: Waiter, choice: Choice, now: number): Grant;
  /** A waiter has its lease now. */
  granted(grant: Grant, now: number): void;
  /** `wakesAt` is another one. */
  slept(): void;
}

/** Those who wait for one provider's keys, and who of them is served next. */
export class Serving {
  readonly #owner: ServingOwner;
  /** Only lanes in which somebody waits. */
  readonly #lanes = new Map<string, Lane>();
  #wakesAt = Infinity;
  /** Keys may be here soon: nobody is refused for having none meanwhile. */
  #expected = 0;
  #pumping = false;
  #again = false;

  constructor(owner: ServingOwner) {
    this.#owner = owner;
  }

  /** When time brings the next change, epoch ms; `Infinity` when it brings none. */
  get wakesAt(): number {
    return this.#wakesAt;
  }

  get idle(): boolean {
    return this.#lanes.size === 0;
  }

  /** True while keys are on their way. */
  get expecting(): boolean {
    return this.#expected > 0;
  }

  /** Keys may come until `arrival` settles: calls that have none wait for it, as far as their time goes. */
  expect(arrival: Promise<unknown>): void {
    this.#expected += 1;
    const over = (): void => {
      this.#expected -= 1;
      this.pump();
    };
    arrival.then(over, over);
  }

  get waiting(): number {
    let waiting = 0;
    for (const lane of this.#lanes.values()) waiting += lane.size;
    return waiting;
  }

  /** Returns the way to leave. */
  enqueue(waiter: Waiter): () => void {
    const name = laneOf(waiter.ask);
    const lane = this.#lanes.get(name) ?? new Lane(name);
    this.#lanes.set(name, lane);
    lane.add(waiter);
    this.pump();
    return () => this.#leave(lane, waiter);
  }

  close(): void {
    const lanes = [...this.#lanes.values()];
    this.#lanes.clear();
    for (const lane of lanes) for (const waiter of lane.takeAll()) waiter.refuse(Infinity);
    this.#sleep(Infinity);
  }

  /**
   * Serves whoever can be served, refuses whoever no longer can, and sleeps until the next change that time brings. Listeners are
   * told meanwhile, and whatever they change is seen by another round, not by one inside this.
   */
  pump(): void {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#again) {
        this.#again = false;
        this.#round(this.#owner.now());
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** Serves after `change`, and not before it is whole, whatever listeners do that are told in the middle of it. */
  pumpAfter(change: () => void): void {
    const outer = this.#pumping;
    this.#pumping = true;
    try {
      change();
    } finally {
      this.#pumping = outer;
    }
    this.pump();
  }

  #round(now: number): void {
    const blocked = new Map<Lane, number>();
    do this.#serve(blocked, now);
    while (this.#refuseHopeless(blocked, now));
    this.#sleep(this.#nextChange(blocked, now));
  }

  #serve(blocked: Map<Lane, number>, now: number): void {
    const turns = new Heap<Turn>((a, b) => servedBefore(a.head, b.head));
    const line = (lane: Lane): void => void (lane.head !== undefined && turns.push({ lane, head: lane.head }));
    for (const lane of this.#lanes.values()) if (!blocked.has(lane)) line(lane);
    for (let turn = turns.peek(); turn !== undefined; turn = turns.peek()) {
      turns.delete(turn);
      const { lane, head } = turn;
      // A listener may have taken out whose turn it was.
      if (lane.head === head && !this.#serveHead(lane, head, now)) blocked.set(lane, Infinity);
      else line(lane);
    }
  }

  /** Returns false when it has to wait on. */
  #serveHead(lane: Lane, head: Waiter, now: number): boolean {
    const { ring, random } = this.#owner;
    // Asking may end the call, and with it whatever hangs on it: it is asked once, before anything is decided.
    const { ended } = head;
    const choice = ended ? undefined : choose(lane.groups(ring, head.ask), head.ask, now, random);
    if (choice === undefined && !ended) return false;
    this.#take(lane, head);
    if (choice === undefined) {
      head.refuse(now);
      return true;
    }
    const grant = this.#owner.grant(head, choice, now);
    head.grant(grant);
    // Told only when the lease has its owner: a listener may end the call.
    this.#owner.granted(grant, now);
    return true;
  }

  /** Returns true when a lane has another head now, who may need less than the one before. */
  #refuseHopeless(blocked: Map<Lane, number>, now: number): boolean {
    let again = false;
    for (const lane of blocked.keys()) {
      const { head } = lane;
      if (head === undefined) continue;
      const readyAt = firstReady(lane.groups(this.#owner.ring, head.ask), head.ask, now).at;
      const earliest = this.expecting ? now : readyAt;
      blocked.set(lane, earliest);
      // A waiter whose time ends now had its chance just before.
      for (const waiter of lane.takeHopeless(Math.max(earliest, now + 1))) waiter.refuse(readyAt);
      if (lane.head === head) continue;
      this.#drop(lane);
      again = (blocked.delete(lane) && lane.size > 0) || again;
    }
    return again;
  }

  #nextChange(blocked: ReadonlyMap<Lane, number>, now: number): number {
    let next = Infinity;
    for (const [lane, earliest] of blocked) {
      const { head } = lane;
      if (head === undefined) continue;
      next = Math.min(next, lane.firstLimit);
      if (earliest > now) next = Math.min(next, earliest);
      // Something is ready but for calls in flight, or for the first answers; of all groups the first that time lets start.
      else for (const group of lane.groups(this.#owner.ring, head.ask)) next = Math.min(next, startsAt(group, head.ask, now));
    }
    return next;
  }

  #leave(lane: Lane, waiter: Waiter): void {
    const wasHead = lane.head === waiter;
    this.#take(lane, waiter);
    if (this.#pumping) this.#again = true;
    else if (this.idle) this.#sleep(Infinity);
    // Who stood behind it may need less and start at once. Not from here: ten thousand may leave together.
    else if (wasHead) this.#sleep(this.#owner.now());
  }

  #take(lane: Lane, waiter: Waiter): void {
    lane.delete(waiter);
    this.#drop(lane);
  }

  #drop(lane: Lane): void {
    if (lane.size === 0 && this.#lanes.get(lane.name) === lane) this.#lanes.delete(lane.name);
  }

  #sleep(until: number): void {
    if (this.#wakesAt === until) return;
    this.#wakesAt = until;
    this.#owner.slept();
  }
}

interface Turn {
  readonly lane: Lane;
  readonly head: Waiter;
}

import type { Meter } from '../quota/meter.ts';
import type { Choice } from './choose.ts';
import { claimOf } from './claims.ts';
import type { Finder } from './finder.ts';
import { Heap } from './heap.ts';
import type { Homes } from './homes.ts';
import type { Lanes } from './lanes.ts';
import { Lane } from './queue.ts';
import type { Waiter } from './waiter.ts';

/** Who waits for a provider's keys, and what it takes to serve them. */
export interface Desk {
  readonly finder: Finder;
  readonly lanes: Lanes;
  readonly homes: Homes;
  /** True while keys are on their way: nobody is refused for having none. */
  readonly expecting: boolean;
  /** Its turn has come, and it waits no more. */
  serve(waiter: Waiter, choice: Choice, now: number): void;
}

/** When time brings a lane's next start, and before when nobody in it can start whatever calls in flight do; epoch ms. */
interface Look {
  readonly next: number;
  readonly nobodyBefore: number;
}

/** One look at everybody who waits. */
export class Round {
  readonly #desk: Desk;
  readonly #now: number;
  /** Lanes whose head has to wait on, and what was found out about them. */
  readonly #blocked = new Map<Lane, Look | undefined>();
  /** Buckets that heads wait for: nobody who comes after them may spend of these. */
  readonly #claims = new Set<Meter>();
  #claimedUntil: number;
  /** Somebody went to another lane, which this round has not looked at. */
  #moved = false;

  constructor(desk: Desk, now: number) {
    this.#desk = desk;
    this.#now = now;
    this.#claimedUntil = now;
  }

  /** True when another round has to look at what this one changed. */
  get moved(): boolean {
    return this.#moved;
  }

  /** Serves whoever can be served and refuses whoever no longer can; returns when time brings the next change, epoch ms. */
  run(): number {
    this.#desk.homes.giveUp(this.#now);
    for (this.#serve(); this.#refuseHopeless(); this.#serve()) {
      if (this.#claims.size === 0) continue;
      // Who claimed a bucket may be gone: everybody who stood behind looks again.
      this.#claims.clear();
      this.#blocked.clear();
    }
    return this.#nextChange();
  }

  #serve(): void {
    const turns = new Heap<Lane>((a, b) => a.goesBefore(b), Lane.turnPlace);
    for (const lane of this.#desk.lanes.values()) if (!this.#blocked.has(lane)) turns.push(lane);
    for (let lane = turns.peek(); lane !== undefined; lane = turns.peek()) {
      const { head } = lane;
      if (head === undefined) turns.delete(lane);
      else if (this.#serveHead(lane, head)) turns.moved(lane);
      else {
        turns.delete(lane);
        this.#block(lane, head);
      }
    }
  }

  /** Returns false when it has to wait on. */
  #serveHead(lane: Lane, head: Waiter): boolean {
    const { finder, lanes, homes } = this.#desk;
    const claims = this.#claims.size === 0 ? undefined : this.#claims;
    // Asking may end the call, and with it whatever hangs on it: it is asked once, before anything is decided.
    const { ended } = head;
    const choice = ended ? undefined : finder.find(head.ask, this.#now, lanes.groupsOf(lane, head.ask), claims);
    if (choice === undefined && !ended) return false;
    if (choice !== undefined && this.#prefersHome(lane, head, choice)) return true;
    lanes.take(lane, head, choice !== undefined);
    homes.forget(head);
    if (choice === undefined) head.refuse(this.#now);
    else this.#desk.serve(head, choice, this.#now);
    return true;
  }

  /** Its turn has come, at a group that does not know its prompt: it may rather wait for the one that does. */
  #prefersHome(lane: Lane, head: Waiter, choice: Choice): boolean {
    if (lane.home !== undefined || head.coldAnyway) return false;
    const { lanes, homes } = this.#desk;
    const home = homes.for(head.ask, choice, head.limit, this.#now);
    if (home === undefined) return false;
    lanes.take(lane, head);
    homes.park(head, home);
    this.#moved = true;
    return true;
  }

  #block(lane: Lane, head: Waiter): void {
    const { finder, lanes } = this.#desk;
    this.#blocked.set(lane, undefined);
    // One lane alone has nobody whom a large call has to be guarded against.
    if (lanes.size < 2 || !finder.sized || lane.home !== undefined) return;
    const next = finder.next(head.ask, this.#now, lanes.groupsOf(lane, head.ask));
    if (next.group === undefined) return;
    for (const meter of claimOf(next.group, head.ask, this.#now)) {
      this.#claims.add(meter);
      this.#claimedUntil = Math.max(this.#claimedUntil, next.at);
    }
  }

  /** Returns true when a lane has another head now, who may need less than the one before. */
  #refuseHopeless(): boolean {
    const { lanes } = this.#desk;
    let again = false;
    for (const lane of this.#blocked.keys()) {
      const { head } = lane;
      if (head === undefined || lane.home !== undefined) continue;
      this.#refuseIn(lane, head);
      if (lane.head === head) continue;
      lanes.drop(lane);
      this.#blocked.delete(lane);
      again ||= lane.size > 0 || this.#claims.size > 0;
    }
    return again;
  }

  #refuseIn(lane: Lane, head: Waiter): void {
    const { finder, lanes } = this.#desk;
    const now = this.#now;
    const look = this.#look(lane, head);
    this.#blocked.set(lane, look);
    const groups = lanes.groupsOf(lane, head.ask);
    // A waiter whose time ends now had its chance just before.
    const hopeless = lane.takeHopeless(Math.max(look.nobodyBefore, now + 1));
    const at = hopeless.length === 0 ? now : finder.firstOf(head.ask, now, groups).at;
    for (const waiter of hopeless) waiter.refuse(at <= now && this.#claims.size > 0 ? this.#claimedUntil : at);
  }

  #look(lane: Lane, head: Waiter): Look {
    const { finder, lanes, expecting } = this.#desk;
    const now = this.#now;
    const groups = lanes.groupsOf(lane, head.ask);
    const { at: next } = finder.next(head.ask, now, groups);
    const limit = lane.firstLimit;
    // Mostly everybody has time enough, and nothing needs to be known of what calls in flight may bring.
    if (expecting || (next < Infinity && next <= limit) || finder.mayStartBy(limit, head.ask, now, groups))
      return { next, nobodyBefore: now };
    return { next, nobodyBefore: finder.firstOf(head.ask, now, groups).at };
  }

  #nextChange(): number {
    let wakes = this.#desk.homes.endsAt;
    for (const [lane, known] of this.#blocked) {
      const { head } = lane;
      if (head === undefined) continue;
      const { next, nobodyBefore } = known ?? this.#look(lane, head);
      lane.earliest = nobodyBefore;
      wakes = Math.min(wakes, lane.firstLimit, next);
    }
    return wakes;
  }
}

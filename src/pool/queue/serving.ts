import type { Random } from '../../clock.ts';
import type { Ask } from '../ask.ts';
import type { Grant } from '../grant.ts';
import type { Group } from '../keys/members.ts';
import type { KeyRing } from '../keys/ring.ts';
import type { Meter } from '../quota/meter.ts';
import { claimOf, patienceFor } from './claims.ts';
import type { Choice } from './choose.ts';
import { Finder } from './finder.ts';
import { Heap } from './heap.ts';
import { Lanes } from './lanes.ts';
import { Lane } from './queue.ts';
import { Refusals } from './refusals.ts';
import type { Waiter } from './waiter.ts';

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

/** The group that has a call's prompt, and until when waiting for it is cheaper than a cold one elsewhere. */
export interface Home {
  readonly group: Group;
  readonly until: number;
}

/** When time brings a lane's next start, and before when nobody in it can start whatever calls in flight do; epoch ms. */
interface Look {
  readonly next: number;
  readonly nobodyBefore: number;
}

/** One look at everybody who waits. */
interface Round {
  readonly now: number;
  /** Lanes whose head has to wait on, and what was found out about them. */
  readonly blocked: Map<Lane, Look | undefined>;
  /** Buckets that heads wait for: nobody who comes after them may spend of these. */
  readonly claims: Set<Meter>;
  claimedUntil: number;
}

/** Those who wait for one provider's keys, and who of them is served next. */
export class Serving {
  readonly finder: Finder;
  readonly refusals: Refusals;
  readonly #owner: ServingOwner;
  readonly #lanes = new Lanes();
  /** Those who wait for the group that has their prompt, by when that is not worth it any more. */
  readonly #patient = new Heap<Waiter>((a, b) => a.patientUntil < b.patientUntil, {
    get: ({ patiencePlace }) => patiencePlace,
    set: (waiter, place) => (waiter.patiencePlace = place),
  });
  #wakesAt = Infinity;
  /** Keys may be here soon: nobody is refused for having none meanwhile. */
  #expected = 0;
  #pumping = false;
  #again = false;

  constructor(owner: ServingOwner, provider: string) {
    this.#owner = owner;
    this.finder = new Finder(owner.ring, provider, owner.random);
    this.refusals = new Refusals(owner.ring, provider, this.finder);
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

  get waiting(): number {
    return this.#lanes.waiting;
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

  /** Where an ask rather waits for the group that has its prompt than to start by `choice`. */
  homeFor(ask: Ask, choice: Choice, limit: number, now: number): Home | undefined {
    if (ask.affinity === undefined || choice.warm === true) return undefined;
    const group = this.finder.warm.of(ask, now);
    const until = group === undefined ? now : Math.min(limit, patienceFor(ask, group, choice.group, now));
    return group === undefined || until <= now ? undefined : { group, until };
  }

  enqueue(waiter: Waiter, home?: Home): void {
    const lane = home === undefined ? this.#laneFor(waiter.ask) : this.#park(waiter, home);
    lane.add(waiter);
    // Behind others nothing changes by it: ten thousand may come at once.
    if (lane.earliest === undefined || lane.head === waiter || waiter.limit < lane.earliest || home !== undefined) this.pump();
    else if (waiter.limit < this.#wakesAt) this.#sleep(waiter.limit);
  }

  leave(waiter: Waiter): void {
    const lane = this.#lanes.of(waiter);
    if (lane === undefined) return;
    const wasHead = lane.head === waiter;
    this.#take(lane, waiter);
    if (this.#pumping) this.#again = true;
    else if (this.idle) this.#sleep(Infinity);
    // Who stood behind it may need less and start at once. Not from here: ten thousand may leave together.
    else if (wasHead) this.#sleep(this.#owner.now());
  }

  close(): void {
    for (const waiter of this.#lanes.takeAll()) {
      this.#patient.delete(waiter);
      waiter.refuse(Infinity);
    }
    this.#sleep(Infinity);
  }

  /**
   * Serves whoever can be served, refuses whoever no longer can, and sleeps until the next change that time brings. Listeners are
   * told meanwhile, and whatever they change is seen by another round, not by one inside this.
   */
  pump(): void {
    if (this.idle && !this.#pumping) return;
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

  /** Keeps `pump` from serving until `resume`: a change is not served before it is whole, whatever listeners do in the middle of it. */
  hold(): boolean {
    const outer = this.#pumping;
    this.#pumping = true;
    this.finder.changing();
    return outer;
  }

  resume(outer: boolean): void {
    this.#pumping = outer;
    this.pump();
  }

  #round(now: number): void {
    const round: Round = { now, blocked: new Map(), claims: new Set(), claimedUntil: now };
    this.#giveUpHomes(now);
    for (this.#serve(round); this.#refuseHopeless(round); this.#serve(round)) {
      if (round.claims.size === 0) continue;
      // Who claimed a bucket may be gone: everybody who stood behind looks again.
      round.claims.clear();
      round.blocked.clear();
    }
    this.#sleep(this.#nextChange(round));
  }

  #serve(round: Round): void {
    const turns = new Heap<Lane>((a, b) => a.goesBefore(b), Lane.turnPlace);
    for (const lane of this.#lanes.values()) if (!round.blocked.has(lane)) turns.push(lane);
    for (let lane = turns.peek(); lane !== undefined; lane = turns.peek()) {
      const { head } = lane;
      if (head === undefined) turns.delete(lane);
      else if (this.#serveHead(lane, head, round)) turns.moved(lane);
      else {
        turns.delete(lane);
        this.#block(lane, head, round);
      }
    }
  }

  /** Returns false when it has to wait on. */
  #serveHead(lane: Lane, head: Waiter, { now, claims }: Round): boolean {
    // Asking may end the call, and with it whatever hangs on it: it is asked once, before anything is decided.
    const { ended } = head;
    const choice = ended
      ? undefined
      : this.finder.find(head.ask, now, this.#groupsOf(lane, head.ask), claims.size === 0 ? undefined : claims);
    if (choice === undefined && !ended) return false;
    if (choice !== undefined && this.#prefersHome(lane, head, choice, now)) return true;
    this.#take(lane, head, choice !== undefined);
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

  /** Its turn has come, at a group that does not know its prompt: it may rather wait for the one that does. */
  #prefersHome(lane: Lane, head: Waiter, choice: Choice, now: number): boolean {
    if (lane.home !== undefined || head.coldAnyway) return false;
    const home = this.homeFor(head.ask, choice, head.limit, now);
    if (home === undefined) return false;
    this.#take(lane, head);
    this.#park(head, home).add(head);
    this.#again = true;
    return true;
  }

  #block(lane: Lane, head: Waiter, round: Round): void {
    round.blocked.set(lane, undefined);
    // One lane alone has nobody whom a large call has to be guarded against.
    if (this.#lanes.size < 2 || !this.finder.sized || lane.home !== undefined) return;
    const next = this.finder.next(head.ask, round.now, this.#groupsOf(lane, head.ask));
    if (next.group === undefined) return;
    for (const meter of claimOf(next.group, head.ask, round.now)) {
      round.claims.add(meter);
      round.claimedUntil = Math.max(round.claimedUntil, next.at);
    }
  }

  /** Returns true when a lane has another head now, who may need less than the one before. */
  #refuseHopeless(round: Round): boolean {
    let again = false;
    const { now, blocked, claims, claimedUntil } = round;
    for (const lane of blocked.keys()) {
      const { head } = lane;
      if (head === undefined || lane.home !== undefined) continue;
      const groups = this.#groupsOf(lane, head.ask);
      const look = this.#look(lane, head, now);
      blocked.set(lane, look);
      // A waiter whose time ends now had its chance just before.
      const hopeless = lane.takeHopeless(Math.max(look.nobodyBefore, now + 1));
      const at = hopeless.length === 0 ? now : this.finder.firstOf(head.ask, now, groups).at;
      for (const waiter of hopeless) waiter.refuse(at <= now && claims.size > 0 ? claimedUntil : at);
      if (lane.head === head) continue;
      this.#lanes.drop(lane);
      blocked.delete(lane);
      again ||= lane.size > 0 || claims.size > 0;
    }
    return again;
  }

  /** When time brings the next start, and before when nobody can. */
  #look(lane: Lane, head: Waiter, now: number): Look {
    const groups = this.#groupsOf(lane, head.ask);
    const { at: next } = this.finder.next(head.ask, now, groups);
    const limit = lane.firstLimit;
    // Mostly everybody has time enough, and nothing needs to be known of what calls in flight may bring.
    if (this.expecting || (next < Infinity && next <= limit) || this.finder.mayStartBy(limit, head.ask, now, groups))
      return { next, nobodyBefore: now };
    return { next, nobodyBefore: this.finder.firstOf(head.ask, now, groups).at };
  }

  #nextChange({ now, blocked }: Round): number {
    let wakes = this.#patient.peek()?.patientUntil ?? Infinity;
    for (const [lane, known] of blocked) {
      const { head } = lane;
      if (head === undefined) continue;
      const { next, nobodyBefore } = known ?? this.#look(lane, head, now);
      lane.earliest = nobodyBefore;
      wakes = Math.min(wakes, lane.firstLimit, next);
    }
    return wakes;
  }

  /** Those whom the group with their prompt cannot serve any more in time that is worth it: they go back to their old place. */
  #giveUpHomes(now: number): void {
    for (let waiter = this.#patient.peek(); waiter !== undefined && waiter.patientUntil <= now; waiter = this.#patient.peek())
      this.#giveUpHome(waiter);
    if (this.#patient.size === 0) return;
    for (const lane of this.#lanes.values()) {
      if (lane.home === undefined) continue;
      for (let { head } = lane; head !== undefined && this.#isHopeless(lane, head, now); { head } = lane) this.#giveUpHome(head);
    }
  }

  #isHopeless(lane: Lane, head: Waiter, now: number): boolean {
    return this.finder.firstOf(head.ask, now, this.#groupsOf(lane, head.ask)).at > head.patientUntil;
  }

  #giveUpHome(waiter: Waiter): void {
    const lane = this.#lanes.of(waiter);
    if (lane !== undefined) this.#take(lane, waiter);
    this.#patient.delete(waiter);
    waiter.coldAnyway = true;
    this.#laneFor(waiter.ask).add(waiter);
  }

  #park(waiter: Waiter, { group, until }: Home): Lane {
    waiter.boundBy = `group ${group.id}, which has its prompt`;
    waiter.patientUntil = until;
    this.#patient.push(waiter);
    return this.#laneFor(waiter.ask, group);
  }

  #groupsOf(lane: Lane, ask: Ask): readonly Group[] | undefined {
    return lane.home === undefined && lane.isPlain ? undefined : lane.groups(this.#owner.ring, ask);
  }

  #laneFor(ask: Ask, home?: Group): Lane {
    return this.#lanes.for(ask, this.finder.sizeOf(ask), home);
  }

  #take(lane: Lane, waiter: Waiter, served = false): void {
    if (served) lane.served(waiter);
    else lane.delete(waiter);
    this.#patient.delete(waiter);
    this.#lanes.drop(lane);
  }

  #sleep(until: number): void {
    if (this.#wakesAt === until) return;
    this.#wakesAt = until;
    this.#owner.slept();
  }
}

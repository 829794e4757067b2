import type { Clock, Random, Timer } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import { ClosedError } from '../errors.ts';
import type { Events } from '../events.ts';
import { type Ask, laneOf } from './ask.ts';
import { choose, type Choice } from './choose.ts';
import { Grant } from './grant.ts';
import type { Lease, LeaseEnd } from './lease.ts';
import type { Group, KeyEntry } from './members.ts';
import { NearLimits } from './near.ts';
import { Outcomes } from './outcome.ts';
import { firstLane, Lane, type Waiter } from './queue.ts';
import { binding, readyAt, startsAt } from './readiness.ts';
import { refusalOf } from './refusal.ts';
import { KeyRing } from './ring.ts';
import { Waiting } from './waiting.ts';

/** Who serves next. No I/O: it decides which key a call may use and when, and learns from how attempts end. */
export class Pool {
  readonly ring = new KeyRing();
  readonly outcomes: Outcomes;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #near: NearLimits;
  /** Only lanes in which somebody waits. */
  readonly #lanes = new Map<string, Lane>();
  #arrivals = 0;
  #timer: { readonly at: number; readonly timer: Timer } | undefined;
  #closed = false;

  constructor(clock: Clock, random: Random, events: Events) {
    this.#clock = clock;
    this.#random = random;
    this.outcomes = new Outcomes(events, random, (id) => this.ring.get(id));
    this.#near = new NearLimits(events);
  }

  /** Calls that wait for a lease. */
  get waiting(): number {
    let waiting = 0;
    for (const lane of this.#lanes.values()) waiting += lane.size;
    return waiting;
  }

  /**
   * A lease now where one can be had and nobody came before, else as soon as the queue allows. Throws, or rejects with,
   * `KeysExhaustedError` when none can be had in time, and the reason of `deadline` when the call ends first.
   */
  lease(ask: Ask, deadline: Deadline): Lease | Promise<Lease> {
    if (this.#closed) throw new ClosedError('Cannot lease a key as the client is closed');
    deadline.throwIfEnded();
    const now = this.#clock.now();
    if (this.#lanes.size === 0) {
      const choice = choose(this.#groups(ask), ask, now, this.#random);
      if (choice !== undefined) return this.#grant(ask, choice, { ms: 0, why: whyNow(choice, ask) }, now);
    }
    const first = this.#first(ask, now);
    const limit = Math.min(ask.waitUntil, deadline.at);
    // With others waiting the queue decides, also about a start that is possible now.
    const inTime = limit > now ? first.at <= limit && first.at < Infinity : this.#lanes.size > 0 && this.#canStart(ask, now);
    if (!inTime) throw this.#refusal(ask, first.at, now);
    return this.#enqueue(ask, deadline, { now, limit, order: (this.#arrivals += 1) }, first.group);
  }

  /** Something changed from outside: a key was added, removed, enabled, disabled or reset. */
  stir(): void {
    this.#pump();
  }

  /** Refuses everybody who waits, and every later lease. Leases in flight are still settled. */
  close(): void {
    this.#closed = true;
    for (const lane of this.#lanes.values()) for (const waiter of lane.takeAll()) waiter.refuse(Infinity);
    this.#lanes.clear();
    this.#timer?.timer.cancel();
    this.#timer = undefined;
  }

  #groups(ask: Ask): Iterable<Group> {
    return this.ring.provider(ask.provider).groups.values();
  }

  #canStart(ask: Ask, now: number): boolean {
    return choose(this.#groups(ask), ask, now, this.#random) !== undefined;
  }

  /** The group that time lets serve first, and when; now while calls in flight are all that it waits for. */
  #first(ask: Ask, now: number): { readonly group: Group | undefined; readonly at: number } {
    let first: Group | undefined;
    let at = Infinity;
    for (const group of this.#groups(ask)) {
      const ready = readyAt(group, ask, now);
      if (ready < at || first === undefined) [first, at] = [group, ready];
    }
    return { group: first, at };
  }

  #refusal(ask: Ask, earliest: number, now: number): Error {
    return refusalOf(this.ring.provider(ask.provider), ask, earliest, now);
  }

  #enqueue(
    ask: Ask,
    deadline: Deadline,
    place: { readonly now: number; readonly limit: number; readonly order: number },
    first: Group | undefined,
  ): Lease | Promise<Lease> {
    const name = laneOf(ask);
    const lane = this.#lanes.get(name) ?? new Lane(name);
    this.#lanes.set(name, lane);
    const boundBy = first === undefined ? 'nothing' : `${binding(first, ask, place.now)} (group ${first.id})`;
    const waiter = new Waiting(ask, deadline, place, boundBy, (earliest) => this.#whyRefused(ask, deadline, earliest));
    lane.add(waiter);
    this.#pump();
    return waiter.settled() ?? waiter.wait(() => this.#leave(lane, waiter));
  }

  #whyRefused(ask: Ask, deadline: Deadline, earliest: number): unknown {
    // A call whose own time is over says so, rather than that the keys are.
    if (deadline.ended !== undefined) return deadline.ended.reason;
    if (this.#closed) return new ClosedError('Cannot lease a key as the client is closed');
    const now = this.#clock.now();
    // Whoever stands before it in the queue starts first.
    return this.#refusal(ask, Math.max(earliest, this.#first(ask, now).at), now);
  }

  #leave(lane: Lane, waiter: Waiter): void {
    const wasHead = lane.head === waiter;
    this.#take(lane, waiter);
    if (this.#lanes.size === 0) this.#schedule(Infinity);
    // Who stood behind it may need less and start at once. Not from here: ten thousand may leave together.
    else if (wasHead) this.#schedule(this.#clock.now());
  }

  #take(lane: Lane, waiter: Waiter): void {
    lane.delete(waiter);
    if (lane.size === 0 && this.#lanes.get(lane.name) === lane) this.#lanes.delete(lane.name);
  }

  /** Serves whoever can be served, refuses whoever no longer can, and sleeps until the next change that time brings. */
  #pump(): void {
    if (this.#lanes.size === 0) return;
    const now = this.#clock.now();
    const blocked = new Map<Lane, number>();
    do this.#serve(blocked, now);
    while (this.#refuseHopeless(blocked, now));
    this.#schedule(this.#nextChange(blocked, now));
  }

  #serve(blocked: Map<Lane, number>, now: number): void {
    for (let lane = firstLane(this.#lanes.values(), blocked); lane !== undefined; lane = firstLane(this.#lanes.values(), blocked)) {
      const waiter = lane.head;
      const choice = waiter === undefined || waiter.ended ? undefined : choose(this.#groups(waiter.ask), waiter.ask, now, this.#random);
      if (waiter === undefined || (choice === undefined && !waiter.ended)) blocked.set(lane, Infinity);
      else {
        this.#take(lane, waiter);
        if (choice === undefined) waiter.refuse(now);
        else waiter.grant(this.#grant(waiter.ask, choice, whyWaited(choice, waiter, now), now));
      }
    }
  }

  /** Returns true when a lane has another head now, who may need less than the one before. */
  #refuseHopeless(blocked: Map<Lane, number>, now: number): boolean {
    let again = false;
    for (const lane of blocked.keys()) {
      const { head } = lane;
      if (head === undefined) continue;
      const earliest = this.#first(head.ask, now).at;
      blocked.set(lane, earliest);
      // A waiter whose time ends now had its chance just before.
      for (const waiter of lane.takeHopeless(Math.max(earliest, now + 1))) waiter.refuse(earliest);
      if (lane.head === head) continue;
      if (lane.size === 0 && this.#lanes.get(lane.name) === lane) this.#lanes.delete(lane.name);
      again = blocked.delete(lane) && lane.size > 0 ? true : again;
    }
    return again;
  }

  #nextChange(blocked: ReadonlyMap<Lane, number>, now: number): number {
    let next = Infinity;
    for (const [lane, earliest] of blocked) {
      const { head } = lane;
      if (head === undefined) continue;
      // Nothing is ready, so time alone decides; else calls in flight do, and other groups may come earlier.
      const start = earliest > now ? earliest : this.#nextStart(head.ask, now);
      next = Math.min(next, lane.firstLimit, start);
    }
    return next;
  }

  #nextStart(ask: Ask, now: number): number {
    let next = Infinity;
    for (const group of this.#groups(ask)) next = Math.min(next, startsAt(group, ask, now));
    return next;
  }

  #schedule(at: number): void {
    if (this.#timer?.at === at) return;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    if (at === Infinity) return;
    const timer = this.#clock.after(at - this.#clock.now(), () => {
      this.#timer = undefined;
      this.#pump();
    });
    this.#timer = { at, timer };
  }

  #grant(ask: Ask, choice: Choice, waited: { readonly ms: number; readonly why: string }, now: number): Grant {
    const owner = {
      now: () => this.#clock.now(),
      ended: (ended: Grant, end: LeaseEnd) => this.#ended(ended, end),
      stirred: () => this.#pump(),
    };
    const grant = new Grant(owner, ask, choice, waited, now);
    this.#near.check(choice.group, grant.quota, now);
    return grant;
  }

  #ended(grant: Grant, end: LeaseEnd): void {
    const now = this.#clock.now();
    const attempted = { ask: grant.ask, key: grant.key, quota: grant.quota, sentAt: grant.sentAt ?? now, now };
    count(grant.key, end);
    if (end.status === 'served') {
      grant.quota.answered();
      this.outcomes.served(attempted);
    } else if (end.status === 'failed') this.outcomes.failed(attempted, end.verdict);
    this.#pump();
  }
}

function count(key: KeyEntry, end: LeaseEnd): void {
  if (end.status === 'served') {
    key.totals.calls += 1;
    key.totals.tokens += (end.used?.input ?? 0) + (end.used?.output ?? 0);
  } else if (end.status === 'failed') key.totals.errors += 1;
}

function whyNow({ among }: Choice, ask: Ask): string {
  if (among === 1) return 'the only group that could start';
  return ask.affinity === undefined ? `least in flight of ${among} groups` : `affinity, of ${among} groups`;
}

function whyWaited(choice: Choice, waiter: Waiter, now: number): { readonly ms: number; readonly why: string } {
  const ms = now - waiter.since;
  const why = whyNow(choice, waiter.ask);
  return { ms, why: ms === 0 ? why : `waited for ${waiter.boundBy}, then ${why}` };
}

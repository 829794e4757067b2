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
import { binding, isBusy, readyAt } from './readiness.ts';
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
    // With others waiting the queue decides, also about a start that is possible now.
    if (this.#lanes.size === 0 || !this.#canStart(ask, now)) this.#refuseHopeless(ask, Math.min(ask.waitUntil, deadline.at), now);
    return this.#enqueue(ask, deadline, now);
  }

  /** Something changed from outside: a key was added, enabled or reset. */
  stir(): void {
    this.#pump();
  }

  /** Refuses everybody who waits, and every later lease. Leases in flight are still settled. */
  close(): void {
    this.#closed = true;
    for (const lane of this.#lanes.values()) for (const waiter of lane.takeAll()) waiter.refuse();
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

  /** When time lets the first group serve; now while calls in flight are all that it waits for. */
  #earliest(ask: Ask, now: number): number {
    let earliest = Infinity;
    for (const group of this.#groups(ask)) earliest = Math.min(earliest, readyAt(group, ask, now));
    return earliest;
  }

  #refuseHopeless(ask: Ask, limit: number, now: number): void {
    const earliest = this.#earliest(ask, now);
    if (earliest <= limit && limit > now) return;
    throw this.#refusal(ask, earliest, now);
  }

  #refusal(ask: Ask, earliest: number, now: number): Error {
    return refusalOf(this.ring.provider(ask.provider), ask, earliest, now);
  }

  #enqueue(ask: Ask, deadline: Deadline, now: number): Lease | Promise<Lease> {
    const name = laneOf(ask);
    const lane = this.#lanes.get(name) ?? new Lane(name);
    this.#lanes.set(name, lane);
    const waiter = new Waiting(ask, { now, limit: Math.min(ask.waitUntil, deadline.at), order: (this.#arrivals += 1) }, this.#boundBy(ask, now), () => this.#whyRefused(ask, deadline));
    lane.add(waiter);
    this.#pump();
    return waiter.settled() ?? waiter.wait(deadline, () => this.#leave(lane, waiter));
  }

  #whyRefused(ask: Ask, deadline: Deadline): unknown {
    // A call whose own time is over says so, rather than that the keys are.
    if (deadline.ended !== undefined) return deadline.ended.reason;
    if (this.#closed) return new ClosedError('Cannot lease a key as the client is closed');
    const now = this.#clock.now();
    return this.#refusal(ask, this.#earliest(ask, now), now);
  }

  #leave(lane: Lane, waiter: Waiter): void {
    lane.delete(waiter);
    if (lane.size === 0) this.#lanes.delete(lane.name);
    if (this.#lanes.size === 0) this.#schedule(Infinity);
  }

  #boundBy(ask: Ask, now: number): string {
    let first: Group | undefined;
    let at = Infinity;
    for (const group of this.#groups(ask)) {
      const ready = readyAt(group, ask, now);
      if (ready < at || first === undefined) [first, at] = [group, ready];
    }
    return first === undefined ? 'nothing' : `${binding(first, ask, now)} (group ${first.id})`;
  }

  /** Serves whoever can be served, refuses whoever no longer can, and sleeps until the next change that time brings. */
  #pump(): void {
    if (this.#lanes.size === 0) return;
    const now = this.#clock.now();
    const blocked = new Set<Lane>();
    for (let lane = firstLane(this.#lanes.values(), blocked); lane !== undefined; lane = firstLane(this.#lanes.values(), blocked)) {
      const waiter = lane.head;
      const choice = waiter === undefined ? undefined : choose(this.#groups(waiter.ask), waiter.ask, now, this.#random);
      if (waiter === undefined || choice === undefined) blocked.add(lane);
      else {
        lane.delete(waiter);
        if (lane.size === 0) this.#lanes.delete(lane.name);
        waiter.grant(this.#grant(waiter.ask, choice, whyWaited(choice, waiter, now), now));
      }
    }
    this.#schedule(this.#nextChange(blocked, now));
  }

  #nextChange(lanes: ReadonlySet<Lane>, now: number): number {
    let next = Infinity;
    for (const lane of lanes) {
      const ask = lane.head?.ask;
      if (ask === undefined) continue;
      const earliest = this.#earliest(ask, now);
      // A waiter whose time ends now had its chance just before.
      for (const waiter of lane.takeHopeless(Math.max(earliest, now + 1))) waiter.refuse();
      if (lane.size === 0) this.#lanes.delete(lane.name);
      else next = Math.min(next, lane.firstLimit, this.#nextStart(lane.head?.ask ?? ask, now));
    }
    return next;
  }

  /** When time alone lets a group start, leaving out those that wait for calls in flight: these stir the pool when they end. */
  #nextStart(ask: Ask, now: number): number {
    let next = Infinity;
    for (const group of this.#groups(ask)) {
      const at = readyAt(group, ask, now);
      if (at > now || !isBusy(group, ask.model, now)) next = Math.min(next, Math.max(at, now + 1));
    }
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

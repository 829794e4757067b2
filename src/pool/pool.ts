import type { Clock, Random, Timer } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import { ClosedError } from '../errors.ts';
import type { Events } from '../events.ts';
import { Accounts } from './keys/accounts.ts';
import type { Ask } from './ask.ts';
import { Paces } from './capacity-pace.ts';
import { choose, type Choice } from './queue/choose.ts';
import { Grant, type GrantOwner } from './grant.ts';
import type { Lease, LeaseEnd } from './lease.ts';
import type { Group, KeyEntry } from './keys/members.ts';
import { Estimates } from './quota/estimates.ts';
import { NearLimits } from './quota/near.ts';
import { Outcomes } from './keys/outcome.ts';
import type { Waiter } from './queue/queue.ts';
import { binding, firstReady } from './queue/readiness.ts';
import { refusalOf } from './queue/refusal.ts';
import { Relations } from './keys/relations.ts';
import { KeyRing } from './keys/ring.ts';
import { Serving, type ServingOwner } from './queue/serving.ts';
import { Waiting } from './queue/waiting.ts';

/** Asks for a fresh text for a refused key. Settles when it is here, or will not come; `undefined` when there is nobody to ask. */
export type Renew = (key: KeyEntry) => Promise<unknown> | undefined;

/** Who serves next. No I/O: it decides which key a call may use and when, and learns from how attempts end. */
export class Pool {
  readonly ring = new KeyRing();
  readonly paces = new Paces();
  /** What calls will use of their limits. */
  readonly estimates = new Estimates((provider) => this.ring.provider(provider).charging);
  readonly outcomes: Outcomes;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #near: NearLimits;
  /** By provider: no call waits for keys of two. */
  readonly #servings = new Map<string, Serving>();
  readonly #owner: GrantOwner & ServingOwner;
  #renew: Renew = () => undefined;
  #arrivals = 0;
  #timer: { readonly at: number; readonly timer: Timer } | undefined;
  #closed = false;

  /** `nearAt`: the shares of a bucket at whose use `limit-near` is told. */
  constructor(clock: Clock, random: Random, events: Events, nearAt: readonly number[] = []) {
    this.#clock = clock;
    this.#random = random;
    const accounts = new Accounts(this.ring, events);
    const relations = new Relations(this.ring, events);
    this.outcomes = new Outcomes(events, random, accounts, (id) => this.ring.get(id));
    this.#near = new NearLimits(events, nearAt);
    this.#owner = {
      ring: this.ring,
      random,
      now: () => clock.now(),
      grant: (waiter, choice, now) => this.#grant(waiter.ask, choice, whyWaited(choice, waiter, now), now),
      granted: (grant, now) => this.#near.check(grant.key.group, grant.quota, now),
      slept: () => this.#schedule(),
      told: (grant, account, readings, now) => {
        const learned = accounts.learn(grant.key, account, now);
        return relations.heard(grant, readings, now) || learned;
      },
      left: ({ key, ask }, now) => relations.sent(key, ask.model, ask.cost, now),
      ended: (grant, end) => this.#ended(grant, end),
      stirred: (grant) => this.#serving(grant.ask.provider).pump(),
    };
  }

  /** Calls that wait for a lease. */
  get waiting(): number {
    let waiting = 0;
    for (const serving of this.#servings.values()) waiting += serving.waiting;
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
    const serving = this.#serving(ask.provider);
    if (ask.besides !== undefined) return this.#leaseSpare(serving, ask, now);
    if (serving.idle) {
      const choice = choose(this.ring.candidates(ask), ask, now, this.#random);
      if (choice !== undefined) {
        const grant = this.#grant(ask, choice, { ms: 0, why: whyNow(choice, ask) }, now);
        this.#near.check(choice.group, grant.quota, now);
        return grant;
      }
    }
    const first = firstReady(this.ring.candidates(ask), ask, now);
    const limit = Math.min(ask.waitUntil, deadline.at);
    // With others waiting the queue decides, also about a start that is possible now.
    const mayCome = serving.expecting || (first.at <= limit && first.at < Infinity);
    const inTime = limit > now ? mayCome : !serving.idle && this.#canStart(ask, now);
    if (!inTime) throw this.#refusal(ask, first.at, now);
    return this.#enqueue(serving, ask, deadline, { now, limit, order: (this.#arrivals += 1) }, first.group);
  }

  /** For a second attempt beside one under way: it takes what nobody else wants, or nothing. */
  #leaseSpare(serving: Serving, ask: Ask, now: number): Lease {
    const busy = ask.besides === undefined ? undefined : this.ring.provider(ask.provider).group(ask.besides);
    const others = [...this.ring.candidates(ask)].filter((group) => group !== busy);
    const choice = serving.idle ? choose(others, ask, now, this.#random) : undefined;
    if (choice === undefined) throw this.#refusal(ask, firstReady(others, ask, now).at, now);
    const grant = this.#grant(ask, choice, { ms: 0, why: whyNow(choice, ask) }, now);
    this.#near.check(choice.group, grant.quota, now);
    return grant;
  }

  /** Who may have a fresh text for a key that its provider does not accept any more. */
  renewBy(renew: Renew): void {
    this.#renew = renew;
  }

  /** Something changed from outside: a key was added, removed, enabled, disabled or reset. */
  stir(): void {
    for (const serving of this.#servings.values()) serving.pump();
  }

  /** Refuses everybody who waits, and every later lease. Leases in flight are still settled. */
  close(): void {
    this.#closed = true;
    for (const serving of this.#servings.values()) serving.close();
  }

  #serving(provider: string): Serving {
    let serving = this.#servings.get(provider);
    if (serving === undefined) {
      serving = new Serving(this.#owner);
      this.#servings.set(provider, serving);
    }
    return serving;
  }

  #canStart(ask: Ask, now: number): boolean {
    return choose(this.ring.candidates(ask), ask, now, this.#random) !== undefined;
  }

  #refusal(ask: Ask, earliest: number, now: number): Error {
    return refusalOf(this.ring.provider(ask.provider), ask, earliest, now);
  }

  #enqueue(
    serving: Serving,
    ask: Ask,
    deadline: Deadline,
    place: { readonly now: number; readonly limit: number; readonly order: number },
    first: Group | undefined,
  ): Lease | Promise<Lease> {
    const boundBy = serving.expecting
      ? 'a fresh key'
      : first === undefined
        ? 'nothing'
        : `${binding(first, ask, place.now)} (group ${first.id})`;
    const waiter = new Waiting(ask, deadline, place, boundBy, (earliest) => this.#whyRefused(ask, deadline, earliest));
    const leave = serving.enqueue(waiter);
    return waiter.settled() ?? waiter.wait(leave);
  }

  #whyRefused(ask: Ask, deadline: Deadline, earliest: number): unknown {
    // A call whose own time is over says so, rather than that the keys are.
    if (deadline.ended !== undefined) return deadline.ended.reason;
    if (this.#closed) return new ClosedError('Cannot lease a key as the client is closed');
    const now = this.#clock.now();
    // Whoever stands before it in the queue starts first.
    return this.#refusal(ask, Math.max(earliest, firstReady(this.ring.candidates(ask), ask, now).at), now);
  }

  /** One timer for all who wait, whichever provider they wait for. */
  #schedule(): void {
    let at = Infinity;
    for (const serving of this.#servings.values()) at = Math.min(at, serving.wakesAt);
    if (this.#timer?.at === at) return;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    if (at === Infinity) return;
    const timer = this.#clock.after(at - this.#clock.now(), () => {
      this.#timer = undefined;
      const now = this.#clock.now();
      for (const serving of this.#servings.values()) if (serving.wakesAt <= now) serving.pump();
      this.#schedule();
    });
    this.#timer = { at, timer };
  }

  #grant(ask: Ask, choice: Choice, waited: { readonly ms: number; readonly why: string }, now: number): Grant {
    return new Grant(this.#owner, ask, choice, waited, now);
  }

  #ended(grant: Grant, end: LeaseEnd): void {
    const now = this.#clock.now();
    const attempted = { ask: grant.ask, key: grant.key, quota: grant.quota, sentAt: grant.sentAt ?? now, now };
    count(grant.key, end);
    if (end.status === 'served') this.paces.note(grant.quota, grant.ask, end.used ?? grant.ask.cost, now - attempted.sentAt, now);
    const serving = this.#serving(grant.ask.provider);
    serving.pumpAfter(() => {
      if (end.status === 'served') {
        const { provider, model, size } = grant.ask;
        if (end.used !== undefined && size !== undefined) this.estimates.learn(provider, model, size, end.used);
        grant.quota.answered();
        this.outcomes.served(attempted);
      } else if (end.status === 'failed') {
        this.outcomes.failed(attempted, end.verdict);
        const renewal = end.verdict.class === 'key_invalid' ? this.#renew(grant.key) : undefined;
        if (renewal !== undefined) serving.expect(renewal);
      }
    });
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

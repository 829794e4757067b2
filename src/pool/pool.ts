import type { Clock, Random } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import { ClosedError } from '../errors.ts';
import type { Events } from '../events.ts';
import type { Verdict } from '../failure.ts';
import { Accounts } from './keys/accounts.ts';
import type { Ask } from './ask.ts';
import { Paces } from './capacity-pace.ts';
import type { Choice } from './queue/choose.ts';
import type { Finder } from './queue/finder.ts';
import { Grant, type GrantOwner } from './grant.ts';
import type { Lease, LeaseEnd } from './lease.ts';
import type { Group, KeyEntry } from './keys/members.ts';
import { Estimates } from './quota/estimates.ts';
import { NearLimits } from './quota/near.ts';
import { type Attempted, Outcomes } from './keys/outcome.ts';
import { binding } from './queue/readiness.ts';
import { Relations } from './keys/relations.ts';
import { KeyRing } from './keys/ring.ts';
import type { Home } from './queue/homes.ts';
import { notWaited, type Waited, waitedUntil } from './queue/reason.ts';
import type { Serving } from './queue/serving.ts';
import { Servings } from './queue/servings.ts';
import { Waiting, type WaitingOwner } from './queue/waiting.ts';

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
  readonly #near: NearLimits;
  readonly #servings: Servings;
  readonly #owner: GrantOwner & WaitingOwner;
  #renew: Renew = () => undefined;
  #arrivals = 0;
  #lastBound = '';
  #closed = false;

  /** `nearAt`: the shares of a bucket at whose use `limit-near` is told. */
  constructor(clock: Clock, random: Random, events: Events, nearAt: readonly number[] = []) {
    this.#clock = clock;
    const accounts = new Accounts(this.ring, events);
    const relations = new Relations(this.ring, events, (group, quota) => this.#servings.of(group.provider.name).finder.touch(group, quota));
    this.outcomes = new Outcomes(events, random, accounts, (id) => this.ring.get(id));
    this.#near = new NearLimits(events, nearAt);
    this.#servings = new Servings(clock, {
      ring: this.ring,
      random,
      grant: ({ finder }, waiter, choice, now) => this.#grant(finder, waiter.ask, choice, waitedUntil(now, choice, waiter), now),
      granted: (grant, now) => this.#near.check(grant.key.group, grant.quota, now),
    });
    this.#owner = {
      now: () => clock.now(),
      told: (grant, account, { readings, refused }, now) => {
        const learned = accounts.learn(grant.key, account, now, readings.length > 0);
        return relations.heard(grant, readings, refused, now) || learned;
      },
      left: ({ key, ask }, now) => relations.sent(key, ask.model, now),
      ended: (grant, end) => this.#ended(grant, end),
      stirred: ({ ask, key, quota }) => {
        const serving = this.#servings.of(ask.provider);
        serving.finder.touch(key.group, quota);
        serving.pump();
      },
      whyRefused: (ask, deadline, earliest) => this.#whyRefused(ask, deadline, earliest),
      abandoned: (waiter) => this.#servings.of(waiter.ask.provider).leave(waiter),
    };
  }

  /** Calls that wait for a lease. */
  get waiting(): number {
    return this.#servings.waiting;
  }

  /**
   * A lease now where one can be had and nobody came before, else as soon as the queue allows. Throws, or rejects with,
   * `KeysExhaustedError` when none can be had in time, and the reason of `deadline` when the call ends first.
   */
  lease(ask: Ask, deadline: Deadline): Lease | Promise<Lease> {
    if (this.#closed) throw new ClosedError('Cannot lease a key as the client is closed');
    deadline.throwIfEnded();
    const now = this.#clock.now();
    const serving = this.#servings.of(ask.provider);
    if (ask.besides !== undefined) return this.#leaseSpare(serving, ask, ask.besides, now);
    const { finder } = serving;
    const groups = this.#named(ask);
    const limit = Math.min(ask.waitUntil, deadline.at);
    if (serving.idle) {
      const choice = finder.find(ask, now, groups);
      const home = choice === undefined ? undefined : serving.homes.for(ask, choice, limit, now);
      if (home !== undefined) return this.#enqueue(serving, ask, deadline, { now, limit, group: home.group, home });
      if (choice !== undefined) return this.#begin(serving, ask, choice, now);
    }
    const first = finder.firstBy(limit, ask, now, groups);
    // With others waiting the queue decides, also about a start that is possible now.
    const mayCome = serving.expecting || (first.at <= limit && first.at < Infinity);
    const inTime = limit > now ? mayCome : !serving.idle && finder.find(ask, now, groups) !== undefined;
    if (!inTime) throw serving.refusals.of(ask, first.at, now);
    return this.#enqueue(serving, ask, deadline, { now, limit, group: first.group });
  }

  /** For a second attempt beside one under way: it takes what nobody else wants, or nothing. */
  #leaseSpare(serving: Serving, ask: Ask, besides: string, now: number): Lease {
    const busy = this.ring.provider(ask.provider).group(besides);
    const others = [...this.ring.candidates(ask)].filter((group) => group !== busy);
    const choice = serving.idle ? serving.finder.find(ask, now, others) : undefined;
    if (choice === undefined) throw serving.refusals.of(ask, serving.finder.firstOf(ask, now, others).at, now);
    return this.#begin(serving, ask, choice, now);
  }

  /** The groups that an ask names; `undefined` when it names none. */
  #named(ask: Ask): readonly Group[] | undefined {
    return ask.groups === undefined && ask.keys === undefined ? undefined : [...this.ring.candidates(ask)];
  }

  #begin(serving: Serving, ask: Ask, choice: Choice, now: number): Lease {
    const grant = this.#grant(serving.finder, ask, choice, notWaited(choice, ask), now);
    this.#near.check(choice.group, grant.quota, now);
    return grant;
  }

  /** Who may have a fresh text for a key that its provider does not accept any more. */
  renewBy(renew: Renew): void {
    this.#renew = renew;
  }

  /** Something changed from outside: a key was added, removed, enabled, disabled or reset. */
  stir(): void {
    this.#servings.stir();
  }

  /** Refuses everybody who waits, and every later lease. Leases in flight are still settled. */
  close(): void {
    this.#closed = true;
    this.#servings.close();
  }

  #enqueue(serving: Serving, ask: Ask, deadline: Deadline, place: Arrival): Lease | Promise<Lease> {
    const { now, limit, group, home } = place;
    const boundBy = serving.expecting ? 'a fresh key' : group === undefined ? 'nothing' : this.#bound(group, ask, now);
    const waiter = new Waiting(ask, deadline, { now, limit, order: (this.#arrivals += 1) }, boundBy, this.#owner);
    serving.enqueue(waiter, home);
    return waiter.settled();
  }

  /** Thousands that come at once wait for the same: they share one text. */
  #bound(group: Group, ask: Ask, now: number): string {
    const text = `${binding(group, ask, now)} (group ${group.id})`;
    if (text !== this.#lastBound) this.#lastBound = text;
    return this.#lastBound;
  }

  #whyRefused(ask: Ask, deadline: Deadline, earliest: number): unknown {
    // A call whose own time is over says so, rather than that the keys are.
    if (deadline.ended !== undefined) return deadline.ended.reason;
    if (this.#closed) return new ClosedError('Cannot lease a key as the client is closed');
    const now = this.#clock.now();
    const { finder, refusals } = this.#servings.of(ask.provider);
    // Whoever stands before it in the queue starts first. Of very many groups not each one is asked for each of thousands.
    const at = finder.isMany ? earliest : Math.max(earliest, finder.firstOf(ask, now, this.#named(ask)).at);
    return refusals.of(ask, at, now);
  }

  #grant(finder: Finder, ask: Ask, choice: Choice, waited: Waited, now: number): Grant {
    const grant = new Grant(this.#owner, ask, choice, waited, now);
    finder.touch(choice.group, grant.quota);
    finder.warm.served(ask, choice.group, now);
    return grant;
  }

  #ended(grant: Grant, end: LeaseEnd): void {
    const now = this.#clock.now();
    const attempted = { ask: grant.ask, key: grant.key, quota: grant.quota, attempt: grant, sentAt: grant.sentAt, now };
    count(grant.key, end);
    if (end.status === 'served') this.paces.note(grant.quota, grant.ask, end.used ?? grant.ask.cost, now - attempted.sentAt, now);
    const serving = this.#servings.of(grant.ask.provider);
    const outer = serving.hold();
    try {
      // Whoever shares a hold may be free by it, and a word against a key may be taken back from others.
      for (const hold of grant.pay(end, now)) this.outcomes.announce(grant.key, hold);
      const isWide = sharesHold(grant) || (end.status === 'failed' && mayAcquit(end.verdict));
      if (end.status === 'served') this.#served(attempted, end);
      else if (end.status === 'failed') this.#failed(serving, attempted, end.verdict);
      serving.finder.touch(grant.key.group, grant.quota);
      if (isWide) serving.finder.reset();
    } finally {
      serving.resume(outer);
    }
    if (grant.concerns) this.stir();
  }

  #served(attempted: Attempted, { used }: Extract<LeaseEnd, { status: 'served' }>): void {
    const { provider, model, size } = attempted.ask;
    if (used !== undefined && size !== undefined) this.estimates.learn(provider, model, size, used);
    attempted.quota.answered();
    this.outcomes.served(attempted);
  }

  #failed(serving: Serving, attempted: Attempted, verdict: Verdict): void {
    this.outcomes.failed(attempted, verdict);
    const renewal = verdict.class === 'key_invalid' ? this.#renew(attempted.key) : undefined;
    if (renewal !== undefined) serving.expect(renewal);
  }
}

/** A call that has to wait: since when, how long, for whom first, and where its prompt is. */
interface Arrival {
  readonly now: number;
  readonly limit: number;
  readonly group: Group | undefined;
  readonly home?: Home;
}

/** True when its organisation or provider is held, or was until somebody proves that it is over. */
function sharesHold({ key: { group }, ask }: Grant): boolean {
  return group.holders.some((holds) => holds !== group.holds && holds.readyAt(ask.model) > 0);
}

function mayAcquit(verdict: Verdict): boolean {
  return verdict.class === 'key_invalid' || verdict.class === 'key_forbidden';
}

function count(key: KeyEntry, end: LeaseEnd): void {
  if (end.status === 'served') {
    key.totals.calls += 1;
    key.totals.tokens += (end.used?.input ?? 0) + (end.used?.output ?? 0);
  } else if (end.status === 'failed') key.totals.errors += 1;
}

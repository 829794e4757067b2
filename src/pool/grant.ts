import type { BucketReading } from '../failure.ts';
import type { Secret } from '../secret.ts';
import type { Ask } from './ask.ts';
import type { Choice } from './queue/choose.ts';
import type { Account, Lease, LeaseEnd, Throttled, Used } from './lease.ts';
import { chargedFor } from './quota/estimates.ts';
import { type Cost, costIn } from './quota/limits.ts';
import type { Holds } from './keys/holds.ts';
import type { Hold } from './keys/hold.ts';
import type { KeyEntry } from './keys/members.ts';
import type { Purse } from './keys/purse.ts';
import type { Mark } from './quota/alignment.ts';
import { heirOf, type Meter, settle, take, type Taken, type Unheard } from './quota/meter.ts';
import type { Answered, Quota } from './quota/quota.ts';

/** What a grant needs of its pool. */
export interface GrantOwner {
  now(): number;
  ended(grant: Grant, end: LeaseEnd): void;
  /** An answer named whom the key belongs to. Returns true when the key's group is another one by that. */
  told(
    grant: Grant,
    account: Account,
    told: { readonly readings: readonly BucketReading[]; readonly refused: boolean },
    now: number,
  ): boolean;
  /** The request leaves. */
  left(grant: Grant, now: number): void;
  /** Limits may have changed: somebody who waits may start. */
  stirred(grant: Grant): void;
}

/** Looking for so many texts in an error costs about a millisecond; more would slow a large pool's refusals. */
const MOST_SIBLINGS = 500;

const NO_HOLDS: readonly Hold[] = [];

/** What an attempt may spend of one budget. */
interface Spending {
  readonly purse: Purse;
  readonly reserved: number;
}

/** One lease, from its reservation to its settlement. */
export class Grant implements Lease, Unheard, Answered {
  readonly ask: Ask;
  readonly key: KeyEntry;
  readonly why: string;
  readonly waitedMs: number;
  readonly #owner: GrantOwner;
  #quota: Quota;
  readonly #taken: Taken[];
  readonly #holders: readonly Holds[];
  /** What it reserved of budgets; nothing is made where there are none. */
  readonly #spending: readonly Spending[] | undefined;
  readonly #leasedAt: number;
  #sentAt: number | undefined;
  #heard = false;
  #settled = false;

  constructor(owner: GrantOwner, ask: Ask, choice: Choice, waited: { readonly ms: number; readonly why: string }, now: number) {
    this.#owner = owner;
    this.ask = ask;
    this.key = choice.key;
    this.why = waited.why;
    this.waitedMs = waited.ms;
    this.#leasedAt = now;
    const { group } = choice;
    const quota = group.quota(ask.model, now);
    this.#quota = quota;
    this.#taken = quota.meters.map((meter) => take(meter, ask.cost, now));
    quota.begin(this, now);
    quota.inFlight += 1;
    group.inFlight += 1;
    group.nextStartAt = now + (group.limits.minTimeMs ?? 0);
    this.key.inFlight += 1;
    this.key.totals.attempts += 1;
    this.key.lastUsedAt = now;
    this.#holders = this.key.holders;
    for (const holds of this.#holders) holds.startProbe(ask.model, this);
    const { purses } = this.key;
    this.#spending = purses.length === 0 ? undefined : purses.map((purse) => ({ purse, reserved: purse.account.reserve(ask, now) }));
  }

  get quota(): Quota {
    return this.#quota.live;
  }

  release(now: number): void {
    for (const taken of this.#taken.splice(0)) settle(taken, 0, now);
    this.#quota = this.key.group.quota(this.ask.model, now);
  }

  get keyId(): string {
    return this.key.id;
  }

  get credential(): string {
    return this.key.credential;
  }

  get groupId(): string {
    return this.key.group.id;
  }

  get secret(): Secret | undefined {
    return this.key.input.secret;
  }

  siblings(): readonly Secret[] {
    const others = this.key.group.provider.keys().filter((key) => key !== this.key);
    return others.slice(0, MOST_SIBLINGS).flatMap(({ input }) => input.secret ?? []);
  }

  get cost(): Cost {
    return this.ask.cost;
  }

  /** When the request left; the lease's own time before it does. */
  get sentAt(): number {
    return this.#sentAt ?? this.#leasedAt;
  }

  readonly markOf = (meter: Meter): Mark | undefined => this.#taken.find((taken) => heirOf(taken.meter) === meter)?.mark;

  remark(meter: Meter, mark: Mark): void {
    for (const taken of this.#taken) if (heirOf(taken.meter) === meter) taken.mark = mark;
  }

  get throttled(): Throttled | undefined {
    const { group } = this.key;
    const { concurrency, minTimeMs } = group.limits;
    if (concurrency === undefined && minTimeMs === undefined) return undefined;
    return { group: `${group.provider.name}/${group.id}`, concurrency, minTimeMs };
  }

  reserve(meter: Meter, now: number): void {
    this.#taken.push(take(meter, this.cost, now));
  }

  adopt(taken: Taken): void {
    this.#taken.push(taken);
  }

  sent(): void {
    if (this.#sentAt !== undefined) return;
    this.#sentAt = this.#owner.now();
    this.#owner.left(this, this.#sentAt);
  }

  heard(readings: readonly BucketReading[], account: Account, refused = false): void {
    // Headers of an answer that nobody waits for any more still tell of the limits.
    const now = this.#owner.now();
    const { quota } = this;
    const ramped = quota.rampsAt() > now;
    quota.unheard.delete(this);
    this.#heard = true;
    const word = { refused };
    for (const reading of readings) quota.hear(reading, this, now, word);
    quota.found(this.sentAt);
    const moved = this.#owner.told(this, account, { readings, refused }, now);
    // Also without a word of limits an unknown quota lets the next one start when an answer is here; nothing else changed.
    if (moved || ramped || readings.length > 0) this.#owner.stirred(this);
  }

  settle(end: LeaseEnd): void {
    if (this.#settled) return;
    this.#settled = true;
    const now = this.#owner.now();
    const { key, quota } = this;
    quota.unheard.delete(this);
    if (!this.#heard && this.#sentAt !== undefined && isSilent(end)) quota.lose(this);
    quota.inFlight -= 1;
    key.group.inFlight -= 1;
    key.inFlight -= 1;
    // Its group may be another one by now, and with it the organisation.
    for (const holds of this.#holders) holds.endProbe(this);
    for (const holds of key.holders) holds.endProbe(this);
    this.#settleCharges(end, now);
    this.#owner.ended(this, end);
  }

  /** Pays what it spent of budgets. Returns the holds that begin by it. */
  pay(end: LeaseEnd, now: number): readonly Hold[] {
    if (this.#spending === undefined) return NO_HOLDS;
    return this.#spending.flatMap(({ purse, reserved }) => purse.settle(reserved, this.ask, end, now) ?? []);
  }

  /** True when what it paid lets others start, or not start any more, who are in other groups. */
  get concerns(): boolean {
    return this.#spending?.some(({ purse }) => purse.calls()) ?? false;
  }

  #settleCharges(end: LeaseEnd, now: number): void {
    const unsent = this.#sentAt === undefined || (end.status === 'failed' && !end.reached);
    if (unsent) {
      for (const taken of this.#taken) settle(taken, 0, now);
      return;
    }
    const used = usedBy(end);
    if (used === undefined) return;
    const { charging } = this.key.group.provider;
    const charged = end.status === 'served' ? chargedFor(used, charging, this.ask.model, this.ask.size?.output) : used;
    const refused = end.status === 'failed' && end.verdict.status === 429;
    const free = refused && !charging.refusedCount;
    for (const taken of this.#taken) {
      const { counts } = taken.meter;
      if (counts !== 'requests') settle(taken, costIn(counts, charged), now);
      // Few providers count what they refused. Where what answers say moves the level, they say also that; elsewhere it is safe to count it.
      else if (free && taken.mark !== undefined) settle(taken, 0, now);
    }
  }
}

/** True when no answer came to what was sent. */
function isSilent(end: LeaseEnd): boolean {
  return end.status === 'cancelled' || (end.status === 'failed' && end.reached && end.verdict.status === undefined);
}

/** What the provider charged in tokens; `undefined` when nobody knows, so that the estimate stands. */
function usedBy(end: LeaseEnd): Used | undefined {
  switch (end.status) {
    case 'served':
      return end.used;
    case 'failed':
      // An answer with a status that refuses used no tokens; a timeout or a cut connection may have.
      return end.verdict.status !== undefined && end.verdict.status >= 400 ? { input: 0, output: 0 } : undefined;
    case 'cancelled':
      return undefined;
  }
}

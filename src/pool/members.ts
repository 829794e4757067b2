import type { BucketReading, FailureClass } from '../failure.ts';
import type { Secret } from '../secret.ts';
import { type Alike, noneAlike } from './alike.ts';
import { Holds } from './holds.ts';
import { type GroupLimits, matchesModel } from './limits.ts';
import { configuredMeter, LearnedMeter, type Meter, type Unheard } from './meter.ts';

/** A key as the options tell it, resolved. */
export interface KeyInput {
  readonly id: string;
  /** `undefined` for a keyless provider. */
  readonly secret: Secret | undefined;
  /** Keys of one group draw on the same quota. */
  readonly group: string;
  readonly weight: number;
  /** Patterns of the models it may serve; `undefined` is all. */
  readonly models: readonly string[] | undefined;
  /** Epoch ms. */
  readonly expiresAt: number | undefined;
  readonly limits: GroupLimits;
}

/** What a person or a definitive answer decided; what only time decides is a hold. */
export type KeyStatus =
  | { readonly status: 'usable' }
  | { readonly status: 'disabled' }
  | { readonly status: 'invalid'; readonly since: number };

/** Why a key is not ready, as people read it. */
export interface KeyReason {
  readonly class: FailureClass;
  readonly status: number | undefined;
  readonly message: string;
  readonly at: number;
}

/** One key in the pool. */
export class KeyEntry {
  readonly input: KeyInput;
  readonly group: Group;
  readonly holds = new Holds();
  readonly addedAt: number;
  status: KeyStatus = { status: 'usable' };
  reason: KeyReason | undefined;
  inFlight = 0;
  lastUsedAt: number | undefined;
  readonly totals = { calls: 0, attempts: 0, tokens: 0, errors: 0 };

  constructor(input: KeyInput, group: Group, now: number) {
    this.input = input;
    this.group = group;
    this.addedAt = now;
  }

  get id(): string {
    return this.input.id;
  }

  /** Every hold that applies to it: its provider's, organisation's and group's, and its own. */
  get holders(): readonly Holds[] {
    return [...this.group.holders, this.holds];
  }

  /** True when only time stands between this key and `model`. */
  mayServe(model: string, now: number): boolean {
    return this.status.status === 'usable' && !this.expired(now) && matchesModel(this.input.models, model);
  }

  expired(now: number): boolean {
    return this.input.expiresAt !== undefined && this.input.expiresAt <= now;
  }
}

/** How many calls a quota that has told nothing yet gets at once; each answer adds one, so that it doubles with each round. */
const FIRST_PROBES = 4;
/** Beyond this many at once nothing is learned by going slowly. */
const MANY = 512;
/** Plain answers tell of themselves only when they are whole: while no refusal comes, so much time doubles what may be out. */
const DOUBLES_MS = 1000;

/** Lost attempts that are remembered until an answer to a later one comes. */
const MOST_LOST = 64;

/** What one group may spend on one model. */
export class Quota {
  readonly model: string;
  readonly meters: Meter[];
  /** Attempts whose headers are not here yet. */
  readonly unheard = new Set<Unheard>();
  readonly #slots = new Map<string, LearnedMeter>();
  /** True when its limits are nobody's to find out: somebody configured them, or no provider stands behind it. */
  readonly #known: boolean;
  #lost: Unheard[] = [];
  inFlight = 0;
  lastUsedAt = -Infinity;
  #ramp: number;
  /** Since when something has been out without a pause, while no refusal came. */
  #quietSince: number | undefined;
  #refused = false;

  constructor(model: string, meters: Meter[], known: boolean) {
    this.model = model;
    this.meters = meters;
    this.#known = known || meters.length > 0;
    this.#ramp = this.#known ? Infinity : FIRST_PROBES;
  }

  begin(attempt: Unheard, now: number): void {
    if (this.unheard.size === 0) this.#quietSince = this.#refused ? undefined : now;
    this.unheard.add(attempt);
    this.lastUsedAt = now;
  }

  /** When one more may be out: `now` or before, unless as many are out as an unknown quota gets; `Infinity` when only an answer lets it. */
  rampsAt(): number {
    // Answers count from their headers: long streams tell nothing more while they are read.
    const out = this.unheard.size;
    if (out < this.#ramp) return 0;
    if (this.#quietSince === undefined) return Infinity;
    return this.#quietSince + DOUBLES_MS * (Math.floor(Math.log2(Math.min(out, MANY) / this.#ramp)) + 1);
  }

  answered(): void {
    this.#ramp = this.#ramp >= MANY ? Infinity : this.#ramp + 1;
  }

  /** One refusal, or one burst of them: what was out was too much, and from now on only answers let more out. */
  refused(): void {
    if (this.#known || this.#slots.size > 0) return;
    this.#ramp = Math.max(2, Math.min(this.#ramp, Math.floor(this.unheard.size / 2)));
    this.#refused = true;
    this.#quietSince = undefined;
  }

  /** Forgets what answers told: a person says that it is not so any more. */
  unlearn(): void {
    const learned = new Set<Meter>(this.#slots.values());
    this.#slots.clear();
    this.meters.splice(0, this.meters.length, ...this.meters.filter((meter) => !learned.has(meter)));
    this.#refused = false;
    if (!this.#known) this.#ramp = FIRST_PROBES;
  }

  hear(reading: BucketReading, sentAt: number, now: number): void {
    let meter = this.#slots.get(reading.slot);
    if (meter === undefined) {
      if (reading.limit === undefined || reading.limit <= 0 || reading.remaining === undefined) return;
      const sample = { limit: reading.limit, remaining: reading.remaining, resetMs: reading.resetMs };
      meter = new LearnedMeter(reading.counts, this.model, sample, reading.windowMs, now);
      this.#slots.set(reading.slot, meter);
      this.meters.push(meter);
    }
    meter.hear(reading, sentAt, this.#lost.length === 0 ? this.unheard : [...this.unheard, ...this.#lost], now);
    this.#ramp = Infinity;
  }

  /** An attempt that was sent and whose headers will never be here: the server may count it, or have counted it. */
  lose(attempt: Unheard): void {
    this.#lost.push(attempt);
    if (this.#lost.length > MOST_LOST) this.#lost.shift();
  }

  /** An answer to a request sent at `sentAt` is here: the server had counted what came before it. */
  found(sentAt: number): void {
    if (this.#lost.length > 0) this.#lost = this.#lost.filter((lost) => lost.sentAt === undefined || lost.sentAt >= sentAt);
  }

  /** True when forgetting it forgets nothing that was spent. */
  idle(now: number): boolean {
    return this.inFlight === 0 && this.meters.every(({ law, model }) => model === undefined || law.resetAt(now) <= now);
  }
}

/** Quotas of models, and names of organisations, are forgotten beyond this many, so that made-up names cost no memory. */
const REMEMBERED = 512;

/** Keys that share one quota at the provider: a project, an account or a host. */
export class Group {
  readonly id: string;
  readonly provider: ProviderEntry;
  readonly limits: GroupLimits;
  readonly holds = new Holds();
  readonly keys: KeyEntry[] = [];
  readonly #shared: readonly { readonly models: readonly string[] | undefined; readonly meter: Meter }[];
  readonly #quotas = new Map<string, Quota>();
  #forgetsAt = REMEMBERED;
  #organization: Organization | undefined;
  /** Every hold that applies to all its keys: its provider's, its organisation's and its own. */
  holders: readonly Holds[];
  inFlight = 0;
  /** `minTimeMs` after the last start. */
  nextStartAt = 0;

  constructor(id: string, provider: ProviderEntry, limits: GroupLimits, now: number) {
    this.id = id;
    this.provider = provider;
    this.limits = limits;
    this.holders = [provider.holds, this.holds];
    this.#shared = limits.buckets
      .filter((spec) => !spec.perModel)
      .map((spec) => ({ models: spec.models, meter: configuredMeter(spec, undefined, now) }));
  }

  /** The organisation that its answers named. */
  get organization(): Organization | undefined {
    return this.#organization;
  }

  belongTo(organization: Organization): void {
    this.#organization = organization;
    this.holders = [this.provider.holds, organization.holds, this.holds];
  }

  /** Weight among groups: that of its heaviest key, as more keys do not make more quota. */
  get weight(): number {
    return this.keys.reduce((most, key) => Math.max(most, key.input.weight), 0);
  }

  quota(model: string, now: number): Quota {
    let quota = this.#quotas.get(model);
    if (quota === undefined) {
      if (this.#quotas.size >= this.#forgetsAt) this.#forget(now);
      const own = this.limits.buckets
        .filter((spec) => spec.perModel && matchesModel(spec.models, model))
        .map((spec) => configuredMeter(spec, model, now));
      const shared = this.#shared.filter(({ models }) => matchesModel(models, model)).map(({ meter }) => meter);
      const known = this.limits.concurrency !== undefined || this.keys.some((key) => key.input.secret === undefined);
      quota = new Quota(model, [...own, ...shared], known);
      this.#quotas.set(model, quota);
    }
    return quota;
  }

  /** Forgets the limits that its answers told. */
  unlearn(): void {
    for (const quota of this.#quotas.values()) quota.unlearn();
  }

  /** Every bucket once: those that models share, then those of each model. */
  meters(): readonly Meter[] {
    const own = [...this.#quotas.values()].flatMap((quota) => quota.meters);
    return [...new Set([...this.#shared.map(({ meter }) => meter), ...own])];
  }

  /**
   * First those that would begin as they are: a bucket that is partly spent should not be full again. Then those that were not
   * used for longest, half of all at once, so that one costs little.
   */
  #forget(now: number): void {
    for (const [model, quota] of this.#quotas) if (quota.idle(now)) this.#quotas.delete(model);
    const unused = [...this.#quotas].filter(([, quota]) => quota.inFlight === 0).toSorted(([, a], [, b]) => a.lastUsedAt - b.lastUsedAt);
    for (const [model] of unused.slice(0, Math.max(0, this.#quotas.size - REMEMBERED / 2))) this.#quotas.delete(model);
    this.#forgetsAt = Math.max(REMEMBERED, this.#quotas.size * 2);
  }
}

/** All groups that share an organisation id which answers named. */
export class Organization {
  readonly id: string;
  readonly holds = new Holds();

  constructor(id: string) {
    this.id = id;
  }
}

/** One provider's part of the pool. */
export class ProviderEntry {
  readonly name: string;
  readonly holds = new Holds();
  readonly groups = new Map<string, Group>();
  readonly #organizations = new Map<string, Organization>();
  #forgetsAt = REMEMBERED;
  /** Refusals that look alike on all keys. */
  alike: Alike = noneAlike;

  constructor(name: string) {
    this.name = name;
  }

  keys(): readonly KeyEntry[] {
    return [...this.groups.values()].flatMap((group) => group.keys);
  }

  /**
   * Ties `group` to the organisation that an answer named. A provider may name one organisation by an id in headers and
   * another in prose, so a second name of a group's organisation becomes an alias.
   */
  tie(group: Group, id: string): void {
    const known = this.#organizations.get(id);
    if (known === undefined && this.#organizations.size >= this.#forgetsAt) this.#forget();
    if (group.organization === undefined) group.belongTo(known ?? this.#organization(id));
    else if (known === undefined) this.#organizations.set(id, group.organization);
  }

  #organization(id: string): Organization {
    const organization = new Organization(id);
    this.#organizations.set(id, organization);
    return organization;
  }

  /** An answer may name anything: aliases go first come, first gone, and the names by which groups know their organisation stay. */
  #forget(): void {
    const used = new Set([...this.groups.values()].map((group) => group.organization));
    const idle = [...this.#organizations].filter(([id, organization]) => organization.id !== id || !used.has(organization));
    for (const [id] of idle.slice(0, Math.max(0, this.#organizations.size - REMEMBERED / 2))) this.#organizations.delete(id);
    this.#forgetsAt = Math.max(REMEMBERED, this.#organizations.size * 2);
  }
}

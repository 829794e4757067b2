import type { FailureClass } from '../failure.ts';
import type { Secret } from '../secret.ts';
import { type Alike, noneAlike } from './alike.ts';
import { Holds } from './holds.ts';
import { type GroupLimits, matchesModel } from './limits.ts';
import { configuredMeter, type Meter } from './meter.ts';
import { Quota } from './quota.ts';

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

  /** True while it is held for refusing keys, also after that until an answer proves that it is over. */
  get refusesKeys(): boolean {
    const held = this.holds.unproved()?.class;
    return held === 'key_invalid' || held === 'key_forbidden';
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

import type { Bound } from '../../budget.ts';
import { type Charging, uncertain } from '../../charging.ts';
import type { FailureClass } from '../../failure.ts';
import type { Secret } from '../../secret.ts';
import { type Alike, noneAlike } from './alike.ts';
import type { KeyHistory, KeyTotals } from './history.ts';
import { Holds } from './holds.ts';
import { type GroupLimits, matchesModel } from '../quota/limits.ts';
import type { Meter } from '../quota/meter.ts';
import { type Organization, Organizations } from './organization.ts';
import { NO_PURSES, type Purse } from './purse.ts';
import type { Quota } from '../quota/quota.ts';
import { Quotas } from '../quota/quotas.ts';

/** A key as the options tell it, resolved. */
export interface KeyInput {
  readonly id: string;
  /** `undefined` for a keyless provider. */
  readonly secret: Secret | undefined;
  /** Keys of one group draw on the same quota. */
  readonly group: string;
  /** The group was named by somebody; else it is the key's own, until answers tell which keys share a project. */
  readonly declared: boolean;
  readonly weight: number;
  /** Patterns of the models it may serve; `undefined` is all. */
  readonly models: readonly string[] | undefined;
  /** Epoch ms. */
  readonly expiresAt: number | undefined;
  readonly limits: GroupLimits;
  /** What it may spend. */
  readonly budgets?: readonly Bound[] | undefined;
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
  /** Names it as a credential: a key that takes the place of one of the same id is another one. */
  readonly credential: string;
  readonly generation: number;
  #group: Group;
  #holders: { readonly ofGroup: readonly Holds[]; readonly all: readonly Holds[] } | undefined;
  readonly holds = new Holds();
  readonly addedAt: number;
  /** When a key of this id and secret was here first. */
  readonly firstSeenAt: number;
  status: KeyStatus = { status: 'usable' };
  reason: KeyReason | undefined;
  /** The project that an answer to it named first. */
  project: string | undefined;
  /** What speaks against the group that it is in by inference. */
  doubts = 0;
  inFlight = 0;
  lastUsedAt: number | undefined;
  readonly totals: KeyTotals;
  /** The budgets that it draws on: its own, and its group's. */
  purses: readonly Purse[] = NO_PURSES;

  /** `generation`: how many keys of this id it follows. `history`: of the same key, which was here before. */
  constructor(input: KeyInput, group: Group, now: number, generation = 0, history?: KeyHistory) {
    this.input = input;
    this.credential = generation === 0 ? input.id : `${input.id}\n${generation}`;
    this.generation = generation;
    this.#group = group;
    this.addedAt = now;
    this.firstSeenAt = history?.firstSeenAt ?? now;
    this.lastUsedAt = history?.lastUsedAt;
    this.totals = history?.totals ?? { calls: 0, attempts: 0, tokens: 0, errors: 0 };
  }

  get group(): Group {
    return this.#group.live;
  }

  get id(): string {
    return this.input.id;
  }

  /** Every hold that applies to it: its provider's, organisation's and group's, and its own. */
  get holders(): readonly Holds[] {
    // Each lease asks; the group's own list is another one only when its organisation is learned.
    const ofGroup = this.group.holders;
    if (this.#holders?.ofGroup !== ofGroup) {
      const ofPurses = this.purses.flatMap(({ holds }) => (ofGroup.includes(holds) ? [] : [holds]));
      this.#holders = { ofGroup, all: [...ofGroup, this.holds, ...ofPurses] };
    }
    return this.#holders.all;
  }

  /** When its own holds, and those of its budgets, let it serve `model`: `now` or before when they do, epoch ms. */
  readyAt(model: string): number {
    let at = this.holds.readyAt(model);
    for (const { holds } of this.purses) at = Math.max(at, holds.readyAt(model));
    return at;
  }

  /** It turned out not to draw on its group's quota. */
  moveTo(group: Group): void {
    this.group.leave(this);
    this.#group = group;
    group.enter(this);
    this.doubts = 0;
  }

  /** True when only time stands between this key and `model`; `''` is none, so that every key may. */
  mayServe(model: string, now: number): boolean {
    return this.status.status === 'usable' && !this.expired(now) && (model === '' || matchesModel(this.input.models, model));
  }

  expired(now: number): boolean {
    return this.input.expiresAt !== undefined && this.input.expiresAt <= now;
  }
}

/** Why groups were taken for one. */
export interface Inferred {
  /** `limits`: what answers said was left fell by the other's requests. `organization`: answers named one organisation, and no project. */
  readonly evidence: 'limits' | 'organization';
  /** Epoch ms. */
  readonly since: number;
}

/** Keys that share one quota at the provider: a project, an account or a host. */
export class Group {
  #id: string;
  readonly provider: ProviderEntry;
  readonly holds = new Holds();
  readonly #members = new Set<KeyEntry>();
  #keys: readonly KeyEntry[] | undefined;
  #weight: number | undefined;
  readonly #quotas: Quotas;
  #organization: Organization | undefined;
  #heir: Group | undefined;
  /** Every hold that applies to all its keys: its provider's, its organisation's, its own and those of its budgets. */
  holders: readonly Holds[];
  /** The budgets of its name, where somebody declared it: those that all its keys draw on. */
  #purses: readonly Purse[] = NO_PURSES;
  /** Somebody said which keys are in it, so that what answers tell of their projects changes nothing. */
  declared = false;
  /** The project that answers to its keys named, where it was not declared. */
  project: string | undefined;
  /** Why groups that nobody declared were taken for one, where no answer named it. */
  inferred: Inferred | undefined;
  inFlight = 0;
  /** `minTimeMs` after the last start. */
  nextStartAt = 0;
  /** Where among its keys a usable one was found last: looking begins there, so that dead ones before it cost nothing. */
  foundAt = 0;

  constructor(id: string, provider: ProviderEntry, limits: GroupLimits, now: number) {
    this.#id = id;
    this.provider = provider;
    this.#quotas = new Quotas(limits, () => this.#isKnown(), now);
    this.holders = [provider.holds, this.holds];
  }

  get id(): string {
    return this.#id;
  }

  /** The key that gave it its name left it. */
  rename(id: string): void {
    this.#id = id;
  }

  /** The group that has its keys now. */
  get live(): Group {
    return this.#heir?.live ?? this;
  }

  get limits(): GroupLimits {
    return this.#quotas.limits;
  }

  /** The organisation that its answers named. */
  get organization(): Organization | undefined {
    return this.#organization;
  }

  belongTo(organization: Organization): void {
    this.#organization = organization;
    this.holders = this.#toHolders();
  }

  get purses(): readonly Purse[] {
    return this.#purses;
  }

  /** Its keys draw on these. */
  drawOn(purses: readonly Purse[]): void {
    if (purses.length === this.#purses.length && purses.every((purse) => this.#purses.includes(purse))) return;
    this.#purses = purses;
    this.holders = this.#toHolders();
  }

  /** Weight among groups: that of its heaviest key, as more keys do not make more quota. */
  get weight(): number {
    this.#weight ??= this.keys.reduce((most, key) => Math.max(most, key.input.weight), 0);
    return this.#weight;
  }

  /** In the order in which they came. */
  get keys(): readonly KeyEntry[] {
    this.#keys ??= [...this.#members];
    return this.#keys;
  }

  /** How many keys it has. */
  get size(): number {
    return this.#members.size;
  }

  enter(key: KeyEntry): void {
    this.#members.add(key);
    this.#changed();
  }

  leave(key: KeyEntry): void {
    if (this.#members.delete(key)) this.#changed();
  }

  quota(model: string, now: number): Quota {
    return this.#quotas.of(model, now);
  }

  /** Forgets the limits that its answers told. */
  unlearn(): void {
    this.#quotas.unlearn();
  }

  /** Every bucket once: those that models share, then those of each model. */
  meters(): readonly Meter[] {
    return this.#quotas.meters();
  }

  /** A key of it came with limits of its own: of two alike the larger binds. */
  tighten(limits: GroupLimits, now: number): void {
    this.#quotas.tighten(limits, now);
  }

  /** Another group turned out to be this one. Nothing is lost: its keys, what it reserved and knows, its holds and what it has out. */
  absorb(other: Group, now: number): void {
    this.#quotas.absorb(other.#quotas, now);
    this.holds.absorb(other.holds);
    for (const key of other.#members) this.#members.add(key);
    other.#members.clear();
    other.#changed();
    this.#changed();
    this.inFlight += other.inFlight;
    other.inFlight = 0;
    this.nextStartAt = Math.max(this.nextStartAt, other.nextStartAt);
    if (this.#organization === undefined && other.organization !== undefined) this.belongTo(other.organization);
    other.#heir = this;
  }

  /** Some of its keys turned out to draw on a quota of their own. What they have out goes with them. */
  part(keys: readonly KeyEntry[], into: Group, now: number): void {
    for (const key of keys) {
      this.inFlight -= key.inFlight;
      into.inFlight += key.inFlight;
      key.moveTo(into);
    }
    this.#quotas.part(into.#quotas, new Set<object>(keys), now);
    if (this.organization !== undefined) into.belongTo(this.organization);
    if (this.size < 2) this.inferred = undefined;
  }

  /** Thousands of keys may come or go at once: what is derived of them is made when somebody asks. */
  #changed(): void {
    this.#keys = undefined;
    this.#weight = undefined;
    this.provider.changed(this);
  }

  #toHolders(): readonly Holds[] {
    const ofOrganization = this.#organization === undefined ? [] : [this.#organization.holds];
    return [this.provider.holds, ...ofOrganization, this.holds, ...this.#purses.map(({ holds }) => holds)];
  }

  #isKnown(): boolean {
    return this.limits.concurrency !== undefined || this.keys.some((key) => key.input.secret === undefined);
  }
}

/** Groups that lost their keys are forgotten beyond this many. */
const EMPTY_GROUPS = 32;

/** Former names of groups are forgotten beyond this many. */
const REMEMBERED = 512;

/** One provider's part of the pool. */
export class ProviderEntry {
  readonly name: string;
  readonly holds = new Holds();
  readonly groups = new Map<string, Group>();
  readonly #organizations = new Organizations();
  readonly #aliases = new Map<string, Group>();
  /** Groups whose keys are gone, the one that has been empty for longest first. */
  readonly #empty = new Set<Group>();
  #keys: readonly KeyEntry[] | undefined;
  #forgetsAt = REMEMBERED;
  /** What it counts against its limits: its row's word, once the client has said which row it is. */
  charging: Charging = uncertain;
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

  /** None of the keys that it refused is left: nothing is known of how it takes others. */
  acquit(): void {
    this.holds.acquit();
    this.alike = noneAlike;
  }

  keys(): readonly KeyEntry[] {
    this.#keys ??= [...this.groups.values()].flatMap((group) => group.keys);
    return this.#keys;
  }

  /** Keys came to a group, or left it. */
  changed(group: Group): void {
    this.#keys = undefined;
    if (group.size > 0) this.#empty.delete(group);
    else if (this.groups.get(group.id) === group) this.#empty.add(group);
  }

  /** Short-lived keys in groups of their own come and go for years: of the groups they leave empty only the latest are kept. */
  forgetEmpty(): void {
    for (const group of this.#empty) {
      if (this.#empty.size <= EMPTY_GROUPS) return;
      if (group.inFlight > 0) continue;
      this.#empty.delete(group);
      if (this.groups.get(group.id) === group) this.groups.delete(group.id);
    }
  }

  /** The group of this name, also by the name it had before it turned out to be another one. */
  group(name: string): Group | undefined {
    const group = this.groups.get(name) ?? this.#aliases.get(name)?.live;
    return group !== undefined && this.groups.get(group.id) === group ? group : undefined;
  }

  /** Ties `group` to the organisation that an answer named. */
  tie(group: Group, id: string): void {
    const inUse = (): ReadonlySet<Organization | undefined> => new Set([...this.groups.values()].map((each) => each.organization));
    const organization = this.#organizations.named(id, group.organization, inUse);
    if (group.organization === undefined) group.belongTo(organization);
  }

  /** `from` turned out to be `into`, and can still be called by its name. */
  unite(into: Group, from: Group, now: number): void {
    into.absorb(from, now);
    this.groups.delete(from.id);
    this.#empty.delete(from);
    this.#keys = undefined;
    this.#aliases.set(from.id, into);
    if (this.#aliases.size >= this.#forgetsAt) this.#forgetAliases();
  }

  /** `keys`, of one group, turned out to have a quota of their own: they are in a group of their own name again. */
  part(keys: readonly [KeyEntry, ...KeyEntry[]], now: number): void {
    const [{ group, input }] = keys;
    const rest = group.keys.find((key) => !keys.includes(key));
    if (rest === undefined) return;
    if (group.id === input.group) this.#rename(group, rest.input.group);
    this.#aliases.delete(input.group);
    const own = new Group(input.group, this, input.limits, now);
    this.groups.set(own.id, own);
    group.part(keys, own, now);
  }

  #rename(group: Group, name: string): void {
    this.groups.delete(group.id);
    this.#aliases.delete(name);
    group.rename(name);
    this.groups.set(name, group);
  }

  /** Keys that come and go leave the names of their groups behind: the oldest that name no key any more are forgotten. */
  #forgetAliases(): void {
    const used = new Set(this.keys().map((key) => key.input.group));
    const idle = [...this.#aliases.keys()].filter((name) => !used.has(name));
    for (const name of idle.slice(0, Math.max(0, this.#aliases.size - REMEMBERED / 2))) this.#aliases.delete(name);
    this.#forgetsAt = Math.max(REMEMBERED, this.#aliases.size * 2);
  }
}

import { ConfigError } from '../../errors.ts';
import type { Ask } from '../ask.ts';
import { sameLimits } from '../quota/limits.ts';
import { Histories } from './history.ts';
import { Group, type Inferred, KeyEntry, type KeyInput, ProviderEntry } from './members.ts';
import { learnProject, type SharedProject, unite } from './projects.ts';
import { type PurseAccounts, Purses } from './purse.ts';

/** All keys of a client: who is in which group of which provider. */
export class KeyRing {
  readonly #providers = new Map<string, ProviderEntry>();
  readonly #keys = new Map<string, KeyEntry>();
  readonly #secrets = new Map<string, KeyEntry>();
  readonly #histories = new Histories();
  #purses = new Purses();
  #version = 0;

  /** Changes whenever a key comes, goes, or is in another group. */
  get version(): number {
    return this.#version;
  }

  provider(name: string): ProviderEntry {
    let provider = this.#providers.get(name);
    if (provider === undefined) {
      provider = new ProviderEntry(name);
      this.#providers.set(name, provider);
    }
    return provider;
  }

  get(id: string): KeyEntry | undefined {
    return this.#keys.get(id);
  }

  /** The groups whose keys may serve an ask as long as no key comes or goes; readiness still asks each key. */
  candidates(ask: Ask): Iterable<Group> {
    const provider = this.provider(ask.provider);
    if (ask.groups === undefined && ask.keys === undefined) return provider.groups.values();
    const named = new Set(ask.groups?.flatMap((id) => provider.group(id) ?? []));
    if (ask.keys === undefined) return named;
    const ofKeys = new Set(ask.keys.flatMap((id) => this.#keys.get(id)?.group ?? []));
    return [...ofKeys].filter((group) => group.provider === provider && (ask.groups === undefined || named.has(group)));
  }

  /** Who counts what keys and groups may spend: said before any key comes. */
  countedBy(accounts: PurseAccounts): void {
    this.#purses = new Purses(accounts);
  }

  /** Two ids for one secret would believe its quota twice. */
  #assertNewSecret(provider: ProviderEntry, input: KeyInput): void {
    const twin = this.#secrets.get(secretName(provider.name, input));
    if (twin?.input.secret === undefined || input.secret?.equals(twin.input.secret) !== true) return;
    throw new ConfigError(
      `Cannot add the key '${input.id}' as its secret is that of another key of '${provider.name}': current value is '${twin.id}'`,
    );
  }

  all(): readonly KeyEntry[] {
    return [...this.#keys.values()];
  }

  /** Throws `ConfigError` when the id is taken or the group has other limits. `generation`: how many keys of this id it follows. */
  add(providerName: string, input: KeyInput, now: number, generation = 0): KeyEntry {
    if (this.#keys.has(input.id)) throw new ConfigError(`Cannot add the key as ids are unique in a client: current value is '${input.id}'`);
    const provider = this.provider(providerName);
    this.#assertNewSecret(provider, input);
    const group = joined(provider, input, now) ?? opened(provider, input, now);
    group.declared ||= input.declared;
    const key = new KeyEntry(input, group, now, generation, this.#histories.comeBack(historyName(providerName, input)));
    this.#fund(key, now);
    group.enter(key);
    this.#keys.set(input.id, key);
    this.#secrets.set(secretName(providerName, input), key);
    this.#version += 1;
    return key;
  }

  #fund(key: KeyEntry, now: number): void {
    const { input, group } = key;
    const ofGroup = this.#purses.ofGroup(input.group, now);
    const own = this.#purses.ofKey(input.id, input.budgets ?? [], now);
    // Groups that nobody declared may be taken for one and parted again: there the keys alone know whose names they have.
    if (group.declared) group.drawOn(ofGroup);
    if (ofGroup.length > 0 || own.length > 0) key.purses = [...own, ...ofGroup];
    for (const purse of key.purses) {
      purse.account.use(1);
      purse.join(group);
    }
  }

  /** An answer to `key` named its project. Returns what was found out by it, if anything was. */
  learn(key: KeyEntry, project: string, now: number): readonly SharedProject[] {
    if (key.project !== undefined || this.#keys.get(key.id) !== key) return [];
    this.#version += 1;
    return learnProject(key, project, now);
  }

  /** What answers say is left tells that two groups draw on one quota. Returns the group that both are now. */
  infer(a: Group, b: Group, evidence: Inferred['evidence'], now: number): Group | undefined {
    if (a === b || a.declared || b.declared) return undefined;
    const project = a.project ?? b.project;
    unite(a, b, now);
    this.#version += 1;
    const group = a.live;
    group.project = project;
    group.inferred = { evidence, since: now };
    return group;
  }

  /**
   * Keys turned out not to belong to their inferred group: with those of the first one's project they are in a group of their own.
   * Returns the rest.
   */
  part(keys: readonly [KeyEntry, ...KeyEntry[]], now: number): Group | undefined {
    const [key] = keys;
    const { group, project } = key;
    const { inferred } = group;
    if (inferred === undefined || this.#keys.get(key.id) !== key) return undefined;
    const kin = group.keys.filter(
      (other) => other !== key && (keys.includes(other) || (project !== undefined && other.project === project)),
    );
    if (kin.length + 1 >= group.size) return undefined;
    group.provider.part([key, ...kin], now);
    if (kin.length > 0) key.group.inferred = inferred;
    if (key.project !== undefined) {
      key.group.project = key.project;
      if (group.project === key.project) group.project = group.keys.find(({ project }) => project !== undefined)?.project;
    }
    this.#version += 1;
    return group;
  }

  /** Leases in flight go on; no new one is given. */
  remove(id: string): boolean {
    const key = this.#keys.get(id);
    if (key === undefined) return false;
    this.#keys.delete(id);
    this.#version += 1;
    this.#secrets.delete(secretName(key.group.provider.name, key.input));
    key.group.leave(key);
    this.#histories.leave(historyName(key.group.provider.name, key.input), key);
    for (const { account } of key.purses) account.use(-1);
    return true;
  }

  /** Makes the keys of a provider those of its source: the same key keeps its state, a changed one starts anew. */
  replace(providerName: string, inputs: readonly KeyInput[], now: number): void {
    const wanted = new Map(inputs.map((input) => [input.id, input]));
    const generations = new Map<string, number>();
    const provider = this.provider(providerName);
    const before = provider.keys();
    for (const key of before) {
      const input = wanted.get(key.id);
      if (input !== undefined && sameKey(key.input, input)) wanted.delete(key.id);
      else {
        this.remove(key.id);
        generations.set(key.id, key.generation + 1);
      }
    }
    for (const input of wanted.values()) this.add(providerName, input, now, generations.get(input.id));
    if (before.length > 0 && before.every((key) => this.#keys.get(key.id) !== key)) provider.acquit();
  }
}

/** The group that a key comes to, where there is one. */
function joined(provider: ProviderEntry, input: KeyInput, now: number): Group | undefined {
  const group = provider.group(input.group);
  if (group === undefined || sameLimits(group.limits, input.limits)) return group;
  // A name that the group had before it was another one says nothing of what somebody declares now.
  if (input.declared && group.id !== input.group) return undefined;
  if (!input.declared && group.keys.some((key) => key.input.group !== input.group)) {
    group.tighten(input.limits, now);
    return group;
  }
  if (group.size > 0) throw unlike(group, input);
  // An empty group keeps what it learned while its keys are exchanged, but not for other limits.
  return undefined;
}

function opened(provider: ProviderEntry, input: KeyInput, now: number): Group {
  const group = new Group(input.group, provider, input.limits, now);
  provider.groups.set(input.group, group);
  provider.forgetEmpty();
  return group;
}

function secretName(provider: string, { secret, id }: KeyInput): string {
  return `${provider} ${secret?.fingerprint ?? id}`;
}

function historyName(provider: string, input: KeyInput): string {
  return `${input.id} ${secretName(provider, input)}`;
}

function unlike(group: Group, input: KeyInput): ConfigError {
  return new ConfigError(
    `Cannot add the key '${input.id}' as limits belong to the group, and keys of one group must name the same: current value differs from that of group '${group.id}'`,
  );
}

function sameKey(a: KeyInput, b: KeyInput): boolean {
  const sameSecret = a.secret === b.secret || (a.secret !== undefined && b.secret !== undefined && a.secret.equals(b.secret));
  return (
    sameSecret &&
    a.group === b.group &&
    a.declared === b.declared &&
    a.weight === b.weight &&
    a.expiresAt === b.expiresAt &&
    JSON.stringify(a.budgets) === JSON.stringify(b.budgets) &&
    JSON.stringify(a.models) === JSON.stringify(b.models) &&
    sameLimits(a.limits, b.limits)
  );
}

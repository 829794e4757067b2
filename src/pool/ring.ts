import { ConfigError } from '../errors.ts';
import type { Ask } from './ask.ts';
import type { GroupLimits } from './limits.ts';
import { Group, KeyEntry, type KeyInput, ProviderEntry } from './members.ts';

const EMPTY_GROUPS = 32;

/** All keys of a client: who is in which group of which provider. */
export class KeyRing {
  readonly #providers = new Map<string, ProviderEntry>();
  readonly #keys = new Map<string, KeyEntry>();
  readonly #secrets = new Map<string, KeyEntry>();
  #version = 0;

  /** Changes whenever a key comes or goes. */
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
    const { groups } = this.provider(ask.provider);
    if (ask.groups === undefined && ask.keys === undefined) return groups.values();
    const named = new Set(ask.groups?.flatMap((id) => groups.get(id) ?? []));
    if (ask.keys === undefined) return named;
    const ofKeys = new Set(ask.keys.flatMap((id) => this.#keys.get(id)?.group ?? []));
    return [...ofKeys].filter((group) => group.provider.name === ask.provider && (ask.groups === undefined || named.has(group)));
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

  /** Throws `ConfigError` when the id is taken or the group has other limits. */
  add(providerName: string, input: KeyInput, now: number): KeyEntry {
    if (this.#keys.has(input.id)) throw new ConfigError(`Cannot add the key as ids are unique in a client: current value is '${input.id}'`);
    const provider = this.provider(providerName);
    this.#assertNewSecret(provider, input);
    let group = provider.groups.get(input.group);
    if (group !== undefined && group.keys.length > 0) assertAlike(group, input);
    else if (group === undefined || !sameLimits(group.limits, input.limits)) {
      // An empty group keeps what it learned while its keys are exchanged.
      group = new Group(input.group, provider, input.limits, now);
      provider.groups.set(input.group, group);
      forgetEmpty(provider, group);
    }
    const key = new KeyEntry(input, group, now);
    group.keys.push(key);
    this.#keys.set(input.id, key);
    this.#secrets.set(secretName(providerName, input), key);
    this.#version += 1;
    return key;
  }

  /** Leases in flight go on; no new one is given. */
  remove(id: string): boolean {
    const key = this.#keys.get(id);
    if (key === undefined) return false;
    this.#keys.delete(id);
    this.#version += 1;
    this.#secrets.delete(secretName(key.group.provider.name, key.input));
    key.group.keys.splice(key.group.keys.indexOf(key), 1);
    return true;
  }

  /** Makes the keys of a provider those of its source: the same key keeps its state, a changed one starts anew. */
  replace(providerName: string, inputs: readonly KeyInput[], now: number): void {
    const wanted = new Map(inputs.map((input) => [input.id, input]));
    for (const key of this.provider(providerName).keys()) {
      const input = wanted.get(key.id);
      if (input !== undefined && sameKey(key.input, input)) wanted.delete(key.id);
      else this.remove(key.id);
    }
    for (const input of wanted.values()) this.add(providerName, input, now);
  }
}

/** Short-lived keys in groups of their own come and go for years: of the groups they leave empty only the latest are kept. */
function forgetEmpty(provider: ProviderEntry, added: Group): void {
  const empty = [...provider.groups.values()].filter((group) => group !== added && group.keys.length === 0 && group.inFlight === 0);
  for (const group of empty.slice(0, Math.max(0, empty.length - EMPTY_GROUPS))) provider.groups.delete(group.id);
}

function secretName(provider: string, { secret, id }: KeyInput): string {
  return `${provider} ${secret?.fingerprint ?? id}`;
}

function assertAlike(group: Group, input: KeyInput): void {
  if (sameLimits(group.limits, input.limits)) return;
  throw new ConfigError(
    `Cannot add the key '${input.id}' as limits belong to the group, and keys of one group must name the same: current value differs from that of group '${group.id}'`,
  );
}

function sameLimits(a: GroupLimits, b: GroupLimits): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function sameKey(a: KeyInput, b: KeyInput): boolean {
  const sameSecret = a.secret === b.secret || (a.secret !== undefined && b.secret !== undefined && a.secret.equals(b.secret));
  return (
    sameSecret &&
    a.group === b.group &&
    a.weight === b.weight &&
    a.expiresAt === b.expiresAt &&
    JSON.stringify(a.models) === JSON.stringify(b.models) &&
    sameLimits(a.limits, b.limits)
  );
}

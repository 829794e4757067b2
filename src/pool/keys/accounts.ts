import type { Events } from '../../events.ts';
import type { Account } from '../lease.ts';
import type { Meter } from '../quota/meter.ts';
import type { Group, KeyEntry } from './members.ts';
import type { Organization } from './organization.ts';
import type { KeyRing } from './ring.ts';

/** Learns whom keys belong to, from ids that answers name in headers and messages. */
export class Accounts {
  readonly #ring: KeyRing;
  readonly #events: Events;
  /** Keys whose answers told of limits and of an organisation, but of no project. */
  readonly #asked = new WeakSet<KeyEntry>();
  /** The group of those, by their organisation. */
  readonly #sharing = new WeakMap<Organization, Group>();

  constructor(ring: KeyRing, events: Events) {
    this.#ring = ring;
    this.#events = events;
  }

  /**
   * An organisation ties groups for holds of scope `org`; a project makes one group of keys whose groups nobody declared. Returns true
   * when the key is in another group by that, or others are in its own.
   */
  learn(key: KeyEntry, { organization, project }: Account, now: number, limited = false): boolean {
    const { group } = key;
    const { provider } = group;
    const isNew = organization !== undefined && group.organization?.id !== organization;
    if (isNew) this.#tie(group, organization);
    if (project === undefined && limited && organization !== undefined && !this.#asked.has(key)) {
      this.#asked.add(key);
      return this.#unite(key, now);
    }
    if (project === undefined || key.project !== undefined) return false;
    this.#partFrom(key, project, now);
    const found = this.#ring.learn(key, project, now);
    for (const { united, ...shared } of found)
      this.#events.emit('group-learned', { provider: provider.name, ...shared, ...(united ? {} : { ignored: true }) });
    return found.some(({ united }) => united);
  }

  /**
   * The keys of an organisation whose answers name no project draw on its quota, as far as their limits are the same: undone when
   * they turn out not to.
   */
  #unite(key: KeyEntry, now: number): boolean {
    const { organization, provider } = key.group;
    if (organization === undefined || organization.parted || !isFree(key.group)) return false;
    const first = this.#sharing.get(organization)?.live;
    if (first === undefined || !isFree(first)) this.#sharing.set(organization, key.group);
    if (first === undefined || first === key.group || !isFree(first) || !alike(key.group, first)) return false;
    const group = this.#ring.infer(key.group, first, 'organization', now);
    if (group === undefined) return false;
    const keys = group.keys.map(({ id }) => id);
    this.#events.emit('group-learned', { provider: provider.name, group: group.id, keys, inferred: 'organization' });
    return true;
  }

  /** Projects have limits of their own: whoever names another one than its group leaves it. */
  #partFrom(key: KeyEntry, project: string, now: number): void {
    const { group } = key;
    if (group.inferred === undefined || group.project === project) return;
    if (group.project === undefined && group.inferred.evidence === 'limits') return;
    const rest = this.#ring.part([key], now);
    if (rest === undefined) return;
    this.#events.emit('group-parted', { provider: group.provider.name, group: rest.id, keys: [key.id], into: key.group.id });
  }

  /** Told where it ties groups: an organisation of one is no news. A second name of the same one is none either. */
  #tie(group: Group, name: string): void {
    const { provider, organization: known } = group;
    provider.tie(group, name);
    const { organization } = group;
    if (organization === undefined || organization === known) return;
    const tied = [...new Set(provider.groups.values())].filter((other) => other.organization === organization);
    if (tied.length < 2) return;
    const groups = tied.map(({ id }) => id);
    this.#events.emit('organization-learned', { provider: provider.name, organization: organization.id, groups });
  }
}

/** Nobody declared it, and no answer named its project. */
function isFree({ declared, project, size }: Group): boolean {
  return !declared && project === undefined && size > 0;
}

/** Limits of one name are the same, as far as both were told. */
function alike(a: Group, b: Group): boolean {
  const known = new Map(a.meters().map((meter) => [nameOf(meter), meter.limit]));
  return b.meters().every((meter) => (known.get(nameOf(meter)) ?? meter.limit) === meter.limit);
}

function nameOf({ counts, windowMs, model, source }: Meter): string {
  return `${source} ${counts} ${windowMs} ${model ?? ''}`;
}

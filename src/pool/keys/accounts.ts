import type { Events } from '../../events.ts';
import type { Account } from '../lease.ts';
import type { Group, KeyEntry } from './members.ts';
import type { KeyRing } from './ring.ts';

/** Learns whom keys belong to, from ids that answers name in headers and messages. */
export class Accounts {
  readonly #ring: KeyRing;
  readonly #events: Events;

  constructor(ring: KeyRing, events: Events) {
    this.#ring = ring;
    this.#events = events;
  }

  /**
   * An organisation ties groups for holds of scope `org`; a project makes one group of keys whose groups nobody declared. Returns true
   * when the key is in another group by that, or others are in its own.
   */
  learn(key: KeyEntry, { organization, project }: Account, now: number): boolean {
    const { group } = key;
    const { provider } = group;
    if (organization !== undefined && group.organization?.id !== organization) this.#tie(group, organization);
    if (project === undefined || key.project !== undefined) return false;
    const found = this.#ring.learn(key, project, now);
    for (const { united, ...shared } of found)
      this.#events.emit('group-learned', { provider: provider.name, ...shared, ...(united ? {} : { ignored: true }) });
    return found.some(({ united }) => united);
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

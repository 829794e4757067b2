import type { Events } from '../events.ts';
import type { Account } from './lease.ts';
import type { KeyEntry } from './members.ts';
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
    if (organization !== undefined && group.organization?.id !== organization) provider.tie(group, organization);
    if (project === undefined || key.project !== undefined) return false;
    const found = this.#ring.learn(key, project, now);
    for (const { united, ...shared } of found)
      this.#events.emit('group-learned', { provider: provider.name, ...shared, ...(united ? {} : { ignored: true }) });
    return found.some(({ united }) => united);
  }
}

import { Holds } from './holds.ts';

/** Names of organisations are forgotten beyond this many, so that made-up names cost no memory. */
const REMEMBERED = 512;

/** All groups that share an organisation id which answers named. */
export class Organization {
  readonly id: string;
  readonly holds = new Holds();
  /** Keys of it turned out to have quotas of their own: it only ties their groups. */
  parted = false;

  constructor(id: string) {
    this.id = id;
  }
}

/** The organisations of one provider by each of their names. */
export class Organizations {
  readonly #byName = new Map<string, Organization>();
  #forgetsAt = REMEMBERED;

  /**
   * The organisation of a group whose answer named `id`. A provider may name one organisation by an id in headers and another in prose,
   * so a second name of a group's organisation (`known`) becomes an alias. `inUse` are those that groups know.
   */
  named(id: string, known: Organization | undefined, inUse: () => ReadonlySet<Organization | undefined>): Organization {
    const meant = this.#byName.get(id);
    if (meant === undefined && this.#byName.size >= this.#forgetsAt) this.#forget(inUse());
    const organization = known ?? meant ?? new Organization(id);
    if (meant === undefined) this.#byName.set(id, organization);
    return organization;
  }

  /** An answer may name anything: aliases go first come, first gone, and the names by which groups know their organisation stay. */
  #forget(used: ReadonlySet<Organization | undefined>): void {
    const idle = [...this.#byName].filter(([id, organization]) => organization.id !== id || !used.has(organization));
    for (const [id] of idle.slice(0, Math.max(0, this.#byName.size - REMEMBERED / 2))) this.#byName.delete(id);
    this.#forgetsAt = Math.max(REMEMBERED, this.#byName.size * 2);
  }
}

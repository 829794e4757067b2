/** Turns of tenants that wait for nothing are forgotten beyond this many. */
const REMEMBERED = 256;

/**
 * Whose turn it is among tenants, in virtual time that goes on by one with each call that a tenant is served. A tenant starts where the
 * others are, so that a newcomer is served within a round, and who was away has saved up nothing.
 */
export class Turns {
  /** Turn of the last call that was served. */
  #now = 0;
  readonly #next = new Map<string, number>();
  #forgetsAt = REMEMBERED;

  /** The turn of a tenant's next call. */
  of(tenant: string): number {
    return Math.max(this.#now, this.#next.get(tenant) ?? 0);
  }

  served(tenant: string, turn: number): void {
    this.#now = Math.max(this.#now, turn);
    this.#next.set(tenant, turn + 1);
    if (this.#next.size > this.#forgetsAt) this.#forget();
  }

  /** Who is not ahead of the others is where a newcomer is. */
  #forget(): void {
    for (const [tenant, next] of this.#next) if (next <= this.#now) this.#next.delete(tenant);
    this.#forgetsAt = Math.max(REMEMBERED, this.#next.size * 2);
  }
}

import type { AlertName } from '../options/alerts.ts';
import type { ClientEvents } from '../events.ts';

/** So many different alerts are remembered; the one that was told first is forgotten first. */
const MOST = 1000;

/** Names what an alert is about: equal ones are told once in a while. */
export function identify<Name extends AlertName>(name: Name, payload: ClientEvents[Name]): string {
  // The union of names and payloads cannot be followed through a generic: the pair is right by the signature.
  return JSON.stringify([name, ...subjectOf({ name, ...payload } as Named)]);
}

type Named = { [Name in AlertName]: { readonly name: Name } & ClientEvents[Name] }[AlertName];

function subjectOf(event: Named): readonly unknown[] {
  switch (event.name) {
    case 'limit-near':
      // Half of it spent and nearly all of it spent are two pieces of news.
      return [event.provider, event.group, event.model, event.counts, event.windowMs, event.share];
    case 'keys-exhausted':
      return [event.provider, event.model];
    case 'key-invalidated':
      return [event.provider, event.key];
    case 'budget-near':
      return [event.budget.of, event.budget.name, event.budget.counts, event.budget.per, event.share];
    case 'budget-reached':
      return [event.budget.of, event.budget.name, event.budget.counts, event.budget.per];
  }
}

/** Which alerts were told lately. */
export class Recent {
  readonly #everyMs: number;
  readonly #told = new Map<string, { readonly until: number; suppressed: number }>();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** How many equal ones were left out since the last; `undefined` where this one is to be left out, too. */
  admit(id: string, now: number): number | undefined {
    const last = this.#told.get(id);
    if (last !== undefined && now < last.until) {
      last.suppressed += 1;
      return undefined;
    }
    // Anew, so that the oldest stands first.
    this.#told.delete(id);
    this.#told.set(id, { until: now + this.#everyMs, suppressed: 0 });
    const [oldest] = this.#told.keys();
    if (this.#told.size > MOST && oldest !== undefined) this.#told.delete(oldest);
    return last?.suppressed ?? 0;
  }
}

import type { Counted, FailureClass } from '../failure.ts';
import type { KeySnapshot, KeyState } from '../pool/keys/snapshot.ts';
import { toPrintable } from '../printable.ts';

/** Buckets that are told: a pool of thousands of groups would be a series for each of their limits. */
const MOST_BUCKETS = 500;

/** How many keys of one provider are so. */
export interface KeysTold<By> {
  readonly provider: string;
  readonly is: By;
  readonly keys: number;
}

/** One bucket of a group. */
export interface BucketTold {
  readonly provider: string;
  readonly group: string;
  /** `''`: models share it. */
  readonly model: string;
  readonly counts: Counted;
  readonly windowMs: number;
  readonly limit: number;
  readonly remaining: number;
}

/** What the keys of a client say about themselves, put together so that its size has a bound. */
export interface KeysSummary {
  /** Every state of every provider, so that none of them disappears at zero: an alert on no ready key has a series to look at. */
  readonly states: readonly KeysTold<KeyState>[];
  /** Keys with a hold of a class, whoever is held, for one model or all. */
  readonly holds: readonly KeysTold<FailureClass>[];
  readonly inFlight: readonly { readonly provider: string; readonly attempts: number }[];
  /** Those of the first 500, in the order in which the keys were added. */
  readonly buckets: readonly BucketTold[];
  /** How many buckets there are beyond those. */
  readonly omitted: number;
}

const STATES = ['ready', 'cooling', 'exhausted', 'invalid', 'disabled', 'expired'] as const satisfies readonly KeyState[];

interface OfProvider {
  readonly states: Map<KeyState, number>;
  readonly holds: Map<FailureClass, number>;
  readonly groups: Set<string>;
  inFlight: number;
}

/** @param known Providers that are told also where none of the keys is theirs. */
export function summarize(keys: readonly KeySnapshot[], known: Iterable<string>): KeysSummary {
  const providers = new Map<string, OfProvider>();
  for (const provider of known) providers.set(provider, newProvider());
  const buckets = new Map<string, BucketTold>();
  for (const key of keys) {
    const of = providers.get(key.provider) ?? newProvider();
    providers.set(key.provider, of);
    add(of.states, key.state);
    for (const failure of new Set(key.holds.map((hold) => hold.class))) add(of.holds, failure);
    of.inFlight += key.inFlight;
    // Keys of one group show the same buckets.
    if (!of.groups.has(key.group)) collectBuckets(key, buckets);
    of.groups.add(key.group);
  }
  const each = [...providers];
  return {
    states: each.flatMap(([provider, { states }]) => STATES.map((is) => ({ provider, is, keys: states.get(is) ?? 0 }))),
    holds: each.flatMap(([provider, { holds }]) => [...holds].map(([is, held]) => ({ provider, is, keys: held }))),
    inFlight: each.map(([provider, { inFlight }]) => ({ provider, attempts: inFlight })),
    buckets: [...buckets.values()].slice(0, MOST_BUCKETS),
    omitted: Math.max(0, buckets.size - MOST_BUCKETS),
  };
}

function newProvider(): OfProvider {
  return { states: new Map(), holds: new Map(), groups: new Set(), inFlight: 0 };
}

/** Of two buckets that nothing tells apart (one declared, one told by the provider) the tighter one counts. */
function collectBuckets({ provider, group, buckets }: KeySnapshot, into: Map<string, BucketTold>): void {
  for (const { counts, windowMs, model = '', limit, remaining } of buckets) {
    const told = { provider, group: toPrintable(group, 200), model: toPrintable(model, 200), counts, windowMs, limit, remaining };
    const id = JSON.stringify([provider, told.group, told.model, counts, windowMs]);
    const known = into.get(id);
    if (known === undefined || remaining < known.remaining) into.set(id, told);
  }
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

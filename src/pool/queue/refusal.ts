import { type ExhaustedKey, KeysExhaustedError } from '../../errors.ts';
import { AttemptError } from '../../failure.ts';
import type { Ask } from '../ask.ts';
import type { Group, KeyEntry, ProviderEntry } from '../keys/members.ts';
import type { Meter } from '../quota/meter.ts';
import { allows, binding, isNamed } from './readiness.ts';
import { toPrintable, toTargetName } from '../../printable.ts';
import { stateOf } from '../keys/snapshot.ts';

/** Beyond so many keys of a provider a refusal lists only those that may serve first. */
const MOST_LISTED = 500;

/** Why no key of a provider can serve: a word for each key, and how many there are in each state. */
export interface Listing {
  /** The first to serve come first where not all are listed. */
  readonly keys: readonly ExhaustedKey[];
  readonly summary: string;
  readonly count: number;
}

/** The error for an ask that no key can serve in time; for one that is larger than every limit, the verdict that says so. */
export function refusalOf(
  provider: ProviderEntry,
  ask: Ask,
  earliest: number,
  now: number,
  listing = listKeys(provider, ask, now),
): KeysExhaustedError | AttemptError {
  const oversize = earliest === Infinity ? tooLarge(provider, ask, now) : undefined;
  if (oversize !== undefined) return oversize;
  const { keys, summary, count } = listing;
  const what = `Cannot answer with ${toTargetName(provider.name, ask.model)} as`;
  // What waits for calls in flight, not for time, could start at any instant: now is none that anybody can name.
  const retryAt = earliest === Infinity || earliest <= now ? undefined : earliest;
  const details = { retryAt, keys };
  if (count === 0) return new KeysExhaustedError(`${what} the provider has no key: current value is 0 keys`, details);
  const first = earliest === Infinity ? 'none comes back by itself' : whenFirst(earliest, now);
  const listed = count > keys.length ? ` (of its ${count} keys ${keys.length} are listed)` : '';
  return new KeysExhaustedError(`${what} no key can serve within the caller's time: ${summary}, ${first}${listed}`, details);
}

export function listKeys(provider: ProviderEntry, ask: Ask, now: number): Listing {
  const all = provider.keys();
  const waits = new Map<Group, Wait>();
  const keys = all.map((key) => explain(key, ask, now, waits));
  const listing = { keys, summary: summaryOf(keys), count: all.length };
  if (all.length <= MOST_LISTED) return listing;
  const firstAt = new Map(keys.map((each, index) => [each, soonest(each, all[index], ask, now)]));
  const sorted = keys.toSorted((a, b) => {
    const [first, second] = [firstAt.get(a) ?? Infinity, firstAt.get(b) ?? Infinity];
    return first === second ? 0 : first - second;
  });
  return { ...listing, keys: sorted.slice(0, MOST_LISTED) };
}

/** When a key may serve, epoch ms; `Infinity` where the ask leaves it out, or only a person can change it. */
function soonest({ state, until }: ExhaustedKey, key: KeyEntry | undefined, ask: Ask, now: number): number {
  if (key === undefined || !allows(ask, key.group, key, now)) return Infinity;
  return until ?? (state === 'ready' ? now : Infinity);
}

function whenFirst(earliest: number, now: number): string {
  return earliest > now ? `the first could start in ${earliest - now} ms` : 'the first could start when calls in flight are answered';
}

function explain(key: KeyEntry, ask: Ask, now: number, waits: Map<Group, Wait>): ExhaustedKey {
  const { state, hold } = stateOf(key, now, ask.model);
  if (hold !== undefined) return { id: key.id, state, until: hold.until, reason: `${hold.class}: ${hold.why}` };
  if (state !== 'ready') return { id: key.id, state, until: undefined, reason: key.reason?.message ?? `the key is ${state}` };
  if (ask.avoid.has(key.credential)) return { id: key.id, state, until: undefined, reason: 'it refused this call' };
  if (!key.mayServe(ask.model, now))
    return { id: key.id, state, until: undefined, reason: `its 'models' leave out '${toPrintable(ask.model, 200)}'` };
  if (!isNamed(ask, key.group, key)) return { id: key.id, state, until: undefined, reason: "the call's 'keys' or 'groups' leave it out" };
  let wait = waits.get(key.group);
  if (wait === undefined) {
    wait = waitFor(key.group, ask, now);
    waits.set(key.group, wait);
  }
  return { id: key.id, state, ...wait };
}

/** What a group waits for: the same for each of its keys. */
type Wait = Pick<ExhaustedKey, 'until' | 'reason'>;

function waitFor(group: Group, ask: Ask, now: number): Wait {
  const at = Math.max(group.nextStartAt, group.quota(ask.model, now).fitsAt(ask.cost, now));
  return { until: at > now && at < Infinity ? at : undefined, reason: binding(group, ask, now) };
}

/** `2 exhausted (429 insufficient_quota: out of quota), 1 invalid (…)`: how many are in each state, and why the first of them is. */
function summaryOf(keys: readonly ExhaustedKey[]): string {
  const states = new Map<string, { readonly reason: string; count: number }>();
  for (const { state, reason } of keys) {
    const known = states.get(state);
    if (known === undefined) states.set(state, { reason, count: 1 });
    else known.count += 1;
  }
  return [...states].map(([state, { reason, count }]) => `${count} ${state} (${toPrintable(reason, 120)})`).join(', ');
}

/** Only where every group that may serve has a limit that is too small, whatever comes: mostly the first one has none. */
function tooLarge(provider: ProviderEntry, ask: Ask, now: number): AttemptError | undefined {
  let largest: Meter | undefined;
  for (const group of provider.groups.values()) {
    if (!group.keys.some((key) => allows(ask, group, key, now))) continue;
    const meter = group.quota(ask.model, now).tooSmall(ask.cost);
    if (meter === undefined) return undefined;
    if (largest === undefined || meter.limit > largest.limit) largest = meter;
  }
  if (largest === undefined) return undefined;
  const size = ask.cost.input + ask.cost.output;
  const why = `the request needs about ${size} tokens and the largest limit is ${largest.limit} ${largest.counts} per ${Math.round(largest.windowMs)} ms`;
  const verdict = { class: 'request_too_large', scope: 'request', perModel: true, definitive: true, why } as const;
  return new AttemptError(verdict, { reached: false });
}

import { type ExhaustedKey, KeysExhaustedError } from '../../errors.ts';
import { AttemptError } from '../../failure.ts';
import type { Ask } from '../ask.ts';
import type { KeyEntry, ProviderEntry } from '../keys/members.ts';
import { allows, binding, isNamed } from './readiness.ts';
import { toPrintable } from '../../printable.ts';
import { stateOf } from '../keys/snapshot.ts';

/** The error for an ask that no key can serve in time; for one that is larger than every limit, the verdict that says so. */
export function refusalOf(provider: ProviderEntry, ask: Ask, earliest: number, now: number): KeysExhaustedError | AttemptError {
  const oversize = earliest === Infinity ? tooLarge(provider, ask, now) : undefined;
  if (oversize !== undefined) return oversize;
  const keys = provider.keys().map((key) => explain(key, ask, now));
  // A list of models is asked of no model.
  const what = `Cannot answer with ${ask.model === '' ? provider.name : `${provider.name}/${ask.model}`} as`;
  // What waits for calls in flight, not for time, could start at any instant: now is none that anybody can name.
  const retryAt = earliest === Infinity || earliest <= now ? undefined : earliest;
  const details = { retryAt, keys };
  if (keys.length === 0) return new KeysExhaustedError(`${what} the provider has no key: current value is 0 keys`, details);
  const first = earliest === Infinity ? 'none comes back by itself' : whenFirst(earliest, now);
  return new KeysExhaustedError(`${what} no key can serve within the caller's time: ${summary(keys)}, ${first}`, details);
}

function whenFirst(earliest: number, now: number): string {
  return earliest > now ? `the first could start in ${earliest - now} ms` : 'the first could start when calls in flight are answered';
}

function explain(key: KeyEntry, ask: Ask, now: number): ExhaustedKey {
  const { state, hold } = stateOf(key, now, ask.model);
  if (hold !== undefined) return { id: key.id, state, until: hold.until, reason: `${hold.class}: ${hold.why}` };
  if (state !== 'ready') return { id: key.id, state, until: undefined, reason: key.reason?.message ?? `the key is ${state}` };
  if (ask.avoid.has(key.credential)) return { id: key.id, state, until: undefined, reason: 'it refused this call' };
  if (!key.mayServe(ask.model, now)) return { id: key.id, state, until: undefined, reason: `its 'models' leave out '${ask.model}'` };
  if (!isNamed(ask, key.group, key)) return { id: key.id, state, until: undefined, reason: "the call's 'keys' or 'groups' leave it out" };
  const at = Math.max(key.group.nextStartAt, key.group.quota(ask.model, now).fitsAt(ask.cost, now));
  return { id: key.id, state, until: at > now && at < Infinity ? at : undefined, reason: binding(key.group, ask, now) };
}

/** `2 exhausted (429 insufficient_quota: out of quota), 1 invalid (…)`: how many are in each state, and why the first of them is. */
function summary(keys: readonly ExhaustedKey[]): string {
  const states = new Map<string, { readonly reason: string; count: number }>();
  for (const { state, reason } of keys) {
    const known = states.get(state);
    if (known === undefined) states.set(state, { reason, count: 1 });
    else known.count += 1;
  }
  return [...states].map(([state, { reason, count }]) => `${count} ${state} (${toPrintable(reason, 120)})`).join(', ');
}

function tooLarge(provider: ProviderEntry, ask: Ask, now: number): AttemptError | undefined {
  const groups = [...provider.groups.values()].filter((group) => group.keys.some((key) => allows(ask, group, key, now)));
  const meters = groups.flatMap((group) => group.quota(ask.model, now).tooSmall(ask.cost) ?? []);
  const largest = meters.toSorted((a, b) => b.limit - a.limit)[0];
  if (largest === undefined || meters.length < groups.length) return undefined;
  const size = ask.cost.input + ask.cost.output;
  const why = `the request needs about ${size} tokens and the largest limit is ${largest.limit} ${largest.counts} per ${Math.round(largest.windowMs)} ms`;
  const verdict = { class: 'request_too_large', scope: 'request', perModel: true, definitive: true, why } as const;
  return new AttemptError(verdict, { reached: false });
}

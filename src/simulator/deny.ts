import type { Arrival } from './arrival.ts';
import type { Caller } from './group.ts';
import { matchesAny } from './pattern.ts';
import type { Refusal } from './quota.ts';
import type { Failure, RateLimit } from './tongues/tongue.ts';

/** The key that a request shows, and whose it is. */
interface Credentials {
  readonly shown: string | undefined;
  readonly caller: Caller | undefined;
  /** The request names a key and does not prove that it has it. */
  readonly forged: boolean;
}

/** Why a request is refused for its key; `undefined` when the key is good. A key without money may still list models. */
export function denyKey(arrival: Arrival, { shown, caller, forged }: Credentials, now: number): Failure | undefined {
  const invalid: Failure = { kind: 'invalid_key', shown: shown ?? '', badSignature: forged };
  if (forged) return invalid;
  if (caller === undefined) return shown === undefined ? { kind: 'missing_key' } : invalid;
  switch (caller.key?.stateAt(now)) {
    case 'dead':
      return invalid;
    case 'forbidden':
      return { kind: 'forbidden_key' };
    case 'spent':
      return arrival.route?.wanted === 'models' ? undefined : { kind: 'spent_key' };
    default:
      return undefined;
  }
}

/** Why a request is refused for what it asks; `undefined` when it can be answered. */
export function denyRequest(arrival: Arrival, { group }: Caller, models: readonly string[] | undefined): Failure | undefined {
  const { incoming, route, question, tongue } = arrival;
  const { method, path } = incoming;
  if (route === undefined) return { kind: 'path_unknown', method, path };
  if (method !== route.method) return { kind: 'method_not_allowed', method, path };
  if (incoming.text === undefined) return { kind: 'body_too_long' };
  if (route.wanted === 'models') return undefined;
  const complaint = tongue.complain(incoming, route, question);
  if (complaint !== undefined) return { kind: 'bad_request', complaint };
  const { model } = question;
  if (models !== undefined && !models.includes(model)) return { kind: 'model_unknown', model, group: group.settings };
  return matchesAny(group.settings.models, model) ? undefined : { kind: 'model_forbidden', model, group: group.settings };
}

/** Why a request is refused for a limit. */
export function toRateLimit({ group }: Caller, model: string, { settings, reading, requested, waitMs }: Refusal): RateLimit {
  return {
    kind: 'rate_limit',
    group: group.settings,
    model,
    counts: settings.counts,
    unit: settings.unit,
    // For what will never fit the limit that matters is what a full bucket holds.
    limit: waitMs === Infinity ? settings.capacity : settings.limit,
    used: Math.max(0, reading.limit - reading.remaining),
    requested,
    waitMs,
    hints: group.settings.hints,
  };
}

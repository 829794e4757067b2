import * as errors from './errors.ts';
import type { ErrorAnswer } from './errors.ts';
import type { Caller } from './group.ts';
import { matchesAny } from './pattern.ts';
import { findComplaint, readModel, type Wanted, type WireBody } from './request.ts';

/** A request, read to its end. */
export interface Arrival {
  readonly number: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** What followed `Bearer `. */
  readonly secret: string | undefined;
  readonly body: WireBody | undefined;
  readonly tooLong: boolean;
}

/** An endpoint, and the method it wants. */
const ROUTES: Readonly<Record<string, { readonly method: string; readonly wanted: Wanted }>> = {
  '/v1/chat/completions': { method: 'POST', wanted: 'chat' },
  '/v1/embeddings': { method: 'POST', wanted: 'embeddings' },
  '/v1/models': { method: 'GET', wanted: 'models' },
};

/** What a path is for; `undefined` for one that does not exist. */
export function readWanted(path: string): Wanted | undefined {
  return Object.hasOwn(ROUTES, path) ? ROUTES[path]?.wanted : undefined;
}

/** Why a request is refused for its key; `undefined` when the key is good. A key without money may still list models. */
export function denyKey({ secret, path }: Arrival, caller: Caller | undefined, now: number): ErrorAnswer | undefined {
  if (caller === undefined) return secret === undefined ? errors.missingKey() : errors.invalidKey(secret);
  switch (caller.key?.stateAt(now)) {
    case 'dead':
      return errors.invalidKey(secret ?? '');
    case 'forbidden':
      return errors.forbiddenKey();
    case 'spent':
      return readWanted(path) === 'models' ? undefined : errors.spentKey();
    default:
      return undefined;
  }
}

/** Why a request is refused for what it asks; `undefined` when it can be answered. */
export function denyRequest(arrival: Arrival, caller: Caller, models: readonly string[] | undefined): ErrorAnswer | undefined {
  const { method, path, body, tooLong } = arrival;
  const wanted = readWanted(path);
  if (wanted === undefined) return errors.pathUnknown(method, path);
  if (method !== ROUTES[path]?.method) return errors.methodNotAllowed(method, path);
  if (tooLong) return errors.bodyTooLong();
  if (wanted === 'models') return undefined;
  const complaint = findComplaint(wanted, body);
  return complaint === undefined ? denyModel(readModel(body), caller, models) : errors.badRequest(complaint);
}

function denyModel(model: string, { group }: Caller, models: readonly string[] | undefined): ErrorAnswer | undefined {
  if (models !== undefined && !models.includes(model)) return errors.modelUnknown(model);
  return matchesAny(group.settings.models, model) ? undefined : errors.modelForbidden(group.settings, model);
}

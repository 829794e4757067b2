import type { Verdict } from '../../failure.ts';
import type { WireFailure } from '../../wire/types.ts';
import { classifyAnswer } from '../classify.ts';
import { readIds } from '../ids.ts';
import { isLoose } from '../loose.ts';
import type { Provider } from '../provider.ts';
import { UNKNOWN, type Rule } from '../rules/rule.ts';

/**
 * What only Anthropic says. Its machine codes stand in `details.error_code`, and the wording may change: so codes go first, and words decide
 * only where there was never a code. Limits are the organisation's; a workspace may have lower ones of its own.
 */
const RULES: readonly Rule[] = [
  { code: /^ramp_limit_exceeded$/, class: 'rate_limited', scope: 'org', perModel: true, taken: 'the organisation grows too fast' },
  {
    code: /^cmek_key_(disabled|network_blocked)$/,
    class: 'key_forbidden',
    scope: 'group',
    taken: "the workspace's own encryption key does not serve",
  },
  {
    code: /^cmek_(context_unavailable|key_unreachable)$/,
    class: 'server_error',
    scope: 'route',
    taken: "the workspace's own encryption key cannot be reached now",
  },
  { status: [UNKNOWN], code: /^timeout_error$/, class: 'timeout', scope: 'route', taken: 'the provider ran out of time' },
  { code: /^image_dimensions_too_large$/, class: 'bad_request', scope: 'request', taken: 'an image is too large' },
  {
    code: /^enforced_spend_limit_reached$/,
    class: 'quota_exhausted',
    scope: 'org',
    phase: 'utc-month',
    taken: 'the monthly limit of its tier is reached',
  },
  { code: /^linked_organization_billing_unavailable$/, class: 'quota_exhausted', scope: 'org', taken: 'out of quota' },
  {
    status: [400, 402, 403, 429],
    says: /\bworkspace\b.{0,20}\busage limits?\b|\bworkspace\b.{0,40}\bspend(ing)? limits?\b/i,
    class: 'quota_exhausted',
    scope: 'group',
    taken: 'the limit of the workspace is reached',
  },
  {
    // A surcharge that the plan has not taken: no wait makes room for it, and a shorter request needs none.
    status: [400, 403, 429],
    says: /\bextra usage is required for\b|\blong[- ]context\b.{0,40}\b(is not (yet )?(available|enabled)|requires? (extra|paid|additional))/i,
    class: 'request_too_large',
    scope: 'request',
    taken: 'longer than what the plan takes without a surcharge',
  },
  {
    // Of organisations that keep no data: a page's script may not call, whatever its key.
    status: [401, 403],
    says: /CORS requests are not allowed/i,
    class: 'bad_request',
    scope: 'request',
    taken: 'calls from a browser are not allowed to this organisation, which is not about the key',
  },
];

export function classify(failure: WireFailure, provider: Provider, now: number): Verdict {
  const verdict = classifyAnswer({ ...failure, body: unwrap(failure.body) }, now, {
    rules: RULES,
    ids: readIds(failure.headers),
    userRules: provider.rules,
  });
  return failure.body === undefined ? verdict : { ...verdict, body: failure.body };
}

/** The envelope's `type: 'error'` is no code: the error's own type is. */
function unwrap(body: unknown): unknown {
  if (!isLoose(body) || body['type'] !== 'error' || !isLoose(body['error'])) return body;
  const { type: _type, ...error } = body;
  return error;
}

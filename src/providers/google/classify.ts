import type { Verdict } from '../../failure.ts';
import type { WireFailure } from '../../wire/types.ts';
import { classifyAnswer } from '../classify.ts';
import { readIds } from '../ids.ts';
import type { Provider } from '../provider.ts';
import { UNKNOWN, type Rule } from '../rules/rule.ts';

/** Reasons of `google.rpc.ErrorInfo` and gRPC's statuses; what prose says is general. A project is a group: keys of one share its limits. */
const RULES: readonly Rule[] = [
  { code: /^api_key_(invalid|expired)$/, class: 'key_invalid', scope: 'key', definitive: true, taken: 'the key is dead' },
  {
    // Tokens end within the hour and are fetched anew: the account behind one is not dead.
    status: [401, 403, UNKNOWN],
    code: /^access_token_(expired|type_unsupported)$|^credentials_missing$|^login_cookie_/,
    class: 'key_invalid',
    scope: 'key',
    taken: 'the access token is over, or of the wrong kind',
  },
  {
    status: [401],
    says: /\boauth ?2?\b|\baccess token\b|authentication credential/i,
    class: 'key_invalid',
    scope: 'key',
    taken: 'the access token is over, or of the wrong kind',
  },
  {
    code: /^access_token_scope_insufficient$|^iam_permission_denied$|^account_state_invalid$/,
    class: 'key_forbidden',
    scope: 'key',
    taken: 'the key lacks a permission',
  },
  {
    code: /^api_key_(service|http_referr?er|ip_address|android_app|ios_app)_blocked$/,
    class: 'key_forbidden',
    scope: 'key',
    taken: 'the key is restricted to other services, addresses or apps',
  },
  { code: /^validation_required$/, class: 'key_forbidden', scope: 'key', taken: 'the account must be verified first' },
  {
    code: /^service_disabled$|^consumer_invalid$|^user_project_denied$|^security_policy_violated$/,
    class: 'key_forbidden',
    scope: 'group',
    taken: 'the project does not have this service',
  },
  {
    status: [403],
    says: /has not been used in project .{0,80}before or it is disabled/i,
    class: 'key_forbidden',
    scope: 'group',
    taken: 'the project does not have this service',
  },
  {
    // It speaks of billing, too, which would be another project's way out, not this one's.
    status: [400, 403, UNKNOWN],
    says: /free tier.{0,40}not available in your (country|region)/i,
    class: 'key_forbidden',
    scope: 'group',
    taken: 'not served in this country without billing',
  },
  {
    status: [400, 403, UNKNOWN],
    says: /user location is not supported/i,
    class: 'key_forbidden',
    scope: 'provider',
    taken: 'not served from this country',
  },
  { code: /^billing_disabled$/, class: 'quota_exhausted', scope: 'group', taken: 'the project has no billing' },
  { code: /^insufficient_g1_credits_balance$/, class: 'quota_exhausted', scope: 'group', taken: 'out of credits' },
  { code: /^quota_exhausted$/, class: 'quota_exhausted', scope: 'group', perModel: true, taken: 'out of quota for this model' },
  {
    code: /^model_capacity_(exhausted|exceeded)$/,
    class: 'overloaded',
    scope: 'route',
    perModel: true,
    taken: 'the model is overloaded',
  },
  // What candidates end with instead of an answer, as the decoder reports it.
  {
    status: [UNKNOWN],
    code: /^malformed_(function_call|response)$|^unexpected_tool_call$|^too_many_tool_calls$/,
    class: 'bad_output',
    scope: 'request',
    taken: 'the model wrote a call that cannot be read',
  },
  {
    status: [UNKNOWN],
    code: /^missing_thought_signature$/,
    class: 'bad_request',
    scope: 'request',
    taken: 'a signature of an earlier turn was not given back',
  },
  // gRPC's statuses inside a stream, where no number comes with them.
  { status: [UNKNOWN], code: /^unavailable$/, class: 'overloaded', scope: 'provider', taken: 'the provider is overloaded' },
  { status: [UNKNOWN], code: /^deadline_exceeded$/, class: 'timeout', scope: 'route', taken: 'the provider ran out of time' },
  { status: [UNKNOWN], code: /^cancelled$/, class: 'timeout', scope: 'request', taken: 'the request was cancelled on the way' },
];

/** What a failure of Google means. */
export function classify(failure: WireFailure, provider: Provider, now: number): Verdict {
  return classifyAnswer(failure, now, {
    rules: RULES,
    ids: readIds(failure.headers),
    phases: { day: 'pacific-day' },
    userRules: provider.rules,
  });
}

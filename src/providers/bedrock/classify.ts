import type { Verdict } from '../../failure.ts';
import type { WireFailure } from '../../wire/types.ts';
import { classifyAnswer } from '../classify.ts';
import { readIds } from '../ids.ts';
import type { Provider } from '../provider.ts';
import { REQUEST_RULES } from '../rules/request.ts';
import { UNKNOWN, type Rule } from '../rules/rule.ts';
import { withType } from './errors.ts';

const NOT_AVAILABLE = { class: 'model_unavailable', scope: 'group', perModel: true } as const;
const REFUSED = [400, 403, 404, UNKNOWN];

/** About the caller's clock, which all keys share: another key meets the same, another provider may not care. */
const CLOCK: Rule = {
  status: [400, 403],
  code: /^(request_time_too_skewed|request_expired)(_exception)?$/,
  says: /signature (expired|not yet current)\b|\bis now (earlier|later) than\b|request (has|time) (has )?expired|difference between the request time and the current time/i,
  class: 'key_forbidden',
  scope: 'provider',
  taken: 'the clock of this machine is wrong, so that no signature holds',
};

/** Models that an account has to be given, by name of the exception or by what it says. */
const MODELS: readonly Rule[] = [
  { code: /^ftu_?form_not_filled/, ...NOT_AVAILABLE, taken: "the form of the model's provider is not filled in" },
  {
    status: REFUSED,
    says: /use case details have not been submitted/i,
    ...NOT_AVAILABLE,
    taken: "the form of the model's provider is not filled in",
  },
  {
    status: REFUSED,
    says: /on-demand throughput isn.t supported|on-demand throughput is not supported/i,
    ...NOT_AVAILABLE,
    taken: 'the model needs an inference profile',
  },
  {
    status: REFUSED,
    says: /\bmodel identifier is invalid|could not resolve the foundation model|end of its life|marked by provider as legacy|\bmodel not found\b|inference profile.{0,80}(not found|is invalid|does not exist)|model arn.{0,60}invalid/i,
    ...NOT_AVAILABLE,
    taken: 'the model is not available',
  },
  { says: /\bguardrail\b.{0,80}(does not exist|not found)/i, class: 'bad_request', scope: 'request', taken: 'the guardrail is not known' },
  { status: [404, UNKNOWN], code: /^resource_not_found(_exception)?$/, ...NOT_AVAILABLE, taken: 'the model is not available' },
  {
    status: [400, 403, UNKNOWN],
    says: /access to the model with the specified model id|\bmodel access is denied|aws marketplace|invalid_payment_instrument|access to this model is not available|^operation not allowed\.?$/im,
    ...NOT_AVAILABLE,
    taken: 'the account has no access to the model',
  },
  {
    // A policy of the account says which user may ask which model.
    status: [403, UNKNOWN],
    says: /not authorized to perform: bedrock:invoke\w{0,40} on resource: \S{0,200}(model|profile)\//i,
    class: 'model_unavailable',
    scope: 'key',
    perModel: true,
    taken: 'no policy allows the model to this key',
  },
];

const KEYS: readonly Rule[] = [
  {
    code: /^(unrecognized_client|invalid_client_token_id|invalid_access_key_id)(_exception)?$/,
    says: /make sure your api key is valid/i,
    status: [400, 401, 403],
    class: 'key_invalid',
    scope: 'key',
    definitive: true,
    taken: 'the key is dead',
  },
  {
    // A session's key is renewed by who gave it: only suspect.
    code: /^expired_token(_exception)?$/,
    says: /security token included in the request is expired|bearer token has expired/i,
    status: [400, 401, 403],
    class: 'key_invalid',
    scope: 'key',
    taken: "the key's session is over",
  },
  {
    // A wrong secret, or a proxy that changes requests: nothing tells them apart.
    code: /^(invalid_signature|signature_does_not_match|incomplete_signature|missing_authentication_token)(_exception)?$/,
    status: [400, 401, 403],
    class: 'key_invalid',
    scope: 'key',
    taken: 'the signature was refused, though nothing calls the key dead',
  },
  {
    code: /^opt_in_required(_exception)?$/,
    class: 'key_forbidden',
    scope: 'group',
    taken: 'the account has not subscribed to the service',
  },
  { code: /^access_denied(_exception)?$/, class: 'key_forbidden', scope: 'key', taken: 'forbidden to this key' },
];

const LOAD: readonly Rule[] = [
  {
    says: /too many tokens per day|\btokens per day\b/i,
    status: [400, 429, UNKNOWN],
    class: 'quota_exhausted',
    scope: 'group',
    perModel: true,
    taken: 'done for the day',
  },
  { code: /^model_not_ready(_exception)?$/, class: 'overloaded', scope: 'route', perModel: true, taken: 'the model is not ready' },
  {
    code: /^(throttling|throttled|too_many_requests|request_limit_exceeded|service_quota_exceeded|limit_exceeded)(_exception)?$/,
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    taken: 'rate limited',
  },
  { code: /^service_unavailable(_exception)?$/, class: 'overloaded', scope: 'route', perModel: true, taken: 'the model is overloaded' },
  { code: /^model_timeout(_exception)?$/, class: 'timeout', scope: 'route', perModel: true, taken: 'the model ran out of time' },
  { code: /^model_(stream_)?error(_exception)?$/, class: 'server_error', scope: 'route', perModel: true, taken: 'the model failed' },
  {
    code: /^internal_(server|failure|error)(_exception)?$|^internal_server_error$/,
    class: 'server_error',
    scope: 'route',
    taken: 'the provider failed',
  },
];

/** What is left is about the request: words in it, and a model's own errors, which quote them, say nothing of keys. */
const REQUEST: readonly Rule[] = [
  {
    code: /^(validation|serialization|malformed_(?!event)\w{1,40})(_exception)?$/,
    class: 'bad_request',
    scope: 'request',
    taken: 'the request is wrong',
  },
];

/** AWS's exceptions by their names. Limits are of an account in a region, for each model: a group. */
const RULES: readonly Rule[] = [
  CLOCK,
  {
    says: /\binput is too long\b|\binput length and .{0,3}max_tokens.{0,3} exceed/i,
    status: [400, UNKNOWN],
    class: 'context_length',
    scope: 'request',
    taken: 'longer than the context of the model',
  },
  ...LOAD,
  ...REQUEST_RULES,
  ...MODELS,
  ...KEYS,
  ...REQUEST,
];

/** What a failure of Bedrock means. */
export function classify(failure: WireFailure, provider: Provider, now: number): Verdict {
  const verdict = classifyAnswer(withType(failure), now, { rules: RULES, ids: readIds(failure.headers), userRules: provider.rules });
  // The body stays what the provider said.
  return failure.body === undefined ? verdict : { ...verdict, body: failure.body };
}

import type { FailureClass, Scope } from '../failure.ts';

/**
 * One row of the classifier: it fits when the status is one of `status` (any, where left out) and either a code matches `code`
 * or the prose matches `says` (any, where both are left out). The first row that fits decides.
 */
export interface Rule {
  readonly status?: readonly number[] | undefined;
  /** Matched against each code in `snake_case` (`toCode`). */
  readonly code?: RegExp | undefined;
  readonly says?: RegExp | undefined;
  readonly class: FailureClass;
  readonly scope: Scope;
  readonly perModel?: boolean;
  readonly definitive?: boolean;
  /** What the failure is taken for, as the report says it. */
  readonly taken: string;
}

/** Stands for the status of an error inside a 200 that names none. */
export const UNKNOWN = 0;

/** Statuses with which providers refuse a request, a key or a model; quota and dead accounts come with any of them. */
const REFUSED = [400, 401, 402, 403, 404, 405, 409, 410, 412, 422, 451, UNKNOWN];
/** As above, and servers that report a request's fault as their own. */
const REFUSED_OR_FAILED = [...REFUSED, 413, 500, 502, 503, UNKNOWN];
const REFUSED_OR_LIMITED = [...REFUSED, 413, 429];
const FAILED = [UNKNOWN, 408, 409, 424, 425, 429, 498, ...Array.from({ length: 100 }, (_, index) => 500 + index)];

/** The request itself: before all others, as no key and no time changes it. */
export const REQUEST_RULES: readonly Rule[] = [
  {
    code: /^(model_)?context_(length|window)|^exceed_context|^context_(size|limit)|^(max_tokens|token_limit|max_input_tokens)_exceeded$|^(prompt|input)_too_(long|large)$/,
    class: 'context_length',
    scope: 'request',
    taken: 'longer than the context of the model',
  },
  {
    status: REFUSED_OR_FAILED,
    says: /context.?(length|window|size|limit).{0,60}(exceed|overflow|too long)|(exceed|larger than|longer than|beyond|overflow).{0,80}context.?(length|window|size|limit)?\b.{0,20}(of|length|window|size|limit)|maximum context length|(input|prompt) token count.{0,60}exceeds|too many (input |prompt )?tokens: (total|size|the)|(prompt|input|conversation|messages?) (is|are|was) too (long|large)|reduce the length of (the|your) (messages|prompt|input)|input is too large to process|prompt tokens.{0,40}(exceed|limit)/i,
    class: 'context_length',
    scope: 'request',
    taken: 'longer than the context of the model',
  },
  {
    code: /^content_(filter|policy|moderation|blocked|violation)|responsible_ai|moderation_(blocked|failed)|^(safety|prohibited_content|policy_violation|refusal)$|data_inspection_failed|^invalid_prompt$|(bio|cyber|usage|safety)_policy|sensitive_content|guardrail/,
    class: 'content_filtered',
    scope: 'request',
    taken: 'refused for its content',
  },
  {
    status: REFUSED_OR_FAILED,
    says: /content.{0,20}(management |filter(ing)? |usage )polic|content.?filter|flagged (as|for|by)|(input|prompt|content|output|response|request) (was|is|has been|were) (flagged|blocked|filtered)|(violat|against|block|rejected).{0,60}(usage polic|content polic|safety (system|polic|guideline)|acceptable use|moderation)|inappropriate content|safety system/i,
    class: 'content_filtered',
    scope: 'request',
    taken: 'refused for its content',
  },
];

/** Larger than what the limit or the server takes at once. Numbers in prose are tested beside these (`isOversize`). */
export const OVERSIZE_RULES: readonly Rule[] = [
  {
    code: /^(request|payload|body|entity|content)_too_large$|^string_above_max_length$|^request_entity_too_large$/,
    class: 'request_too_large',
    scope: 'request',
    taken: 'larger than what is accepted at once',
  },
  {
    says: /\b(request|payload|request entity|body|content) (is )?too large\b|(payload|request body|body size|request size).{0,40}(exceed|larger than|limit)|single request.{0,40}(exceed|larger than)/i,
    status: [400, 413, 422, 429, UNKNOWN],
    class: 'request_too_large',
    scope: 'request',
    taken: 'larger than what is accepted at once',
  },
];

/** Money and the allowance of a billing period, by code. */
export const QUOTA_CODES: readonly Rule[] = [
  {
    code: /^project_(spend|usage|billing|budget|quota)\w*(exceeded|reached|exhausted)$/,
    class: 'quota_exhausted',
    scope: 'group',
    taken: 'the spend limit of the project is reached',
  },
  {
    code: /^(api_)?key_(spend|usage|credit|budget|limit)\w*(exceeded|reached|exhausted)$|^openrouter_key_limit$/,
    class: 'quota_exhausted',
    scope: 'key',
    taken: 'the spend limit of the key is reached',
  },
  { status: [402, 403], code: /^quota_exceeded$/, class: 'quota_exhausted', scope: 'org', taken: 'out of quota' },
  { code: /in_flight/, class: 'rate_limited', scope: 'group', taken: 'too much in flight' },
  {
    code: /^insufficient_(user_)?(quota|balance|credits?|funds?)|^(not_enough|no|out_of)_(balance|credits?|quota|funds)|^(credit|credits|balance|quota|funds)(_balance)?_(exhausted|depleted|insufficient)|^exceeded_current_quota|^organization_(spend|usage|quota|budget)|^billing_|^payment_(required|failed)|_(spend|spending|budget|billing|usage)_(limit|cap)_(reached|exceeded)|^(spend|spending|budget|billing|usage|monthly|credit)_(limit|cap|quota|budget)_?(reached|exceeded)?$|^budget_exceeded|^openrouter_(credits|free_tier_daily)$|^arrearage$|^prepaid_\w+_exhausted$|^(quota|usage)_exhausted/,
    class: 'quota_exhausted',
    scope: 'org',
    taken: 'out of quota',
  },
];

/** The same by prose: only where no short window is named, as rate limits speak of quotas too. */
export const QUOTA_PROSE: readonly Rule[] = [
  {
    status: [...REFUSED, 429],
    says: /\b(key limit exceeded|(billing|spend(ing)?|limit|budget|credits?)\b.{0,40}\bfor this (api )?key|this (api )?key\b.{0,60}\b(spend(ing)?|credit|usage|budget) (limit|cap))/i,
    class: 'quota_exhausted',
    scope: 'key',
    taken: 'the spend limit of the key is reached',
  },
  {
    status: [...REFUSED, 429],
    says: /\bproject\b.{0,40}\b(exceed|reach|hit)\w*\b.{0,40}\b(spend\w*|budget|billing) (limit|cap)/i,
    class: 'quota_exhausted',
    scope: 'group',
    taken: 'the spend limit of the project is reached',
  },
  {
    status: [...REFUSED, 429],
    says: /exceeded your current quota|insufficient[\s_](account )?(balance|credits?|funds?|quota)|(balance|credits?|funds)\b.{0,30}\b(too low|insufficient|exhausted|depleted|used up|expired|negative|run out)|\b(no|not enough|out of|ran out of|run out of|used (all|up)|requires more|all available|purchase( more)?|add( more)?|buy( more)?) (available |remaining |prepaid |your )?credits?\b|(spend(ing)?|billing|budget|monthly( usage| api usage)?|credit|workspace api usage|api usage) (hard )?(limits?|caps?|quota|threshold)\b.{0,40}\b(reached|exceeded|hit)|(reached|exceeded|exceeds|hit|crossed)\b.{0,60}\b(spend(ing)?|billing|budget|monthly|credit|api usage) (api )?(usage )?(limits?|caps?|quota|threshold)|will regain access|usage limit (has been |was )?reached|(quota|free (tier|usage|trial)).{0,30}(used up|depleted|exhausted|exceeded|expired|ended)|please (recharge|top.?up)|can only afford|billing (is )?not (active|enabled)|account.{0,40}(not active|in arrears|suspended.{0,40}(balance|billing|payment|spend))|余额不足|欠费|额度.{0,6}(不足|用尽|用完)/i,
    class: 'quota_exhausted',
    scope: 'org',
    taken: 'out of quota',
  },
  {
    status: [412],
    says: /suspend|spend|billing|payment/i,
    class: 'quota_exhausted',
    scope: 'org',
    taken: 'suspended for its billing',
  },
];

/** Where the caller is, not who: every key meets the same. */
export const REGION_RULES: readonly Rule[] = [
  {
    says: /free tier.{0,40}not available in your (country|region)/i,
    class: 'key_forbidden',
    scope: 'group',
    taken: 'not served in this country without billing',
  },
  {
    status: REFUSED,
    code: /unsupported_country|unsupported_(region|location|territory)|(country|region|location)_(not_supported|blocked|forbidden|restricted)|geo_?(blocked|restricted)/,
    says: /(country|territory|user location)\b.{0,40}\bnot (supported|allowed)|not (supported|available|allowed|offered|accessible) (in|from) (your|this) (country|region|location|territory)/i,
    class: 'key_forbidden',
    scope: 'provider',
    taken: 'not served from this country',
  },
];

/** Keys and accounts that a code or a clear sentence calls dead. */
export const KEY_RULES: readonly Rule[] = [
  {
    status: REFUSED,
    code: /^organi[sz]ation_(restricted|disabled|on_hold|suspended|deactivated|banned|terminated|deleted)|^consumer_suspended|^(workspace|team|project)_(suspended|disabled|archived|deactivated|deleted)|^project_archived/,
    says: /\b(organi[sz]ation|consumer|team|workspace)\b.{0,60}\b(disabled|suspended|restricted|deactivated|terminated|banned|on hold)/i,
    class: 'key_invalid',
    scope: 'org',
    definitive: true,
    taken: 'the organisation is shut',
  },
  {
    status: REFUSED_OR_LIMITED,
    code: /^(invalid|incorrect|expired|revoked|leaked|disabled|deleted|unknown|wrong)_(x_)?(api_?|access_|secret_|auth(entication)?_)?(key|token|credentials?|authentication)(_error|_provided)?$|^(api_)?(key|token)_(is_)?(invalid|expired|revoked|leaked|disabled|deleted|deactivated|not_found|blocked)$|^invalid_(api_key|authentication)|^(account|user)_(deactivated|disabled|suspended|banned|deleted|terminated|blocked)|^authentication$|^(unrecognized|invalid)_client/,
    class: 'key_invalid',
    scope: 'key',
    definitive: true,
    taken: 'the key is dead',
  },
  {
    status: [401, 403, UNKNOWN],
    says: /\b(incorrect|invalid|unknown|malformed|wrong|bad)\b.{0,20}\b(x-api-key|api[\s_-]?key|api token|access token|secret key|auth(entication|orization)? (key|token)|subscription key)|\b(api[\s_-]?key|api token|access token|subscription key|your key|this key|token)\b.{0,60}\b(not valid|is invalid|invalid|not found|does ?n[o']t exist|expired|revoked|leaked|disabled|deactivated|deleted|compromised|been blocked|suspended)|\baccount\b.{0,40}\b(deactivated|disabled|terminated|banned|suspended|deleted|closed)/i,
    class: 'key_invalid',
    scope: 'key',
    definitive: true,
    taken: 'the key is dead',
  },
  {
    // A 400 is the request's fault more often than not, and its text may quote the request: only a message that begins so kills a key.
    status: [400],
    says: /^((your|the|this|provided) )*api[\s_-]?key (is |has |was )?(not valid|invalid|expired|revoked|reported as leaked)|^(incorrect|invalid) api[\s_-]?key\b/i,
    class: 'key_invalid',
    scope: 'key',
    definitive: true,
    taken: 'the key is dead',
  },
];

/** The model on this key or project. The group shares what it is granted, so the group is held, for this model. */
export const MODEL_RULES: readonly Rule[] = [
  {
    code: /^model_(not_(found|available|supported|exists?|allowed|enabled|ready_for_use)|unavailable|decommissioned|deprecated|disabled|removed|retired|permission|terms|access|does_not_exist)|^(unknown|invalid|unsupported|no_such|missing)_model(_error|_name|_id)?$|^(deployment|engine)_not_found|^labs_not_enabled|^no_(endpoints?|models?)_(found|loaded|available)|^(not_allowed|no_access)_model/,
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
    taken: 'the model is not available',
  },
  {
    status: REFUSED_OR_LIMITED,
    says: /\bmodels?:? ?[`'"“]?[\w.:/@-]*[`'"”]?,? (does not exist|do(es)?n.t exist|(is |was |could )?not (be )?(found|exist|available|enabled|loaded|supported( for| in| by|[.,]|$))|has been (decommissioned|deprecated|removed|retired|disabled)|(is|was) (decommissioned|deprecated|retired|no longer)|no longer|is disabled)|\b(no|not have|n.t have|denied|without) access to (the |this )?model|(unknown|invalid|unsupported|no such) model\b|not a valid model|no (endpoints?|models?) (found|loaded|available)|deployment.{0,40}(does not exist|not found)|with on-demand throughput isn|^model: \S+$|try pulling it/im,
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
    taken: 'the model is not available',
  },
];

/** The provider, not the key: another key would meet the same. */
export const SICK_CODES: readonly Rule[] = [
  {
    code: /overload|^slow_down$|^(queue|capacity)_exceeded|capacity_(exceeded|exhausted)|^engine_max_pending|^(server|service|model|engine)_(is_)?(busy|not_ready|loading|overloaded|at_capacity)|no_capacity|^unavailable_error$|^(temporarily|provider)_unavailable$|^too_busy/,
    class: 'overloaded',
    scope: 'provider',
    taken: 'the provider is overloaded',
  },
];

export const SICK_PROSE: readonly Rule[] = [
  {
    status: FAILED,
    says: /\bmodel\b.{0,60}\b(overloaded|at capacity|over capacity|busy|loading|warming up)|capacity exceeded for this model|no capacity available for (the )?model|\bmodel\b.{0,30}\btemporarily unavailable/i,
    class: 'overloaded',
    scope: 'route',
    perModel: true,
    taken: 'the model is overloaded',
  },
  {
    status: FAILED,
    says: /overloaded|high (traffic|demand|load)|(at|over|out of|insufficient|no) capacity|capacity (is )?(exceeded|exhausted)|(server|service|system) (is )?(currently |too )?busy|maximum pending requests|loading model|not ready yet|temporarily unavailable|exceeded the maximum queue|queue is full/i,
    class: 'overloaded',
    scope: 'provider',
    taken: 'the provider is overloaded',
  },
];

/** Behind OpenRouter and its like, the provider's own pool: other keys of the gateway share it. */
export const UPSTREAM_RULES: readonly Rule[] = [
  {
    code: /^upstream_(429|provider_shared_pool)$/,
    says: /rate-?\s?limited upstream/i,
    class: 'rate_limited',
    scope: 'route',
    perModel: true,
    taken: 'rate limited upstream',
  },
];

export const RATE_CODES: readonly Rule[] = [
  {
    code: /rate_?limit|too_many_(requests|tokens)|throttl|(request|token)s?_(quota|limit)_(exceeded|reached)|concurren\w*_(limit|requests|exceeded)|^(requests|tokens)_per_/,
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    taken: 'rate limited',
  },
];

export const RATE_PROSE: readonly Rule[] = [
  {
    status: [400, 403, 413, 503, UNKNOWN],
    says: /rate.?limit(s|ed)?\b.{0,60}(reached|exceed|hit)|(reached|exceed\w*|hit)\b.{0,60}rate.?limit|too many (requests|tokens per)|being rate.?limited|(requests|tokens) per (second|minute|day)\b.{0,40}(exceeded|reached|\(actual)/i,
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    taken: 'rate limited',
  },
  {
    status: [429, UNKNOWN],
    code: /^resource_exhausted|resource_has_been_exhausted|^quota_exceeded$|^limit_(exceeded|reached)/,
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    taken: 'rate limited',
  },
  { status: [429], class: 'rate_limited', scope: 'group', perModel: true, taken: 'rate limited' },
];

/** What is left: the status, and codes that are too general to say more than it does. */
export const STATUS_RULES: readonly Rule[] = [
  { status: [413], class: 'request_too_large', scope: 'request', taken: 'larger than what is accepted at once' },
  { status: [402], class: 'quota_exhausted', scope: 'org', taken: 'out of quota' },
  {
    status: [401, UNKNOWN],
    code: /^(authentication|unauthenticated|unauthorized)(_error|_failed)?$/,
    class: 'key_invalid',
    scope: 'key',
    taken: 'the key was refused, though nothing calls it dead',
  },
  { status: [401], class: 'key_invalid', scope: 'key', taken: 'the key was refused, though nothing calls it dead' },
  { status: [403], class: 'key_forbidden', scope: 'key', taken: 'forbidden to this key' },
  { status: [UNKNOWN], code: /^(permission(_denied)?|forbidden|access_denied)(_error)?$/, class: 'key_forbidden', scope: 'key', taken: 'forbidden to this key' },
  { status: [404, 410], class: 'bad_request', scope: 'request', taken: 'nothing is at this address, so the base URL may be wrong' },
  { status: [408, 504, 524], class: 'timeout', scope: 'route', taken: 'the provider ran out of time' },
  { status: [499], class: 'timeout', scope: 'request', taken: 'the request was cancelled on the way' },
  // OpenAI and its kin answer 409 while they hold a lock; their own SDKs try it again.
  { status: [409, 425, 498], class: 'overloaded', scope: 'route', taken: 'the provider is busy with it' },
  {
    status: [UNKNOWN, 424, 500, 502, 503],
    code: /^(internal_)?server_error$|^internal(_error)?$|^internal_server_error$|^(api|upstream|provider)_error$|^mid_stream_error$/,
    says: /server had an error|internal (server )?error|provider disconnected|provider returned error|bad gateway|upstream (error|connect)/i,
    class: 'server_error',
    scope: 'provider',
    taken: 'the provider failed',
  },
  { status: [503, 529], class: 'overloaded', scope: 'provider', taken: 'the provider is overloaded' },
  { status: [501, 505], class: 'bad_request', scope: 'request', taken: 'the server does not do this' },
  {
    status: [UNKNOWN],
    code: /^(invalid|bad|missing|unsupported|unknown|unprocessable|malformed)_(request|argument|value|parameter|type|input|entity|body|json|schema|option|required_parameter|function_parameters)|^(validation|unprocessable|bad_request)(_error|_entity|_exception)?$/,
    class: 'bad_request',
    scope: 'request',
    taken: 'the request is wrong',
  },
];

import { REFUSED, REFUSED_OR_LIMITED, UNKNOWN, type Rule } from './rule.ts';

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
    says: /(country|territory|user location)\b.{0,40}\bnot (supported|allowed)|(?<!\bmodels?\b.{0,60})not (supported|available|allowed|offered|accessible) (in|from) (your|this) (country|region|location|territory)/i,
    class: 'key_forbidden',
    scope: 'provider',
    taken: 'not served from this country',
  },
];

/** Keys and accounts that a code or a clear sentence calls dead. */
export const KEY_CODES: readonly Rule[] = [
  {
    status: REFUSED,
    code: /^organi[sz]ation_(restricted|disabled|on_hold|suspended|deactivated|banned|terminated|deleted)|^consumer_suspended|^(workspace|team|project)_(suspended|disabled|archived|deactivated|deleted)|^project_archived/,
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
];

/** The same by a clear sentence. */
export const KEY_PROSE: readonly Rule[] = [
  {
    status: REFUSED,
    says: /\b(organi[sz]ation|consumer|team|workspace)\b.{0,60}\b(disabled|suspended|restricted|deactivated|terminated|banned|on hold)/i,
    class: 'key_invalid',
    scope: 'org',
    definitive: true,
    taken: 'the organisation is shut',
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
    // A key may be called by one word where the whole message is about it.
    status: [401, 403],
    says: /^(unauthori[sz]ed|forbidden|authentication (error|failed))?[:,. -]{0,3}((your|the|this|provided|given) ){0,3}(api[\s_-]?|access |secret )?(key|token|jwt) (is |has |was |has been |been ){0,2}(not valid|invalid|inactive|expired|revoked|rotated|disabled|deactivated|deleted|blocked|suspended|not recogni[sz]ed|unknown)\b|^(no such|unknown|revoked|expired|disabled) (api[\s_-]?)?(key|token)\b|(令牌|密钥|api ?key).{0,6}(过期|无效|失效|禁用|不存在)/im,
    class: 'key_invalid',
    scope: 'key',
    definitive: true,
    taken: 'the key is dead',
  },
  {
    // "Invalid token" may be a header of another kind, as "invalid credentials" may be a project's: only suspect.
    status: [401, 403],
    says: /\b(invalid|incorrect|bad|wrong|unknown|expired) ((auth|authentication|authorization|bearer|access|security) )?(token|credentials?|key)\b|\b(token|credentials?|key) (is |are )?(invalid|incorrect)|(无效|错误)的?(令牌|密钥)/i,
    class: 'key_invalid',
    scope: 'key',
    taken: 'the key was refused, though nothing calls it dead',
  },
  {
    // A 400 is the request's fault more often than not, and its text may quote the request: only a message that begins so kills a key.
    status: [400],
    says: /^((your|the|this|provided) ){0,4}api[\s_-]?key (is |has |was )?(not valid|invalid|expired|revoked|reported as leaked)|^(incorrect|invalid) api[\s_-]?key\b/i,
    class: 'key_invalid',
    scope: 'key',
    definitive: true,
    taken: 'the key is dead',
  },
];

/** The model on this key or project. The group shares what it is granted, so the group is held, for this model. */
export const MODEL_CODES: readonly Rule[] = [
  {
    code: /^model_(not_(found|available|supported|exists?|allowed|enabled|open|activated)|unavailable|decommissioned|deprecated|disabled|removed|retired|permission|terms|access|does_not_exist)|^(unknown|invalid|unsupported|no_such|missing)_model(_error|_name|_id)?$|^(deployment|engine)_not_found|^labs_not_enabled|^no_(endpoints?|models?)_(found|loaded|available)|^(not_allowed|no_access)_model/,
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
    taken: 'the model is not available',
  },
];

export const MODEL_PROSE: readonly Rule[] = [
  {
    status: REFUSED_OR_LIMITED,
    says: /\bmodels?:? ?[`'"“]?[\w.:/@-]{0,120}[`'"”]?,? (does not exist|do(es)?n.t exist|(is |was |could )?not (be )?(found|exist|available|enabled|loaded|supported( for| in| by|[.,]|$))|has been (decommissioned|deprecated|removed|retired|disabled)|(is|was) (decommissioned|deprecated|retired|no longer)|no longer|is disabled)|\b(no|not have|n.t have|denied|without) access to (the |this )?model|(unknown|invalid|unsupported|no such) model\b|not a valid model|no (endpoints?|models?) (found|loaded|available)|deployment.{0,40}(does not exist|not found)|with on-demand throughput isn|^model: \S{1,200}$|has not activated the model|must be verified to use the model|not allowed to sample from this model|try pulling it/im,
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
    taken: 'the model is not available',
  },
];

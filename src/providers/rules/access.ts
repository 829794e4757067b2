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
    // With a 402 it is the card's country.
    status: REFUSED.filter((status) => status !== 402),
    code: /unsupported_country|unsupported_(region|location|territory)|(country|region|location)_(not_supported|blocked|forbidden|restricted)|geo_?(blocked|restricted)/,
    says: /(country|territory|user location)\b.{0,40}\bnot (supported|allowed)|(?<!\bmodels?\b.{0,60})(from|in) (your|this) (country|region|location|territory) (is|are) (prohibited|blocked|forbidden|restricted|denied|not)|(?<!\bmodels?\b.{0,60})not (supported|available|allowed|offered|accessible) (in|from) (your|this) (country|region|location|territory)|(in|from) (an )?unsupported (countr|region|location|territor)|\b(do|does)( not|n.t) (serve|support|operate in|offer)\b.{0,40}\b(your|this) (country|region|location)|(地区|国家|区域).{0,8}(不可用|不支持|无法使用|受限)/i,
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
    code: /^(invalid|incorrect|expired|revoked|leaked|disabled|deleted|unknown|wrong)_(x_)?(api_?|access_|secret_|auth(entication)?_)?(key|token|credentials?|authentication)(_id)?(_error|_exception|_provided)?$|^(api_|access_|auth(entication)?_|bearer_)?(key|token)_(is_)?(invalid|expired|revoked|leaked|disabled|deleted|deactivated|not_found(_in_db)?|blocked)$|^invalid_(api_key|authentication)|^(account|user)_(deactivated|disabled|suspended|banned|deleted|terminated|blocked)|^authentication$|^(unrecognized|invalid)_client/,
    class: 'key_invalid',
    scope: 'key',
    definitive: true,
    taken: 'the key is dead',
  },
];

/** The same by a clear sentence. */
export const KEY_PROSE: readonly Rule[] = [
  {
    // What is shut must be the account itself: "the search tool of this workspace is disabled" is about a tool.
    status: REFUSED,
    says: /(?:^|[.:!] )(?:permission denied: )?(?:your|this|the)? ?(?:organi[sz]ation|consumer|team|workspace)(?: [`'"(]?(?!tool|does|do|is|has|was|must|may|can|not)[\w:.*-]{1,60}[`'")]?)? (?:has been|have been|is|was)(?: \w{1,20}){0,2} (?:disabled|suspended|restricted|deactivated|terminated|banned|on hold|archived|deleted)\b/im,
    class: 'key_invalid',
    scope: 'org',
    definitive: true,
    taken: 'the organisation is shut',
  },
  {
    // Between a key and what it is there may be no word of what it may not: "your token has no permission; project not found".
    status: [401, 403, UNKNOWN],
    says: /\b(incorrect|invalid|unknown|malformed|wrong|bad)( or (missing|expired|invalid))? (x-api-key|(\w{1,20} ){0,2}(api[\s_-]?key|api token|access token|secret key|auth(entication|orization)? (key|token)|subscription key|server token))\b|\b(api[\s_-]?key|api token|access (token|key)|subscription key|your key|this key)\b((?!access|permission|authori[sz]ed|allowed|scope|model|project|endpoint|feature|resource|valid,|exceeded)[^;\n]){0,60}\b(not valid|is invalid|invalid|not found|does ?n[o']t exist|expired|revoked|leaked|disabled|deactivated|deleted|compromised|been blocked|suspended)|(?<!\bbilling )\baccount\b((?!temporar|feature|resource|model|does|has no|many requests)[^;\n]){0,40}\b(deactivated|disabled|terminated|banned|suspended|deleted|closed)/i,
    class: 'key_invalid',
    scope: 'key',
    definitive: true,
    taken: 'the key is dead',
  },
  {
    // A key may be called by one word where the whole message is about it.
    status: [401, 403],
    says: /^(unauthori[sz]ed|forbidden|authentication (error|failed))?[:,. -]{0,3}((your|the|this|provided|given) ){0,3}(api[\s_-]?|access |secret )?(key|token|jwt( token)?) (is |has |was |has been |been ){0,2}(not valid|invalid|inactive|expired|revoked|rotated|disabled|deactivated|deleted|blocked|suspended|not recogni[sz]ed|unknown)\b|^(no such|unknown|revoked|expired|disabled) (api[\s_-]?)?(key|token)\b|(令牌|密钥|api ?key).{0,6}(过期|无效|失效|禁用|不存在)/im,
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
    code: /^model_(not_(found|available|supported|exists?|allowed|enabled|open|activated)|unavailable|decommissioned|deprecated|disabled|removed|retired|permission|terms|access|does_not_exist)|^(unknown|invalid|unsupported|no_such|missing)_model(_error|_name|_id)?$|^(deployment|engine|endpoint|invalid_endpoint_or_model)_not_found|(^|_)model_not_found$|model_access_denied|^labs_not_enabled|^no_(endpoints?|models?)_(found|loaded|available)|^(not_allowed|no_access)_model/,
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
    taken: 'the model is not available',
  },
];

export const MODEL_PROSE: readonly Rule[] = [
  {
    status: REFUSED,
    says: /\bmodel\b[^.;,\n]{0,60}\b(is|are) (unavailable|not available|not offered)\b/i,
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
    taken: 'the model is not available',
  },
  {
    status: REFUSED_OR_LIMITED,
    says: /\bmodels?:? ?[`'"“]?[\w.:/@-]{0,120}[`'"”]?,? (does not exist|do(es)?n.t exist|(is |was |could )?not (be )?(found|exist|available|enabled|loaded|supported( for| in| by|[.,]|$))|has been (decommissioned|deprecated|removed|retired|disabled)|(is|was) (decommissioned|deprecated|retired|no longer)|no longer|(is )?disabled)|\bmodel or (endpoint|deployment) \S{1,80} does not exist|\bnot include (access to )?(the |this )?model\b|\bpermission to (access|use|call) (the |this )?model\b|\b(no|not have|not include|n.t have|denied|without) access to (the |this )?model|(unknown|invalid|unsupported|no such) model\b|not a valid model|no (endpoints?|models?) (found|loaded|available)|deployment.{0,40}(does not exist|not found)|\bendpoint:? [`'"]?(?!not\b|https?:|get\b|post\b|path\b|url\b)[\w.-]{1,80}[`'"]? (does not exist|(was )?not found)|not (allowed|authori[sz]ed|permitted) to (access|use|call|query) (this |the )?model\b|with on-demand throughput isn|^model: \S{1,200}$|has not activated the model|\bfunction\b.{0,120}\bnot found for account\b|\bfunction in account\b.{0,80}\bnot found|\bmodels?\b.{0,120}\b(was|were|is|are|been) (shut ?down|sunset(ted)?|discontinued|turned off|end.of.lifed)\b|\breached (its |their )?end[ -]of[ -]life\b|\baccess to (the )?model \S{1,120} is (restricted|gated|limited|denied)|\bgated (model|repo)|\b(accept|agree to) the (license|licence|terms|eula)\b.{0,40}\bmodel|\brequest access to (this|the) model|\b(access|request|use case) form\b.{0,60}\bmodel|\bplan (does )?(not|n.t) (support|include|cover)\b.{0,20}\bmodel|must be verified to use the model|not allowed to sample from this model|try pulling it/im,
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
    taken: 'the model is not available',
  },
];

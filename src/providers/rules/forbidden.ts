import { UNKNOWN, type Rule } from './rule.ts';

/** What a living key may not do. After the rules about models, as "no permission to use the model" is about the model. */
export const FORBIDDEN_RULES: readonly Rule[] = [
  {
    // A list of addresses is of the resource, project or organisation: another group may have none.
    status: [401, 403, UNKNOWN],
    code: /^ip_(address_)?(not_|access_denied|blocked|denied|restricted|forbidden)|^(network|firewall|vnet)_(blocked|denied|restricted|rule)|public_(network_)?access_disabled/,
    says: /\bip( address(es)?)?\b[^;\n]{0,80}\b(not (in|on|authori[sz]ed|allowed|permitted|whitelisted)|acl|(white|allow) ?-?list)\b|\bvirtual network\b|\bfirewall rules?\b|\bprivate (endpoint|link)\b|\bpublic (network )?access (is |has been )?disabled|vpc ?service ?controls|\bnetwork (security )?(rules?|acls?|polic(y|ies))\b/i,
    class: 'key_forbidden',
    scope: 'group',
    taken: 'not allowed from this address',
  },
  {
    status: [403],
    says: /\b(your|this) ip( address)?\b[^;\n]{0,60}\b(blocked|banned|denied|blacklisted)\b/i,
    class: 'key_forbidden',
    scope: 'provider',
    taken: 'this address is blocked, whatever the key',
  },
  {
    code: /(^|_)(not_purchased|unpurchased)$|^not_subscribed|^service_not_(activated|enabled|open)/,
    class: 'key_forbidden',
    scope: 'group',
    taken: 'the account has not subscribed to the service',
  },
  {
    status: [401, 403, 404],
    code: /^work_?space_(access_denied|not_found)$/,
    class: 'key_forbidden',
    scope: 'group',
    taken: 'the workspace is not open to the key',
  },
  {
    status: [401, 403, UNKNOWN],
    code: /^(account|user|organi[sz]ation|project|team)_(under_review|in_review|pending(_\w{1,20})?|not_(verified|approved|activated)|unverified|inactive)$|^(identity|phone|account|kyc)_(verification|verify)_?(required|needed)?$|^need_real_name/,
    says: /\b(account|project|workspace|team|organi[sz]ation|tenant|subscription)\b[^.;\n]{0,30}\b((has been|was|is) (denied|refused)( access)?\b|(under|in|pending|awaiting) (\w{1,20} )?(review|verification|approval)|(has |is )?not (yet )?(been )?(verified|approved|activated)|must (first )?be (verified|approved))|\b(identity|phone|account|email|business|organi[sz]ation) verification (is )?(required|pending|needed)|\bplease verify your (identity|phone|account|email|organi[sz]ation)|prohibited by (your |the )?organi[sz]ation.{0,3} policy|(账户|账号|帐号).{0,8}(审核中|未激活|未认证|待审核)|实名认证/i,
    class: 'key_forbidden',
    scope: 'group',
    taken: 'the account is not let in',
  },
  {
    status: [401, 403],
    says: /\b(lacks?|missing|without|insufficient|requires?|needs?|(does|do|did|has|have|is)( not|n.t) (have|granted|authorized))\b[^.;\n]{0,60}\b(permissions?|scopes?|privileges?|entitlements?)\b|\b(permission|scope|privilege|role)s?\b[`'"]? (is|are) (required|missing|needed|insufficient)|not accessible (by|with) (this |your )?(personal )?access token/i,
    class: 'key_forbidden',
    scope: 'key',
    taken: 'the key lacks a permission',
  },
  {
    // Also as a 400, where the sentence must begin with the key: what a request says may be quoted.
    status: [400, 401, 403],
    says: /^((this|your|the) )?(credential|api[\s_-]?key|(access |api )?token|key)s? (is|are|may|can|must) ?(only|not|n.t) (be )?(authori[sz]ed|allowed|permitted|intended|enabled|used|valid) (for|to|from|in|on|with|by|within)\b|\b(credential|api[\s_-]?key|access token)s? (is|are) (restricted|limited) to\b/im,
    class: 'key_forbidden',
    scope: 'key',
    taken: 'the key is for something else',
  },
];

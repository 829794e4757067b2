import { REFUSED, UNKNOWN, type Rule } from './rule.ts';

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
  { status: [402, 403], code: /(^|_)quota_(exceeded|reached)$/, class: 'quota_exhausted', scope: 'org', taken: 'out of quota' },
  // A plan's window: of the person or account that the key is of.
  { code: /^usage_limit_(reached|exceeded)$/, class: 'quota_exhausted', scope: 'group', taken: 'the usage limit of the plan is reached' },
  { code: /in_flight/, class: 'rate_limited', scope: 'group', taken: 'too much in flight' },
  {
    code: /^insufficient_(balance|credits?|funds?)|^(not_enough|no|out_of)_(balance|credits?|quota|funds)|^(credit|credits|balance|quota|funds)(_balance)?_(exhausted|depleted|insufficient)|^exceeded_current_quota|^organization_(spend|usage|quota|budget)|^billing_|^payment_(required|failed)|_(spend|spending|budget|billing|usage)_(limit|cap)_(reached|exceeded)|^(spend|spending|budget|billing|usage|monthly|credit)_(limit|cap|quota|budget)_?(reached|exceeded)?$|^budget_exceeded|^openrouter_(credits|free_tier_daily)$|^arrearage$|^account_overdue|^prepaid_\w+_exhausted$|(resource_pack(age)?|credits?|points|balance|allowance|free_tier)_(exhausted|depleted|used_up)|overdue|free_tier_only|out_of_(credits?|quota|balance|funds)$|^(quota|usage)_exhausted/,
    class: 'quota_exhausted',
    scope: 'org',
    taken: 'out of quota',
  },
];

/** OpenAI's word for money; its kin say it of a rate, too, and then name the window or a short delay. */
export const QUOTA_OR_RATE_CODES: readonly Rule[] = [
  { code: /^insufficient_(user_)?quota/, class: 'quota_exhausted', scope: 'org', taken: 'out of quota' },
];

/** The same by prose: only where no short window is named, as rate limits speak of quotas too. */
export const QUOTA_PROSE: readonly Rule[] = [
  {
    status: [...REFUSED, 429],
    says: /\b(key limit exceeded|(api )?key usage limit (is |was |has been )?(exceeded|reached)|(billing|spend(ing)?|limit|budget|credits?)\b.{0,40}\bfor this (api )?key|this (api )?key\b.{0,60}\b(spend(ing)?|credit|usage|budget) (limit|cap))/i,
    class: 'quota_exhausted',
    scope: 'key',
    taken: 'the spend limit of the key is reached',
  },
  {
    status: [...REFUSED, 429],
    says: /\bproject\b.{0,40}\b(exceed|reach|hit)\w{0,4}\b.{0,40}\b(spend\w{0,4}|budget|billing) (limit|cap)/i,
    class: 'quota_exhausted',
    scope: 'group',
    taken: 'the spend limit of the project is reached',
  },
  {
    status: [...REFUSED, 429],
    says: /exceeded your current quota|insufficient[\s_](account )?(balance|credits?|funds?|quota)|(balance|credits?|funds)\b.{0,30}\b(too low|insufficient|exhausted|depleted|used up|expired|overdue|negative|run out)|\b(no|not enough|out of|ran out of|run out of|used (all|up)|requires more|all available|purchase( more)?|add( more)?|buy( more)?) (available |remaining |prepaid |your )?credits?\b|(spend(ing)?|billing|budget|monthly( usage| api usage)?|credit|workspace api usage|api usage) (hard )?(limits?|caps?|quota|threshold)\b.{0,40}\b(reached|exceeded|hit)|(reached|exceeded|exceeds|hit|crossed)\b.{0,60}\b(spend(ing)?|billing|budget|monthly|credit|api usage) (api )?(usage )?(limits?|caps?|quota|threshold)|exceeded your .{0,30}\bcredits|will regain access|usage limit (has been |was )?reached|please (recharge|top.?up)|service has been (paused|stopped) .{0,60}(limit|balance|bill)|(limit|balance|bill)\b.{0,60}\bservice has been (paused|stopped)|\bhave (used|run) (up|out of) (all )?(your |the )?(points|credits?|free \w{1,20})|\b(enter|add|update) a (valid )?(payment method|credit card)\b.{0,30}\b(or|to) (top|continue)|(requires|needs) a (valid )?(credit card|payment method)|enough credits?\b|can only afford|billing (account )?(is |has been |was )?(not (active|enabled)|disabled|closed)|\brequires billing\b|account.{0,40}(not active|in arrears|suspended.{0,40}(balance|billing|payment|spend))|\bfree (allocated )?quota (is |has been |was )?(exceeded|exhausted|used up)|余额不足|欠费|额度.{0,6}(不足|用尽|用完)/i,
    class: 'quota_exhausted',
    scope: 'org',
    taken: 'out of quota',
  },
  {
    // Words for the same that no sample has, also as they are said to a person.
    status: [...REFUSED, 429],
    says: /(?<!\bno )\bpayment (is )?required\b|\bbilling hard (limit|cap)\b|(?<!\b(rate|limit)\b.{0,40})\b(trial|subscription|plan|package)\b.{0,30}\b(expired|ended|is over|exhausted|lapsed|inactive)|\bno active (subscription|plan)|(not enough|no|out of|low) (account )?(balance|funds)\b|\b(balance|credits?|funds) (is |are )?(not enough|empty|zero)|\bwallet (is )?empty|\b(overdue|unpaid) (invoice|balance|payment|bill)|\b(payment|invoice|bill) (is )?(overdue|unpaid|past due)|\boutstanding (balance|invoice)|\bpast due\b|(reached|exceeded|used)\b.{0,30}\bmonthly allowance|used\b.{0,30}\btokens (for|of) (this|the) month|(saldo|crédit[os]?|solde|guthaben|kontingent)\b.{0,20}\b(insuficientes?|insuffisants?|agotado|esgotado|épuisé|aufgebraucht|erschöpft|nicht ausreichend)|(quota mensuel|cuota mensual|cota mensal).{0,20}(dépassé|superad|excedid|agotad|esgotad)|недостаточно (средств|кредитов)|баланс.{0,20}исчерпан|(残高|クレジット).{0,6}(不足|なくな)|(잔액|크레딧).{0,8}(부족|소진)|(余额|额度|配额|套餐|资源包).{0,6}(用完|用尽|耗尽|到期|过期)/i,
    class: 'quota_exhausted',
    scope: 'org',
    taken: 'out of quota',
  },
  {
    // Rate limits advertise this, so it decides only where it opens the sentence.
    status: [...REFUSED, 429],
    says: /^(please )?(add|update|set up) (a |your )?(valid )?payment method/im,
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

/**
 * Providers call a rate a quota, too: this is only for answers without a code of a rate limit and without a short delay. A 429 that
 * says "quota exceeded" and no more stays a rate limit: its hold is learned and grows from seconds, so that a wrong guess costs a few
 * refusals, where a quota by mistake shuts a working key for an hour. Words of an end (used up, expired) are no rate's.
 */
export const QUOTA_LOOSE: readonly Rule[] = [
  {
    status: REFUSED.filter((status) => status !== UNKNOWN),
    says: /\bquota\b.{0,40}\bexceeded|\bexceed\w{0,4}\b.{0,30}\bquota\b/i,
    class: 'quota_exhausted',
    scope: 'org',
    taken: 'out of quota',
  },
  {
    status: [...REFUSED, 429],
    says: /\bquota\b.{0,40}\b(used up|depleted|exhausted|expired|ended)|free (tier|usage|trial)\b.{0,40}\b(used up|depleted|exhausted|exceeded|expired|ended)/i,
    class: 'quota_exhausted',
    scope: 'org',
    taken: 'out of quota',
  },
];

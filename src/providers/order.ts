import { fits, type Case } from './case.ts';
import { isOversize, saysZeroLimit, type Window } from './quantities.ts';
import * as access from './rules/access.ts';
import { FORBIDDEN_RULES } from './rules/forbidden.ts';
import * as load from './rules/load.ts';
import { NUMBER_RULES } from './rules/numbers.ts';
import * as quota from './rules/quota.ts';
import * as request from './rules/request.ts';
import { UNKNOWN, type Rule } from './rules/rule.ts';
import { STATUS_RULES } from './rules/status.ts';

/**
 * The row that an answer is judged by: quota is tested before rate limit, codes before prose, and the status decides only where
 * nothing else did. `own` are the protocol's rows.
 */
export function findRule(seen: Case, own: readonly Rule[]): Rule {
  const { status, told } = seen;
  // A refusal that names a parameter quotes the request: what it says of keys, models and money is the caller's own text.
  const bare: Case = namesParameter(seen) ? { ...seen, prose: '' } : seen;
  const first = (rules: readonly Rule[], from = bare): Rule | undefined => rules.find((rule) => fits(rule, from));
  // Pages come from what stands before the provider: their words are about addresses and browsers, not about keys and models.
  const words = told.html ? [] : undefined;
  return (
    first(own) ??
    first(request.REQUEST_RULES, seen) ??
    first(request.OUTPUT_RULES, seen) ??
    first(NUMBER_RULES) ??
    first(quota.QUOTA_CODES) ??
    (isRate(seen) ? undefined : first(quota.QUOTA_OR_RATE_CODES)) ??
    (isZeroLimit(bare) ? NOT_GRANTED : undefined) ??
    (isOversize(seen.quantities) && LIMITED.has(status) && bare.prose !== '' ? OVERSIZE : first(request.OVERSIZE_RULES)) ??
    first(load.UPSTREAM_RULES) ??
    // Money is offered as the way around a country, not the other way round.
    first(access.REGION_RULES) ??
    (isAboutMoney(seen) ? first(words ?? quota.QUOTA_PROSE) : undefined) ??
    first(access.KEY_CODES) ??
    first(words ?? access.KEY_PROSE) ??
    first(access.MODEL_CODES) ??
    first(words ?? access.MODEL_PROSE) ??
    first(words ?? FORBIDDEN_RULES) ??
    (told.html ? first(PAGE_RULES) : undefined) ??
    first(words ?? load.CRASH_RULES) ??
    first(load.SICK_CODES) ??
    first(load.RATE_CODES) ??
    (isAboutMoney(seen) && !seen.brief ? first(words ?? quota.QUOTA_LOOSE) : undefined) ??
    first(load.SICK_PROSE) ??
    first(load.RATE_PROSE) ??
    first(STATUS_RULES) ??
    byStatus(seen)
  );
}

/** Statuses of answers whose numbers are about limits. */
const LIMITED = new Set([UNKNOWN, 400, 403, 413, 422, 429, 499, 503]);
const OVERSIZE: Rule = { class: 'request_too_large', scope: 'request', taken: 'larger than the whole limit, so waiting never helps' };
const NOT_GRANTED: Rule = {
  class: 'model_unavailable',
  scope: 'group',
  perModel: true,
  taken: 'the limit is zero, so the model is not available',
};

/** Pages of proxies and of Cloudflare: about the caller's address, not about a key. */
const PAGE_RULES: readonly Rule[] = [
  { status: [429], class: 'rate_limited', scope: 'provider', taken: 'rate limited by address, before the provider was reached' },
  { status: [403], class: 'key_forbidden', scope: 'provider', taken: 'blocked before the provider was reached' },
  { status: [UNKNOWN], class: 'server_error', scope: 'provider', taken: 'a web page instead of an answer' },
];

function byStatus({ status, headers }: Case): Rule {
  if (status >= 500 || status === UNKNOWN) return { class: 'server_error', scope: 'provider', taken: 'the provider failed' };
  if (status === 424) return { class: 'server_error', scope: 'route', taken: 'the provider failed' };
  if (headers?.['x-should-retry'] === 'true') return { class: 'overloaded', scope: 'route', taken: 'the provider asks for it once more' };
  return { class: 'bad_request', scope: 'request', taken: 'the request is wrong' };
}

function isZeroLimit({ status, prose, limits }: Case): boolean {
  if (!LIMITED.has(status)) return false;
  return saysZeroLimit(prose) || (status === 429 && limits.some(({ limit, remaining = 0 }) => limit === 0 && remaining === 0));
}

/** Rate limits speak of quotas and billing too; but money comes back neither within a minute nor within a named short delay. */
function isAboutMoney({ quantities, hints }: Case): boolean {
  if (isShort(quantities.window)) return false;
  return !hints.some(({ source }) => source === 'prose' || source === 'body') || quantities.window === 'month';
}

/** What says so in the body: a `retry-after` comes with empty accounts, too. */
function isRate({ status, quantities, hints, brief }: Case): boolean {
  if (status !== 429) return false;
  return isShort(quantities.window) || (brief && hints.some(({ source }) => source === 'prose' || source === 'body'));
}

function isShort(window: Window | undefined): boolean {
  return window === 'second' || window === 'minute' || window === 'hour';
}

/** "'temperature' is not supported with this model" is about the parameter, not about the model. */
function namesParameter({ status, told, prose }: Case): boolean {
  if (status !== 400 && status !== 422) return false;
  if (told.param !== undefined) return !/^(model|key)$/i.test(told.param);
  return BEGINS_WITH_PARAMETER.test(prose);
}

/** Validators begin with what is wrong with which part, and what follows may be that part. */
const BEGINS_WITH_PARAMETER =
  /^\W{0,3}(?:(?:error|bad request|invalid request|validation error)\W{1,3}){0,2}(?:(?:invalid|unsupported|unknown|missing|malformed|unexpected|unrecognized|illegal|bad) (?:required )?(?:value|parameter|param|argument|type|field|input|content|message|role|schema|format|json|body|image|url|tool|function|property|property name|character|keyword|token in|end of)|(?:failed|unable|could not|cannot|can't) (?:to )?(?:parse|decode|deserialize|validate|read|process)|expected\b|\d{1,3} validation errors?)/i;

import type { BucketReading, FailureClass, Verdict } from '../failure.ts';
import { toPrintable } from '../printable.ts';
import type { WireFailure, WireHeaders } from '../wire/types.ts';
import { exhaustedBuckets, readHints, type Hint } from './hints.ts';
import type { Protocol } from './provider.ts';
import { isOversize, readQuantities, saysZeroLimit, toReadings, type Quantities } from './quantities.ts';
import * as access from './rules/access.ts';
import * as load from './rules/load.ts';
import * as quota from './rules/quota.ts';
import * as request from './rules/request.ts';
import { UNKNOWN, type Rule } from './rules/rule.ts';
import { STATUS_RULES } from './rules/status.ts';
import { readTold, type Told } from './told.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A month with room for time zones. Providers that name more mean something else: `retry-after` in 400 days is a mistake. */
const LONGEST = 35 * 24 * HOUR;

/** An answer read once, for the rules to look at. */
interface Case {
  /** The answer's status; inside a 200 the status that the error names, or `UNKNOWN`. */
  readonly status: number;
  readonly inBand: boolean;
  readonly told: Told;
  readonly quantities: Quantities;
  /** `undefined` inside a 200: its headers were written before the error. */
  readonly headers: WireHeaders | undefined;
  readonly hints: readonly Hint[];
  /** Somebody names a delay within the hour, though not the reset of an empty bucket, which may be of another limit. */
  readonly brief: boolean;
}

/** What a protocol adds to the general rules. */
export interface Own {
  /** Its own rows: they go first. */
  readonly rules?: readonly Rule[];
  /** What its headers call the exchange and the organisation. */
  readonly ids?: ReturnType<Protocol['readIds']>;
}

/**
 * What a failure means, by rules that fit any provider that speaks HTTP and JSON. Quota is tested before rate limit, codes before
 * prose, and the status decides only where nothing else did.
 */
export function classifyAnswer(failure: WireFailure, now: number, { rules = [], ids = {} }: Own = {}): Verdict {
  const seen = readCase(failure, now);
  const rule = refine(findRule(seen, rules), seen, now);
  const hint = believe(rule, seen, now);
  const { told } = seen;
  const readings = readingsOf(rule.class, seen);
  const organization = ids.organization ?? ORGANIZATION.exec(told.prose)?.[1];
  const requestId = told.requestId ?? ids.requestId;
  return {
    class: rule.class,
    scope: rule.scope,
    perModel: rule.perModel === true,
    definitive: rule.definitive === true,
    ...(hint === undefined ? {} : { until: { at: hint.at, source: hint.source } }),
    why: toWhy(rule, seen, hint),
    status: seen.status === UNKNOWN ? failure.status : seen.status,
    ...(told.code === undefined ? {} : { code: told.code }),
    ...(told.message === undefined ? {} : { message: told.message }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(failure.body === undefined ? {} : { body: failure.body }),
    ...(readings.length === 0 ? {} : { readings }),
    ...(organization === undefined ? {} : { organization: toPrintable(organization, 100) }),
  };
}

const ORGANIZATION = /\b(?:organi[sz]ation|account)\s[`'"]?(org[-_][a-z0-9]+)/i;

function readCase(failure: WireFailure, now: number): Case {
  const told = readTold(failure.body);
  const inBand = failure.inBand || (failure.status >= 200 && failure.status < 300);
  const headers = inBand ? undefined : failure.headers;
  const hints = readHints({ headers, fields: told.hints, prose: told.prose }, now);
  return {
    status: inBand ? (told.status ?? UNKNOWN) : failure.status,
    inBand,
    told,
    quantities: readQuantities(told.prose, told.codes),
    headers,
    hints,
    brief: hints.some(({ at, source }) => source !== 'bucket' && at - now < HOUR),
  };
}

function findRule(seen: Case, own: readonly Rule[]): Rule {
  const { status, told } = seen;
  const first = (rules: readonly Rule[]): Rule | undefined => rules.find((rule) => fits(rule, seen));
  // Pages come from what stands before the provider: their words are about addresses and browsers, not about keys and models.
  // And a refusal that names a parameter quotes the request: what it says of keys, models and money is the caller's own text.
  const words = told.html || namesParameter(seen) ? [] : undefined;
  return (
    first(own) ??
    first(request.REQUEST_RULES) ??
    first(quota.QUOTA_CODES) ??
    (isZeroLimit(seen) ? NOT_GRANTED : undefined) ??
    (isOversize(seen.quantities) && LIMITED.has(status) ? OVERSIZE : first(request.OVERSIZE_RULES)) ??
    first(load.UPSTREAM_RULES) ??
    (isAboutMoney(seen) ? first(words ?? quota.QUOTA_PROSE) : undefined) ??
    first(access.REGION_RULES) ??
    first(access.KEY_CODES) ??
    first(words ?? access.KEY_PROSE) ??
    first(access.MODEL_CODES) ??
    first(words ?? access.MODEL_PROSE) ??
    (told.html ? first(PAGE_RULES) : undefined) ??
    first(load.SICK_CODES) ??
    first(load.RATE_CODES) ??
    (isAboutMoney(seen) && !seen.brief ? first(words ?? quota.QUOTA_LOOSE) : undefined) ??
    first(load.SICK_PROSE) ??
    first(load.RATE_PROSE) ??
    first(STATUS_RULES) ??
    byStatus(status)
  );
}

function fits(rule: Rule, { status, told }: Case): boolean {
  if (rule.status !== undefined && !rule.status.includes(status)) return false;
  const { code, says } = rule;
  if (code === undefined && says === undefined) return true;
  return (code !== undefined && told.codes.some((text) => code.test(text))) || says?.test(told.prose) === true;
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

function byStatus(status: number): Rule {
  if (status >= 500 || status === UNKNOWN) return { class: 'server_error', scope: 'provider', taken: 'the provider failed' };
  if (status === 424) return { class: 'server_error', scope: 'route', taken: 'the provider failed' };
  return { class: 'bad_request', scope: 'request', taken: 'the request is wrong' };
}

function isZeroLimit({ status, told, headers }: Case): boolean {
  if (!LIMITED.has(status)) return false;
  if (saysZeroLimit(told.prose)) return true;
  return (
    status === 429 &&
    headers !== undefined &&
    Object.keys(headers).some((name) => name.startsWith('x-ratelimit-limit-') && headers[name]?.trim() === '0')
  );
}

/** Rate limits speak of quotas and billing too; but money comes back neither within a minute nor within a named short delay. */
function isAboutMoney({ quantities, hints }: Case): boolean {
  if (quantities.window === 'second' || quantities.window === 'minute' || quantities.window === 'hour') return false;
  return !hints.some(({ source }) => source === 'prose' || source === 'body') || quantities.window === 'month';
}

/** "'temperature' is not supported with this model" is about the parameter, not about the model. */
function namesParameter({ status, told }: Case): boolean {
  return told.param !== undefined && !/^(model|key)$/i.test(told.param) && (status === 400 || status === 422);
}

/** A rate limit that does not end within the hour is done for the day or the month. */
function refine(rule: Rule, seen: Case, now: number): Rule {
  if (rule.class !== 'rate_limited') return rule;
  const { window } = seen.quantities;
  if (window === 'month') return { ...rule, class: 'quota_exhausted', perModel: false, taken: 'done for the month' };
  const day =
    window === 'day' ||
    (window === undefined && seen.headers !== undefined && exhaustedBuckets(seen.headers).some((name) => /day/.test(name)));
  if (day) return { ...rule, class: 'quota_exhausted', taken: 'done for the day' };
  const named = seen.hints.find(({ at }) => at - now <= LONGEST);
  // An empty bucket's reset tells when it is full again, which is later than when it has room.
  if (named === undefined || named.source === 'bucket' || named.at - now <= HOUR) return rule;
  return { ...rule, class: 'quota_exhausted', taken: 'done for longer than an hour' };
}

/** The most trusted hint within what its class can mean. */
function believe(rule: Rule, seen: Case, now: number): Hint | undefined {
  const [from, to] = believable(rule.class, seen);
  return seen.hints.find((hint) => {
    const delay = hint.at - now;
    return delay <= to && (delay >= from || (hint.source === 'reset-date' && to > 0));
  });
}

/**
 * How far hints are believed, ms. A rate limit ends within the hour (longer ones were refined to quota); a sick provider is asked
 * again within the hour whatever it says. A day's limit that tells its numbers also knows its delay, without numbers a delay of
 * seconds is about another limit; money does not come back within the hour unless a date says so. Nothing else ends by waiting.
 */
function believable(failure: FailureClass, { quantities }: Case): readonly [from: number, to: number] {
  if (failure === 'rate_limited' || failure === 'overloaded' || failure === 'server_error' || failure === 'timeout') return [0, HOUR];
  if (failure !== 'quota_exhausted') return [Number.POSITIVE_INFINITY, -1];
  if (quantities.window !== 'day') return [HOUR, LONGEST];
  return [quantities.used === undefined ? MINUTE : 0, LONGEST];
}

/** A limit that refused for its size is told without its use; "(for limit …)" names a limit of its own, which is not this model's. */
function readingsOf(failure: FailureClass, { quantities, told }: Case): readonly BucketReading[] {
  if (failure === 'rate_limited' || failure === 'quota_exhausted') return toReadings(quantities);
  if (failure === 'request_too_large' && !/\(for limit /.test(told.prose)) return toReadings(quantities);
  return [];
}

function toWhy(rule: Rule, { status, inBand, told, quantities }: Case, hint: Hint | undefined): string {
  const where = inBand ? `an error in a 200${status === UNKNOWN ? '' : ` (${status})`}` : String(status);
  const code = told.code === undefined || told.code === String(status) ? '' : ` ${told.code}`;
  const named = quantities.named === undefined ? '' : ` (${quantities.named})`;
  const said = rule.scope === 'request' && told.message !== undefined ? `, "${toPrintable(told.message, 160)}"` : '';
  return toPrintable(`${where}${code}${named}: ${rule.taken}${hint === undefined ? said : `, ${hint.said}`}`, 400);
}

import type { BucketReading, FailureClass, Verdict } from '../failure.ts';
import { toPrintable } from '../printable.ts';
import type { WireFailure } from '../wire/types.ts';
import { believe, refine, type Phases } from './believe.ts';
import { readCase, type Case } from './case.ts';
import type { Hint } from './hints.ts';
import { readAccount } from './account.ts';
import type { AssumedWindows } from './limits.ts';
import { findRule } from './order.ts';
import type { Ids } from './provider.ts';
import { toReadings } from './quantities.ts';
import { UNKNOWN, type Rule, type UserRule } from './rules/rule.ts';
import { findUserRule, toRule } from './user-rules.ts';

/** What a protocol and a provider add to the general rules. */
export interface Own {
  /** The protocol's own rows: they go before the general ones. */
  readonly rules?: readonly Rule[];
  /** What its headers call the exchange and the account. */
  readonly ids?: Ids;
  /** When its windows end, where its answers do not say so. */
  readonly phases?: Phases;
  /** The windows of limits whose headers name none. */
  readonly windows?: AssumedWindows;
  /** `Provider.rules`: they go before all others. */
  readonly userRules?: readonly UserRule[];
}

/** What a failure means, by rules that fit any provider that speaks HTTP and JSON. Pure, and it never throws. */
export function classifyAnswer(failure: WireFailure, now: number, own: Own = {}): Verdict {
  const { rules = [], ids = {}, phases = {}, windows = {}, userRules = [] } = own;
  const seen = readCase(failure, now, windows);
  const { told } = seen;
  const status = seen.status === UNKNOWN ? failure.status : seen.status;
  const users = findUserRule(userRules, failure, status, told);
  const rule = users === undefined ? refine(findRule(seen, rules), seen, now) : toRule(users);
  const hint = users?.holdMs === undefined ? believe(rule, seen, phases, now) : holdFor(users.holdMs, now);
  const readings = readingsOf(rule.class, seen);
  // A refused request is quoted: an id in it is the caller's text, and would unite groups for good.
  const account = rule.scope === 'request' ? {} : readAccount(failure.body, seen.prose);
  const organization = ids.organization ?? account.organization;
  const project = ids.project ?? account.project;
  const requestId = told.requestId ?? ids.requestId;
  return {
    class: rule.class,
    scope: rule.scope,
    perModel: rule.perModel === true,
    definitive: rule.definitive === true,
    ...(hint === undefined ? {} : { until: { at: hint.at, source: hint.source } }),
    why: toWhy(rule, seen, hint),
    status,
    ...(told.code === undefined ? {} : { code: told.code }),
    ...(told.message === undefined ? {} : { message: told.message }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(failure.body === undefined ? {} : { body: failure.body }),
    ...(readings.length === 0 ? {} : { readings }),
    ...(organization === undefined ? {} : { organization: toPrintable(organization, 100) }),
    ...(project === undefined ? {} : { project: toPrintable(project, 100) }),
  };
}

function holdFor(holdMs: number, now: number): Hint {
  return { at: Math.ceil(now + holdMs), source: 'rule', said: `held for ${holdMs} ms` };
}

/** A limit that refused for its size is told without its use; "(for limit …)" names a limit of its own, which is not this model's. */
function readingsOf(failure: FailureClass, { quantities, told }: Case): readonly BucketReading[] {
  if (failure === 'rate_limited' || failure === 'quota_exhausted') return toReadings(quantities);
  if (failure === 'request_too_large' && !/\(for limit /.test(told.prose)) return toReadings(quantities);
  return [];
}

function toWhy(rule: Rule, { status, inBand, told, quantities, headers }: Case, hint: Hint | undefined): string {
  const where = inBand ? `an error in a 200${status === UNKNOWN ? '' : ` (${status})`}` : String(status);
  const code = told.code === undefined || told.code === String(status) ? '' : ` ${told.code}`;
  const named = quantities.named === undefined ? '' : ` (${quantities.named})`;
  const said = rule.scope === 'request' && told.message !== undefined ? `, "${toPrintable(told.message, 160)}"` : '';
  const elsewhere = headers?.['x-should-retry'] === 'false' ? ', and not to be repeated here' : '';
  return toPrintable(`${where}${code}${named}: ${rule.taken}${hint === undefined ? said : `, ${hint.said}`}${elsewhere}`, 400);
}

import type { FailureClass } from '../failure.ts';
import type { Case } from './case.ts';
import type { Hint } from './hints.ts';
import { endOf, type Phase } from './phase.ts';
import type { Window } from './quantities.ts';
import type { Rule } from './rules/rule.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A month with room for time zones. Providers that name more mean something else: `retry-after` in 400 days is a mistake. */
const LONGEST = 35 * 24 * HOUR;

/** When a provider's windows end, by their length. */
export type Phases = Readonly<Partial<Record<Window, Phase>>>;

/** A rate limit that does not end within the hour is done for the day or the month. */
export function refine(rule: Rule, seen: Case, now: number): Rule {
  if (rule.class !== 'rate_limited') return rule;
  const { window } = seen.quantities;
  if (window === 'month') return { ...rule, class: 'quota_exhausted', perModel: false, taken: 'done for the month' };
  if (window === 'week') return { ...rule, class: 'quota_exhausted', taken: 'done for the week' };
  const day = window === 'day' || (window === undefined && seen.limits.some(({ slot, remaining }) => remaining === 0 && isLong(slot)));
  if (day) return { ...rule, class: 'quota_exhausted', taken: 'done for the day' };
  const named = seen.hints.find(({ at }) => at - now <= LONGEST);
  // An empty bucket's reset tells when it is full again, which is later than when it has room.
  if (named === undefined || named.source === 'bucket' || named.at - now <= HOUR) return rule;
  return { ...rule, class: 'quota_exhausted', taken: 'done for longer than an hour' };
}

/** A limit whose header names the day or the month. */
function isLong(slot: string): boolean {
  return Number(slot.slice(slot.lastIndexOf('/') + 1)) >= 24 * HOUR;
}

/** The most trusted hint within what its class can mean; where there is none, the end of a window that the wall clock knows. */
export function believe(rule: Rule, seen: Case, phases: Phases, now: number): Hint | undefined {
  const [from, to] = believable(rule, seen);
  const hint = seen.hints.find(({ at, source }) => {
    const delay = at - now;
    return delay <= to && (delay >= from || (source === 'reset-date' && to > 0));
  });
  if (hint !== undefined || to < 0) return hint;
  const phase = rule.phase ?? phaseOf(rule.class, seen, phases);
  return phase === undefined ? undefined : { ...endOf(phase, now), source: 'phase' };
}

function phaseOf(failure: FailureClass, { quantities: { window } }: Case, phases: Phases): Phase | undefined {
  if (failure === 'rate_limited') return window === undefined || window === 'minute' ? phases.minute : undefined;
  return failure === 'quota_exhausted' && window !== undefined ? phases[window] : undefined;
}

/**
 * How far hints are believed, ms. A rate limit ends within the hour (longer ones were refined to quota); a sick provider is asked
 * again within the hour whatever it says. A day's limit that tells its numbers also knows its delay, without numbers a delay of
 * seconds is about another limit; money does not come back within the hour unless a date says so. Nothing else ends by waiting.
 */
function believable({ class: failure }: Rule, { quantities }: Case): readonly [from: number, to: number] {
  if (failure === 'rate_limited' || failure === 'overloaded' || failure === 'server_error' || failure === 'timeout') return [0, HOUR];
  if (failure !== 'quota_exhausted') return [Number.POSITIVE_INFINITY, -1];
  if (quantities.window !== 'day') return [HOUR, LONGEST];
  return [quantities.used === undefined ? MINUTE : 0, LONGEST];
}

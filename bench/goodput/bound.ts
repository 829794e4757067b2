import type { Case, LimitRow, Load, OrgRow } from './case.ts';

/**
 * Answers that a client would get by `ms` that knows every limit, its level and every way beforehand, and whose first request takes
 * `wayMs`. An upper bound, never a promise: nobody reaches it all the way.
 */
export function boundBy(row: Case, wayMs: number, ms: number): number {
  const open = row.orgs.reduce((sum, org, index) => sum + boundOfOrg(row, org, index, wayMs, ms), 0);
  return Math.floor(Math.min(open, boundOfCallers(row, wayMs, ms)));
}

function boundOfOrg(row: Case, org: OrgRow, index: number, wayMs: number, ms: number): number {
  const endMs = Math.min(ms, lastKeyDiesMs(row, org, index));
  if (endMs <= wayMs) return 0;
  return Math.min(...org.limits.map((limit) => amountBy(limit, row.phaseMs, wayMs, endMs) / costOf(limit, row.load)));
}

/** What a limit gives between the first arrival and `endMs`. */
function amountBy({ limit, windowMs, kind }: LimitRow, phaseMs: number, wayMs: number, endMs: number): number {
  const openMs = endMs - wayMs;
  switch (kind.of) {
    case 'refill':
      return kind.burst + (limit * openMs) / windowMs;
    case 'fixed': {
      // Each window that is touched gives all of its limit.
      const first = kind.anchor === 'clock' ? Math.floor((phaseMs + wayMs) / windowMs) : 0;
      const last = kind.anchor === 'clock' ? Math.floor((phaseMs + endMs) / windowMs) : Math.floor(openMs / windowMs);
      return limit * (last - first + 1);
    }
    case 'sliding':
      return limit * (Math.floor(openMs / windowMs) + 1);
  }
}

/** An organisation gives nothing once its last key is dead. */
function lastKeyDiesMs(row: Case, org: OrgRow, index: number): number {
  const deaths = row.mishaps.flatMap((mishap) => (mishap.of === 'key-dies' && mishap.org === index ? [mishap.atMs] : []));
  return deaths.length < org.keys ? Infinity : Math.max(...deaths);
}

/** Mean of what an answer truly takes. */
function costOf({ counts }: LimitRow, { promptChars, maxTokens, usedShare }: Load): number {
  const input = mean(promptChars) / 4 + 7.375;
  const output = Math.max(1, maxTokens * mean(usedShare));
  switch (counts) {
    case 'requests':
      return 1;
    case 'tokens':
      return input + output;
    case 'input':
      return input;
    case 'output':
      return output;
  }
}

/** Each caller asks anew when it has its answer: so many at most are admitted. */
function boundOfCallers({ load, manners }: Case, wayMs: number, ms: number): number {
  return ms <= wayMs ? 0 : load.callers * Math.ceil((ms - wayMs) / (2 * wayMs + mean(manners.serviceMs)));
}

function mean([least, most]: readonly [number, number]): number {
  return (least + most) / 2;
}

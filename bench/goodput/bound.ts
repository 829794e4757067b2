import type { Arrivals, Case, LimitRow, Load, OrgRow } from './case.ts';

/**
 * Answers that a client would get by `ms` that knows every limit, its level and every way beforehand, and whose first request takes
 * `wayMs`. An upper bound, never a promise: nobody reaches it all the way.
 */
export function boundBy(row: Case, wayMs: number, ms: number): number {
  if (row.load.arrivals !== undefined) return boundOfArrivals(row, row.load.arrivals, wayMs, ms);
  const open = row.orgs.reduce((sum, org, index) => sum + boundOfOrg(row, org, index, wayMs, ms), 0);
  return Math.floor(Math.min(open, boundOfCallers(row, wayMs, ms)));
}

const STEP_MS = 10;

/** Calls wait until an organisation has room, and none is given up: in steps, as buckets that are full gain nothing. */
function boundOfArrivals(row: Case, { everyMs, calls }: Arrivals, wayMs: number, ms: number): number {
  const buckets = row.orgs.map(({ limits }) => limits.map((limit) => ({ ...perMsOf(limit, row.load), level: burstOf(limit, row.load) })));
  const isOut = (at: number): boolean => row.mishaps.some((mishap) => mishap.of === 'outage' && at >= mishap.fromMs && at < mishap.untilMs);
  let waiting = 0;
  let answers = 0;
  let come = 0;
  for (let at = 0; at + wayMs <= ms; at += STEP_MS) {
    for (; come * everyMs <= at; come++) waiting += calls;
    for (const limits of buckets) {
      for (const bucket of limits) bucket.level = Math.min(bucket.burst, bucket.level + bucket.perMs * STEP_MS);
      const served = isOut(at) ? 0 : Math.min(waiting, ...limits.map(({ level }) => level));
      for (const bucket of limits) bucket.level -= served;
      waiting -= served;
      answers += served;
    }
  }
  return Math.floor(answers);
}

/** Of a limit that refills, in answers. */
function perMsOf(limit: LimitRow, load: Load): { readonly perMs: number; readonly burst: number } {
  return { perMs: limit.limit / limit.windowMs / costOf(limit, load), burst: burstOf(limit, load) };
}

function burstOf(limit: LimitRow, load: Load): number {
  return (limit.kind.of === 'refill' ? limit.kind.burst : limit.limit) / costOf(limit, load);
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

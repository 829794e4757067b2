import type { Arrivals, Case, LimitRow, OrgRow } from './case.ts';
import { firstWayMs } from './network.ts';
import { amountOf, type Use } from './provider.ts';

/**
 * Answers that a client would get by `ms` that knows every limit, its level and every way beforehand, and whose first request takes the
 * shortest of them. Where tokens bind, its answers take what those of the measured client took on average (`use`): nobody is above it by
 * luck of the draw. An upper bound, never a promise: nobody reaches it all the way.
 */
export function boundBy(row: Case, use: Use, ms: number): number {
  if (row.load.arrivals !== undefined) return boundOfArrivals(row, row.load.arrivals, use, ms);
  const open = row.orgs.reduce((sum, _, index) => sum + boundOfOrg(row, index, use, ms), 0);
  return Math.floor(Math.min(open, boundOfCallers(row, ms)));
}

const STEP_MS = 10;

/** Calls wait until an organisation has room, and none is given up: in steps, as buckets that are full gain nothing. */
function boundOfArrivals(row: Case, { everyMs, calls }: Arrivals, use: Use, ms: number): number {
  const buckets = row.orgs.map(({ limits }) => limits.map((limit) => ({ ...perMsOf(limit, use), level: burstOf(limit, use) })));
  const isOut = (at: number): boolean => row.mishaps.some((mishap) => mishap.of === 'outage' && at >= mishap.fromMs && at < mishap.untilMs);
  let waiting = 0;
  let answers = 0;
  let come = 0;
  for (let at = 0; at + firstWayMs <= ms; at += STEP_MS) {
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
function perMsOf(limit: LimitRow, use: Use): { readonly perMs: number; readonly burst: number } {
  return { perMs: limit.limit / limit.windowMs / costOf(limit, use), burst: burstOf(limit, use) };
}

function burstOf(limit: LimitRow, use: Use): number {
  return (limit.kind.of === 'refill' ? limit.kind.burst : limit.limit) / costOf(limit, use);
}

function boundOfOrg(row: Case, index: number, use: Use, ms: number): number {
  const org = row.orgs[index];
  if (org === undefined) return 0;
  const endMs = Math.min(ms, lastKeyDiesMs(row, org, index));
  if (endMs <= firstWayMs) return 0;
  return Math.min(
    ...org.limits.map(
      (limit) =>
        amountBy(limit, { phaseMs: row.phaseMs, wayMs: firstWayMs, endMs, changedMs: changedMs(row, index, endMs) }) / costOf(limit, use),
    ),
  );
}

/** By how much longer (below 0: shorter) the first limits would have to last to give what the changed ones do. */
function changedMs(row: Case, index: number, endMs: number): number {
  return row.mishaps.reduce(
    (sum, mishap) =>
      mishap.of === 'limits-change' && mishap.org === index ? sum + Math.max(0, endMs - mishap.atMs) * (mishap.factor - 1) : sum,
    0,
  );
}

interface Span {
  readonly phaseMs: number;
  readonly wayMs: number;
  readonly endMs: number;
  readonly changedMs: number;
}

/** What a limit gives between the first arrival and `endMs`. */
function amountBy({ limit, windowMs, kind }: LimitRow, { phaseMs, wayMs, endMs, changedMs }: Span): number {
  const openMs = endMs - wayMs;
  switch (kind.of) {
    case 'refill':
      return kind.burst + (limit * (openMs + changedMs)) / windowMs;
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

/** What an answer truly takes. */
function costOf(limit: LimitRow, use: Use): number {
  return Math.max(1, amountOf(limit, use));
}

/** Each caller asks anew when it has its answer: so many at most are admitted. */
function boundOfCallers({ load, manners }: Case, ms: number): number {
  return ms <= firstWayMs ? 0 : load.callers * Math.ceil((ms - firstWayMs) / (2 * firstWayMs + mean(manners.serviceMs)));
}

function mean([least, most]: readonly [number, number]): number {
  return (least + most) / 2;
}

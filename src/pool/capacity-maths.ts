import type { BucketKind } from './quota/limits.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Ends of windows that are looked at one by one, so that thousands of groups cost no more than their number. */
const MOST_ENDS = 32;

/** One bucket, as far as its capacity goes. Amounts are of what it counts. */
export interface Supply {
  readonly kind: BucketKind;
  readonly limit: number;
  readonly windowMs: number;
  /** Below 0 when more was spent than allowed. */
  readonly remaining: number;
  /** When all of it is free again, ms from now. */
  readonly fullInMs: number;
  /** What a call takes of it; `undefined` when nobody knows yet. */
  readonly perCall: number | undefined;
}

/** Calls a minute that a bucket carries as it is now; `undefined` when nobody knows what a call takes, or it takes nothing. */
export function carriedBy(supply: Supply): number | undefined {
  const { kind, limit, windowMs, remaining, fullInMs, perCall } = supply;
  if (perCall === undefined || perCall <= 0) return undefined;
  const steady = (limit * MINUTE_MS) / windowMs;
  // What is left of a long window has to do until its end.
  const isWindow = kind === 'fixed' && windowMs > MINUTE_MS && remaining < limit;
  const amount = isWindow ? (Math.max(0, remaining) * MINUTE_MS) / Math.max(MINUTE_MS, fullInMs) : steady;
  return amount / perCall;
}

/** Calls a minute that so many places carry; `undefined` while nobody knows how long a call takes one. */
export function carriedByPlaces(places: number, callMs: number | undefined): number | undefined {
  return callMs === undefined || callMs <= 0 ? undefined : (places * MINUTE_MS) / callMs;
}

/** The bucket or limit that carries least; those of which nothing is known say nothing. */
export function least<Row extends { readonly perMinute?: number | undefined }>(rows: readonly Row[]): Row | undefined {
  return rows.reduce<Row | undefined>(
    (found, row) => (row.perMinute !== undefined && row.perMinute < (found?.perMinute ?? Infinity) ? row : found),
    undefined,
  );
}

/** The sum of what is known; `undefined` where nothing is. */
export function sumOf(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, number) => sum + number, 0);
}

/** The one in the middle; `undefined` where there is none. */
export function medianOf(numbers: readonly number[]): number | undefined {
  return numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];
}

/**
 * How long groups last, each with its buckets, at so many calls a minute in all, ms; `undefined` when they do not run out within a day, or when
 * nothing is known of one of them. A group without buckets is one of which nothing is known.
 */
export function lastsMs(groups: readonly (readonly Supply[])[], perMinute: number): number | undefined {
  const known = groups.map((group) => group.filter(({ perCall }) => perCall !== undefined && perCall > 0));
  if (perMinute <= 0 || known.length === 0 || known.some((group) => group.length === 0)) return undefined;
  const short = (ms: number): boolean => known.reduce((sum, group) => sum + callsBy(group, ms), 0) < (perMinute * ms) / MINUTE_MS;
  // Between two ends of windows what is there grows by straight lines, so that it falls short once at most.
  const ends = new Set(known.flatMap((group) => group.flatMap((supply) => (jumps(supply) ? [supply.fullInMs] : []))));
  let from = 0;
  for (const end of [...[...ends].toSorted((a, b) => a - b).slice(0, MOST_ENDS), DAY_MS]) {
    // The instant before the end: a window that begins anew has all of it again.
    if (end > from && short(end - 1)) return firstShort(short, from, end - 1);
    from = Math.max(from, end);
  }
  return undefined;
}

function jumps({ kind, remaining, limit, fullInMs }: Supply): boolean {
  return kind === 'fixed' && remaining < limit && fullInMs < DAY_MS;
}

/** Calls that a group can have started by then. */
function callsBy(group: readonly Supply[], ms: number): number {
  return Math.max(0, Math.min(...group.map((supply) => amountBy(supply, ms) / (supply.perCall ?? 1))));
}

function amountBy({ kind, limit, windowMs, remaining, fullInMs }: Supply, ms: number): number {
  const perMs = limit / windowMs;
  if (kind !== 'fixed') return remaining + perMs * ms;
  if (remaining < limit) return ms < fullInMs ? remaining : remaining + limit + perMs * (ms - fullInMs);
  return ms < windowMs ? limit : limit + perMs * ms;
}

function firstShort(short: (ms: number) => boolean, from: number, to: number): number {
  let [enough, tooLate] = [from, to];
  while (tooLate - enough > 1) {
    const middle = (enough + tooLate) / 2;
    if (short(middle)) tooLate = middle;
    else enough = middle;
  }
  return Math.round(enough);
}

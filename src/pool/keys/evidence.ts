/** What one answer said of a limit, and when. Instants are epoch ms. */
export interface Sight {
  readonly sentAt: number;
  /** When the answer was here. */
  readonly at: number;
  readonly remaining: number;
  /** When the bucket is full again, or its window ends; `undefined` where the answer did not tell. */
  readonly fullAt: number | undefined;
}

/** How the limit counts, as far as it is known. */
export interface Shape {
  readonly kind: 'refill' | 'fixed' | 'sliding';
  readonly limit: number;
  readonly windowMs: number;
}

/** A number of which only bounds are known. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

export const NOBODY: Bounds = { least: 0, most: 0 };

/** Answers and requests of one connection overtake each other by so much. */
const JITTER_MS = 30;

/**
 * What the server counted between two answers, the requests of anybody. A bucket that refills is full at an instant that only
 * requests move; what is left falls by them and rises with time. Both must say the same. `undefined` when they do not, or when the
 * bucket was full in between or the window turned: then nothing can be told.
 */
export function consumedBetween(from: Sight, to: Sight, shape: Shape): Bounds | undefined {
  const fallen = from.remaining - to.remaining;
  if (from.fullAt === undefined || to.fullAt === undefined) return { least: fallen, most: Infinity };
  const rate = shape.limit / shape.windowMs;
  const sentMs = to.sentAt - from.sentAt;
  const heardMs = to.at - from.at;
  // Nobody knows when on its way an answer was counted.
  const doubtMs = Math.abs(heardMs - sentMs) + JITTER_MS + grainOf(from, to);
  if (shape.kind === 'fixed') return Math.abs(to.fullAt - from.fullAt) <= doubtMs + 1000 ? { least: fallen, most: fallen + 1 } : undefined;
  if (shape.kind === 'sliding' || from.fullAt < from.sentAt || to.fullAt <= to.at) return undefined;
  const moved = (to.fullAt - from.fullAt) * rate;
  const replaced = fallen + Math.min(sentMs, heardMs) * rate;
  const doubt = doubtMs * rate + 1;
  if (Math.abs(moved - replaced) > 2 * doubt) return undefined;
  return { least: Math.max(fallen - 1, Math.min(moved, replaced) - doubt), most: Math.max(moved, replaced) + doubt };
}

/** True when the bucket may have been full between two answers: what refilled then was lost, and nobody knows how much. */
export function mayHaveBeenFull(last: Sight, next: Sight): boolean {
  return last.fullAt !== undefined && last.fullAt < next.sentAt;
}

/** How coarsely the server rounds its times. */
function grainOf(a: Sight, b: Sight): number {
  const resets = [a, b].map(({ fullAt, at }) => (fullAt ?? at) - at);
  return [1000, 100, 10].find((grainMs) => resets.every((resetMs) => resetMs % grainMs === 0)) ?? 1;
}

/** What nobody of us sent. `own` is what this one sent meanwhile, as far as its cost is known. */
export function unexplained(consumed: Bounds, own: Bounds): Bounds {
  return { least: consumed.least - own.most, most: consumed.most - own.least };
}

/** When the server read what it said: as the request came, or as the answer left. */
export type ReadAt = 'admission' | 'answer';

/** `sight` at the instant at which the server read it, if that was when `readAt` says. */
export function readAs({ sentAt, at, remaining, fullAt }: Sight, readAt: ReadAt): Sight {
  if (readAt === 'answer') return { sentAt: at, at, remaining, fullAt };
  return { sentAt, at: sentAt, remaining, fullAt: fullAt === undefined ? undefined : fullAt - (at - sentAt) };
}

/** True when two answers of different keys, as read, the earlier one first, can be of one bucket from which `sent` was taken around them. */
export function isOneLine(earlier: Sight, later: Sight, shape: Shape, sent: number): boolean {
  const rate = shape.limit / shape.windowMs;
  const betweenMs = later.at - earlier.at;
  const doubtMs = JITTER_MS + grainOf(earlier, later);
  const doubt = doubtMs * rate + 1;
  const back = betweenMs <= 2 * JITTER_MS ? -sent : 0;
  if (earlier.fullAt !== undefined && later.fullAt !== undefined) {
    const movedMs = later.fullAt - earlier.fullAt;
    if (shape.kind === 'fixed' ? Math.abs(movedMs) > doubtMs + 1000 : movedMs * rate < back - doubt || movedMs * rate > sent + doubt)
      return false;
  }
  const refilled = shape.kind === 'fixed' ? 0 : betweenMs * rate + doubt;
  const fallen = earlier.remaining - later.remaining;
  return fallen <= sent + 1 && fallen >= back - refilled - 1;
}

/**
 * The bucket as it was before anything was sent, if it was full then: so much as an answer's words on it allow. If it was not, somebody
 * else drew on it, which is what it will look like. `undefined` where the answer is of no bucket that refills.
 */
export function fullBefore(sight: Sight, since: number, { limit, windowMs, kind }: Shape): Sight | undefined {
  if (kind !== 'refill' || sight.fullAt === undefined) return undefined;
  const burst = sight.remaining + ((sight.fullAt - sight.at) * limit) / windowMs;
  return burst <= limit + 1 ? { sentAt: since, at: since, remaining: burst, fullAt: since } : undefined;
}

/** One side of a pair: what it cannot explain, and what the other one sent meanwhile. */
export interface Side {
  readonly unexplained: Bounds;
  readonly byOther: Bounds;
  /** What one request takes. */
  readonly unit: number;
}

/** So many requests must be unexplained. */
const STRANGE = 2;

/** Less than this part of what another one sent is too little for one bucket. */
const MISSING = 0.6;

/** True when somebody else draws on the bucket. */
export function isStrange({ unexplained: { least }, unit }: Pick<Side, 'unexplained' | 'unit'>): boolean {
  return least >= STRANGE * unit;
}

/** What two answers say of whether their keys draw on one bucket. */
export type Sign = 'shared' | 'apart' | 'none';

/** What `side` says of the other one: its sends are in the bucket, are not, or nobody can tell. */
export function readSide({ unexplained: { least, most }, byOther, unit }: Side): Sign {
  // Much of it must be missing: what the other one sends may be refused, and is known by its estimate.
  if (byOther.least >= STRANGE * unit && most < byOther.least * MISSING) return 'apart';
  if (least >= STRANGE * unit && byOther.most > 0 && most >= byOther.least) return 'shared';
  return 'none';
}

/** What speaks for one quota behind two groups, or behind a key and the rest of its group. */
export interface Kinship {
  /** Signs in a row, one against it takes two away. */
  readonly score: number;
  /** When the last sign counted, epoch ms. */
  readonly at: number;
  /** How often they were taken for one and parted again. */
  readonly parted: number;
}

export const strangers: Kinship = { score: 0, at: -Infinity, parted: 0 };

/** Signs that prove it. */
export const ENOUGH = 3;
/** Each parting doubles what is needed next time, up to this. */
const MOST_NEEDED = 96;
/** Those that were parted need signs from different moments. */
const RETRIAL_MS = 1000;

/** The state after one more sign at `now`. `weight`: of how many usual ones it is worth. */
export function afterSign(state: Kinship, sign: Sign, now: number, weight = 1): Kinship {
  switch (sign) {
    case 'none':
      return state;
    case 'apart':
      return state.score === 0 ? state : { ...state, score: Math.max(0, state.score - 2), at: now };
    case 'shared':
      if (state.parted > 0 && now < state.at + RETRIAL_MS) return state;
      return { ...state, score: state.score + weight, at: now };
  }
}

export function isProved({ score, parted }: Kinship): boolean {
  return score >= Math.min(MOST_NEEDED, ENOUGH * 2 ** parted);
}

export function afterParting(state: Kinship, now: number): Kinship {
  return { score: 0, at: now, parted: state.parted + 1 };
}

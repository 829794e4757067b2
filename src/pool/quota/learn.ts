import type { BucketKind } from './limits.ts';

/** Windows that providers use: an estimate near one of them is that one. */
const USUAL_WINDOWS_MS = [1000, 10_000, 60_000, 3_600_000, 86_400_000];

/** `remaining` is a whole number of a fraction, so one unit less can be noise. */
const CERTAIN_FALL = 2;

/**
 * No bucket that refills can have less left and yet be full sooner, so one such answer decides. It counts twice, as the turn of a
 * window can look like a refill once.
 */
const FIXED_VOTE = 2;
/**
 * Votes beyond this add nothing, so that a server that changes its ways is believed again. Where a window slides, resets jump up with
 * each request that leaves it, for as many answers as come within a moment: so many are no proof against what hundreds showed.
 */
const MOST_VOTES = 40;

/** Part by which an estimate may be wrong beyond its rounding. */
const DRIFT = 0.05;

/** What one answer said of a limit: what the server had left, and in how long it is full or its window ends. */
export interface Sample {
  readonly limit: number;
  readonly remaining: number;
  /** Absent when the answer does not tell. */
  readonly resetMs: number | undefined;
}

/** What is known of a limit that the server tells. */
export interface Learned {
  readonly limit: number;
  readonly windowMs: number;
  readonly burst: number;
  readonly kind: Exclude<BucketKind, 'sliding'>;
  /** Samples that lie on the slope of a bucket that refills: `reset` is the time until it is full. */
  readonly slopes: number;
  /** Votes for a fixed window. */
  readonly fixedVotes: number;
  /** `reset` is the time until one more is there: it says nothing of when all is. */
  readonly next: boolean;
  /** The longest `reset` told, ms. */
  readonly longestMs: number;
  /** An earlier sample of the same slope. */
  readonly reference: Sample | undefined;
}

export function beginLearning(sample: Sample, windowMs: number): Learned {
  const learned: Learned = {
    limit: sample.limit,
    windowMs,
    burst: sample.limit,
    kind: 'refill',
    slopes: 0,
    fixedVotes: 0,
    next: false,
    longestMs: sample.resetMs ?? 0,
    reference: sample,
  };
  return { ...learned, burst: burstOf(learned, sample) };
}

/**
 * Rate, burst and kind from how `remaining` and `reset` move between answers. Two samples of a bucket that refills lie on a
 * line: reset = (burst - remaining) / rate, whatever the burst is. In a fixed window both fall together.
 * A server that raises or lowers its limit is believed at once.
 */
export function learn(known: Learned, sample: Sample): Learned {
  const state = sample.resetMs === undefined || sample.resetMs <= known.longestMs ? known : { ...known, longestMs: sample.resetMs };
  if (sample.limit !== state.limit)
    return { ...beginLearning(sample, state.windowMs), kind: state.kind, fixedVotes: state.fixedVotes, next: state.next };
  const next = isNext(state, sample);
  // It says at least that what is left was there.
  if (next) return widen({ ...state, next, reference: undefined }, { ...sample, resetMs: 0 });
  if (state.next) return widen({ ...state, next, reference: sample }, sample);
  const { reference } = state;
  if (reference?.resetMs === undefined) return widen({ ...state, reference: sample }, sample);
  if (sample.resetMs === undefined) return state;
  const fell = reference.remaining - sample.remaining;
  const stretchedMs = sample.resetMs - reference.resetMs;
  // More is left than before: a new slope, or a new window, begins here.
  if (fell < 0) return widen({ ...state, reference: sample }, sample);
  if (fell >= CERTAIN_FALL && stretchedMs < 0) return voteFixed(state, sample);
  if (fell === 0 || stretchedMs <= 0) return widen(state, sample);
  if (state.kind === 'fixed') return voteRefill(state, sample);
  return fitSlope(state, sample, { fell, stretchedMs, grainMs: grainOf(sample.resetMs, reference.resetMs) });
}

/** That nothing has to come back is told of one level alone, unless `reset` is the time until the next one is there. */
function isNext({ next, kind, reference, limit, windowMs }: Learned, { remaining, resetMs }: Sample): boolean {
  if (resetMs === undefined || kind === 'fixed') return next;
  if (next) return (resetMs * limit) / windowMs <= CERTAIN_FALL;
  return resetMs === 0 && reference?.resetMs === 0 && Math.abs(reference.remaining - remaining) >= CERTAIN_FALL;
}

/** True when `reset` tells the level of the bucket finer than whole numbers do. */
export function isFine({ kind, next, slopes, limit, windowMs }: Learned, resetMs: number): boolean {
  return kind === 'refill' && !next && slopes > 0 && (grainOf(resetMs, resetMs) * limit) / windowMs < 1;
}

function voteFixed(state: Learned, sample: Sample): Learned {
  const fixedVotes = Math.min(MOST_VOTES, state.fixedVotes + FIXED_VOTE);
  return {
    ...state,
    fixedVotes,
    slopes: 0,
    reference: sample,
    kind: 'fixed',
    burst: state.limit,
    windowMs: widest(state.windowMs, sample.resetMs ?? 0),
  };
}

/** In a fixed window `reset` jumps up when a new one begins, which looks like a slope once; a bucket that refills does it each time. */
function voteRefill(state: Learned, sample: Sample): Learned {
  const fixedVotes = state.fixedVotes - 1;
  const next: Learned = { ...state, fixedVotes, reference: sample };
  return fixedVotes > 0 ? next : widen({ ...next, kind: 'refill' }, sample);
}

interface Slope {
  readonly fell: number;
  readonly stretchedMs: number;
  /** `reset` is rounded to this. */
  readonly grainMs: number;
}

function fitSlope(state: Learned, sample: Sample, slope: Slope): Learned {
  const windowMs = windowOf(state, slope);
  const slopes = slope.fell >= CERTAIN_FALL ? Math.min(MOST_VOTES, state.slopes + 1) : state.slopes;
  const refill: Learned = { ...state, fixedVotes: 0, windowMs, slopes };
  return windowMs === state.windowMs ? widen(refill, sample) : { ...refill, burst: burstOf(refill, sample) };
}

/** The window that the slope proves: the known one unless it cannot be, then a usual one, then the measured one. */
function windowOf({ limit, windowMs }: Learned, { fell, stretchedMs, grainMs }: Slope): number {
  const least = ((limit * (stretchedMs - grainMs)) / (fell + 1)) * (1 - DRIFT);
  const most = fell === 1 ? Infinity : ((limit * (stretchedMs + grainMs)) / (fell - 1)) * (1 + DRIFT);
  const isPossible = (candidateMs: number): boolean => candidateMs >= least && candidateMs <= most;
  if (isPossible(windowMs)) return windowMs;
  const measuredMs = (limit * stretchedMs) / fell;
  const distance = (candidateMs: number): number => Math.abs(Math.log(candidateMs / measuredMs));
  const usual = USUAL_WINDOWS_MS.filter(isPossible).sort((a, b) => distance(a) - distance(b))[0];
  if (usual !== undefined) return usual;
  // A window nobody uses is believed only when the samples are fine enough to measure it.
  return least > 0 && most / least < 2 ? measuredMs : windowMs;
}

/** How coarsely the server rounds `reset`, as far as two samples tell. */
function grainOf(aMs: number, bMs: number): number {
  return [1000, 100, 10].find((grainMs) => aMs % grainMs === 0 && bMs % grainMs === 0) ?? 1;
}

/** The largest burst seen: `remaining` is floored, so a smaller one proves nothing. */
function widen(state: Learned, sample: Sample): Learned {
  if (state.kind === 'fixed') return state;
  const burst = burstOf(state, sample);
  return burst > state.burst ? { ...state, burst } : state;
}

function burstOf(state: Learned, sample: Sample): number {
  if (sample.resetMs === undefined) return state.limit;
  const perMs = state.limit / state.windowMs;
  const most = sample.remaining + sample.resetMs * perMs;
  // `reset` was rounded up: a whole number within that is what it was.
  const whole = Math.floor(most + 1e-6);
  const burst = whole >= most - perMs ? whole : most;
  return Math.max(1, Math.min(state.limit, burst));
}

/** The window that a limit seems to have by how long its resets are: shorter than the assumed one where none came near it. */
export function seenWindowMs({ windowMs, longestMs }: Learned): number {
  return longestMs <= 0 ? windowMs : Math.min(windowMs, widest(0, longestMs));
}

function widest(windowMs: number, resetMs: number): number {
  return resetMs <= windowMs ? windowMs : (USUAL_WINDOWS_MS.find((usual) => usual >= resetMs) ?? resetMs);
}

import type { BucketKind } from './limits.ts';

/** Windows that providers use: an estimate near one of them is that one. */
const USUAL_WINDOWS_MS = [1000, 10_000, 60_000, 3_600_000, 86_400_000];

/** `remaining` is a whole number of a fraction, so one unit less can be noise. */
const CERTAIN_FALL = 2;

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
  /** Votes for a fixed window: two in a row decide, one can be an accident. */
  readonly fixedVotes: number;
  /** An earlier sample of the same slope. */
  readonly reference: Sample | undefined;
}

export function beginLearning(sample: Sample, windowMs: number): Learned {
  const learned: Learned = { limit: sample.limit, windowMs, burst: sample.limit, kind: 'refill', fixedVotes: 0, reference: sample };
  return { ...learned, burst: burstOf(learned, sample) };
}

/**
 * Rate, burst and kind from how `remaining` and `reset` move between answers. Two samples of a bucket that refills lie on a
 * line: reset = (burst - remaining) / rate, whatever the burst is. In a fixed window both fall together.
 * A server that raises or lowers its limit is believed at once.
 */
export function learn(state: Learned, sample: Sample): Learned {
  if (sample.limit !== state.limit) return beginLearning(sample, state.windowMs);
  const { reference } = state;
  if (reference === undefined || reference.resetMs === undefined) return widen({ ...state, reference: sample }, sample);
  if (sample.resetMs === undefined) return state;
  const fell = reference.remaining - sample.remaining;
  const stretched = sample.resetMs - reference.resetMs;
  // More is left than before: a new slope begins here.
  if (fell < 0) return widen({ ...state, reference: sample }, sample);
  if (fell >= CERTAIN_FALL && stretched < 0) return voteFixed(state, sample);
  if (fell === 0 || stretched <= 0) return widen(state, sample);
  return fitSlope(state, sample, fell, stretched);
}

function voteFixed(state: Learned, sample: Sample): Learned {
  const fixedVotes = state.fixedVotes + 1;
  const next: Learned = { ...state, fixedVotes, reference: sample };
  return fixedVotes < 2 ? next : { ...next, kind: 'fixed', burst: state.limit, windowMs: widest(state.windowMs, sample.resetMs ?? 0) };
}

function fitSlope(state: Learned, sample: Sample, fell: number, stretched: number): Learned {
  const estimate = (state.limit * stretched) / fell;
  const error = 1 / fell + 0.05;
  const usual = USUAL_WINDOWS_MS.find((windowMs) => Math.abs(windowMs - estimate) <= windowMs * error);
  // A window nobody uses is believed only when the fall is long enough to measure it.
  const windowMs = usual ?? (fell >= 5 ? estimate : state.windowMs);
  const refill: Learned = { ...state, kind: 'refill', fixedVotes: 0, windowMs };
  const moved = Math.abs(windowMs - state.windowMs) > state.windowMs * 0.1 || state.kind === 'fixed';
  return moved ? { ...refill, burst: burstOf(refill, sample) } : widen(refill, sample);
}

/** The largest burst seen: `remaining` is floored, so a smaller one proves nothing. */
function widen(state: Learned, sample: Sample): Learned {
  if (state.kind === 'fixed') return state;
  const burst = burstOf(state, sample);
  return burst > state.burst ? { ...state, burst } : state;
}

function burstOf(state: Learned, sample: Sample): number {
  if (sample.resetMs === undefined) return state.limit;
  const burst = sample.remaining + (sample.resetMs * state.limit) / state.windowMs;
  return Math.max(1, Math.min(state.limit, Math.ceil(burst - 1e-6)));
}

function widest(windowMs: number, resetMs: number): number {
  return resetMs <= windowMs ? windowMs : (USUAL_WINDOWS_MS.find((usual) => usual >= resetMs) ?? resetMs);
}

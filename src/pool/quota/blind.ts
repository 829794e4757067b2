/** What is believed of a rate that nobody tells: from when a bucket was empty, and what was admitted in between. */
export interface Guess {
  readonly perMs: number;
  /** Instant and count of a refusal; what was admitted since, over the time since, is the rate. */
  readonly base: Empty;
  readonly last: Empty;
  /** By which part the rate is tried to be more, so that the bucket is found empty now and then: it cannot be seen in another way. */
  readonly over: number;
  /** Refusals in a row between which next to nothing was admitted. */
  readonly barren: number;
}

/** A bucket had nothing left. */
export interface Empty {
  /** Epoch ms. */
  readonly at: number;
  /** What had been admitted by then. */
  readonly admitted: number;
}

/** From fewer admitted between two refusals nothing is measured. */
const FEW = 4;
/** Both ends of an interval are uncertain by less than a request. */
const ENDS = 1.5;
/** What is tried above a first guess, and at most above a measured one. */
const FIRST_OVER = 0.4;
const MOST_OVER = 0.3;
/** Nothing is asked more rarely than this, so that a limit that is raised is found. */
const SLOWEST_PER_MS = 1 / 30_000;

/** After the first refusal: nothing is measured yet, `pace` (per ms) was too much. */
export function firstGuess(empty: Empty, pace: number): Guess {
  return { perMs: Math.max(SLOWEST_PER_MS, pace * 0.6), base: empty, last: empty, over: FIRST_OVER, barren: 0 };
}

/** A rate that somebody gave is believed until refusals prove it wrong. */
export function givenGuess(empty: Empty, perMs: number): Guess {
  return { perMs, base: empty, last: empty, over: 0, barren: 0 };
}

/** Once more a request was refused that should have been admitted. `most`: the rate is never believed to be more. */
export function refuted(guess: Guess, empty: Empty, most: number): Guess {
  const admitted = empty.admitted - guess.last.admitted;
  const ms = Math.max(1, empty.at - guess.last.at);
  const highest = (admitted + ENDS) / ms;
  // A given rate: refusals by jitter prove nothing against it.
  if (guess.over === 0 && highest >= guess.perMs * 0.98) return { ...guess, last: empty };
  if (admitted < FEW) {
    const perMs = Math.max(SLOWEST_PER_MS, Math.min(guess.perMs / 2, highest));
    return { perMs, base: empty, last: empty, over: FIRST_OVER, barren: guess.barren + 1 };
  }
  const long = empty.admitted - guess.base.admitted;
  const longMs = Math.max(1, empty.at - guess.base.at);
  // The latest interval contradicts the long one: the limit is another one now.
  const isOther = Math.abs(admitted - (long / longMs) * ms) > 2 * ENDS + 0.1 * admitted;
  const count = isOther ? admitted : long;
  const perMs = Math.min(most, isOther ? admitted / ms : long / longMs);
  return { perMs, base: isOther ? guess.last : guess.base, last: empty, over: Math.min(MOST_OVER, 1 / count), barren: 0 };
}

/** The rate to try when `admitted` have been admitted since the last refusal: the longer none comes, the more. */
export function triedPerMs(guess: Guess, admitted: number, most: number): number {
  const lasting = (admitted * guess.over) / 2;
  return Math.min(most, guess.perMs * (1 + guess.over * Math.max(1, lasting * lasting)));
}

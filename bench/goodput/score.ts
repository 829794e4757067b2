import { boundBy } from './bound.ts';
import type { Case } from './case.ts';
import type { Seen } from './load.ts';
import type { Tally } from './provider.ts';

/** One run of one case. */
export interface Run extends Tally, Seen {
  readonly bound: number;
  /** Of the bound. */
  readonly goodputShare: number;
  /** For each answer; one refusal is always free. */
  readonly refusedShare: number;
}

export function toRun(row: Case, tally: Tally, seen: Seen): Run {
  const bound = boundBy(row, tally.meanUse, row.seconds * 1000);
  const answers = tally.answersMs.length;
  return {
    ...tally,
    ...seen,
    bound,
    goodputShare: answers / bound,
    refusedShare: Math.max(0, tally.refusedMs.length - 1) / Math.max(1, answers),
  };
}

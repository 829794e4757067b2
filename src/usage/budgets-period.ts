import type { Budgeted } from '../budget.ts';

/** From then, until before then, epoch ms. */
export interface Period {
  readonly from: number;
  readonly until: number;
}

/** The day or month by UTC's calendar that `now` is in. */
export function periodOf(per: Budgeted['per'], now: number): Period {
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const day = per === 'day' ? date.getUTCDate() : 1;
  // What is beyond the end of a month or year is the beginning of the next one.
  return { from: instantOf(year, month, day), until: per === 'day' ? instantOf(year, month, day + 1) : instantOf(year, month + 1, 1) };
}

/** `Date.UTC` takes years below 100 for those of the last century. */
function instantOf(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day);
}

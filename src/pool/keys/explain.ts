/** What a key's answers say was taken, and what each of several members sent by then: one entry a row. */
export interface Question {
  readonly taken: readonly number[];
  /** Of the key itself. */
  readonly own: readonly number[];
  readonly others: readonly (readonly number[])[];
}

/** The members whose requests, with the key's own, are what was taken. */
export interface Explanation {
  /** Positions in `others`. */
  readonly members: readonly number[];
  /** Variance of what stays unexplained, in requests. */
  readonly spread: number;
  /** For each of the others, that of the best set in which it is not what it is in this one: left out, added or exchanged. */
  readonly rivals: readonly number[];
}

/**
 * Looks for the set of members whose sends differ from what was taken by a constant: whoever shares a bucket is in it with each
 * request, whoever does not makes the difference wander. Descends by adding, leaving out and exchanging one.
 */
export function explain({ taken, own, others }: Question): Explanation {
  const rest = centred(taken.map((value, row) => value - (own[row] ?? 0)));
  const columns = others.map(centred);
  const chosen = new Set<number>();
  let left = rest;
  let spread = varianceOf(left);
  for (let step = 0; step < 3 * others.length; step += 1) {
    const best = stepsFrom(chosen, columns).reduce<Step | undefined>((least, next) => {
      const reached = spreadAfter(left, columns, next);
      return reached < (least?.spread ?? spread) - 1e-9 ? { ...next, spread: reached } : least;
    }, undefined);
    if (best === undefined) break;
    left = after(left, columns, best);
    spread = best.spread;
    for (const index of best.out) chosen.delete(index);
    for (const index of best.into) chosen.add(index);
  }
  const rivals = others.map(() => Infinity);
  for (const step of stepsFrom(chosen, columns)) {
    const reached = spreadAfter(left, columns, step);
    for (const index of [...step.into, ...step.out]) rivals[index] = Math.min(rivals[index] ?? Infinity, reached);
  }
  return { members: [...chosen], spread, rivals };
}

interface Move {
  readonly into: readonly number[];
  readonly out: readonly number[];
}

interface Step extends Move {
  readonly spread: number;
}

function stepsFrom(chosen: ReadonlySet<number>, columns: readonly unknown[]): readonly Move[] {
  const all = [...columns.keys()];
  const inside = all.filter((index) => chosen.has(index));
  const outside = all.filter((index) => !chosen.has(index));
  return [
    ...outside.map((index) => ({ into: [index], out: [] })),
    ...inside.map((index) => ({ into: [], out: [index] })),
    ...inside.flatMap((gone) => outside.map((come) => ({ into: [come], out: [gone] }))),
  ];
}

function after(left: readonly number[], columns: readonly (readonly number[])[], { into, out }: Move): readonly number[] {
  return left.map((value, row) => {
    let next = value;
    for (const index of into) next -= columns[index]?.[row] ?? 0;
    for (const index of out) next += columns[index]?.[row] ?? 0;
    return next;
  });
}

function spreadAfter(left: readonly number[], columns: readonly (readonly number[])[], move: Move): number {
  return varianceOf(after(left, columns, move));
}

function centred(values: readonly number[]): readonly number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return values.map((value) => value - mean);
}

/** Of centred values. */
function varianceOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0) / Math.max(1, values.length);
}

export function rangeOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);
}

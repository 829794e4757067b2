import type { Counted } from '../../failure.ts';

/** How a provider refills a bucket. */
export type BucketKind = 'refill' | 'fixed' | 'sliding';

/** One limit of a group, resolved. */
export interface BucketSpec {
  readonly counts: Counted;
  readonly limit: number;
  readonly windowMs: number;
  /** Most that can be spent at once; `refill` only. `undefined` where nobody said: the rate says nothing of it. */
  readonly burst: number | undefined;
  readonly kind: BucketKind;
  /** Each model has a bucket of its own (the short forms), or all that match share one. */
  readonly perModel: boolean;
  /** Patterns of the models it counts; `undefined` is all. */
  readonly models: readonly string[] | undefined;
}

/** Limits of one group, resolved. */
export interface GroupLimits {
  readonly concurrency: number | undefined;
  readonly minTimeMs: number | undefined;
  readonly buckets: readonly BucketSpec[];
}

/** True when both are the same limit, whichever group it was given for. */
export function sameSpec(a: BucketSpec, b: BucketSpec): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

export function sameLimits(a: GroupLimits, b: GroupLimits): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Tokens and requests of one attempt. */
export interface Cost {
  readonly input: number;
  readonly output: number;
  /** Part of `output` that nobody asked for by number: it is reserved, but no call is refused for it. */
  readonly guessed?: number | undefined;
}

/** What `cost` takes at least from a bucket that counts `counts`. */
export function leastIn(counts: Counted, cost: Cost): number {
  const guessed = counts === 'tokens' || counts === 'output' ? (cost.guessed ?? 0) : 0;
  return costIn(counts, cost) - guessed;
}

/** What `cost` takes from a bucket that counts `counts`. */
export function costIn(counts: Counted, cost: Cost): number {
  switch (counts) {
    case 'requests':
      return 1;
    case 'tokens':
      return cost.input + cost.output;
    case 'input':
      return cost.input;
    case 'output':
      return cost.output;
  }
}

/** True when `model` matches one of `patterns`, in which `*` stands for any text. */
export function matchesModel(patterns: readonly string[] | undefined, model: string): boolean {
  return patterns === undefined || patterns.some((pattern) => matches(pattern, model));
}

function matches(pattern: string, model: string): boolean {
  const pieces = pattern.split('*');
  const first = pieces.shift() ?? '';
  if (pieces.length === 0) return model === first;
  if (!model.startsWith(first)) return false;
  const last = pieces.pop() ?? '';
  let at = first.length;
  for (const piece of pieces) {
    const found = model.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return model.length - last.length >= at && model.endsWith(last);
}

import type { FailureClass, Scope } from '../../failure.ts';
import type { Phase } from '../phase.ts';

/**
 * One row of the classifier: it fits when the status is one of `status` (any, where left out) and either a code matches `code`
 * or the prose matches `says` (any, where both are left out). The first row that fits decides.
 */
export interface Rule {
  readonly status?: readonly number[] | undefined;
  /** Only for errors inside a 200. */
  readonly inBand?: true;
  /** Matched against each code in `snake_case` (`toCode`). */
  readonly code?: RegExp | undefined;
  /** Without `*`, `+` and `{n,}`: a search for it must end soon at every place of the prose, which a stranger wrote. */
  readonly says?: RegExp | undefined;
  readonly class: FailureClass;
  readonly scope: Scope;
  readonly perModel?: boolean;
  readonly definitive?: boolean;
  /** When its window ends, where the answer does not say so. */
  readonly phase?: Phase;
  /** What the failure is taken for, as the report says it. */
  readonly taken: string;
}

/** A rule of the user's own: it goes before all others. */
export interface UserRule {
  /** Its place in the option, from 1. */
  readonly number: number;
  readonly status?: readonly number[] | undefined;
  /** Looked for in each code, in the message and in the whole body as text. */
  readonly match?: RegExp | undefined;
  readonly class: FailureClass;
  readonly scope?: Scope | undefined;
  /** How long to hold, ms. Absent: what the answer says. */
  readonly holdMs?: number | undefined;
}

/** Stands for the status of an error inside a 200 that names none. */
export const UNKNOWN = 0;

/** Statuses with which providers refuse a request, a key or a model; quota and dead accounts come with any of them. */
export const REFUSED = [400, 401, 402, 403, 404, 405, 409, 410, 412, 422, 451, UNKNOWN];
/** As above, and servers that report a request's fault as their own. */
export const REFUSED_OR_FAILED = [...REFUSED, 413, 446, 500, 502, 503];
export const REFUSED_OR_LIMITED = [...REFUSED, 413, 429];
export const FAILED = [UNKNOWN, 408, 409, 424, 425, 429, 498, ...Array.from({ length: 100 }, (_, index) => 500 + index)];

/** What a failed attempt was taken for. Names are stable: reports, events and errors carry them. */
export type FailureClass =
  | 'rate_limited'
  | 'quota_exhausted'
  | 'key_invalid'
  | 'key_forbidden'
  | 'model_unavailable'
  | 'overloaded'
  | 'server_error'
  | 'timeout'
  | 'network'
  | 'bad_request'
  | 'request_too_large'
  | 'context_length'
  | 'content_filtered'
  | 'bad_output'
  | 'aborted';

/** Whom a failure or a hold is about. `org` is all groups that share a learned organisation id. */
export type Scope = 'key' | 'group' | 'org' | 'route' | 'provider' | 'request';

/** Where the end of a hold was read; the first ones are trusted most. `rule`: the user's own rule says it. */
export type HoldSource = 'rule' | 'budget' | 'reset-date' | 'retry-after' | 'body' | 'prose' | 'bucket' | 'phase' | 'learned' | 'default';

/** What one bucket counts. `tokens` is input and output together. */
export type Counted = 'requests' | 'tokens' | 'input' | 'output';

/** What one answer tells of one limit. Absent is not zero. */
export interface BucketReading {
  readonly counts: Counted;
  /** Names the same limit from answer to answer: `requests/60000`. */
  readonly slot: string;
  /** Window that the provider is known or assumed to use, ms. */
  readonly windowMs: number;
  readonly limit?: number;
  /** What was left when the server had counted this request. */
  readonly remaining?: number;
  /** Time until the bucket is full again (refill) or its window ends (fixed), counted from the answer, ms. */
  readonly resetMs?: number;
}

/** What an attempt's end says about the key, the group, the model, the provider or the request. */
export interface Verdict {
  readonly class: FailureClass;
  readonly scope: Scope;
  /** The hold is for the model asked only, not for all models. */
  readonly perModel: boolean;
  /** A code said so: a key that is named invalid is dead, a bare 401 only makes it suspect. */
  readonly definitive: boolean;
  /** When waiting ends, epoch ms, and who said so. Absent: nobody did. */
  readonly until?: { readonly at: number; readonly source: HoldSource };
  /** One printable sentence: what was read and what it was taken for. */
  readonly why: string;
  readonly status?: number;
  /** The provider's own code and message, printable and without secrets. */
  readonly code?: string;
  readonly message?: string;
  readonly requestId?: string;
  /** The answer's body, parsed where it was JSON, without secrets. */
  readonly body?: unknown;
  /** Limits told by the body. */
  readonly readings?: readonly BucketReading[];
  /** The organisation that the answer named. */
  readonly organization?: string;
  /** The project (workspace, team) that the answer named: keys of one project share their limits. */
  readonly project?: string;
}

/**
 * True when the provider is sick: another key would meet the same, so back off, then another target. A rate limit of the route is
 * one: an aggregator's upstream is busy, whoever asks.
 */
export function isSick({ class: failure, scope }: Verdict): boolean {
  if (failure === 'rate_limited') return scope === 'route';
  return failure === 'overloaded' || failure === 'server_error' || failure === 'timeout' || failure === 'network';
}

/** True when the answer is about a key, group or organisation: another group may serve the call. */
export function isRotatable({ class: failure, scope }: Verdict): boolean {
  switch (failure) {
    case 'rate_limited':
    case 'quota_exhausted':
    case 'model_unavailable':
      return scope !== 'route';
    case 'key_invalid':
    case 'key_forbidden':
      // A provider that refuses a country refuses every key.
      return scope !== 'route' && scope !== 'provider';
    default:
      return false;
  }
}

/**
 * A failed attempt on its way up to the layer that knows what to do. Callers never see it: `route` turns it into an error of
 * the family.
 */
export class AttemptError extends Error {
  readonly verdict: Verdict;
  /** `false` when the connection never opened, so that nothing can have been done or charged. */
  readonly reached: boolean;

  constructor(verdict: Verdict, options: { readonly reached: boolean; readonly cause?: unknown }) {
    super(verdict.why, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AttemptError';
    this.verdict = verdict;
    this.reached = options.reached;
  }
}

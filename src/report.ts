import type { FailureClass, Scope } from './failure.ts';

/** How the cache took part: `shared` is an answer of a call already in flight. */
export type CacheStatus = 'off' | 'miss' | 'hit' | 'stale' | 'shared';

/**
 * What followed an attempt: `rotate` takes another key, `retry` the same target again, `fallback` the next target;
 * `hedge`: another attempt of the call answered first; `resume`: another one went on where this stream broke off.
 */
export type AttemptAction = 'answer' | 'rotate' | 'retry' | 'fallback' | 'reject' | 'hedge' | 'resume';

/** Tokens of an answer, as its provider counted them. Absent is not zero. */
export interface TokenCounts {
  /** All of the prompt: what was read from or written to the prompt cache included. */
  readonly input: number;
  /** All of the answer, reasoning included. */
  readonly output: number;
  /** Part of `input` that was read from the provider's prompt cache. */
  readonly cached?: number | undefined;
  /** Part of `input` that was written to it. */
  readonly cacheWrite?: number | undefined;
  /** Part of `output`. */
  readonly reasoning?: number | undefined;
}

/** One HTTP exchange with one key. Instants are epoch ms. */
export interface AttemptReport {
  readonly provider: string;
  readonly model: string;
  /** Id of the key, never its text. */
  readonly key: string;
  readonly group: string;
  readonly startedAt: number;
  /** Until the last byte of its answer, or its failure, ms. */
  readonly durationMs: number;
  /** How long the call waited for this attempt's lease and slot, ms. */
  readonly waitedMs: number;
  /** Of the answer; absent when none came. */
  readonly status?: number;
  /** `ok`, or what the failure was taken for. */
  readonly class: 'ok' | FailureClass;
  /** Whom the failure is about; absent when there was none. */
  readonly scope?: Scope;
  readonly action?: AttemptAction;
  /** Why this key and what bound the call; for a failure also what it was taken for. */
  readonly why: string;
  /** The provider's own id of the exchange, for their support. */
  readonly requestId?: string;
  /** What the answer used; absent where the provider did not count, and for failures. */
  readonly tokens?: TokenCounts;
  /** What that costs; absent where no price is known. */
  readonly costUsd?: number;
}

/** What one call did and why. Holds no secret. */
export interface CallReport {
  /** Unique in its client: `call-1`, `call-2`, … */
  readonly id: string;
  readonly operation: 'chat' | 'embed' | 'models' | 'fetch';
  /** The model as the caller named it: an alias, `provider/model` or a bare name; `''` where none was named. */
  readonly requested: string;
  /** The caller asked for a stream. */
  readonly stream: boolean;
  readonly tenant?: string;
  /** The provider, model and key that answered, or were tried last. A cache hit has no key. */
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly key: string | undefined;
  readonly cache: CacheStatus;
  /** In order. None for an answer of the cache; a `shared` one stands in the report of the call that was made. */
  readonly attempts: readonly AttemptReport[];
  /** All waiting of the call: for leases, slots and back-off, ms. */
  readonly waitedMs: number;
  /** From its start until its last byte, ms; so far, while a stream is being read. */
  readonly durationMs: number;
  /** From the start of the call to the first content of a stream, ms. */
  readonly firstTokenMs?: number;
  /** How often a stream that broke off was continued elsewhere (`resume: true`); absent where it was not. */
  readonly resumed?: number;
  /** What all its attempts used; absent where none was counted. Of an answer of the cache: none. */
  readonly tokens?: TokenCounts;
  /** What all its attempts cost, USD; 0 for an answer of the cache; absent where keywheel does not know a price or a use. */
  readonly costUsd?: number;
  /** The call's own `tags`. */
  readonly tags: Readonly<Record<string, string>>;
}

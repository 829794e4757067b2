import type { BucketReading, Verdict } from '../failure.ts';
import type { Secret } from '../secret.ts';

/** Limits of a group that the throttle enforces beside the pool; `undefined` when it has none. */
export interface Throttled {
  /** Names the group in the client. */
  readonly group: string;
  readonly concurrency: number | undefined;
  readonly minTimeMs: number | undefined;
}

/** Tokens that an answer used, as the provider counted them. */
export interface Used {
  /** What was read from the prompt cache included. */
  readonly input: number;
  readonly output: number;
  /** Part of `input` that was read from the prompt cache; absent where nobody says. */
  readonly cached?: number | undefined;
}

/** Ids of whom a key belongs to, as the provider names them. */
export interface Account {
  readonly organization?: string;
  /** Keys of one project share their limits. */
  readonly project?: string;
}

/** How an attempt ended, as the pool needs to know it. */
export type LeaseEnd =
  | { readonly status: 'served'; readonly used?: Used | undefined }
  /** `reached: false` when the connection never opened: nothing was charged. */
  | { readonly status: 'failed'; readonly verdict: Verdict; readonly reached: boolean }
  /** The caller left. What was sent stays charged, what was not costs nothing. */
  | { readonly status: 'cancelled' };

/** The right to make one attempt with one key. Reserves its estimated cost until it is settled. */
export interface Lease {
  readonly keyId: string;
  /** Names the key as a credential: one that takes the place of an expired one of the same id is another. */
  readonly credential: string;
  readonly groupId: string;
  /** `undefined` for a keyless provider. */
  readonly secret: Secret | undefined;
  /** Secrets of the provider's other keys: a gateway that repeats an older answer may repeat another caller's key. */
  siblings(): readonly Secret[];
  /** Why this key and what bound the call. */
  readonly why: string;
  readonly waitedMs: number;
  readonly throttled: Throttled | undefined;
  /** The request leaves now. Refusals of requests sent before a hold began count as one event, so the instant matters. */
  sent(): void;
  /** An answer's headers are here: what they say of limits and of the account behind the key. `refused`: for a rate, by its status. */
  heard(readings: readonly BucketReading[], account: Account, refused?: boolean): void;
  /** The attempt is over. Only the first call counts. */
  settle(end: LeaseEnd): void;
}

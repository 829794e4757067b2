import type { Counts, Kind } from './laws.ts';

/** One limit of an organisation at the provider. */
export interface LimitRow {
  readonly counts: Counts;
  readonly limit: number;
  readonly windowMs: number;
  readonly kind: Kind;
}

/** An organisation at the provider: its keys draw on one quota. */
export interface OrgRow {
  readonly keys: number;
  readonly limits: readonly LimitRow[];
}

/** How the provider behaves, and how far away it is. */
export interface Manners {
  /** Between admission and answer, ms. */
  readonly serviceMs: readonly [least: number, most: number];
  /** When the headers of an answer are read from the limits; `none`: there are no such headers. */
  readonly headers: 'answering' | 'admission' | 'none';
  /** What a refusal says of when to come back. */
  readonly hint: 'retry-after-ms' | 'retry-after' | 'body' | 'none';
  /** Which id of the organisation its answers carry. */
  readonly ids: 'organization' | 'project' | 'none';
  /** A refused request is taken from the request limits as well. */
  readonly refusedCounts: boolean;
  /** What is taken from token limits at admission; it is settled by the true use when the answer ends. */
  readonly charge: 'max_tokens' | 'true';
  /** How the headers say it; absent: as OpenAI does. */
  readonly dialect?: Dialect;
  /** How much longer than another a way may be, ms; absent: the usual few. */
  readonly jitterMs?: number;
}

/** How limits are written in headers. */
export interface Dialect {
  /** `next`: a duration until one more is there, which says nothing of when all is. */
  readonly reset: 'go' | 'seconds' | 'whole-seconds' | 'epoch-s' | 'epoch-ms' | 'iso' | 'next' | 'none';
  /** The limit itself is told. */
  readonly limit?: false;
  /** Which answers carry them. */
  readonly on?: 'served' | 'refused';
  readonly names?: 'anthropic' | 'ietf';
  /** `remaining` is rounded to multiples of it. */
  readonly grain?: number;
}

/** What the callers ask. */
export interface Load {
  /** Those who ask again as soon as they have an answer. */
  readonly callers: number;
  /** Calls that come whether or not others are answered, instead of the callers. */
  readonly arrivals?: Arrivals;
  /** Characters of the prompt, drawn evenly. */
  readonly promptChars: readonly [least: number, most: number];
  readonly maxTokens: number;
  /** Share of `maxTokens` that an answer uses, drawn evenly. */
  readonly usedShare: readonly [least: number, most: number];
}

/** So many calls at once, again and again. */
export interface Arrivals {
  readonly everyMs: number;
  readonly calls: number;
}

/** Something that befalls the provider. Times are ms from the start. */
export type Mishap =
  | { readonly of: 'key-dies'; readonly org: number; readonly key: number; readonly atMs: number }
  | { readonly of: 'outage'; readonly fromMs: number; readonly untilMs: number }
  /** Limits and bursts of an organisation are `factor` times what they were. */
  | { readonly of: 'limits-change'; readonly org: number; readonly atMs: number; readonly factor: number };

/** What the client is told beforehand. */
export type Told = 'unknown' | 'given';

/** Least goodput and most refused attempts, both in per cent; `undefined`: measured, no bar. */
export interface Bar {
  readonly goodput: number;
  readonly refused: number;
}

export interface Case {
  readonly name: string;
  readonly orgs: readonly OrgRow[];
  readonly manners: Manners;
  readonly load: Load;
  readonly mishaps: readonly Mishap[];
  /** The client's name for the provider: `openai`, or one that it knows nothing of. */
  readonly provider: 'openai' | 'house';
  /** Whether the keys' groups are told to the client. */
  readonly declared: boolean;
  readonly seconds: number;
  /** Where in a window of the wall clock the run starts, ms. */
  readonly phaseMs: number;
  readonly bars: Readonly<Partial<Record<Told, Bar>>>;
  /** Which baselines run it: they take up to a minute of CPU a run. */
  readonly baselines: 'all' | 'sdk' | 'none';
}

/** The text of a key: long enough to be one. */
export function secretOf(org: number, key: number): string {
  return `sk-bench-${String(org).padStart(3, '0')}-${String(key).padStart(3, '0')}-0123456789abcdef`;
}

import type { FailureClass } from '../failure.ts';
import type { TokenCounts } from '../report.ts';

/** What rows of usage are about. `tag`: all tags, as `name=value`; `tag:name`: the values of one. */
export type UsageBy = 'key' | 'group' | 'provider' | 'model' | 'tenant' | 'tag' | `tag:${string}`;

/** What is asked of the ledger. */
export interface UsageQuery {
  /** @default 'key' */
  readonly by?: UsageBy | undefined;
  /** From then on: a date, its ISO text or epoch ms; as far back as it is kept. @default since the client began, as far as it is kept */
  readonly since?: Date | string | number | undefined;
  /** A row for each window rather than one for all. @default none */
  readonly per?: 'minute' | 'hour' | 'day' | undefined;
}

/** How long something took, ms: half, 90, 95 and 99 in a hundred took no longer. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
}

/** What one key, group, model, … was used for. Calls stand where they were answered, or were tried last. */
export interface UsageRow {
  /** Id of the key or group, name of the provider, `provider/model`, tenant or `name=value`; `''` for calls that have none, `'(others)'` beyond what is kept apart. */
  readonly name: string;
  /** Beginning of its window, or of what it counts, epoch ms. */
  readonly since: number;
  readonly calls: { readonly total: number; readonly answered: number; readonly failed: number; readonly cached: number };
  /** By what they ended with. */
  readonly attempts: Readonly<Partial<Record<'ok' | FailureClass, number>>>;
  readonly tokens: Required<{ readonly [Kind in keyof TokenCounts]: number }>;
  /** `undefined` when the price of any answer in it is not known. */
  readonly costUsd: number | undefined;
  /** What those answers cost whose price is known, and how many have none. */
  readonly priced: { readonly costUsd: number; readonly unpriced: number };
  /** Of answered calls that were not cached; absent where there was none. */
  readonly latencyMs?: Percentiles;
  /** Of streams. */
  readonly firstTokenMs?: Percentiles;
}

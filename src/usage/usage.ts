import type { FailureClass } from '../failure.ts';
import type { TokenCounts } from '../report.ts';

/** What rows of usage are about. `tag`: all tags, as `name=value`; `tag:name`: those of one name. */
export type UsageBy = 'key' | 'group' | 'provider' | 'model' | 'tenant' | 'tag' | `tag:${string}`;

/** What is asked of the ledger. */
export interface UsageQuery {
  /** @default 'key' */
  readonly by?: UsageBy | undefined;
  /**
   * From then on: a date, its ISO text or epoch ms; as far back as it is kept. Whole windows are counted, from the one that it lies in: of a
   * minute within the last hour, of an hour within the last two days, else of a day by UTC; those of `per`, where it is given.
   * @default since the client began, as far as it is kept
   */
  readonly since?: Date | string | number | undefined;
  /** A row for each window rather than one for all, the oldest first: 60 minutes, 48 hours or 31 days are kept. @default none */
  readonly per?: 'minute' | 'hour' | 'day' | undefined;
}

/** How long something took, ms, within two percent: half, 90, 95 and 99 in a hundred took no longer. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * What one key, group, model, … was used for. Calls stand where they were answered, or were tried last, attempts where they were made. A call
 * with several tags stands with each of them.
 */
export interface UsageRow {
  /**
   * Id of the key or group, name of the provider, `provider/model`, tenant or `name=value`, at most 256 characters; `''` for calls that have
   * none, as answers of the cache have no key. `'(others)'` is all beyond the 1000 most used ones, of times with very many beyond 20.
   */
  readonly name: string;
  /** Beginning of its window, or of what it counts: not before the client began, epoch ms. */
  readonly since: number;
  /** `cached` are those of `answered` that the cache answered, or the flight of an equal call. */
  readonly calls: { readonly total: number; readonly answered: number; readonly failed: number; readonly cached: number };
  /** By what they ended with; none of which is absent. */
  readonly attempts: Readonly<Partial<Record<'ok' | FailureClass, number>>>;
  readonly tokens: Required<{ readonly [Kind in keyof TokenCounts]: number }>;
  /** USD; `undefined` when the price of any answer in it is not known: not known is not zero. */
  readonly costUsd: number | undefined;
  /** What those answers cost whose price is known, and how many have none: answers whose use nobody counted are among them. */
  readonly priced: { readonly costUsd: number; readonly unpriced: number };
  /** Of answered calls that were not cached; absent where there was none. */
  readonly latencyMs?: Percentiles;
  /** Of streams among them. */
  readonly firstTokenMs?: Percentiles;
}

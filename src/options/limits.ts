import type { BucketSpec, GroupLimits } from '../pool/quota/limits.ts';
import type { BucketOptions, LimitOptions } from './types.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export const noLimits: GroupLimits = { concurrency: undefined, minTimeMs: undefined, buckets: [] };

/** Short forms become buckets of each model; spelled-out buckets are shared by the models they name. */
export function resolveLimits(limits: LimitOptions | undefined): GroupLimits {
  if (limits === undefined) return noLimits;
  const short = [
    shortForm('requests', limits.rpm, MINUTE_MS),
    shortForm('tokens', limits.tpm, MINUTE_MS),
    shortForm('requests', limits.rpd, DAY_MS),
    shortForm('tokens', limits.tpd, DAY_MS),
  ];
  return {
    concurrency: limits.concurrency === Infinity ? undefined : limits.concurrency,
    minTimeMs: limits.minTimeMs === 0 ? undefined : limits.minTimeMs,
    buckets: [...short.flat(), ...(limits.buckets ?? []).filter(({ limit }) => limit !== Infinity).map(resolveBucket)],
  };
}

function shortForm(counts: 'requests' | 'tokens', limit: number | undefined, windowMs: number): readonly BucketSpec[] {
  // `Infinity` is a way to say "no limit".
  if (limit === undefined || limit === Infinity) return [];
  return [{ counts, limit, windowMs, burst: undefined, kind: 'refill', perModel: true, models: undefined }];
}

function resolveBucket({ counts, limit, windowMs, burst, kind, models }: BucketOptions): BucketSpec {
  return { counts, limit, windowMs, burst, kind: kind ?? 'refill', perModel: false, models };
}

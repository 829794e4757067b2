import type { BucketCounts, BucketKind, BucketSettings } from './buckets.ts';
import type { Checker } from './check.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The short forms: what each counts, and in which window. */
const SHORT_FORMS = [
  { name: 'rpm', counts: 'requests', unit: 'min' },
  { name: 'tpm', counts: 'tokens', unit: 'min' },
  { name: 'rpd', counts: 'requests', unit: 'day' },
  { name: 'tpd', counts: 'tokens', unit: 'day' },
] as const;

const KINDS: readonly BucketKind[] = ['refill', 'fixed', 'sliding'];
const COUNTS: readonly BucketCounts[] = ['requests', 'tokens', 'input', 'output'];

type Fields = Readonly<Record<string, unknown>>;

/** Checks the limits of a group and spells the short forms out as buckets. */
export function readLimits(check: Checker, limits: Fields): readonly BucketSettings[] {
  check.known(limits, ['rpm', 'tpm', 'rpd', 'tpd', 'windowMs', 'dayMs', 'burst', 'kind', 'anchor', 'buckets']);
  const minuteMs = readWindow(check, 'windowMs', limits['windowMs'] ?? MINUTE_MS);
  const dayMs = readWindow(check, 'dayMs', limits['dayMs'] ?? DAY_MS);
  const short = SHORT_FORMS.filter(({ name }) => limits[name] !== undefined).map(({ name, counts, unit }): BucketSettings => {
    const limit = readLimit(check, name, limits[name]);
    const windowMs = unit === 'min' ? minuteMs : dayMs;
    return { counts, limit, windowMs, unit, models: undefined, perModel: true, ...readShape(check, limits, limit) };
  });
  const buckets = check.list('buckets', limits['buckets'] ?? []).map((value, index): BucketSettings => {
    const inner = check.at('buckets').at(index);
    const bucket = check.at('buckets').object(index, value);
    inner.known(bucket, ['counts', 'limit', 'windowMs', 'burst', 'kind', 'anchor', 'models']);
    const limit = readLimit(inner, 'limit', bucket['limit']);
    const windowMs = readWindow(inner, 'windowMs', bucket['windowMs']);
    const models = bucket['models'] === undefined ? undefined : inner.texts('models', bucket['models']);
    const counts = inner.oneOf('counts', bucket['counts'], COUNTS);
    return { counts, limit, windowMs, unit: nameWindow(windowMs), models, perModel: false, ...readShape(inner, bucket, limit) };
  });
  return [...short, ...buckets];
}

function readLimit(check: Checker, name: string, value: unknown): number {
  return check.number(name, value, { from: 1, whole: true });
}

function readWindow(check: Checker, name: string, value: unknown): number {
  return check.number(name, value, { from: 1, whole: true });
}

function readShape(check: Checker, fields: Fields, limit: number): Pick<BucketSettings, 'kind' | 'capacity' | 'anchor'> {
  const kind = check.oneOf('kind', fields['kind'] ?? 'refill', KINDS);
  const anchor = check.oneOf('anchor', fields['anchor'] ?? 'clock', ['clock', 'first-use']);
  if (fields['burst'] === undefined) return { kind, anchor, capacity: limit };
  if (kind !== 'refill') throw check.rangeError('burst', `left out, as only kind 'refill' has one`, fields['burst']);
  const burst = check.number('burst', fields['burst'], { above: 0 });
  // A bucket that cannot hold one request would refuse everything for ever.
  return { kind, anchor, capacity: burst < 1 ? Math.max(1, Math.floor(limit * burst)) : Math.floor(burst) };
}

function nameWindow(windowMs: number): BucketSettings['unit'] {
  if (windowMs >= DAY_MS) return 'day';
  return windowMs >= HOUR_MS ? 'hour' : 'min';
}

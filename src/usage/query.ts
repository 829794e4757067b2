import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import type { Per } from './history.ts';
import type { UsageBy, UsageQuery } from './usage.ts';
import type { Dimension } from './window.ts';

/** A query as the ledger reads it. */
export interface ReadQuery {
  readonly dimension: Dimension;
  /** What names begin with; all when it is empty. */
  readonly prefix: string;
  readonly since: number;
  readonly per: Per | undefined;
}

const DIMENSIONS: Readonly<Record<Exclude<UsageBy, `tag:${string}`>, Dimension>> = {
  key: 'key',
  group: 'group',
  provider: 'provider',
  model: 'model',
  tenant: 'tenant',
  tag: 'tag',
};

const PERS: readonly unknown[] = ['minute', 'hour', 'day'] satisfies Per[];
const KNOWN = ['by', 'since', 'per'];
const TAG = 'tag:';

/** Throws `ConfigError` for what is wrong or unknown. */
export function readQuery(query: UsageQuery): ReadQuery {
  const given: unknown = query;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrong('the query', 'an object', given);
  const unknown = Object.keys(given).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) {
    throw new ConfigError(`Cannot read the usage as ${toShown(unknown)} is no known option: known are ${KNOWN.join(', ')}`);
  }
  const { by = 'key', since, per } = query;
  if (per !== undefined && !PERS.includes(per)) throw wrong("'per'", "'minute', 'hour' or 'day'", per);
  return { ...readBy(by), since: since === undefined ? -Infinity : readSince(since), per };
}

function readBy(by: UsageBy): Pick<ReadQuery, 'dimension' | 'prefix'> {
  if (typeof by === 'string') {
    if (by.startsWith(TAG) && by.length > TAG.length) return { dimension: 'tag', prefix: `${by.slice(TAG.length)}=` };
    if (isDimension(by)) return { dimension: DIMENSIONS[by], prefix: '' };
  }
  throw wrong("'by'", "'key', 'group', 'provider', 'model', 'tenant', 'tag' or 'tag:' and the name of a tag", by);
}

function isDimension(by: string): by is Dimension {
  return Object.hasOwn(DIMENSIONS, by);
}

function readSince(since: Date | string | number): number {
  const at = typeof since === 'string' ? Date.parse(since) : Number(since);
  const fits = typeof since === 'number' || typeof since === 'string' || Object.prototype.toString.call(since) === '[object Date]';
  if (fits && !Number.isNaN(at)) return at;
  throw wrong("'since'", 'a date, its ISO text or epoch ms', since);
}

function wrong(what: string, needed: string, value: unknown): ConfigError {
  return new ConfigError(`Cannot read the usage as ${what} must be ${needed}: current value is ${toShown(value)}`);
}

import { pathToFileURL } from 'node:url';
import type * as Keywheel from '../../src/index.ts';
import type { KeyOptions, LimitOptions } from '../../src/index.ts';
import { secretOf, type Case, type OrgRow, type Told } from './case.ts';
import type { Ask } from './load.ts';
import type { Surroundings } from './subject.ts';

/** The whole client, as an application makes it. */
export async function createKeywheel(row: Case, told: Told, { fetch, baseURL, clock, random, keywheel }: Surroundings): Promise<Ask> {
  const { createClient } = (await import(pathToFileURL(keywheel).href)) as typeof Keywheel;
  const client = createClient({
    providers: { [row.provider]: { protocol: 'openai', baseURL, keys: row.orgs.flatMap((org, index) => toKeys(row, org, index, told)) } },
    random,
    env: {},
    ...(fetch === undefined ? {} : { fetch }),
    ...(clock === undefined ? {} : { clock }),
  });
  await client.ready();
  return ({ content, maxTokens }) =>
    client.chat({ model: `${row.provider}/gpt-bench`, messages: [{ role: 'user', content }], max_tokens: maxTokens });
}

function toKeys({ declared }: Case, org: OrgRow, index: number, told: Told): readonly KeyOptions[] {
  return Array.from({ length: org.keys }, (_, key) => ({
    secret: secretOf(index, key),
    id: `${index}-${key}`,
    ...(declared ? { group: `org-${index}` } : {}),
    ...(told === 'given' ? { limits: toLimits(org) } : {}),
  }));
}

/** Limits as a user would write them down from the provider's page: rates, and the kind of a window; never the burst. */
function toLimits({ limits }: OrgRow): LimitOptions {
  const short: Record<string, number> = {};
  const buckets: LimitOptions['buckets'] = limits.flatMap(({ counts, limit, windowMs, kind }) => {
    const name = kind.of === 'refill' ? SHORT_FORMS[`${counts}/${windowMs}`] : undefined;
    if (name === undefined) return [{ counts, limit, windowMs, kind: kind.of }];
    short[name] = limit;
    return [];
  });
  return { ...short, ...(buckets.length === 0 ? {} : { buckets }) };
}

const SHORT_FORMS: Readonly<Record<string, 'rpm' | 'tpm' | 'rpd' | 'tpd'>> = {
  'requests/60000': 'rpm',
  'tokens/60000': 'tpm',
  'requests/86400000': 'rpd',
  'tokens/86400000': 'tpd',
};

import type { Reading } from './buckets.ts';
import { formatGoDuration } from './durations.ts';
import type { Readings } from './quota.ts';
import type { GroupSettings } from './settings.ts';

type Headers = Readonly<Record<string, string>>;

/** `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` as OpenAI sends them: reset is the time until the bucket is full. */
export function toRateHeaders({ requests, tokens }: Readings): Headers {
  return { ...toThree('requests', requests), ...toThree('tokens', tokens) };
}

function toThree(counts: 'requests' | 'tokens', reading: Reading | undefined): Headers {
  if (reading === undefined) return {};
  return {
    [`x-ratelimit-limit-${counts}`]: String(reading.limit),
    [`x-ratelimit-remaining-${counts}`]: String(reading.remaining),
    [`x-ratelimit-reset-${counts}`]: formatGoDuration(reading.resetMs),
  };
}

/** Who was served: the organisation and project that limits belong to. */
export function toGroupHeaders(group: GroupSettings | undefined): Headers {
  return {
    ...(group?.organization === undefined ? {} : { 'openai-organization': group.organization }),
    ...(group?.project === undefined ? {} : { 'openai-project': group.project }),
  };
}

/** Fields that may carry a credential: they are not recorded. */
const SECRET_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie', 'api-key', 'x-api-key', 'x-goog-api-key']);

/** The headers of a request without those that may carry a secret. */
export function withoutSecrets(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Headers {
  const kept = Object.entries(headers).filter(([name, value]) => value !== undefined && !SECRET_HEADERS.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, typeof value === 'string' ? value : (value ?? []).join(', ')]));
}

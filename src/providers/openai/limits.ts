import type { BucketReading, Counted } from '../../failure.ts';
import { toPrintable } from '../../printable.ts';
import type { WireHeaders } from '../../wire/types.ts';
import { parseDelay } from '../durations.ts';

interface Row {
  readonly counts: Counted;
  readonly slot: string;
  readonly windowMs: number;
  readonly limit: string;
  readonly remaining: string;
  readonly reset: string;
}

/** The headers name no window. OpenAI's is the minute; where it is another, the pool learns it from `resetMs`. */
const ROWS: readonly Row[] = [
  row('requests', 'requests', 'requests'),
  row('tokens', 'tokens', 'tokens'),
  row('tokens', 'project-tokens', 'project-tokens'),
];

function row(counts: Counted, suffix: string, slot: string): Row {
  const prefix = 'x-ratelimit';
  return {
    counts,
    slot: `${slot}/60000`,
    windowMs: 60_000,
    limit: `${prefix}-limit-${suffix}`,
    remaining: `${prefix}-remaining-${suffix}`,
    reset: `${prefix}-reset-${suffix}`,
  };
}

/** Limits told by an answer's headers. What is absent, negative or rubbish is left out: absent is not zero. */
export function readLimits(headers: WireHeaders): readonly BucketReading[] {
  const readings: BucketReading[] = [];
  for (const { counts, slot, windowMs, ...names } of ROWS) {
    const limit = toAmount(headers[names.limit]);
    const remaining = toAmount(headers[names.remaining]);
    if (limit === undefined && remaining === undefined) continue;
    const resetMs = toResetMs(headers[names.reset]);
    readings.push({
      counts,
      slot,
      windowMs,
      ...(limit === undefined ? {} : { limit }),
      ...(remaining === undefined ? {} : { remaining }),
      ...(resetMs === undefined ? {} : { resetMs }),
    });
  }
  return readings;
}

const REQUEST_IDS = ['x-request-id', 'request-id', 'apim-request-id', 'x-amzn-requestid', 'cf-ray'];

/** The provider's id of the exchange and of the organisation. Cleaned before it is cut, as half a secret is not found. */
export function readIds(
  headers: WireHeaders,
  clean = (text: string): string => text,
): { readonly requestId?: string; readonly organization?: string } {
  const name = REQUEST_IDS.find((header) => headers[header] !== undefined);
  const requestId = name === undefined ? undefined : headers[name];
  const organization = headers['openai-organization'];
  return {
    ...(requestId === undefined ? {} : { requestId: toPrintable(clean(requestId), 120) }),
    ...(organization === undefined ? {} : { organization: toPrintable(clean(organization), 100) }),
  };
}

function toAmount(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,15}(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

function toResetMs(text: string | undefined): number | undefined {
  const ms = text === undefined ? undefined : parseDelay(text);
  return ms === undefined ? undefined : Math.ceil(ms);
}

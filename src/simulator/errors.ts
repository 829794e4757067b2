import type { Reading } from './buckets.ts';
import { formatGoDuration } from './durations.ts';
import type { RateLimitFault } from './faults.ts';
import type { Refusal } from './quota.ts';
import type { Complaint } from './request.ts';
import type { GroupSettings, Hints } from './settings.ts';

/** A refusal, ready to be sent. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;
}

interface Detail {
  readonly message: string;
  readonly type: string | null;
  readonly code: string | null;
  readonly param?: string | null;
}

/** OpenAI's error shape. */
export function toError(status: number, { message, type, code, param = null }: Detail, headers: ErrorAnswer['headers'] = {}): ErrorAnswer {
  return { status, headers, body: { error: { message, type, param, code } } };
}

const KEYS_PAGE = 'You can find your API key at https://platform.openai.com/account/api-keys.';
const LIMITS_PAGE = 'Visit https://platform.openai.com/account/rate-limits to learn more.';

/** 401 for a key nobody knows, or one that was revoked. The real one repeats the key with its middle hidden. */
export function invalidKey(secret: string): ErrorAnswer {
  const message = `Incorrect API key provided: ${maskSecret(secret)}. ${KEYS_PAGE}`;
  return toError(401, { message, type: 'invalid_request_error', code: 'invalid_api_key' });
}

/** 401 for a request without a key. */
export function missingKey(): ErrorAnswer {
  const how = 'You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)';
  return toError(401, { message: `You didn't provide an API key. ${how}. ${KEYS_PAGE}`, type: 'invalid_request_error', code: null });
}

/** As much of a key as OpenAI repeats: the first eight characters and the last four of a long one. */
function maskSecret(secret: string): string {
  const shown = secret.length >= 20 ? { head: 8, tail: 4 } : { head: 3, tail: 0 };
  const hidden = '*'.repeat(Math.max(1, secret.length - shown.head - shown.tail));
  return secret.slice(0, shown.head) + hidden + (shown.tail > 0 ? secret.slice(-shown.tail) : '');
}

/** 429 for a key without money. */
export function spentKey(): ErrorAnswer {
  const docs = 'For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.';
  const message = `You exceeded your current quota, please check your plan and billing details. ${docs}`;
  return toError(429, { message, type: 'insufficient_quota', code: 'insufficient_quota' });
}

/** 403 for a key that may not do this. */
export function forbiddenKey(): ErrorAnswer {
  const advice = `Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.`;
  const message = `You have insufficient permissions for this operation. Missing scopes: model.request. ${advice}`;
  return toError(403, { message, type: 'invalid_request_error', code: null });
}

/** 403 for a model that other keys may use. */
export function modelForbidden(group: GroupSettings, model: string): ErrorAnswer {
  const message = `Project \`${group.project ?? group.id}\` does not have access to model \`${model}\``;
  return toError(403, { message, type: 'invalid_request_error', code: 'model_not_found' });
}

/** 404 for a model that does not exist. */
export function modelUnknown(model: string): ErrorAnswer {
  const message = `The model \`${model}\` does not exist or you do not have access to it.`;
  return toError(404, { message, type: 'invalid_request_error', code: 'model_not_found' });
}

/** 404 for a path that does not exist. */
export function pathUnknown(method: string, path: string): ErrorAnswer {
  return toError(404, { message: `Invalid URL (${method} ${path})`, type: 'invalid_request_error', code: null });
}

/** 405 for a path that exists under another method. */
export function methodNotAllowed(method: string, path: string): ErrorAnswer {
  return toError(405, { message: `Not allowed to ${method} on ${path}.`, type: 'invalid_request_error', code: 'method_not_supported' });
}

/** 400 for a body that cannot be answered. */
export function badRequest(complaint: Complaint): ErrorAnswer {
  return toError(400, { ...complaint, type: 'invalid_request_error' });
}

/** 413 for a body that is too long to be read. */
export function bodyTooLong(): ErrorAnswer {
  return toError(413, { message: 'Request body too large.', type: 'invalid_request_error', code: null });
}

/** 429 for one more request at a time than a group may have. Without a hint: nobody knows when another one ends. */
export function tooConcurrent(group: GroupSettings, model: string): ErrorAnswer {
  const message = `Too many concurrent requests for ${model}${inOrganization(group)}: Limit ${group.concurrency}. ${LIMITS_PAGE}`;
  return toError(429, { message, type: 'requests', code: 'rate_limit_exceeded' });
}

/** 429 for a limit that was met. */
export function rateLimited(group: GroupSettings, model: string, refusal: Refusal): ErrorAnswer {
  const { settings, reading, requested } = refusal;
  const kind = settings.counts === 'requests' ? 'requests' : 'tokens';
  const where = `for ${model}${inOrganization(group)} on ${nameLimit(settings.counts, settings.unit)}`;
  if (refusal.waitMs === Infinity) {
    // `Requested` above `Limit` is how clients see that waiting is in vain, so the limit named is what a full bucket holds.
    const sizes = `Limit ${settings.capacity}, Requested ${requested}`;
    const advice = 'The input or output tokens must be reduced in order to run successfully.';
    const message = `Request too large ${where}: ${sizes}. ${advice} ${LIMITS_PAGE}`;
    return toError(429, { message, type: kind, code: 'rate_limit_exceeded' });
  }
  const sizes = `Limit ${settings.limit}, Used ${countUsed(reading)}, Requested ${requested}`;
  return withHint(group.hints, refusal.waitMs, `Rate limit reached ${where}: ${sizes}.`, kind);
}

/** 429 for a limit that was met only in a script. */
export function rateLimitedByScript(group: GroupSettings, model: string, fault: RateLimitFault): ErrorAnswer {
  const { counts = 'requests', per = 'min', retryAfterMs = 1000, hints = 'both' } = fault;
  const where = `for ${model || 'default'}${inOrganization(group)} on ${nameLimit(counts, per)}`;
  return withHint(hints, retryAfterMs, `Rate limit reached ${where}: Limit 500, Used 500, Requested 1.`, counts);
}

function withHint(hints: Hints, waitMs: number, sentence: string, type: string): ErrorAnswer {
  const inBody = hints === 'body' || hints === 'both';
  const message = `${sentence}${inBody ? ` Please try again in ${formatGoDuration(waitMs)}.` : ''} ${LIMITS_PAGE}`;
  const headers = hints === 'header' || hints === 'both' ? retryAfter(waitMs) : {};
  return toError(429, { message, type, code: 'rate_limit_exceeded' }, headers);
}

/** Both headers that OpenAI's own clients read; whole seconds are rounded up. */
export function retryAfter(waitMs: number): Readonly<Record<string, string>> {
  return { 'retry-after-ms': String(Math.ceil(waitMs)), 'retry-after': String(Math.ceil(waitMs / 1000)) };
}

function inOrganization(group: GroupSettings): string {
  return group.organization === undefined ? '' : ` in organization ${group.organization}`;
}

/** A limit as messages name it: `requests per min (RPM)`. */
function nameLimit(counts: string, unit: 'min' | 'hour' | 'day'): string {
  const noun = counts === 'input' || counts === 'output' ? `${counts} tokens` : counts;
  const letters = noun.split(' ').map((word) => word.charAt(0));
  return `${noun} per ${unit} (${[...letters, 'p', unit.charAt(0)].join('').toUpperCase()})`;
}

function countUsed({ limit, remaining }: Reading): number {
  return Math.max(0, limit - remaining);
}

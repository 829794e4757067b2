import { formatGoDuration } from '../../durations.ts';
import type { GroupSettings } from '../../settings.ts';
import type { ErrorAnswer, Failure, Headers, RateLimit } from '../tongue.ts';

interface Detail {
  readonly message: string;
  readonly type: string | null;
  readonly code: string | null;
  readonly param?: string | null;
}

/** OpenAI's error shape. */
function toError(status: number, { message, type, code, param = null }: Detail, headers: Headers = {}): ErrorAnswer {
  return { status, headers, body: { error: { message, type, param, code } } };
}

/** What an error inside an answer says when its author says nothing. */
export const SERVER_ERROR = {
  message: 'The server had an error while processing your request. Sorry about that!',
  type: 'server_error',
  param: null,
  code: null,
};

const KEYS_PAGE = 'You can find your API key at https://platform.openai.com/account/api-keys.';
const LIMITS_PAGE = 'Visit https://platform.openai.com/account/rate-limits to learn more.';
const HOW_TO_SEND = 'You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)';
const ERRORS_PAGE = 'For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.';
const SCOPES_ADVICE = `Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.`;

/** A failure in OpenAI's words. */
export function refuse(failure: Failure): ErrorAnswer {
  switch (failure.kind) {
    case 'missing_key':
      return invalid(401, `You didn't provide an API key. ${HOW_TO_SEND}. ${KEYS_PAGE}`);
    case 'invalid_key':
      return invalid(401, `Incorrect API key provided: ${maskSecret(failure.shown)}. ${KEYS_PAGE}`, 'invalid_api_key');
    case 'spent_key':
      return spentKey();
    case 'forbidden_key':
      return invalid(403, `You have insufficient permissions for this operation. Missing scopes: model.request. ${SCOPES_ADVICE}`);
    case 'model_forbidden':
      return modelForbidden(failure.group, failure.model);
    case 'model_unknown':
      return invalid(404, `The model \`${failure.model}\` does not exist or you do not have access to it.`, 'model_not_found');
    case 'path_unknown':
      return invalid(404, `Invalid URL (${failure.method} ${failure.path})`);
    case 'method_not_allowed':
      return invalid(405, `Not allowed to ${failure.method} on ${failure.path}.`, 'method_not_supported');
    case 'bad_request':
      return toError(400, { code: null, ...failure.complaint, type: 'invalid_request_error' });
    case 'body_too_long':
      return invalid(413, 'Request body too large.');
    case 'concurrency':
      return tooConcurrent(failure.group, failure.model);
    case 'rate_limit':
      return rateLimited(failure);
    case 'overloaded':
      return overloaded(failure.retryAfterMs);
    case 'status':
      return toError(failure.status, { ...SERVER_ERROR, type: failure.status >= 500 ? 'server_error' : 'invalid_request_error' });
    case 'reply_failed':
      return toError(500, { message: failure.message, type: 'server_error', code: 'reply_failed' });
  }
}

function invalid(status: number, message: string, code: string | null = null): ErrorAnswer {
  return toError(status, { message, type: 'invalid_request_error', code });
}

/** As much of a key as OpenAI repeats: the first eight characters and the last four of a long one. */
function maskSecret(secret: string): string {
  const shown = secret.length >= 20 ? { head: 8, tail: 4 } : { head: 3, tail: 0 };
  const hidden = '*'.repeat(Math.max(1, secret.length - shown.head - shown.tail));
  return secret.slice(0, shown.head) + hidden + (shown.tail > 0 ? secret.slice(-shown.tail) : '');
}

function spentKey(): ErrorAnswer {
  const message = `You exceeded your current quota, please check your plan and billing details. ${ERRORS_PAGE}`;
  return toError(429, { message, type: 'insufficient_quota', code: 'insufficient_quota' });
}

/** For a model that other keys may use. */
function modelForbidden(group: GroupSettings, model: string): ErrorAnswer {
  return invalid(403, `Project \`${group.project ?? group.id}\` does not have access to model \`${model}\``, 'model_not_found');
}

/** One more request at a time than a group may have. Without a hint: nobody knows when another one ends. */
function tooConcurrent(group: GroupSettings, model: string): ErrorAnswer {
  const message = `Too many concurrent requests for ${model}${inOrganization(group)}: Limit ${group.concurrency}. ${LIMITS_PAGE}`;
  return toError(429, { message, type: 'requests', code: 'rate_limit_exceeded' });
}

function rateLimited(failure: RateLimit): ErrorAnswer {
  const { group, model, counts, unit, limit, used, requested, waitMs, hints } = failure;
  const type = counts === 'requests' ? 'requests' : 'tokens';
  const where = `for ${model || 'default'}${inOrganization(group)} on ${nameLimit(counts, unit)}`;
  if (waitMs === Infinity) {
    // `Requested` above `Limit` is how clients see that waiting is in vain.
    const advice = 'The input or output tokens must be reduced in order to run successfully.';
    const message = `Request too large ${where}: Limit ${limit}, Requested ${requested}. ${advice} ${LIMITS_PAGE}`;
    return toError(429, { message, type, code: 'rate_limit_exceeded' });
  }
  const sentence = `Rate limit reached ${where}: Limit ${limit}, Used ${used}, Requested ${requested}.`;
  const inBody = hints === 'body' || hints === 'both';
  const message = `${sentence}${inBody ? ` Please try again in ${formatGoDuration(waitMs)}.` : ''} ${LIMITS_PAGE}`;
  const headers = hints === 'header' || hints === 'both' ? retryAfter(waitMs) : {};
  return toError(429, { message, type, code: 'rate_limit_exceeded' }, headers);
}

function overloaded(retryAfterMs: number | undefined): ErrorAnswer {
  const detail = { message: 'The server is overloaded or not ready yet.', type: 'server_error', code: 'server_is_overloaded' };
  return toError(503, detail, retryAfterMs === undefined ? {} : retryAfter(retryAfterMs));
}

/** Both headers that OpenAI's own clients read; whole seconds are rounded up. */
function retryAfter(waitMs: number): Headers {
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

import type { ErrorAnswer, Failure, Headers, RateLimit, WrittenError } from '../tongue.ts';

/** Anthropic's error shape. */
export function toError(error: WrittenError, requestId?: string): object {
  return { type: 'error', error, ...(requestId === undefined ? {} : { request_id: requestId }) };
}

/** What an error inside an answer says when its author says nothing. */
export const API_ERROR = { details: null, type: 'api_error', message: 'Internal server error' };

/** The types of errors by status. */
const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const CREDIT = 'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.';

/** A failure in Anthropic's words. */
export function refuse(failure: Failure, requestId: string): ErrorAnswer {
  const toAnswer = (status: number, message: string, headers: Headers = {}): ErrorAnswer => {
    const again = status === 429 || status >= 500 ? { 'x-should-retry': 'true' } : { 'x-should-retry': 'false' };
    const type = TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
    return { status, headers: { ...again, ...headers }, body: toError({ type, message }, requestId) };
  };
  switch (failure.kind) {
    case 'missing_key':
      return toAnswer(401, 'x-api-key header is required');
    case 'invalid_key':
      return toAnswer(401, 'invalid x-api-key');
    case 'spent_key':
      return toAnswer(400, CREDIT);
    case 'forbidden_key':
      return toAnswer(403, 'Your API key does not have permission to use the specified resource.');
    case 'model_forbidden':
    case 'model_unknown':
      return toAnswer(404, `model: ${failure.model}`);
    case 'path_unknown':
      return toAnswer(404, 'Not found');
    case 'method_not_allowed':
      return toAnswer(405, 'Method Not Allowed');
    case 'bad_request':
      return toAnswer(400, failure.complaint.message);
    case 'body_too_long':
      return toAnswer(413, 'Request exceeds the maximum size');
    case 'concurrency':
      return toAnswer(429, 'Number of concurrent connections has exceeded your rate limit. Please try again later or contact sales.');
    case 'rate_limit':
      return toAnswer(429, tellLimit(failure), tellWait(failure));
    case 'overloaded':
      return toAnswer(529, 'Overloaded', failure.retryAfterMs === undefined ? {} : retryAfter(failure.retryAfterMs));
    case 'status':
      return toAnswer(failure.status, failure.status >= 500 ? API_ERROR.message : 'The request was refused');
    case 'reply_failed':
      return toAnswer(500, failure.message);
  }
}

function tellLimit({ counts, unit, limit, group, model }: RateLimit): string {
  const noun = counts === 'input' || counts === 'output' ? `${counts} tokens` : counts;
  const whose = group.organization === undefined ? `model: ${model}` : `org: ${group.organization}, model: ${model}`;
  const window = unit === 'min' ? 'minute' : unit;
  const advice =
    'You can see the response headers for current usage. Please reduce the prompt length or the maximum tokens requested, or try again later.';
  return `This request would exceed your organization's rate limit of ${limit.toLocaleString('en-US')} ${noun} per ${window} (${whose}). ${advice}`;
}

/** There is a place for the delay in the headers only. */
function tellWait({ hints, waitMs }: RateLimit): Headers {
  return waitMs !== Infinity && (hints === 'header' || hints === 'both') ? retryAfter(waitMs) : {};
}

function retryAfter(waitMs: number): Headers {
  return { 'retry-after': String(Math.ceil(waitMs / 1000)) };
}

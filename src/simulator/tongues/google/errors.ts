import { formatGoDuration } from '../../durations.ts';
import type { ErrorAnswer, Failure, RateLimit, WrittenError } from '../tongue.ts';

const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** Google's error shape. */
function toError(code: number, message: string, details: readonly object[] = []): ErrorAnswer {
  const status = STATUSES[code] ?? (code < 500 ? 'FAILED_PRECONDITION' : 'UNKNOWN');
  return { status: code, headers: {}, body: { error: { code, message, status, ...(details.length > 0 ? { details } : {}) } } };
}

/** What an error inside an answer says when its author says nothing. */
export const INTERNAL: WrittenError = {
  code: 500,
  message: 'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
  status: 'INTERNAL',
};

const SERVICE = { service: 'generativelanguage.googleapis.com' };
const TYPE = 'type.googleapis.com/google.rpc';
const NO_CALLER =
  "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";
const CREDITS =
  'Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.';

/** A failure in Google's words. */
export function refuse(failure: Failure): ErrorAnswer {
  switch (failure.kind) {
    case 'missing_key':
      return toError(403, NO_CALLER);
    case 'invalid_key':
      return toError(400, 'API key not valid. Please pass a valid API key.', [toInfo('API_KEY_INVALID')]);
    case 'spent_key':
      return toError(429, CREDITS);
    case 'forbidden_key':
      return toError(
        403,
        'Requests to this API generativelanguage.googleapis.com method google.ai.generativelanguage.v1beta.GenerativeService.GenerateContent are blocked.',
        [toInfo('API_KEY_SERVICE_BLOCKED')],
      );
    case 'model_forbidden':
    case 'model_unknown':
      return toError(404, `models/${failure.model} is not found for API version v1beta, or is not supported for generateContent.`);
    case 'path_unknown':
      return toError(404, 'Requested entity was not found.');
    case 'method_not_allowed':
      return toError(404, `Method ${failure.method} is not found for ${failure.path}.`);
    case 'bad_request':
      return toError(400, failure.complaint.message);
    case 'body_too_long':
      return toError(400, 'Request payload size exceeds the limit: 20971520 bytes.');
    case 'concurrency':
      return toError(429, 'Resource has been exhausted (e.g. check quota).');
    case 'rate_limit':
      return rateLimited(failure);
    case 'overloaded':
      return toError(503, 'The model is overloaded. Please try again later.', toRetryInfo(failure.retryAfterMs));
    case 'status':
      return toError(failure.status, failure.status >= 500 ? String(INTERNAL['message']) : 'The request was refused.');
    case 'reply_failed':
      return toError(500, failure.message);
  }
}

function toInfo(reason: string): object {
  return { '@type': `${TYPE}.ErrorInfo`, reason, domain: 'googleapis.com', metadata: SERVICE };
}

const PERIODS = { min: 'PerMinute', hour: 'PerHour', day: 'PerDay' } as const;

/** The hint is in the body, twice; there is none in the headers. */
function rateLimited({ counts, unit, limit, waitMs, hints, model }: RateLimit): ErrorAnswer {
  const tokens = counts !== 'requests';
  const metric = `generativelanguage.googleapis.com/generate_content_paid_tier_${tokens ? 'input_token_count' : 'requests'}`;
  const quotaId = `Generate${tokens ? 'ContentPaidTierInputTokens' : 'Requests'}${PERIODS[unit]}PerProjectPerModel`;
  const hinted = waitMs !== Infinity && (hints === 'body' || hints === 'both');
  const message = [
    'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.',
    `* Quota exceeded for metric: ${metric}, limit: ${limit}, model: ${model}`,
    ...(hinted ? [`Please retry in ${formatGoDuration(waitMs)}.`] : []),
  ];
  const violation = { quotaMetric: metric, quotaId, quotaDimensions: { location: 'global', model }, quotaValue: String(limit) };
  const links = [{ description: 'Learn more about Gemini API quotas', url: 'https://ai.google.dev/gemini-api/docs/rate-limits' }];
  return toError(429, message.join('\n'), [
    { '@type': `${TYPE}.QuotaFailure`, violations: [violation] },
    { '@type': `${TYPE}.Help`, links },
    ...toRetryInfo(hinted ? waitMs : undefined),
  ]);
}

/** A delay as protobuf writes durations in JSON: seconds, with a fraction. */
function toRetryInfo(waitMs: number | undefined): readonly object[] {
  return waitMs === undefined ? [] : [{ '@type': `${TYPE}.RetryInfo`, retryDelay: `${Math.ceil(waitMs) / 1000}s` }];
}

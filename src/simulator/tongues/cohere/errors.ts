import type { ErrorAnswer, Failure, RateLimit } from '../tongue.ts';

/** What an error inside an answer says when its author says nothing. */
export const INTERNAL = 'internal server error, this has been reported to our developers.';

/** A failure in Cohere's words: a message and a status is all there is. */
export function refuse(failure: Failure, id: string): ErrorAnswer {
  const toError = (status: number, message: string): ErrorAnswer => ({ status, headers: {}, body: { id, message } });
  switch (failure.kind) {
    case 'missing_key':
      return toError(401, 'no api key supplied');
    case 'invalid_key':
      return toError(401, 'invalid api token');
    case 'spent_key':
      return toError(402, 'Please add or update your payment method at https://dashboard.cohere.com/billing?tab=payment to continue');
    case 'forbidden_key':
      return toError(403, 'this API key is not allowed to access this endpoint');
    case 'model_forbidden':
    case 'model_unknown':
      return toError(
        404,
        `model '${failure.model}' not found, make sure the correct model ID was used and that you have access to the model.`,
      );
    case 'path_unknown':
      return toError(404, 'page not found');
    case 'method_not_allowed':
      return toError(405, 'method not allowed');
    case 'bad_request':
      return toError(400, failure.complaint.message);
    case 'body_too_long':
      return toError(413, 'request entity too large');
    case 'concurrency':
      return toError(429, 'Please wait and try again later');
    case 'rate_limit':
      return toError(429, tellLimit(failure));
    case 'overloaded':
      return toError(503, 'the service is overloaded, please try again later.');
    case 'status':
      return toError(failure.status, failure.status >= 500 ? INTERNAL : 'invalid request');
    case 'reply_failed':
      return toError(500, failure.message);
  }
}

const CONTACT =
  "You can continue to use the Trial key for free or upgrade to a Production key with higher rate limits at 'https://dashboard.cohere.com/api-keys'.";

/** Nothing says when to come back. */
function tellLimit({ counts, unit, limit }: RateLimit): string {
  const window = unit === 'min' ? 'minute' : unit;
  if (counts !== 'requests') return `trial token rate limit exceeded, limit is ${limit} tokens per ${window}`;
  if (unit === 'min') return 'You are past the per minute request limit, please wait and try again later.';
  return `You are using a Trial key, which is limited to ${limit} API calls / ${window}. ${CONTACT}`;
}

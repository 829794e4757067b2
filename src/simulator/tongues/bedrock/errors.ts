import type { ErrorAnswer, Failure, RateLimit } from '../tongue.ts';

const TYPES: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  408: 'ModelTimeoutException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  500: 'InternalServerException',
  503: 'ServiceUnavailableException',
};

/** What an error inside an answer says when its author says nothing. */
export const INTERNAL = 'The system encountered an unexpected error during processing. Try your request again.';

const FORGED =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const NO_POLICY =
  'User: arn:aws:iam::123456789012:user/simulated is not authorized to perform: bedrock:InvokeModel because no identity-based policy allows the bedrock:InvokeModel action';

/** A failure in Bedrock's words: the type is in a header, and only the message in the body. */
export function refuse(failure: Failure): ErrorAnswer {
  switch (failure.kind) {
    case 'missing_key':
      return toError(403, 'Missing Authentication Token', 'MissingAuthenticationTokenException');
    case 'invalid_key':
      if (failure.badSignature) return toError(403, FORGED, 'InvalidSignatureException');
      return toError(403, 'The security token included in the request is invalid.', 'UnrecognizedClientException');
    case 'spent_key':
      return toError(429, 'Too many tokens per day, please wait before trying again.');
    case 'forbidden_key':
      return toError(403, NO_POLICY);
    case 'model_forbidden':
      return toError(403, `You don't have access to the model with the specified model ID.`);
    case 'model_unknown':
      return toError(400, 'The provided model identifier is invalid.');
    case 'path_unknown':
      return toError(404, 'Unable to determine service/operation name to be authorized', 'UnknownOperationException');
    case 'method_not_allowed':
      return toError(405, 'The method is not allowed for the resource.', 'MethodNotAllowedException');
    case 'bad_request':
      return toError(400, failure.complaint.message);
    case 'body_too_long':
      return toError(413, 'Request size exceeded the limit', 'RequestEntityTooLargeException');
    case 'concurrency':
      return toError(429, 'Too many concurrent requests, please wait before trying again.');
    case 'rate_limit':
      return toError(429, tellLimit(failure));
    case 'overloaded':
      return toError(503, 'Bedrock is unable to process your request.');
    case 'status':
      return toError(failure.status, failure.status >= 500 ? INTERNAL : 'The request was refused.');
    case 'reply_failed':
      return toError(500, failure.message);
  }
}

function toError(status: number, message: string, type?: string): ErrorAnswer {
  const usual = TYPES[status] ?? (status < 500 ? 'ValidationException' : 'InternalServerException');
  const named = `${type ?? usual}:http://internal.amazon.com/coral/com.amazon.bedrock/`;
  return { status, headers: { 'x-amzn-errortype': named }, body: { message } };
}

/** Nothing says when to come back. */
function tellLimit({ counts, unit }: RateLimit): string {
  const noun = counts === 'requests' ? 'requests' : 'tokens';
  return `Too many ${noun}${unit === 'day' ? ' per day' : ''}, please wait before trying again.`;
}

import type { ProtocolName } from '../providers/provider.ts';

/** What a failure says that no provider told. */
export interface Complaint {
  readonly status: number;
  readonly message: string;
  /** keywheel's own code: stable. */
  readonly code: string;
  /** When to come again, ms from now. */
  readonly waitMs: number | undefined;
}

/** A failure as a provider would have told it. */
export interface Told {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The statuses that keywheel gives, in the words of each protocol; whatever else a provider answered is one of the last row. */
const WORDS: Readonly<Record<number, Readonly<Record<'openai' | 'anthropic' | 'google' | 'bedrock', string>>>> = {
  400: { openai: 'invalid_request_error', anthropic: 'invalid_request_error', google: 'INVALID_ARGUMENT', bedrock: 'ValidationException' },
  401: {
    openai: 'authentication_error',
    anthropic: 'authentication_error',
    google: 'UNAUTHENTICATED',
    bedrock: 'UnrecognizedClientException',
  },
  403: { openai: 'permission_error', anthropic: 'permission_error', google: 'PERMISSION_DENIED', bedrock: 'AccessDeniedException' },
  404: { openai: 'not_found_error', anthropic: 'not_found_error', google: 'NOT_FOUND', bedrock: 'ResourceNotFoundException' },
  413: { openai: 'invalid_request_error', anthropic: 'request_too_large', google: 'INVALID_ARGUMENT', bedrock: 'ValidationException' },
  429: { openai: 'rate_limit_error', anthropic: 'rate_limit_error', google: 'RESOURCE_EXHAUSTED', bedrock: 'ThrottlingException' },
  503: { openai: 'server_error', anthropic: 'overloaded_error', google: 'UNAVAILABLE', bedrock: 'ServiceUnavailableException' },
  504: { openai: 'timeout_error', anthropic: 'timeout_error', google: 'DEADLINE_EXCEEDED', bedrock: 'ModelTimeoutException' },
};
const OTHER = { openai: 'server_error', anthropic: 'api_error', google: 'INTERNAL', bedrock: 'InternalServerException' } as const;

/** A failure in a protocol's own shape, so that its SDK makes the error of it that it makes of a provider's. */
export function toTold(protocol: ProtocolName, { status, message, code, waitMs }: Complaint): Told {
  const words = WORDS[status] ?? (status < 500 ? WORDS[400] : undefined) ?? OTHER;
  switch (protocol) {
    case 'openai':
      return { headers: {}, body: { error: { message, type: words.openai, code, param: null } } };
    case 'anthropic':
      return { headers: {}, body: { type: 'error', error: { type: words.anthropic, message, code } } };
    case 'google':
      return { headers: {}, body: { error: { code: status, message, status: words.google, ...toDetails(waitMs) } } };
    case 'cohere':
      return { headers: {}, body: { message, code } };
    case 'bedrock':
      return { headers: { 'x-amzn-errortype': words.bedrock }, body: { message, code } };
  }
}

/** Google's SDK shows no headers to anybody: the time stands in the body. */
function toDetails(waitMs: number | undefined): { readonly details?: readonly unknown[] } {
  if (waitMs === undefined) return {};
  return { details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${Math.ceil(waitMs) / 1000}s` }] };
}

import { UNKNOWN, type Rule } from './rule.ts';

/** What is left: the status, and codes that are too general to say more than it does. */
export const STATUS_RULES: readonly Rule[] = [
  { status: [413], class: 'request_too_large', scope: 'request', taken: 'larger than what is accepted at once' },
  { status: [402], class: 'quota_exhausted', scope: 'org', taken: 'out of quota' },
  {
    status: [401, UNKNOWN],
    code: /^(authentication|unauthenticated|unauthorized)(_error|_failed)?$/,
    class: 'key_invalid',
    scope: 'key',
    taken: 'the key was refused, though nothing calls it dead',
  },
  { status: [401], class: 'key_invalid', scope: 'key', taken: 'the key was refused, though nothing calls it dead' },
  { status: [403], class: 'key_forbidden', scope: 'key', taken: 'forbidden to this key' },
  {
    status: [UNKNOWN],
    code: /^(permission(_denied)?|forbidden|access_denied)(_error)?$/,
    class: 'key_forbidden',
    scope: 'key',
    taken: 'forbidden to this key',
  },
  { status: [451], class: 'key_forbidden', scope: 'provider', taken: 'refused for legal reasons, whatever the key' },
  { status: [404, 410], class: 'bad_request', scope: 'request', taken: 'nothing is at this address, so the base URL may be wrong' },
  {
    status: [UNKNOWN, 500, 502, 503],
    code: /(^|_)timed?_?out(_|$)|^deadline_exceeded$/,
    class: 'timeout',
    scope: 'route',
    taken: 'the provider ran out of time',
  },
  { status: [408, 504, 524], class: 'timeout', scope: 'route', taken: 'the provider ran out of time' },
  { status: [499], class: 'timeout', scope: 'request', taken: 'the request was cancelled on the way' },
  // OpenAI and its kin answer 409 while they hold a lock; their own SDKs try it again.
  { status: [409, 425, 498], class: 'overloaded', scope: 'route', taken: 'the provider is busy with it' },
  {
    status: [UNKNOWN, 424, 500, 502, 503],
    code: /^(internal_)?server_error$|^internal(_error)?$|^internal_server_error$|^(api|upstream|provider)_error$|^mid_stream_error$/,
    says: /server had an error|internal (server )?error|provider disconnected|provider returned error|bad gateway|upstream (error|connect)/i,
    class: 'server_error',
    scope: 'provider',
    taken: 'the provider failed',
  },
  {
    status: [UNKNOWN],
    code: /^(service_)?unavailable(_error|_exception)?$/,
    class: 'overloaded',
    scope: 'provider',
    taken: 'the provider is overloaded',
  },
  { status: [503, 529], class: 'overloaded', scope: 'provider', taken: 'the provider is overloaded' },
  { status: [501, 505], class: 'bad_request', scope: 'request', taken: 'the server does not do this' },
  {
    status: [UNKNOWN],
    code: /^(invalid|bad|missing|unsupported|unknown|unprocessable|malformed)_(request|argument|value|parameter|type|input|entity|body|json|schema|option|required_parameter|function_parameters)|^(validation|unprocessable|bad_request)(_error|_entity|_exception)?$/,
    says: /^(invalid|missing|unsupported|malformed|unknown) (param|arg|request|value|field|input|json|body|role|message)/i,
    class: 'bad_request',
    scope: 'request',
    taken: 'the request is wrong',
  },
];

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../../src/failure.ts';
import { bedrock } from '../../../src/providers/bedrock/bedrock.ts';
import { failureOf } from '../support.ts';
import { CLAUDE, decodeStream, theContext, theProvider } from './support.ts';

const NOW = Date.UTC(2026, 6, 1);

function classify(status: number, type: string, message: string): Verdict {
  return bedrock.classify(failureOf(status, { message }, { 'x-amzn-errortype': type, 'x-amzn-requestid': 'r-1' }), theProvider(), NOW);
}

type Row = readonly [what: string, status: number, type: string, message: string, expected: Partial<Verdict>];

const limited = { class: 'rate_limited', scope: 'group', perModel: true } as const;
const missing = { class: 'model_unavailable', scope: 'group', perModel: true, definitive: false } as const;
const suspect = { class: 'key_invalid', scope: 'key', perModel: false, definitive: false } as const;
const clock = { class: 'key_forbidden', scope: 'provider' } as const;
const ROWS: readonly Row[] = [
  ['requests', 429, 'ThrottlingException', 'Too many requests, please wait before trying again.', limited],
  ['tokens', 429, 'ThrottlingException', 'Too many tokens, please wait before trying again.', limited],
  [
    'tokens of a day',
    429,
    'ThrottlingException',
    'Too many tokens per day, please wait before trying again.',
    { ...limited, class: 'quota_exhausted' },
  ],
  ['a quota', 400, 'ServiceQuotaExceededException', 'Your request exceeds the service quota for your account.', limited],
  [
    'a model that loads',
    429,
    'ModelNotReadyException',
    'The model is not ready for inference.',
    { class: 'overloaded', scope: 'route', perModel: true },
  ],
  [
    'an overload',
    503,
    'ServiceUnavailableException',
    'Bedrock is unable to process your request.',
    { class: 'overloaded', scope: 'route' },
  ],
  ['a slow model', 408, 'ModelTimeoutException', 'Model invocation timed out.', { class: 'timeout', scope: 'route' }],
  [
    'a broken model',
    424,
    'ModelErrorException',
    'The system encountered an unexpected error.',
    { class: 'server_error', scope: 'route', perModel: true },
  ],
  ['a failure', 500, 'InternalServerException', 'An internal error.', { class: 'server_error', scope: 'route', perModel: false }],
  ['no access', 403, 'AccessDeniedException', "You don't have access to the model with the specified model ID.", missing],
  [
    'no subscription',
    403,
    'AccessDeniedException',
    'Model access is denied due to INVALID_PAYMENT_INSTRUMENT: a valid payment instrument must be provided. Your AWS Marketplace subscription for this model cannot be completed at this time.',
    missing,
  ],
  [
    'no policy for the model',
    403,
    'AccessDeniedException',
    'User: arn:aws:iam::111122223333:user/x is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0 because no identity-based policy allows the bedrock:InvokeModel action',
    { class: 'model_unavailable', scope: 'key', perModel: true },
  ],
  [
    'no policy for the service',
    403,
    'AccessDeniedException',
    'User: arn:aws:iam::111122223333:user/x is not authorized to perform: bedrock:CallWithBearerToken',
    { class: 'key_forbidden', scope: 'key', perModel: false },
  ],
  [
    'a wrong bearer key',
    403,
    'AccessDeniedException',
    'Authentication failed: Please make sure your API Key is valid.',
    { ...suspect, definitive: true },
  ],
  ['a bearer key that ran out', 403, 'AccessDeniedException', 'Bearer Token has expired', suspect],
  [
    'an unknown id',
    403,
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
    { ...suspect, definitive: true },
  ],
  [
    'an unknown id of old',
    403,
    'InvalidClientTokenId',
    'The security token included in the request is invalid',
    { ...suspect, definitive: true },
  ],
  ['a session that is over', 403, 'ExpiredTokenException', 'The security token included in the request is expired', suspect],
  [
    'a wrong signature',
    403,
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided.',
    suspect,
  ],
  [
    'a clock that is behind',
    403,
    'InvalidSignatureException',
    'Signature expired: 20260701T000000Z is now earlier than 20260701T005500Z (20260701T010000Z - 5 min.)',
    clock,
  ],
  [
    'a clock that is ahead',
    403,
    'InvalidSignatureException',
    'Signature not yet current: 20260701T010000Z is still later than 20260701T000500Z (20260701T000000Z + 5 min.)',
    clock,
  ],
  ['a skewed clock', 403, 'RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.', clock],
  ['an expired request', 400, 'RequestExpired', 'Request has expired.', clock],
  [
    'no subscription of the service',
    403,
    'OptInRequired',
    'The AWS Access Key Id needs a subscription for the service',
    { class: 'key_forbidden', scope: 'group' },
  ],
  [
    'no profile',
    400,
    'ValidationException',
    'Invocation of model ID amazon.nova-premier-v1:0 with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.',
    missing,
  ],
  ['a wrong model', 400, 'ValidationException', 'The provided model identifier is invalid.', missing],
  [
    'an old model',
    404,
    'ResourceNotFoundException',
    'This model version has reached the end of its life. Please refer to the AWS documentation.',
    missing,
  ],
  [
    'a form',
    404,
    'ResourceNotFoundException',
    'Model use case details have not been submitted for this account. Fill out the form before using the model.',
    missing,
  ],
  ['a form, by name', 404, 'FTUFormNotFilled', 'Fill out the form.', missing],
  [
    'a guardrail',
    404,
    'ResourceNotFoundException',
    'The guardrail identifier or version provided in the request does not exist.',
    { class: 'bad_request' },
  ],
  ['a long input', 400, 'ValidationException', 'Input is too long for requested model.', { class: 'context_length', scope: 'request' }],
  [
    "a long input, in a model's words",
    400,
    'ValidationException',
    'The model returned the following errors: input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000, decrease input length or `max_tokens` and try again',
    { class: 'context_length', scope: 'request' },
  ],
  [
    'a wrong field',
    400,
    'ValidationException',
    'The model returned the following errors: tool_choice: type "any" is not supported for this model.',
    { class: 'bad_request', scope: 'request' },
  ],
  [
    'a wrong part',
    400,
    'ValidationException',
    "This model doesn't support the image field for user messages.",
    { class: 'bad_request', scope: 'request' },
  ],
];

describe('an answer', () => {
  test.each(ROWS)('that tells of %s', (_what, status, type, message, expected) => {
    expect(classify(status, type, message)).toMatchObject({ ...expected, status, requestId: 'r-1' });
  });

  test.each(ROWS)('with an address behind its type that tells of %s', (_what, status, type, message, expected) => {
    expect(classify(status, `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/`, message)).toMatchObject(expected);
  });

  test.each(ROWS)('with a package before its type, in the body, that tells of %s', (_what, status, type, message, expected) => {
    const body = { __type: `com.amazon.coral.service#${type}`, Message: message };
    const verdict = bedrock.classify(failureOf(status, body), theProvider(), NOW);
    expect(verdict).toMatchObject(expected);
    expect(verdict.body).toBe(body);
  });

  test.each<[number, unknown, Partial<Verdict>]>([
    [429, { message: 'Too many requests, please wait before trying again.' }, limited],
    [403, '', { class: 'key_forbidden' }],
    [500, '<html>', { class: 'server_error' }],
    [400, null, { class: 'bad_request' }],
    [503, undefined, { class: 'overloaded' }],
  ])('of %i without a type: %j', (status, body, expected) => {
    expect(bedrock.classify(failureOf(status, body), theProvider(), NOW)).toMatchObject(expected);
  });
});

describe('an exception in a stream', () => {
  test.each<[string, string, Partial<Verdict>]>([
    ['throttlingException', 'Too many tokens, please wait before trying again.', limited],
    ['modelStreamErrorException', 'The model broke off.', { class: 'server_error', scope: 'route', perModel: true }],
    ['internalServerException', 'An internal error.', { class: 'server_error', scope: 'route' }],
    ['serviceUnavailableException', 'Try again.', { class: 'overloaded', scope: 'route' }],
    ['validationException', 'The input fails to satisfy the constraints.', { class: 'bad_request', scope: 'request' }],
    ['modelTimeoutException', 'Timed out.', { class: 'timeout', scope: 'route' }],
    ['modelNotReadyException', 'Loading.', { class: 'overloaded', scope: 'route' }],
  ])('%s', async (name, message, expected) => {
    const { errors } = await decodeStream([[name, { message }]], theContext(CLAUDE));
    const verdict = bedrock.classify(failureOf(200, errors[0], { 'x-amzn-requestid': 'r-1' }, true), theProvider(), NOW);
    expect(verdict).toMatchObject({ ...expected, message, requestId: 'r-1' });
  });
});

test('no header tells a limit', () => {
  expect(bedrock.readLimits({ 'x-ratelimit-limit-requests': '5' }, NOW)).toEqual([]);
});

// Literal answers with what each means. The folder is not part of the project.
const FILE = new URL('../../../../shared/reference/error-samples.json', import.meta.url);

interface Sample {
  readonly provider: string;
  readonly name: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
  readonly class: string;
  readonly scope: string;
  readonly stream?: boolean;
}

const samples = existsSync(FILE)
  ? (JSON.parse(readFileSync(FILE, 'utf8')) as Sample[]).filter(({ provider }) => provider === 'bedrock')
  : [];

describe.skipIf(samples.length === 0)('error samples (skipped where ../shared is missing)', () => {
  test.each(samples)('$name', (sample) => {
    const verdict = bedrock.classify(failureOf(sample.status, sample.body, sample.headers, sample.stream === true), theProvider(), NOW);
    expect(verdict.class).toBe(sample.class);
    expect(sample.scope === 'request' ? verdict.scope === 'request' : verdict.perModel || verdict.scope === 'route').toBe(true);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { google } from '../../../src/providers/google/google.ts';
import { aContext, failureOf } from '../support.ts';
import { studio } from './support.ts';

const NOW = Date.UTC(2026, 6, 1);
const classify = (status: number, body: unknown, inBand = false): ReturnType<typeof google.classify> =>
  google.classify(failureOf(status, body, {}, inBand), studio, NOW);

/** An error as Google's APIs write it. */
function rpc(code: number, status: string, message: string, reason?: string): unknown {
  const details =
    reason === undefined ? {} : { details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }] };
  return { error: { code, message, status, ...details } };
}

describe('classify', () => {
  test.each([
    [rpc(400, 'INVALID_ARGUMENT', 'API key not valid.', 'API_KEY_INVALID'), 'key_invalid', 'key', true],
    [
      rpc(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials. Expected OAuth 2 access token.', 'ACCESS_TOKEN_EXPIRED'),
      'key_invalid',
      'key',
      false,
    ],
    [
      rpc(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie.'),
      'key_invalid',
      'key',
      false,
    ],
    [rpc(401, 'UNAUTHENTICATED', 'The access token has expired.'), 'key_invalid', 'key', false],
    [rpc(403, 'PERMISSION_DENIED', 'Your API key was reported as leaked. Please use another API key.'), 'key_invalid', 'key', true],
    [rpc(403, 'PERMISSION_DENIED', 'Consumer has been suspended.', 'CONSUMER_SUSPENDED'), 'key_invalid', 'org', true],
    [
      rpc(403, 'PERMISSION_DENIED', 'The API has not been used in project 7 before or it is disabled.', 'SERVICE_DISABLED'),
      'key_forbidden',
      'group',
      false,
    ],
    [
      rpc(403, 'PERMISSION_DENIED', 'Generative Language API has not been used in project 7 before or it is disabled.'),
      'key_forbidden',
      'group',
      false,
    ],
    [rpc(403, 'PERMISSION_DENIED', 'Requests to this API are blocked.', 'API_KEY_SERVICE_BLOCKED'), 'key_forbidden', 'key', false],
    [
      rpc(403, 'PERMISSION_DENIED', 'Requests from referer <empty> are blocked.', 'API_KEY_HTTP_REFERRER_BLOCKED'),
      'key_forbidden',
      'key',
      false,
    ],
    [
      rpc(403, 'PERMISSION_DENIED', 'The provided API key has an IP address restriction.', 'API_KEY_IP_ADDRESS_BLOCKED'),
      'key_forbidden',
      'key',
      false,
    ],
    [rpc(403, 'PERMISSION_DENIED', 'Verify your account.', 'VALIDATION_REQUIRED'), 'key_forbidden', 'key', false],
    [
      rpc(403, 'PERMISSION_DENIED', "Permission 'aiplatform.endpoints.predict' denied.", 'IAM_PERMISSION_DENIED'),
      'key_forbidden',
      'key',
      false,
    ],
    [rpc(403, 'PERMISSION_DENIED', 'Insufficient scopes.', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'), 'key_forbidden', 'key', false],
    [rpc(403, 'PERMISSION_DENIED', 'Billing is disabled.', 'BILLING_DISABLED'), 'quota_exhausted', 'group', false],
    [rpc(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'), 'key_forbidden', 'provider', false],
    [
      rpc(400, 'FAILED_PRECONDITION', 'Gemini API free tier is not available in your country. Please enable billing.'),
      'key_forbidden',
      'group',
      false,
    ],
    [rpc(429, 'RESOURCE_EXHAUSTED', 'No capacity for this model.', 'MODEL_CAPACITY_EXHAUSTED'), 'overloaded', 'route', false],
    [rpc(429, 'RESOURCE_EXHAUSTED', 'Not enough credits.', 'INSUFFICIENT_G1_CREDITS_BALANCE'), 'quota_exhausted', 'group', false],
    [rpc(429, 'RESOURCE_EXHAUSTED', 'You have exhausted your capacity.', 'QUOTA_EXHAUSTED'), 'quota_exhausted', 'group', false],
    [rpc(429, 'RESOURCE_EXHAUSTED', 'Slow down.', 'RATE_LIMIT_EXCEEDED'), 'rate_limited', 'group', false],
    [rpc(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'), 'rate_limited', 'group', false],
    [rpc(404, 'NOT_FOUND', 'models/gemini-9 is not found for API version v1beta.'), 'model_unavailable', 'group', false],
    [
      rpc(400, 'INVALID_ARGUMENT', 'The input token count (9) exceeds the maximum number of tokens allowed (8).'),
      'context_length',
      'request',
      false,
    ],
    [rpc(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.'), 'bad_request', 'request', false],
    [rpc(503, 'UNAVAILABLE', 'The model is overloaded.'), 'overloaded', 'route', false],
    [rpc(504, 'DEADLINE_EXCEEDED', 'The request timed out.'), 'timeout', 'route', false],
  ])('%j is %s of the %s', (body, failure, scope, definitive) => {
    const status = (body as { readonly error: { readonly code: number } }).error.code;
    expect(classify(status, body)).toMatchObject({ class: failure, scope, definitive });
    expect(classify(status, [body])).toMatchObject({ class: failure, scope, definitive });
    expect(classify(status, { error: { code: status, message: JSON.stringify(body) } })).toMatchObject({
      class: failure,
      scope,
      definitive,
    });
  });

  test.each([
    ['UNAVAILABLE', 'overloaded'],
    ['DEADLINE_EXCEEDED', 'timeout'],
    ['CANCELLED', 'timeout'],
    ['INTERNAL', 'server_error'],
    ['INVALID_ARGUMENT', 'bad_request'],
    ['MISSING_THOUGHT_SIGNATURE', 'bad_request'],
  ])('%s in a stream, without a number, is %s', (status, failure) => {
    expect(classify(200, { error: { status, message: 'x' } }, true).class).toBe(failure);
  });
});

// Literal answers that were captured; the folder is not part of the project.
const FILE = new URL('../../../../shared/reference/error-samples.json', import.meta.url);

interface Sample {
  readonly provider: string;
  readonly name: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
  readonly class: string;
  readonly retryAfterMs: number | null;
  readonly stream?: boolean;
}

const all = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Sample[]) : [];

function failedStream(text: string): unknown {
  const decoded = google.startStream(aContext()).decode({ event: undefined, data: text.replace(/^data: /, '') });
  return decoded.kind === 'error' ? decoded.body : undefined;
}

describe.skipIf(all.length === 0)('error samples (skipped where ../shared is missing)', () => {
  test.each(all.filter(({ provider }) => provider.startsWith('gemini')))('$provider $name is $class', (sample) => {
    const { status, headers, stream = false, body } = sample;
    const verdict = google.classify(failureOf(status, stream ? failedStream(String(body)) : body, headers, stream), studio, NOW);
    expect(verdict.class).toBe(sample.class);
    expect([null, (verdict.until?.at ?? Number.NaN) - NOW]).toContain(sample.retryAfterMs);
  });
});

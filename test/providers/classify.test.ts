import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FailureClass, Scope, Verdict } from '../../src/failure.ts';
import { classifyAnswer } from '../../src/providers/classify.ts';
import { dialects } from '../../src/providers/openai/dialects.ts';
import { createOpenAI, openai } from '../../src/providers/openai/openai.ts';
import { aProvider, failureOf } from './support.ts';

const NOW = Date.UTC(2026, 6, 1, 12);
const DAY_MS = 86_400_000;

function classify(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}, inBand = false): Verdict {
  return openai.classify(failureOf(status, body, headers, inBand), aProvider(), NOW);
}

const error = (fields: Readonly<Record<string, unknown>>): unknown => ({ error: fields });

interface Row {
  readonly name: string;
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly inBand?: boolean;
  readonly class: FailureClass;
  readonly scope: Scope;
  readonly perModel?: boolean;
  readonly definitive?: boolean;
  /** Seconds from now; absent: nobody may be believed. */
  readonly afterS?: number;
}

const ROWS: readonly Row[] = [
  // Quota and money, whatever the status.
  {
    name: 'out of prepaid credits',
    status: 429,
    body: error({ message: 'You have no credits remaining.', type: 'insufficient_quota', code: 'credit_balance_exhausted' }),
    class: 'quota_exhausted',
    scope: 'org',
  },
  {
    name: 'a hint of seconds on an empty account',
    status: 429,
    body: error({ message: 'x', code: 'insufficient_quota' }),
    headers: { 'retry-after': '20' },
    class: 'quota_exhausted',
    scope: 'org',
  },
  {
    name: 'spend limit of a project',
    status: 429,
    body: error({ message: 'x', type: 'insufficient_quota', code: 'project_spend_limit_exceeded' }),
    class: 'quota_exhausted',
    scope: 'group',
  },
  {
    name: 'spend limit of an organisation',
    status: 429,
    body: error({ message: 'x', code: 'organization_spend_limit_exceeded' }),
    class: 'quota_exhausted',
    scope: 'org',
  },
  {
    name: 'hard billing limit as 400',
    status: 400,
    body: error({ code: 'billing_hard_limit_reached', message: 'Billing hard limit has been reached', type: 'invalid_request_error' }),
    class: 'quota_exhausted',
    scope: 'org',
  },
  {
    name: 'out of credit as 401',
    status: 401,
    body: error({ message: 'You exceeded your current quota, please check your plan', type: 'insufficient_quota', code: 401 }),
    class: 'quota_exhausted',
    scope: 'org',
  },
  {
    name: 'suspended for spend as 412',
    status: 412,
    body: error({ message: 'Account x is suspended, possibly due to reaching the monthly spending limit' }),
    class: 'quota_exhausted',
    scope: 'org',
  },
  {
    name: 'balance in a reason',
    status: 403,
    body: { code: 403, reason: 'NOT_ENOUGH_BALANCE', message: 'not enough balance', metadata: {} },
    class: 'quota_exhausted',
    scope: 'org',
  },
  {
    name: 'balance in prose beside a number of its own',
    status: 403,
    body: { code: 30001, message: 'Sorry, your account balance is insufficient', data: null },
    class: 'quota_exhausted',
    scope: 'org',
  },
  {
    name: 'balance in Chinese',
    status: 429,
    body: error({ code: '1113', message: '余额不足或无可用资源包,请充值。' }),
    class: 'quota_exhausted',
    scope: 'org',
  },
  { name: 'detail as a string', status: 402, body: { detail: 'Insufficient balance' }, class: 'quota_exhausted', scope: 'org' },
  {
    name: 'the limit of one key',
    status: 403,
    body: error({ message: 'Key limit exceeded (total limit).', code: 403 }),
    class: 'quota_exhausted',
    scope: 'key',
  },
  {
    name: 'a date of return',
    status: 400,
    body: error({ message: 'You will regain access on 2026-07-20 at 00:00 UTC.' }),
    class: 'quota_exhausted',
    scope: 'org',
    afterS: 18.5 * 86_400,
  },
  {
    name: 'cut JSON with its code',
    status: 429,
    body: '{"error":{"message":"x","type":"insufficient_quota","param":null,"code":"insufficient_quota"',
    class: 'quota_exhausted',
    scope: 'org',
  },
  {
    name: 'JSON cut in its message',
    status: 429,
    body: '{"error":{"message":"You exceeded your current quota, pl',
    class: 'quota_exhausted',
    scope: 'org',
  },
  {
    name: 'nested JSON in the message',
    status: 429,
    body: error({ message: '{"error":{"code":"insufficient_quota","message":"x"}}', code: 429 }),
    class: 'quota_exhausted',
    scope: 'org',
  },
  {
    name: 'status_msg inside a 200',
    status: 200,
    body: { base_resp: { status_code: 1008, status_msg: 'insufficient balance' }, choices: null },
    inBand: true,
    class: 'quota_exhausted',
    scope: 'org',
  },

  // Done for the day or longer.
  {
    name: 'requests per day',
    status: 429,
    body: error({
      message:
        'Rate limit reached for gpt-4 in organization org-x1 on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s.',
      type: 'requests',
      code: 'rate_limit_exceeded',
    }),
    class: 'quota_exhausted',
    scope: 'group',
    perModel: true,
    afterS: 432,
  },
  {
    name: 'tokens per day',
    status: 429,
    body: error({
      message:
        'Rate limit reached for model `x` in organization `org_1` on tokens per day (TPD): Limit 100000, Used 97843, Requested 9191. Please try again in 1h53m56.832s. Upgrade at https://x/settings/billing',
      type: 'tokens',
      code: 'rate_limit_exceeded',
    }),
    class: 'quota_exhausted',
    scope: 'group',
    perModel: true,
    afterS: 6836.832,
  },
  {
    name: 'a wait of a day in the words of a minute',
    status: 429,
    body: error({ code: '429', message: 'exceeded call rate limit. Please retry after 86400 seconds.' }),
    class: 'quota_exhausted',
    scope: 'group',
    perModel: true,
    afterS: 86_400,
  },
  {
    name: 'a day named in a code, with a delay that lies',
    status: 429,
    body: [
      error({
        code: 429,
        message: 'Quota exceeded, limit: 10\nPlease retry in 22s.',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }] }, { retryDelay: '22s' }],
      }),
    ],
    class: 'quota_exhausted',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'an empty bucket of a day',
    status: 429,
    body: error({ message: 'Rate limit' }),
    headers: { 'x-ratelimit-remaining-requests-day': '0', 'x-ratelimit-reset-requests-day': '33011.5' },
    class: 'quota_exhausted',
    scope: 'group',
    perModel: true,
    afterS: 33_011.5,
  },

  // Rate limits.
  {
    name: 'requests per minute',
    status: 429,
    body: error({
      message:
        'Rate limit reached for m in organization org-71S7 on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.',
      type: 'requests',
      code: 'rate_limit_exceeded',
    }),
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    afterS: 20,
  },
  {
    name: 'milliseconds are no minutes',
    status: 429,
    body: error({ message: 'Please try again in 6ms.', code: 'rate_limit_exceeded' }),
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    afterS: 0.006,
  },
  {
    name: 'retry-after-ms before retry-after',
    status: 429,
    body: '',
    headers: { 'retry-after-ms': '350', 'retry-after': '7' },
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    afterS: 0.35,
  },
  {
    name: 'headers before prose',
    status: 429,
    body: error({ message: 'Please try again in 20s' }),
    headers: { 'retry-after': '7' },
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    afterS: 7,
  },
  {
    name: 'prose behind a header of rubbish',
    status: 429,
    body: error({ message: 'Please try again in 20s' }),
    headers: { 'retry-after': 'soon' },
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    afterS: 20,
  },
  {
    name: 'an HTTP date',
    status: 429,
    body: '',
    headers: { 'retry-after': 'Wed, 01 Jul 2026 12:00:30 GMT' },
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    afterS: 30,
  },
  {
    name: 'an HTTP date by a clock that is ahead',
    status: 429,
    body: '',
    headers: { date: 'Wed, 01 Jul 2026 12:05:00 GMT', 'retry-after': 'Wed, 01 Jul 2026 12:05:10 GMT' },
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    afterS: 10,
  },
  {
    name: 'a retry-after of 400 days',
    status: 429,
    body: '',
    headers: { 'retry-after': '34560000' },
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'a negative retry-after',
    status: 429,
    body: '',
    headers: { 'retry-after': '-5' },
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'a field of the body',
    status: 429,
    body: error({ message: 'slow', metadata: { retry_after_seconds: 12 } }),
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    afterS: 12,
  },
  {
    name: 'the reset of the empty bucket, not of the full one',
    status: 429,
    body: '',
    headers: {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-remaining-tokens': '90',
      'x-ratelimit-reset-tokens': '6m0s',
    },
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    afterS: 1,
  },
  {
    name: 'a rate that speaks of quota and billing',
    status: 429,
    body: error({
      message: 'You exceeded your current quota, please check your plan and billing details.\nPlease retry in 56.5s.',
      status: 'RESOURCE_EXHAUSTED',
    }),
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    afterS: 56.5,
  },
  {
    name: 'a rate that advertises a payment method',
    status: 429,
    body: error({
      message:
        'Rate limit reached on requests per min. Limit: 3 / min. Please try again in 20s. You can increase your rate limit by adding a payment method to your account.',
      code: 'rate_limit_exceeded',
    }),
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    afterS: 20,
  },
  {
    name: 'a bare title',
    status: 429,
    body: { status: 429, title: 'Too Many Requests' },
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'inside a 200, whose retry-after means nothing',
    status: 200,
    body: error({ message: 'x', code: 'rate_limit_exceeded' }),
    headers: { 'retry-after': '20' },
    inBand: true,
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'a string inside a 200',
    status: 200,
    body: { error: 'Too many requests' },
    inBand: true,
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
  },
  { name: 'by address', status: 429, body: 'error code: 1015', class: 'rate_limited', scope: 'provider' },
  {
    name: 'too much in flight, as 402',
    status: 402,
    body: error({ message: 'x', code: 402, metadata: { reason: 'in_flight_budget_exhausted' } }),
    headers: { 'retry-after': '3' },
    class: 'rate_limited',
    scope: 'group',
    afterS: 3,
  },
  {
    name: 'a throttle that calls itself quota',
    status: 429,
    body: { code: 'Throttling.AllocationQuota', message: 'Allocated quota exceeded, please increase your quota limit.' },
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'rate limit text as 413',
    status: 413,
    body: error({
      message: 'Rate limit reached on tokens per minute (TPM): Limit 6000, Used 5500, Requested 700. Please try again in 2s.',
      code: 'rate_limit_exceeded',
    }),
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
    afterS: 2,
  },

  {
    name: 'an upstream pool by its source',
    status: 429,
    body: error({ message: 'Provider returned error', code: 429, metadata: { limit_source: 'upstream_provider_shared_pool' } }),
    class: 'rate_limited',
    scope: 'route',
    perModel: true,
  },
  {
    name: 'an upstream pool by the code of its provider',
    status: 429,
    body: error({ message: 'x', code: 429, metadata: { provider_error_code: 'upstream_429' } }),
    class: 'rate_limited',
    scope: 'route',
    perModel: true,
  },
  {
    name: 'an upstream pool in prose',
    status: 429,
    body: error({ message: 'Provider returned error', metadata: { raw: 'm is temporarily rate-limited upstream. Please retry shortly' } }),
    class: 'rate_limited',
    scope: 'route',
    perModel: true,
  },
  {
    name: "an upstream provider's own words behind a gateway",
    status: 429,
    body: error({ message: 'Provider returned error', metadata: { raw: 'Rate limit exceeded' } }),
    class: 'rate_limited',
    scope: 'route',
    perModel: true,
  },
  {
    name: 'an upstream pool inside a 200',
    status: 200,
    body: error({ message: 'rate limited by upstream provider', code: 429 }),
    class: 'rate_limited',
    scope: 'route',
    inBand: true,
    perModel: true,
  },
  {
    name: "an upstream account of the caller's own",
    status: 429,
    body: error({
      message: 'Provider returned error',
      metadata: { limit_source: 'upstream_provider_account', provider_error_code: 'upstream_429' },
    }),
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'a page by address',
    status: 429,
    body: '<html><title>429 Too Many Requests</title></html>',
    class: 'rate_limited',
    scope: 'provider',
  },
  {
    name: 'a quota and no more',
    status: 429,
    body: error({ message: 'Quota exceeded' }),
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'a quota and no more, inside a 200',
    status: 200,
    body: error({ message: 'Quota exceeded' }),
    class: 'rate_limited',
    scope: 'group',
    inBand: true,
    perModel: true,
  },
  {
    name: 'a quota with a short delay',
    status: 429,
    body: error({ message: 'Quota exceeded for metric x' }),
    class: 'rate_limited',
    scope: 'group',
    headers: { 'retry-after': '20' },
    afterS: 20,
    perModel: true,
  },
  {
    name: 'a quota that is used up, with a short delay',
    status: 429,
    body: error({ message: 'Free tier quota used up' }),
    class: 'rate_limited',
    scope: 'group',
    headers: { 'retry-after': '20' },
    afterS: 20,
    perModel: true,
  },
  {
    name: 'a quota of the day',
    status: 429,
    body: error({ message: 'Daily quota exceeded' }),
    class: 'quota_exhausted',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'a quota of the month, with a short delay',
    status: 429,
    body: error({ message: 'Monthly quota exceeded' }),
    class: 'quota_exhausted',
    scope: 'org',
    headers: { 'retry-after': '20' },
  },
  {
    name: 'a quota that is used up',
    status: 429,
    body: error({ message: 'Free usage quota exceeded. Purchase credits' }),
    class: 'quota_exhausted',
    scope: 'org',
  },
  {
    name: 'a quota as 403',
    status: 403,
    body: error({ message: 'Quota exceeded' }),
    class: 'quota_exhausted',
    scope: 'org',
  },

  // Larger than the limit.
  {
    name: 'requested over limit',
    status: 429,
    body: error({
      message: 'Request too large for m in organization org-a on tokens per min (TPM): Limit 30000, Requested 40000.',
      type: 'tokens',
      code: 'rate_limit_exceeded',
    }),
    class: 'request_too_large',
    scope: 'request',
  },
  {
    name: 'requested over limit, with a retry-after',
    status: 413,
    body: error({ message: 'on tokens per minute (TPM): Limit 6000, Requested 6791', code: 'rate_limit_exceeded' }),
    headers: { 'retry-after': '9' },
    class: 'request_too_large',
    scope: 'request',
  },
  {
    name: 'a proxy that takes less',
    status: 413,
    body: '<html><head><title>413 Request Entity Too Large</title></head></html>',
    class: 'request_too_large',
    scope: 'request',
  },

  // Keys.
  {
    name: 'a wrong key',
    status: 401,
    body: error({ message: 'Incorrect API key provided: sk-abc.', type: 'invalid_request_error', code: 'invalid_api_key' }),
    class: 'key_invalid',
    scope: 'key',
    definitive: true,
  },
  {
    name: 'a wrong key without a code',
    status: 401,
    body: { detail: 'Invalid API Key' },
    class: 'key_invalid',
    scope: 'key',
    definitive: true,
  },
  {
    name: 'a deactivated account',
    status: 401,
    body: error({ message: 'Your OpenAI account has been deactivated', code: 'account_deactivated' }),
    class: 'key_invalid',
    scope: 'key',
    definitive: true,
  },
  {
    name: 'a restricted organisation, as 400',
    status: 400,
    body: error({ message: 'Organization has been restricted.', code: 'organization_restricted' }),
    class: 'key_invalid',
    scope: 'org',
    definitive: true,
  },
  {
    name: 'an invalid key, as 400',
    status: 400,
    body: error({ message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' }),
    class: 'key_invalid',
    scope: 'key',
    definitive: true,
  },
  { name: 'a bare 401', status: 401, body: '', class: 'key_invalid', scope: 'key' },
  { name: 'a 401 page', status: 401, body: '<html><title>401</title>Invalid token</html>', class: 'key_invalid', scope: 'key' },
  { name: 'a bare 403', status: 403, body: { message: 'Forbidden' }, class: 'key_forbidden', scope: 'key' },
  {
    name: 'a missing scope',
    status: 403,
    body: error({ message: 'You have insufficient permissions for this operation. Missing scopes: model.request', code: null }),
    class: 'key_forbidden',
    scope: 'key',
  },
  {
    name: 'a country',
    status: 403,
    body: error({ message: 'Country, region, or territory not supported.', code: 'unsupported_country_region_territory' }),
    class: 'key_forbidden',
    scope: 'provider',
  },
  {
    name: 'a page before the provider',
    status: 403,
    body: '<!DOCTYPE html><title>Attention Required! | Cloudflare</title>Sorry, you have been blocked. invalid API key',
    class: 'key_forbidden',
    scope: 'provider',
  },

  // Models.
  {
    name: 'no such model',
    status: 404,
    body: error({ message: 'The model `gpt-9` does not exist or you do not have access to it.', code: 'model_not_found' }),
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'no access of the project',
    status: 403,
    body: error({ message: 'Project proj_1 does not have access to model gpt-5', code: 'model_not_found' }),
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'no such model, in prose',
    status: 404,
    body: error({ message: 'model "llama3" not found, try pulling it first', type: 'api_error', code: null }),
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'a limit of zero',
    status: 429,
    body: error({
      message: 'on tokens per min (TPM): Limit 0, Used 0, Requested 12. Please try again in 10h17m5s.',
      code: 'rate_limit_exceeded',
    }),
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'a limit of zero in a header',
    status: 429,
    body: { message: 'Rate limit exceeded' },
    headers: { 'x-ratelimit-limit-req-minute': '0' },
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'a limit of zero, actual / limit',
    status: 429,
    body: { error: 'Requests per Minute (actual/limit): 0/0.' },
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
  },
  {
    name: 'terms not accepted',
    status: 400,
    body: error({ message: 'The model `x` requires terms acceptance.', code: 'model_terms_required' }),
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
  },

  {
    name: 'a model that is not in this region',
    status: 400,
    body: error({ message: "Model 'foo' is not available in your region" }),
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
  },

  // The request.
  {
    name: 'context by code',
    status: 400,
    body: error({ message: 'x', code: 'context_length_exceeded' }),
    class: 'context_length',
    scope: 'request',
  },
  {
    name: 'context by prose, flat',
    status: 400,
    body: {
      object: 'error',
      message: "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
      type: 'BadRequestError',
      code: 400,
    },
    class: 'context_length',
    scope: 'request',
  },
  {
    name: 'context as 500',
    status: 500,
    body: error({ code: 500, message: 'input is too large to process. increase the physical batch size', type: 'server_error' }),
    class: 'context_length',
    scope: 'request',
  },
  {
    name: 'content',
    status: 400,
    body: error({ message: 'x', code: 'content_filter', innererror: { code: 'ResponsibleAIPolicyViolation' } }),
    class: 'content_filtered',
    scope: 'request',
  },
  {
    name: 'content flagged as 403',
    status: 403,
    body: error({ message: 'This model requires moderation and your input was flagged for "violence"', code: 403 }),
    class: 'content_filtered',
    scope: 'request',
  },
  {
    name: 'a parameter that is not supported with the model',
    status: 400,
    body: error({
      message: "Unsupported parameter: 'temperature' is not supported with this model.",
      param: 'temperature',
      code: 'unsupported_parameter',
    }),
    class: 'bad_request',
    scope: 'request',
  },
  {
    name: 'a parameter that quotes failures',
    status: 400,
    body: error({ message: "Invalid value for 'messages[3]': 'insufficient credits, API key invalid'", param: 'messages[3]' }),
    class: 'bad_request',
    scope: 'request',
  },
  {
    name: 'output of the model that speaks of quota',
    status: 400,
    body: error({ message: 'Failed to call a function.', code: 'tool_use_failed', failed_generation: 'insufficient_quota' }),
    class: 'bad_output',
    scope: 'request',
  },
  {
    name: 'message as an object',
    status: 422,
    body: {
      object: 'error',
      message: { detail: [{ loc: ['body'], msg: 'Input should be less than 1.5', type: 'less_than_equal' }] },
      type: 'invalid_request_error',
    },
    class: 'bad_request',
    scope: 'request',
  },
  {
    name: 'a number inside a 200 is the status',
    status: 200,
    body: error({ message: 'bad request', type: 'provider_error', code: 400 }),
    inBand: true,
    class: 'bad_request',
    scope: 'request',
  },
  { name: 'no such address', status: 404, body: '404 page not found', class: 'bad_request', scope: 'request' },
  {
    name: 'not implemented',
    status: 501,
    body: error({ message: 'This server does not support embeddings' }),
    class: 'bad_request',
    scope: 'request',
  },
  { name: 'a status of no kind', status: 418, body: null, class: 'bad_request', scope: 'request' },

  // The provider.
  {
    name: 'overloaded',
    status: 503,
    body: error({ message: 'The server is overloaded or not ready yet.', type: 'server_error', code: 'server_is_overloaded' }),
    class: 'overloaded',
    scope: 'provider',
  },
  {
    name: 'overloaded as 429',
    status: 429,
    body: error({ message: 'The engine is currently overloaded, please try again later', type: 'requests' }),
    class: 'overloaded',
    scope: 'provider',
  },
  {
    name: 'a model without capacity',
    status: 429,
    body: { object: 'error', message: 'Service tier capacity exceeded for this model.', type: 'invalid_request_error', code: null },
    class: 'overloaded',
    scope: 'route',
    perModel: true,
  },
  {
    name: 'slow_down as 503',
    status: 503,
    body: error({ message: 'Slow Down', code: 'slow_down' }),
    class: 'overloaded',
    scope: 'provider',
  },
  {
    name: 'slow_down as 429',
    status: 429,
    body: error({ message: 'Slow Down', code: 'slow_down' }),
    class: 'rate_limited',
    scope: 'group',
    perModel: true,
  },
  { name: '529', status: 529, body: 'Overloaded', class: 'overloaded', scope: 'provider' },
  { name: 'a conflict', status: 409, body: error({ message: 'conflict' }), class: 'overloaded', scope: 'route' },
  {
    name: '500 with a hint',
    status: 500,
    body: error({ message: 'The server had an error while processing your request', type: 'server_error' }),
    headers: { 'retry-after': '5' },
    class: 'server_error',
    scope: 'provider',
    afterS: 5,
  },
  {
    name: 'a bad gateway page',
    status: 502,
    body: '<html><head><title>502 Bad Gateway</title></head></html>',
    class: 'server_error',
    scope: 'provider',
  },
  {
    name: 'Cloudflare cannot reach it',
    status: 521,
    body: '<!doctype html><title>Web server is down</title>',
    class: 'server_error',
    scope: 'provider',
  },
  {
    name: 'a failure inside a 200 that calls itself the request',
    status: 200,
    body: error({ message: 'The server had an error processing your request.', type: 'invalid_request_error' }),
    inBand: true,
    class: 'server_error',
    scope: 'provider',
  },
  { name: 'a page inside a 200', status: 200, body: '<html>Log in</html>', inBand: true, class: 'server_error', scope: 'provider' },
  { name: 'nothing inside a 200', status: 200, body: {}, inBand: true, class: 'server_error', scope: 'provider' },
  { name: 'a request timeout', status: 408, body: '', class: 'timeout', scope: 'route' },
  { name: 'a gateway timeout', status: 504, body: 'upstream request timeout', class: 'timeout', scope: 'route' },
];

describe('classify', () => {
  for (const row of ROWS) {
    test(`takes ${row.name} (${row.status}) for ${row.class} of the ${row.scope}`, () => {
      const verdict = classify(row.status, row.body, row.headers, row.inBand);
      expect({
        class: verdict.class,
        scope: verdict.scope,
        perModel: verdict.perModel,
        definitive: verdict.definitive,
        until: verdict.until?.at,
      }).toEqual({
        class: row.class,
        scope: row.scope,
        perModel: row.perModel === true,
        definitive: row.definitive === true,
        until: row.afterS === undefined ? undefined : Math.ceil(NOW + row.afterS * 1000),
      });
    });
  }

  test('explains itself in one sentence with status, code, window and hint', () => {
    const body = error({
      message: 'Rate limit reached on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.',
      code: 'rate_limit_exceeded',
    });
    expect(classify(429, body).why).toBe('429 rate_limit_exceeded (requests per min): rate limited, "try again in 20s"');
  });

  test('says that the base URL may be wrong', () => {
    expect(classify(404, '404 page not found').why).toContain('the base URL may be wrong');
  });

  test('reads limit and use from the body, and the organisation', () => {
    const body = error({
      message:
        'Rate limit reached for m in organization org-71S7 on tokens per min (TPM): Limit 1,000, Used 990, Requested 20. Please try again in 600ms.',
    });
    expect(classify(429, body)).toMatchObject({
      readings: [{ counts: 'tokens', slot: 'tokens/60000', windowMs: 60_000, limit: 1000, remaining: 10 }],
      organization: 'org-71S7',
      until: { source: 'prose' },
    });
  });

  test("reads limits by the provider's windows, as the pool does", () => {
    const headers = { 'x-ratelimit-limit-requests': '14400', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '2h' };
    const refusal = failureOf(429, error({ message: 'Rate limit reached' }), headers);
    const groq = createOpenAI(dialects.groq);
    expect(groq.readLimits(headers, NOW).map(({ slot }) => slot)).toEqual(['requests/86400000']);
    expect(groq.classify(refusal, aProvider({ protocol: groq }), NOW)).toMatchObject({
      class: 'quota_exhausted',
      until: { at: NOW + 7_200_000, source: 'bucket' },
    });
    expect(openai.classify(refusal, aProvider(), NOW).class).toBe('rate_limited');
  });

  test('reads actual of limit', () => {
    expect(classify(429, 'Too many requests. Requests per Minute (actual/limit): 2/2').readings).toEqual([
      { counts: 'requests', slot: 'requests/60000', windowMs: 60_000, limit: 2, remaining: 0 },
    ]);
  });

  test('takes the organisation of the header before that of the message, as every answer has it', () => {
    expect(classify(429, error({ message: 'in organization org-a' }), { 'openai-organization': 'acme' }).organization).toBe('acme');
  });

  test('names the exchange by the body, or else by its header', () => {
    expect(classify(500, '', { 'x-request-id': 'req_1' }).requestId).toBe('req_1');
    expect(classify(500, error({ request_id: 'req_0' }), { 'x-request-id': 'req_1' }).requestId).toBe('req_0');
  });

  test('leaves to the protocol what its headers are called', () => {
    expect(classifyAnswer(failureOf(429, '', { 'openai-organization': 'acme' }), NOW).organization).toBeUndefined();
  });

  test('makes code and message printable', () => {
    const verdict = classify(400, error({ code: 'a\u001b[31mb', message: 'x\u001b]0;y\u0007\nz' }));
    expect([verdict.code, verdict.message]).toEqual(['a [31mb', 'x ]0;y z']);
  });
});

describe('words that no sample has, without a code', () => {
  test.each([
    'Too Many Requests',
    'You have sent too many requests in a given amount of time',
    'Request rate exceeded',
    'Throttled',
    'concurrency limit reached',
    'Max parallel requests exceeded',
    'You are sending requests too quickly',
    'Slow down',
    'Calls limit of 5 per second exceeded',
    'Rate limit. Increase your spending limit to raise it',
    'Rate limit of your plan is exhausted',
    'Demasiadas solicitudes, inténtelo más tarde',
    '请求过于频繁，请稍后再试',
    'リクエストが多すぎます',
  ])('a rate: %s', (message) => {
    expect(classify(429, error({ message }))).toMatchObject({ class: 'rate_limited', scope: 'group' });
    expect(classify(200, error({ message }), {}, true)).toMatchObject({ class: 'rate_limited', scope: 'group' });
  });

  test.each([
    'insufficient balance',
    'insufficient funds',
    'insufficient credits',
    'Not enough balance',
    'Payment required',
    'Billing hard limit',
    'Your trial expired',
    'Trial period is over',
    'Your subscription has expired',
    'No active subscription',
    'Please add a payment method',
    'Your wallet is empty',
    'Your account has an overdue invoice',
    'You have used all your tokens for this month',
    'Saldo insuficiente',
    '余额已用完',
  ])('money: %s', (message) => {
    for (const status of [402, 403, 429]) expect(classify(status, error({ message })).class).toBe('quota_exhausted');
  });

  test.each([
    'token expired',
    'unauthorized: key disabled',
    'key expired',
    'The provided key is not valid',
    'API key is inactive',
    'api key not recognized',
    'Key has been rotated',
    'No such API key',
    'JWT expired',
    '令牌已过期',
  ])('a dead key: %s', (message) => {
    for (const status of [401, 403]) expect(classify(status, error({ message }))).toMatchObject({ class: 'key_invalid', definitive: true });
  });

  test.each(['invalid token', 'Invalid authentication credentials', 'bad credentials', '无效的令牌'])(
    'a key that is suspect: %s',
    (message) => {
      for (const status of [401, 403])
        expect(classify(status, error({ message }))).toMatchObject({ class: 'key_invalid', definitive: false });
    },
  );

  test('a limit of size stays one', () => {
    expect(classify(413, 'Request token limit exceeded').class).toBe('request_too_large');
    expect(classify(400, error({ message: 'Invalid token at position 3 in JSON' })).class).toBe('bad_request');
  });
});

describe('classify, for any answer', () => {
  const anyBody = fc.oneof(
    fc.json().map((text) => JSON.parse(text) as unknown),
    fc.string(),
    fc.string().map((text) => `{"error":{"message":"${text}`),
    fc.jsonValue().map((value) => ({ error: value })),
  );
  const word = fc.constantFrom(
    'limit',
    '0',
    'Limit 3, Used 3',
    'try again in',
    'retry after',
    '1h',
    '-1s',
    '9'.repeat(30),
    'insufficient_quota',
    '2026-13-45',
    '99999h',
    'reset at',
  );
  const prose = fc
    .array(word, { maxLength: 8 })
    .map((words) => ({ error: { message: words.join(' '), reset_at: words[0], retry_after: words[1] } }));
  const anyHeaders = fc.dictionary(
    fc.constantFrom(
      'retry-after',
      'retry-after-ms',
      'x-ratelimit-reset-requests',
      'x-ratelimit-remaining-requests',
      'x-ratelimit-reset',
      'x-ratelimit-remaining',
      'date',
    ),
    fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.double().map(String),
      fc.constantFrom('0', '1s', '-1', 'NaN', 'Infinity', '1e309', 'Wed, 01 Jul 1970 12:00:30 GMT', '4102444800000'),
    ),
  );

  test('never throws, and never names an instant that is past, not finite or beyond a month', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 599 }),
        fc.oneof(anyBody, prose),
        anyHeaders,
        fc.boolean(),
        (status, body, headers, inBand) => {
          const { until, why, readings = [] } = classify(status, body, headers, inBand);
          expect(why).not.toBe('');
          expect(until === undefined || (Number.isInteger(until.at) && until.at >= NOW && until.at <= NOW + 35 * DAY_MS)).toBe(true);
          for (const reading of readings) expect(Number.isFinite(reading.limit) && (reading.remaining ?? 0) >= 0).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('ends on long bodies: a pattern that backtracks would not within the time of a test', () => {
    const parts = ['a', ' ', '"', 'limit ', 'not ', 'model ', '{"error":', '1 ', 'retry ', '<', 'exceeded ', 'content ', 'api key '];
    for (const part of parts) expect(classify(400, part.repeat(Math.ceil(100_000 / part.length))).status).toBe(400);
  });
});

import type { FailureClass, Scope } from '../../src/failure.ts';

/**
 * Failing answers of providers, gateways and frameworks that no collected sample is of, written for this project in their documented
 * shapes, each with what it means. The rules must know them by structure; nothing here has a row of its own.
 */
export interface Unsampled {
  readonly from: string;
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly class: FailureClass;
  readonly scope: Scope;
  readonly definitive: boolean;
  /** Seconds from now; `undefined`: nobody may be believed. */
  readonly afterS: number | undefined;
}

interface More {
  readonly headers?: Readonly<Record<string, string>>;
  readonly afterS?: number;
  readonly dead?: true;
}

function row(from: string, status: number, body: unknown, means: `${FailureClass} ${Scope}`, more: More = {}): Unsampled {
  const [failure, scope] = means.split(' ') as [FailureClass, Scope];
  const { headers = {}, afterS, dead = false } = more;
  return { from, status, body, headers, class: failure, scope, definitive: dead, afterS };
}

const page = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>`;

export const UNSAMPLED: readonly Unsampled[] = [
  // Hosts of open models.
  row(
    'Novita',
    429,
    { code: 429, reason: 'RATE_LIMIT_EXCEEDED', message: 'rate limit exceeded, contact us for more' },
    'rate_limited group',
  ),
  row('Novita', 401, { code: 401, reason: 'INVALID_API_KEY', message: 'invalid' }, 'key_invalid key', { dead: true }),
  row('Novita', 401, { code: 401, reason: 'FAILED_TO_AUTH', message: 'fail to authenticate' }, 'key_invalid key'),
  row('Novita', 404, { code: 404, reason: 'MODEL_NOT_FOUND', message: 'model not found', metadata: {} }, 'model_unavailable group'),
  row('DeepInfra', 429, { error: { message: 'Model busy, retry later' } }, 'overloaded route'),
  row('DeepInfra', 429, { detail: { error: 'rate limited' } }, 'rate_limited group'),
  row('DeepInfra', 402, { detail: { error: 'inference prohibited, please enter a payment method or top up' } }, 'quota_exhausted org'),
  row('DeepInfra', 401, { detail: 'User is not authenticated' }, 'key_invalid key'),
  row('SambaNova', 429, { error: { code: null, message: 'Rate limit exceeded', type: 'rate_limit_error' } }, 'quota_exhausted group', {
    headers: { 'x-ratelimit-remaining-requests-day': '0', 'x-ratelimit-reset-requests-day': '4h17m' },
    afterS: 15_420,
  }),
  row('SambaNova', 410, { error: { message: 'The model Meta-Llama-3 has been deprecated', code: null } }, 'model_unavailable group'),
  row(
    'SiliconFlow',
    429,
    { code: 50_602, message: 'Request was rejected due to rate limiting. Details:TPM limit reached.', data: null },
    'rate_limited group',
  ),
  row('SiliconFlow', 503, { code: 50_505, message: 'Model service overloaded. Please try again later.', data: null }, 'overloaded route'),
  row(
    'SiliconFlow',
    400,
    { code: 20_012, message: 'Model does not exist. Please check it carefully.', data: null },
    'model_unavailable group',
  ),
  row('SiliconFlow', 403, { code: 30_003, message: 'Model disabled.', data: null }, 'model_unavailable group'),
  row(
    'SiliconFlow',
    400,
    { code: 20_015, message: 'length of prompt_tokens (40000) must be less than max_seq_len (32768).', data: null },
    'context_length request',
  ),
  row('SiliconFlow', 401, 'Invalid token', 'key_invalid key'),
  row('Hyperbolic', 402, { object: 'error', message: 'Insufficient funds', type: 'payment_required', code: null }, 'quota_exhausted org'),
  row('Hyperbolic', 401, { detail: 'Could not validate credentials' }, 'key_invalid key'),
  row('Lepton', 429, { error: { message: 'You have exceeded the rate limit (10 requests per 1 minute)' } }, 'rate_limited group'),
  row('Nebius', 402, { detail: 'Your balance is not enough to run this request' }, 'quota_exhausted org'),
  row('Nebius', 429, { detail: 'Rate limit exceeded: too many tokens' }, 'rate_limited group', {
    headers: { 'retry-after': '4' },
    afterS: 4,
  }),
  row('Baseten', 429, { error: 'Rate limit exceeded, please slow down' }, 'rate_limited group'),
  row('Baseten', 503, { error: 'Model is warming up, try again shortly' }, 'overloaded route'),
  row('Friendli', 403, { detail: 'Your team has no available credits left' }, 'quota_exhausted org'),
  row('Friendli', 404, { message: 'Endpoint dep123 not found' }, 'model_unavailable group'),
  row('Chutes', 429, { detail: 'Infrastructure is at maximum capacity, try again later' }, 'overloaded provider'),
  row('Chutes', 402, { detail: { message: 'Quota exceeded and account balance is $0.0, please pay' } }, 'quota_exhausted org'),
  row(
    'Together',
    429,
    {
      error: {
        message:
          'You have reached the rate limit specific to this model x/y. The maximum rate limit for this model is 3.0 queries per minute.',
        type: 'model_rate_limit',
        code: null,
      },
    },
    'rate_limited group',
  ),
  row('Together', 402, { error: { message: 'Credit limit exceeded, please add credits', type: 'credit_limit' } }, 'quota_exhausted org'),
  row('TGI', 429, { error: 'Model is overloaded', error_type: 'overloaded' }, 'overloaded provider'),
  row('TGI', 503, { error: 'Model org/name is currently loading', estimated_time: 20 }, 'overloaded route'),
  row(
    'TGI',
    422,
    {
      error:
        'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 20 `max_new_tokens`',
      error_type: 'validation',
    },
    'context_length request',
  ),
  row(
    'the Hugging Face router',
    402,
    { error: 'You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get 20x more.' },
    'quota_exhausted org',
  ),
  row('the Hugging Face router', 401, { error: 'Invalid username or password.' }, 'key_invalid key'),
  row(
    'the Hugging Face router',
    403,
    { error: 'This authentication method does not have sufficient permissions to call Inference Providers on behalf of user x' },
    'key_forbidden key',
  ),
  row(
    'SGLang',
    400,
    {
      object: 'error',
      message: "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
      type: 'BadRequestError',
      code: 400,
    },
    'context_length request',
  ),
  row(
    'SGLang',
    503,
    { object: 'error', message: 'The request queue is full.', type: 'InternalServerError', code: 503 },
    'overloaded provider',
  ),
  row(
    'Ollama cloud',
    429,
    { error: 'you (someone) have reached your weekly usage limit, upgrade for higher limits' },
    'quota_exhausted group',
  ),
  row(
    'Voyage',
    429,
    {
      detail:
        'You have not yet added your payment method in the billing page and will have reduced rate limits of 3 RPM and 10K TPM. To unlock our standard rate limits, please add a payment method.',
    },
    'rate_limited group',
  ),
  row('Jina', 402, { detail: 'Insufficient account balance: required 5, balance 0' }, 'quota_exhausted org'),
  row(
    'Aleph Alpha',
    503,
    { error: 'Sorry we had to reject your request because too many other tasks are queued', code: 'QUEUE_FULL' },
    'overloaded provider',
  ),
  row('Aleph Alpha', 402, { error: 'Your credits are used up', code: 'OUT_OF_CREDITS' }, 'quota_exhausted org'),
  row('Poe', 402, { error: { code: 402, type: 'insufficient_credits', message: "You've used up your points!" } }, 'quota_exhausted org'),
  row(
    'AI/ML API',
    403,
    { statusCode: 403, message: "You've run out of credits. Please top up your balance to continue." },
    'quota_exhausted org',
  ),

  // Chinese clouds.
  row(
    'DashScope',
    429,
    { code: 'Throttling.RateQuota', message: 'Requests rate limit exceeded, please try again later.', request_id: 'x' },
    'rate_limited group',
  ),
  row(
    'DashScope',
    400,
    { code: 'Arrearage', message: 'Access denied, please make sure your account is in good standing.' },
    'quota_exhausted org',
  ),
  row('DashScope', 401, { code: 'InvalidApiKey', message: 'Invalid API-key provided.' }, 'key_invalid key', { dead: true }),
  row(
    'DashScope',
    403,
    { error: { code: 'AllocationQuota.FreeTierOnly', message: 'The free tier of the model has been exhausted.' } },
    'quota_exhausted org',
  ),
  // Its word for money is its word for a rate, too.
  row(
    'DashScope',
    429,
    { error: { code: 'insufficient_quota', message: 'You exceeded your current quota: 600 requests per minute for this model.' } },
    'rate_limited group',
  ),
  row(
    'DashScope',
    429,
    { error: { type: 'insufficient_quota', message: 'Allocated quota exceeded (TPM). Please try again in 12 seconds.' } },
    'rate_limited group',
    { afterS: 12 },
  ),
  row('a gateway', 429, { error: { code: 'insufficient_quota', message: 'Too many tokens', retry_after: 7 } }, 'rate_limited group', {
    afterS: 7,
  }),
  row(
    'a gateway',
    429,
    { error: { code: 'insufficient_quota', message: 'You exceeded your current quota, which resets in 12 days' } },
    'quota_exhausted org',
    { afterS: 1_036_800 },
  ),
  row(
    'OpenAI',
    429,
    { error: { code: 'credit_balance_exhausted', type: 'insufficient_quota', message: 'No credits. Limits are 3 requests per minute.' } },
    'quota_exhausted org',
  ),
  row('one-api', 403, { error: { code: 'insufficient_user_quota', message: 'Quota of 3 requests per minute' } }, 'quota_exhausted org'),
  row('DashScope', 403, { code: 'Model.AccessDenied', message: 'Model access denied.' }, 'model_unavailable group'),
  row(
    'DashScope',
    400,
    { code: 'DataInspectionFailed', message: 'Input data may contain inappropriate content.' },
    'content_filtered request',
  ),
  row('DashScope', 400, { code: 'InvalidParameter', message: 'Range of input length should be [1, 30720]' }, 'context_length request'),
  row('DashScope', 500, { code: 'InternalError.Timeout', message: 'An internal timeout error has occured' }, 'timeout route'),
  row('MiniMax', 200, { base_resp: { status_code: 1002, status_msg: 'rate limit exceeded(RPM)' } }, 'rate_limited group'),
  row('MiniMax', 200, { base_resp: { status_code: 2049, status_msg: 'invalid api key' } }, 'key_invalid key', { dead: true }),
  row('MiniMax', 200, { base_resp: { status_code: 1027, status_msg: 'output new_sensitive' } }, 'content_filtered request'),
  row(
    'MiniMax',
    200,
    { base_resp: { status_code: 2013, status_msg: 'invalid params, messages must not be empty' } },
    'bad_request request',
  ),
  row('Qianfan', 200, { error_code: 336_501, error_msg: 'Rate limit reached for RPM', id: 'as-1' }, 'rate_limited group'),
  row('Qianfan', 200, { error_code: 17, error_msg: 'Open api daily request limit reached' }, 'quota_exhausted group'),
  row('Qianfan', 200, { error_code: 18, error_msg: 'Open api qps request limit reached' }, 'rate_limited group'),
  row('Qianfan', 200, { error_code: 110, error_msg: 'Access token invalid or no longer valid' }, 'key_invalid key', { dead: true }),
  row(
    'Qianfan',
    429,
    { error: { code: 'tpm_rate_limit_exceeded', message: 'Rate limit reached for TPM', type: 'rate_limit_exceeded' } },
    'rate_limited group',
  ),
  row(
    'Ark',
    429,
    {
      error: {
        code: 'RateLimitExceeded.EndpointRPMExceeded',
        message: 'The Requests Per Minute (RPM) limit of the associated endpoint for your account has been exceeded.',
        type: 'TooManyRequests',
      },
    },
    'rate_limited group',
  ),
  row(
    'Ark',
    403,
    {
      error: { code: 'AccountOverdueError', message: 'The request failed because your account has an overdue balance.', type: 'Forbidden' },
    },
    'quota_exhausted org',
  ),
  row(
    'Ark',
    429,
    { error: { code: 'ServerOverloaded', message: 'The service is currently unable to process your request', type: 'TooManyRequests' } },
    'overloaded provider',
  ),
  row(
    'Ark',
    404,
    { error: { code: 'ModelNotOpen', message: 'Your account has not activated the model. Please activate it.', type: 'NotFound' } },
    'model_unavailable group',
  ),
  row(
    'Ark',
    404,
    { error: { code: 'InvalidEndpointOrModel.NotFound', message: 'The model or endpoint ep-1 does not exist', type: 'NotFound' } },
    'model_unavailable group',
  ),
  row(
    'Ark',
    400,
    {
      error: {
        code: 'InputTextSensitiveContentDetected',
        message: 'The request failed because the input may be sensitive',
        type: 'BadRequest',
      },
    },
    'content_filtered request',
  ),
  row(
    'Ark',
    429,
    { error: { code: 'SetLimitExceeded', message: 'Your account has reached the set inference limit, the service has been paused' } },
    'quota_exhausted org',
  ),
  row(
    'Ark',
    401,
    { error: { code: 'AuthenticationError', message: 'The API key in the request is missing or invalid.' } },
    'key_invalid key',
    { dead: true },
  ),
  row(
    'Hunyuan',
    200,
    { Response: { Error: { Code: 'RequestLimitExceeded', Message: 'Your current request times exceed the limit' }, RequestId: 'r' } },
    'rate_limited group',
  ),
  row(
    'Hunyuan',
    200,
    { Response: { Error: { Code: 'FailedOperation.FreeResourcePackExhausted', Message: 'Your free pack is exhausted' } } },
    'quota_exhausted org',
  ),
  row(
    'ModelScope',
    429,
    { errors: { message: "You have exceeded today's quota for model x, please try again tomorrow" } },
    'quota_exhausted group',
  ),

  // Clouds and platforms.
  row('Replicate', 429, { detail: 'Request was throttled. Expected available in 5 seconds.' }, 'rate_limited group', { afterS: 5 }),
  row(
    'Replicate',
    429,
    {
      detail:
        'Request was throttled. Your rate limit is reduced to 6 requests per minute while you have less than $5.0 in credit. It resets in ~8s.',
      status: 429,
      retry_after: 8,
    },
    'rate_limited group',
    { afterS: 8 },
  ),
  row(
    'Replicate',
    402,
    { title: 'Insufficient credit', detail: 'You have insufficient credit to run this model. Purchase credit.', status: 402 },
    'quota_exhausted org',
  ),
  row(
    'Replicate',
    401,
    { title: 'Unauthenticated', detail: 'You did not pass a valid authentication token', status: 401 },
    'key_invalid key',
  ),
  row(
    'Workers AI',
    429,
    {
      success: false,
      errors: [
        { code: 4006, message: 'AiError: you have used up your daily free allocation of 10,000 neurons, please upgrade to continue.' },
      ],
      messages: [],
      result: {},
    },
    'quota_exhausted group',
  ),
  row(
    'Workers AI',
    429,
    { success: false, errors: [{ code: 3040, message: 'Capacity temporarily exceeded, please try again.' }] },
    'overloaded provider',
  ),
  row('Workers AI', 400, { success: false, errors: [{ code: 5007, message: 'No such model @cf/a/b or task' }] }, 'model_unavailable group'),
  row('Workers AI', 401, { success: false, errors: [{ code: 10_000, message: 'Authentication error' }] }, 'key_invalid key'),
  row(
    'Workers AI',
    400,
    { success: false, errors: [{ code: 5006, message: "AiError: Bad input: Error: oneOf at '/' not met" }] },
    'bad_request request',
  ),
  row(
    'Databricks',
    429,
    {
      error_code: 'REQUEST_LIMIT_EXCEEDED',
      message: 'REQUEST_LIMIT_EXCEEDED: Exceeded workspace input tokens per minute rate limit for x.',
    },
    'rate_limited group',
  ),
  row('Databricks', 403, { error_code: '403', message: 'Invalid access token.' }, 'key_invalid key', { dead: true }),
  row('Databricks', 404, { error_code: 'ENDPOINT_NOT_FOUND', message: 'The given endpoint does not exist.' }, 'model_unavailable group'),
  row(
    'Databricks',
    403,
    { error_code: 'PERMISSION_DENIED', message: "User does not have permission 'Query' on Endpoint 'x'" },
    'key_forbidden key',
  ),
  row(
    'Databricks',
    503,
    { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'The service is temporarily unavailable.' },
    'overloaded provider',
  ),
  row('Snowflake', 401, { code: '390144', message: 'JWT token is invalid. [8a1b]' }, 'key_invalid key', { dead: true }),
  row('Snowflake', 400, { message: 'unknown model "llama-x"', request_id: 'r' }, 'model_unavailable group'),
  row(
    'Snowflake',
    400,
    { message: 'The model you requested is unavailable in your region. Enable cross region inference.' },
    'model_unavailable group',
  ),
  row('Snowflake', 429, { message: 'too many requests', request_id: 'r' }, 'rate_limited group'),
  row(
    'watsonx',
    429,
    {
      errors: [{ code: 'rate_limit_reached_requests', message: "The number of requests was above the rate limit for plan 'lite'" }],
      status_code: 429,
    },
    'rate_limited group',
  ),
  row(
    'watsonx',
    403,
    { errors: [{ code: 'token_quota_reached', message: 'The token quota of the plan has been reached' }], status_code: 403 },
    'quota_exhausted org',
  ),
  row(
    'watsonx',
    401,
    { errors: [{ code: 'authentication_token_expired', message: 'Failed to authenticate the request' }], status_code: 401 },
    'key_invalid key',
    {
      dead: true,
    },
  ),
  row(
    'watsonx',
    404,
    { errors: [{ code: 'model_not_supported', message: "Model 'x/y' is not supported" }], status_code: 404 },
    'model_unavailable group',
  ),
  row(
    'watsonx',
    500,
    { errors: [{ code: 'downstream_request_failed', message: 'Downstream failed' }], status_code: 500 },
    'server_error provider',
  ),
  row(
    'Scaleway',
    429,
    { status_code: 429, error: 'RATE LIMIT', message: 'You exceeded your current quota of requests per minute' },
    'rate_limited group',
  ),
  row(
    'Scaleway',
    401,
    { type: 'denied_authentication', method: 'api_key', reason: 'expired', message: 'authentication is denied' },
    'key_invalid key',
  ),
  row(
    'Scaleway',
    403,
    { type: 'permissions_denied', message: 'insufficient permissions', details: [{ action: 'write' }] },
    'key_forbidden key',
  ),
  row('OVH', 429, { message: 'API rate limit exceeded for ip 1.2.3.4' }, 'rate_limited group'),
  row(
    'GitHub Models',
    429,
    {
      error: {
        code: 'RateLimitReached',
        message: 'Rate limit of 150 per 86400s exceeded for UserByModelByDay. Please wait 34567 seconds before retrying.',
      },
    },
    'quota_exhausted group',
    { headers: { 'retry-after': '34567', 'x-ratelimit-timeremaining': '34567' }, afterS: 34_567 },
  ),
  row('AI21', 401, { detail: 'Forbidden: Bad or missing API token.' }, 'key_invalid key', { dead: true }),
  row('AI21', 403, { detail: 'You have exceeded your plan quota' }, 'quota_exhausted org'),

  // Gateways.
  row(
    'Vercel',
    402,
    { error: { message: 'Insufficient funds. Please add credits to your account to continue.', type: 'insufficient_funds' } },
    'quota_exhausted org',
  ),
  row(
    'Vercel',
    429,
    {
      error: {
        message:
          'Free credits temporarily have rate limits in place due to abuse. Try again later, or pay for credits which have unrestricted access.',
        type: 'rate_limit_exceeded',
      },
    },
    'rate_limited group',
  ),
  row(
    'Vercel',
    404,
    { error: { message: "Model 'x/y' not found", type: 'model_not_found', param: { modelId: 'x/y' } } },
    'model_unavailable group',
  ),
  row(
    'LiteLLM',
    429,
    {
      error: {
        message:
          'litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached for m in organization org-abc on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.',
        type: 'throttling_error',
        code: '429',
      },
    },
    'rate_limited group',
    { afterS: 2 },
  ),
  row(
    'LiteLLM',
    400,
    { error: { message: 'Budget has been exceeded! Current cost: 10.2, Max budget: 10.0', type: 'budget_exceeded', code: '400' } },
    'quota_exhausted org',
  ),
  row(
    'LiteLLM',
    401,
    {
      error: {
        message: 'Authentication Error, Invalid proxy server token passed.',
        type: 'token_not_found_in_db',
        param: 'key',
        code: '401',
      },
    },
    'key_invalid key',
    { dead: true },
  ),
  row(
    'LiteLLM',
    401,
    {
      error: {
        message: 'Authentication Error - Expired Key. Key Expiry time 2026-06-01 and current time 2026-07-01',
        type: 'expired_key',
        code: '401',
      },
    },
    'key_invalid key',
    { dead: true },
  ),
  row(
    'LiteLLM',
    403,
    {
      error: {
        message: "key not allowed to access model. This key can only access models=['a']. Tried to access b",
        type: 'key_model_access_denied',
      },
    },
    'model_unavailable group',
  ),
  row(
    'LiteLLM',
    429,
    {
      error: { message: 'No deployments available for selected model, Try again in 5 seconds. Passed model=m.', type: 'None', code: '429' },
    },
    'overloaded route',
    { afterS: 5 },
  ),
  row(
    'LiteLLM',
    429,
    {
      error: {
        message:
          'Rate limit exceeded for api_key: 12ab. Limit type: requests. Current limit: 1, Remaining: 0. Limit resets at: 2026-07-01 12:00:40 UTC',
        type: 'None',
        code: '429',
      },
    },
    'rate_limited group',
    { afterS: 40 },
  ),
  row(
    'LiteLLM',
    400,
    {
      error: {
        message:
          'litellm.BadRequestError: OpenAIException - {"error": {"message": "This model\'s maximum context length is 4096 tokens.", "type": "invalid_request_error", "code": "context_length_exceeded"}}',
        code: '400',
      },
    },
    'context_length request',
  ),
  row(
    'a Python client behind a gateway',
    500,
    {
      detail:
        "Error code: 429 - {'error': {'message': 'You exceeded your current quota', 'type': 'insufficient_quota', 'param': None, 'code': 'insufficient_quota'}}",
    },
    'quota_exhausted org',
  ),
  row('Portkey', 412, { status: 'failure', message: 'Portkey Error: API Key Usage Limit Exceeded. Error Code: 04' }, 'quota_exhausted key'),
  row('Portkey', 401, { status: 'failure', message: 'Invalid API Key. Error Code: 03' }, 'key_invalid key', { dead: true }),
  row(
    'Portkey',
    446,
    { error: { message: 'The guardrail checks defined in the config failed.', type: 'hooks_failed' } },
    'content_filtered request',
  ),
  row('Kong', 429, { message: 'API rate limit exceeded', request_id: 'a1' }, 'rate_limited group', {
    headers: { 'ratelimit-limit': '5', 'ratelimit-remaining': '0', 'ratelimit-reset': '43', 'x-ratelimit-remaining-minute': '0' },
    afterS: 43,
  }),
  row('Kong', 401, { message: 'No API key found in request' }, 'key_invalid key'),
  row('Kong', 503, { message: 'failure to get a peer from the ring-balancer' }, 'overloaded provider'),
  row('Kong', 504, { message: 'The upstream server is timing out' }, 'timeout route'),
  row('Kong', 404, { message: 'no Route matched with those values' }, 'bad_request request'),
  row('nginx', 429, page('429 Too Many Requests'), 'rate_limited provider'),
  row('nginx', 502, page('502 Bad Gateway'), 'server_error provider'),
  row('nginx', 504, page('504 Gateway Time-out'), 'timeout route'),
  row('nginx', 413, page('413 Request Entity Too Large'), 'request_too_large request'),
  row('nginx', 403, page('403 Forbidden'), 'key_forbidden provider'),
  row('nginx', 404, page('404 Not Found'), 'bad_request request'),
  row('Envoy', 503, 'upstream connect error or disconnect/reset before headers. reset reason: connection timeout', 'server_error provider'),
  row('Envoy', 503, 'no healthy upstream', 'overloaded provider'),
  row('Envoy', 429, 'local_rate_limited', 'rate_limited group'),
  row('Envoy', 403, 'RBAC: access denied', 'key_forbidden key'),
  row('Cloudflare', 524, '<!DOCTYPE html><title>api.x | 524: A timeout occurred</title>', 'timeout route'),
  row('Cloudflare', 522, '<!DOCTYPE html><title>api.x | 522: Connection timed out</title>', 'server_error provider'),
  row(
    'Cloudflare',
    403,
    '<!DOCTYPE html><title>Access denied | used Cloudflare to restrict access</title>Error 1020',
    'key_forbidden provider',
  ),
  row('an AWS load balancer', 503, page('503 Service Temporarily Unavailable'), 'overloaded provider'),
  row('API Gateway', 429, { message: 'Too Many Requests' }, 'rate_limited group', {
    headers: { 'x-amzn-errortype': 'TooManyRequestsException' },
  }),
  row('API Gateway', 403, { message: 'Missing Authentication Token' }, 'key_forbidden key', {
    headers: { 'x-amzn-errortype': 'MissingAuthenticationTokenException' },
  }),
  row('API Gateway', 504, { message: 'Endpoint request timed out' }, 'timeout route'),
  row('API Gateway', 413, { message: 'Request Too Long' }, 'request_too_large request'),

  // Frameworks.
  row('FastAPI', 403, { detail: 'Not authenticated' }, 'key_forbidden key'),
  row('FastAPI', 401, { detail: 'Not authenticated' }, 'key_invalid key'),
  row(
    'FastAPI',
    422,
    { detail: [{ type: 'missing', loc: ['body', 'messages'], msg: 'Field required', input: {} }] },
    'bad_request request',
  ),
  row('slowapi', 429, { error: 'Rate limit exceeded: 5 per 1 minute' }, 'rate_limited group'),
  row('Django', 429, { detail: 'Request was throttled. Expected available in 40000 seconds.' }, 'quota_exhausted group', {
    afterS: 40_000,
  }),
  row('Django', 401, { detail: 'Invalid token.' }, 'key_invalid key'),
  row('Django', 403, { detail: 'Authentication credentials were not provided.' }, 'key_forbidden key'),
  row(
    'Spring',
    503,
    { timestamp: '2026-07-01T12:00:05.000+00:00', status: 503, error: 'Service Unavailable', path: '/v1/chat/completions' },
    'overloaded provider',
  ),
  row('Spring', 500, { timestamp: '2026-07-01T12:00:05.000+00:00', status: 500, error: 'Internal Server Error' }, 'server_error provider'),
  row('Spring', 429, { timestamp: 1_782_907_230_000, status: 429, error: 'Too Many Requests', path: '/x' }, 'rate_limited group'),
  row(
    'problem+json',
    429,
    { type: 'https://api.test/problems/rate-limit-exceeded', title: 'Slow down', status: 429, detail: 'x', instance: '/a' },
    'rate_limited group',
  ),
  row(
    'problem+json',
    403,
    {
      type: 'https://api.test/probs/out-of-credit',
      title: 'You do not have enough credit.',
      detail: 'Your balance is 30, that costs 50.',
      status: 403,
    },
    'quota_exhausted org',
  ),
  row('problem+json', 401, { type: 'urn:problem:invalid-api-key', title: 'Unauthorized', status: 401 }, 'key_invalid key', { dead: true }),
  row('problem+json', 404, { type: 'about:blank', title: 'Not Found', status: 404 }, 'bad_request request'),
  row('gRPC as JSON', 429, { code: 8, message: 'tokens per minute exceeded', details: [] }, 'rate_limited group'),
  row('gRPC as JSON', 401, { code: 16, message: 'who are you', details: [] }, 'key_invalid key'),
  row('gRPC as JSON', 503, { code: 14, message: 'connection refused', details: [] }, 'overloaded provider'),
  row('gRPC in a stream', 200, { error: { code: 14, message: 'going away', details: [] } }, 'overloaded provider'),
  row('gRPC in a stream', 200, { error: { code: 4, message: 'took too long', details: [] } }, 'timeout route'),
  row('gRPC in a stream', 200, { error: { code: 8, message: 'no more', details: [] } }, 'rate_limited group'),

  // XML.
  row(
    'AWS',
    400,
    '<ErrorResponse xmlns="http://x"><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>r-1</RequestId></ErrorResponse>',
    'rate_limited group',
  ),
  row(
    'AWS',
    503,
    '<?xml version="1.0"?>\n<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
    'overloaded provider',
  ),
  row(
    'AWS',
    403,
    '<Error><Code>InvalidAccessKeyId</Code><Message>The AWS Access Key Id you provided does not exist</Message></Error>',
    'key_invalid key',
    {
      dead: true,
    },
  ),
  row('AWS', 403, '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>', 'key_forbidden key'),
  row(
    'AWS',
    403,
    { __type: 'com.amazon.coral.service#UnrecognizedClientException', message: 'The security token is invalid.' },
    'key_invalid key',
    {
      dead: true,
    },
  ),
  row(
    'AWS',
    400,
    { __type: 'com.amazon.x#ThrottlingException', message: 'Too many tokens, please wait before trying again.' },
    'rate_limited group',
  ),
  row('AWS', 400, { message: 'Malformed input request' }, 'bad_request request', {
    headers: { 'x-amzn-errortype': 'ValidationException:http://internal.test/' },
  }),
  row('AWS', 503, { message: 'x' }, 'overloaded provider', { headers: { 'x-amzn-errortype': 'ServiceUnavailableException' } }),
  row(
    'Azure',
    403,
    '<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code><Message>Server failed</Message></Error>',
    'key_forbidden key',
  ),

  // Other words for the same.
  row('words', 429, { message: 'Limit reached. Next request allowed at 2026-07-01T12:00:45Z' }, 'rate_limited group', { afterS: 45 }),
  row('words', 429, 'Rate limit exceeded. Try again at 12:05:00 UTC', 'rate_limited group', { afterS: 300 }),
  row('words', 429, { error: { message: 'You have hit your daily token allowance. It resets at 00:00 UTC.' } }, 'quota_exhausted group', {
    afterS: 43_200,
  }),
  row('words', 429, { error: { message: 'slow', resets_at: 1_782_907_260 } }, 'rate_limited group', { afterS: 60 }),
  row('words', 429, { error: { message: 'slow', reset_in: 90 } }, 'rate_limited group', { afterS: 90 }),
  row('words', 429, { error: { message: 'Concurrency limit of 4 reached for this account' } }, 'rate_limited group'),
  row('words', 429, { error: { message: 'Your monthly limit of $50 has been reached' } }, 'quota_exhausted org'),
  row('words', 429, { error: { message: 'Your rate limit for this model is 0' } }, 'model_unavailable group'),
  row(
    'words',
    429,
    { error: { message: 'You requested 5000 tokens but your limit is 4000 tokens per minute' } },
    'request_too_large request',
  ),
  row('words', 403, { error: { message: 'Billing account disabled' } }, 'quota_exhausted org'),
  row('words', 403, { error: { message: 'This API method requires billing to be enabled.' } }, 'quota_exhausted org'),
  row('words', 403, { message: 'You do not have permission to access this model' }, 'model_unavailable group'),
  row('words', 403, { error: 'Your plan does not include access to model foo' }, 'model_unavailable group'),
  row('words', 403, { message: 'Access from your region is prohibited' }, 'key_forbidden provider'),
  // A country is not about money, though money may help.
  row(
    'words',
    400,
    { error: { message: 'The free tier is not available in your country. Please enable billing: your plan is not active.' } },
    'key_forbidden group',
  ),
  row(
    'words',
    403,
    { error: { message: 'Billing is not enabled: the service is not available in your region.' } },
    'key_forbidden provider',
  ),
  row(
    'words',
    403,
    { error: { message: 'User location is not supported for the API use. No payment method, no credits remaining.' } },
    'key_forbidden provider',
  ),
  row('words', 402, { message: 'Payment required: cards of this country are not supported' }, 'quota_exhausted org'),
  row('words', 451, { message: 'Unavailable for legal reasons' }, 'key_forbidden provider'),
  row('words', 403, { error: { message: 'Your account has been flagged for abuse and suspended' } }, 'key_invalid key', { dead: true }),
  row('words', 400, { message: 'Prompt contains 9000 tokens, maximum is 8192' }, 'context_length request'),
  row('words', 400, { error: { message: 'no model specified' } }, 'bad_request request'),
  row('words', 503, { message: 'Rate exceeded' }, 'rate_limited group'),

  // Text, and nothing at all.
  row('text', 429, 'rate limited, retry in 12 seconds', 'rate_limited group', { afterS: 12 }),
  row('text', 401, 'Unauthorized', 'key_invalid key'),
  row('text', 503, 'Service Unavailable', 'overloaded provider'),
  row('text', 500, 'Internal Server Error', 'server_error provider'),
  row('text', 403, 'Quota exceeded for this month', 'quota_exhausted org'),
  row('text', 402, 'pay', 'quota_exhausted org'),
  ...(
    [
      [401, 'key_invalid key'],
      [402, 'quota_exhausted org'],
      [403, 'key_forbidden key'],
      [404, 'bad_request request'],
      [408, 'timeout route'],
      [413, 'request_too_large request'],
      [422, 'bad_request request'],
      [429, 'rate_limited group'],
      [500, 'server_error provider'],
      [502, 'server_error provider'],
      [503, 'overloaded provider'],
      [504, 'timeout route'],
      [529, 'overloaded provider'],
    ] as const
  ).map(([status, means]) => row('nothing', status, undefined, means)),

  // Languages.
  row('German', 429, { error: { message: 'Zu viele Anfragen, bitte später erneut versuchen' } }, 'rate_limited group'),
  row('German', 403, { error: { message: 'Ihr Kontingent ist aufgebraucht' } }, 'quota_exhausted org'),
  row('German', 401, { error: { message: 'Ungültiger API-Schlüssel' } }, 'key_invalid key'),
  row('French', 403, { error: { message: 'Crédit insuffisant sur votre compte' } }, 'quota_exhausted org'),
  row('French', 429, { error: { message: 'Quota mensuel dépassé' } }, 'quota_exhausted org'),
  row('Spanish', 403, { error: { message: 'Saldo insuficiente' } }, 'quota_exhausted org'),
  row('Portuguese', 200, { error: { message: 'Muitas requisições, tente novamente' } }, 'rate_limited group'),
  row('Russian', 429, { error: { message: 'Недостаточно средств на балансе' } }, 'quota_exhausted org'),
  row('Russian', 200, { error: { message: 'Слишком много запросов' } }, 'rate_limited group'),
  row('Japanese', 403, { error: { message: '残高が不足しています' } }, 'quota_exhausted org'),
  row('Japanese', 429, { error: { message: 'レート制限を超えました' } }, 'rate_limited group'),
  row('Korean', 403, { error: { message: '잔액이 부족합니다' } }, 'quota_exhausted org'),
  row('Korean', 200, { error: { message: '요청이 너무 많습니다' } }, 'rate_limited group'),
  row('Chinese', 200, { code: 1, msg: '请求频率超过限制' }, 'rate_limited group'),
  row('Chinese', 401, { error: { message: 'API Key 无效' } }, 'key_invalid key', { dead: true }),
  row('Chinese', 403, { error: { message: '账户余额不足，请充值' } }, 'quota_exhausted org'),

  // Filters, crashes, permissions, networks, forms and numbers; at the end what only looks like one of them.
  row(
    'xai',
    403,
    {
      code: 'The caller does not have permission to execute the specified operation',
      error: 'Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO',
    },
    'content_filtered request',
  ),
  row(
    'groq',
    400,
    {
      error: {
        message: "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.",
        type: 'invalid_request_error',
        code: 'tool_use_failed',
        failed_generation: '<function=x>',
      },
    },
    'bad_output request',
  ),
  row(
    'groq',
    400,
    {
      error: {
        message: "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.",
        type: 'invalid_request_error',
        code: 'json_validate_failed',
        failed_generation: '{',
      },
    },
    'bad_output request',
  ),
  row('zai', 400, { error: { message: 'Prompt exceeds max length', code: '1261' } }, 'context_length request'),
  row(
    'zai',
    400,
    {
      error: {
        message: '系统检测到输入或生成内容可能包含不安全或敏感内容，请您避免输入易产生敏感内容的提示语，感谢您的配合。',
        code: '1301',
      },
      contentFilter: [{ level: 1, role: 'user' }],
    },
    'content_filtered request',
  ),
  row('nvidia', 404, { status: 404, title: 'Not Found', detail: "Function 'abc': Not found for account 'xyz'" }, 'model_unavailable group'),
  row(
    'anthropic',
    400,
    {
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: 'This credential is only authorized for use with Claude Code and cannot be used for other API requests.',
      },
    },
    'key_forbidden key',
  ),
  row(
    'google',
    403,
    { error: { code: 403, message: 'Your project has been denied access. Please contact support.', status: 'PERMISSION_DENIED' } },
    'key_forbidden group',
  ),
  row('azure', 403, { error: { message: 'Access denied due to Virtual Network/Firewall rules.', code: '403' } }, 'key_forbidden group'),
  row(
    'github',
    401,
    { error: { message: 'The `models` permission is required to access this endpoint', code: 'unauthorized' } },
    'key_forbidden key',
  ),
  row(
    'lmstudio',
    400,
    { error: 'The model has crashed without additional information. (Exit code: 18446744072635812000)' },
    'server_error route',
  ),
  row('ollama', 500, { error: 'model requires more system memory (9.5 GiB) than is available (5.1 GiB)' }, 'server_error route'),
  row(
    'words',
    403,
    { error_code: 'PERMISSION_DENIED', message: 'PERMISSION_DENIED: The endpoint has a rate limit set to 0.' },
    'model_unavailable group',
  ),
  row('words', 403, { error: { message: 'Your prompt was rejected by our content policy' } }, 'content_filtered request'),
  row('words', 403, { error: 'This request violates the content guidelines of the gateway' }, 'content_filtered request'),
  row('words', 403, { message: 'Blocked by content safety' }, 'content_filtered request'),
  row(
    'words',
    400,
    {
      error: { code: 'SensitiveContentDetected', message: 'The request failed because the input text may contain sensitive information.' },
    },
    'content_filtered request',
  ),
  row(
    'words',
    400,
    {
      error: {
        code: 'InputTextSensitiveContentDetected.PolicyViolation',
        message: 'The input text may be related to copyright restrictions.',
      },
    },
    'content_filtered request',
  ),
  row(
    'moonshot',
    400,
    { error: { message: 'The request was rejected because it was considered high risk', type: 'content_filter' } },
    'content_filtered request',
  ),
  row(
    'moonshot',
    400,
    { error: { message: 'The request was rejected because it was considered high risk', type: 'invalid_request_error' } },
    'content_filtered request',
  ),
  row(
    'deepseek',
    400,
    { error: { message: 'Content Exists Risk', type: 'invalid_request_error', code: 'invalid_request_error' } },
    'content_filtered request',
  ),
  row('words', 400, { error: { message: '输入内容包含敏感词，请修改后重试', code: '400' } }, 'content_filtered request'),
  row('words', 403, { error: { message: '您的请求涉及违规内容，已被拦截' } }, 'content_filtered request'),
  row(
    'words',
    500,
    { error: { code: 'sensitive_words_detected', message: 'user sensitive words detected', type: 'new_api_error' } },
    'content_filtered request',
  ),
  row('words', 400, { code: 'FaqRuleBlocked', message: 'Input or output data is blocked by faq rule.' }, 'content_filtered request'),
  row(
    'words',
    400,
    { code: 'CustomRoleBlocked', message: 'Input or output data may contain inappropriate content with custom rule.' },
    'content_filtered request',
  ),
  row(
    'words',
    400,
    { code: 'IPInfringementSuspect', message: 'Input data is suspected of being involved in IP infringement.' },
    'content_filtered request',
  ),
  row(
    'words',
    421,
    { error: { code: '421', message: 'Moderation Block: The request was rejected because it was considered high risk' } },
    'content_filtered request',
  ),
  row('words', 403, { error: { type: 'safety_check_failed', message: 'Upstream safety policy triggered' } }, 'content_filtered request'),
  row('words', 400, { error: { message: 'Your input was blocked by our moderation system' } }, 'content_filtered request'),
  row(
    'words',
    403,
    {
      error: {
        message: 'meta-llama/llama-3 requires moderation on Anthropic. Your input was flagged for "violence".',
        code: 403,
        metadata: { reasons: ['violence'], flagged_input: 'x' },
      },
    },
    'content_filtered request',
  ),
  row(
    'words',
    400,
    { code: 20031, message: 'PROHIBITED: prompt violates our terms of service for generated content' },
    'content_filtered request',
  ),
  row(
    'words',
    400,
    { error: { message: 'This request has been blocked by Zscaler content safety', code: 'content_blocked' } },
    'content_filtered request',
  ),
  row(
    'google',
    400,
    {
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: "The prompt could not be submitted. This prompt contains sensitive words that violate Google's Responsible AI practices.",
      },
    },
    'content_filtered request',
  ),
  row(
    'groq',
    400,
    {
      error: {
        message: 'Tool call validation failed: attempted to call tool x which was not in request.tools',
        type: 'invalid_request_error',
        code: 'tool_use_failed',
      },
    },
    'bad_output request',
  ),
  row(
    'groq',
    400,
    {
      error: {
        message: 'Generated JSON does not match the expected schema. Please adjust your prompt.',
        type: 'invalid_request_error',
        code: 'json_validate_failed',
      },
    },
    'bad_output request',
  ),
  row(
    'groq',
    400,
    {
      error: {
        message: 'Parsing failed. The model generated output that could not be parsed.',
        type: 'invalid_request_error',
        code: 'output_parse_failed',
      },
    },
    'bad_output request',
  ),
  row('ollama', 500, { error: "error parsing tool call: raw='{a', err=invalid character" }, 'bad_output request'),
  row(
    'llamacpp',
    500,
    { error: { code: 500, message: 'Failed to parse input at pos 32: <tool_call>', type: 'server_error' } },
    'bad_output request',
  ),
  row('words', 400, { error: { message: 'Model failed to generate a valid tool call' } }, 'bad_output request'),
  row(
    'words',
    422,
    { error: { message: 'The model produced invalid JSON for the given response_format', code: 'invalid_model_output' } },
    'bad_output request',
  ),
  row('words', 400, { error: { message: 'Invalid JSON in request body' } }, 'bad_request request'),
  row(
    'words',
    400,
    { error: { message: 'Failed to generate JSON: schema of tool get_weather is invalid', code: 'invalid_schema' } },
    'bad_request request',
  ),
  row('lmstudio', 400, { error: 'Model has unloaded or crashed. Reload it.' }, 'server_error route'),
  row('lmstudio', 400, { error: 'Channel Error: model process exited' }, 'server_error route'),
  row('ollama', 500, { error: 'llama runner process has terminated: exit status 2' }, 'server_error route'),
  row('ollama', 500, { error: 'llama runner process has terminated: CUDA error: out of memory' }, 'server_error route'),
  row(
    'vllm',
    500,
    { error: { message: 'CUDA out of memory. Tried to allocate 2.00 GiB', type: 'InternalServerError' } },
    'server_error route',
  ),
  row(
    'vllm',
    500,
    { error: { message: 'EngineCore encountered an issue. See stack trace (above) for the root cause.' } },
    'server_error route',
  ),
  row('lmstudio', 400, { error: 'Model loading failed: insufficient system resources' }, 'server_error route'),
  row(
    'lmstudio',
    404,
    { error: { message: 'Failed to load model "x". Error: Model loading was stopped due to insufficient system resources.' } },
    'server_error route',
  ),
  row(
    'openai',
    403,
    { error: { message: 'You have insufficient permissions for this operation. Missing scopes: model.request', code: 'missing_scope' } },
    'key_forbidden key',
  ),
  row(
    'huggingface',
    403,
    { error: 'This authentication method does not have sufficient permissions to call Inference Providers on behalf of user x' },
    'key_forbidden key',
  ),
  row('github', 403, { message: 'Resource not accessible by personal access token', status: '403' }, 'key_forbidden key'),
  row('words', 401, { error: { message: 'Your API key does not have the required scope: inference:write' } }, 'key_forbidden key'),
  row('words', 401, { message: 'Token lacks the `chat` permission' }, 'key_forbidden key'),
  row('words', 400, { error: 'This API key may only be used from the mobile app' }, 'key_forbidden key'),
  row('words', 401, { error: { message: 'API key is not allowed to call this endpoint' } }, 'key_forbidden key'),
  row(
    'words',
    403,
    { error: { message: 'Public access is disabled. Please configure private endpoint.', code: 'AccessDenied' } },
    'key_forbidden group',
  ),
  row(
    'words',
    403,
    { error: { code: 'IpNotAllowed', message: 'Requests from this IP address are not in the allow list' } },
    'key_forbidden group',
  ),
  row('words', 403, { message: 'Source IP address: 1.2.3.4 is blocked by Databricks IP ACL for workspace: 12' }, 'key_forbidden group'),
  row('words', 401, { error: { message: 'Your IP 1.2.3.4 is not allowed by the IP whitelist of this API key' } }, 'key_forbidden group'),
  row(
    'google',
    403,
    {
      error: {
        code: 403,
        status: 'PERMISSION_DENIED',
        message: "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: x",
      },
    },
    'key_forbidden group',
  ),
  row(
    'words',
    404,
    { error: { message: 'The model `gpt-3.5-0301` was shut down on 2024-06-13. Use gpt-4o-mini instead.' } },
    'model_unavailable group',
  ),
  row(
    'google',
    404,
    {
      error: {
        code: 404,
        status: 'NOT_FOUND',
        message: 'This model models/gemini-1.5-pro is no longer available. Please update your code to use a newer model',
      },
    },
    'model_unavailable group',
  ),
  row('words', 410, { error: { message: 'claude-2 reached its end of life on July 21st, 2025' } }, 'model_unavailable group'),
  row(
    'words',
    400,
    { error: { message: 'Model mixtral-8x7b reached end-of-life (2025-03-20) and can not be used' } },
    'model_unavailable group',
  ),
  row('words', 404, { error: { message: 'Model X has been sunset as of 2025-01-01' } }, 'model_unavailable group'),
  row(
    'words',
    403,
    { error: 'Access to model meta-llama/Llama-3 is restricted. You must have access to it and be authenticated' },
    'model_unavailable group',
  ),
  row('words', 403, { error: { message: 'You must accept the license of this model before use' } }, 'model_unavailable group'),
  row(
    'groq',
    400,
    {
      error: {
        message: 'The model `x` requires terms acceptance. Please have the org admin accept the terms',
        code: 'model_terms_required',
      },
    },
    'model_unavailable group',
  ),
  row(
    'words',
    403,
    {
      error: {
        message: 'Your organization must be verified to use the model `o3`. Please go to: https://x',
        type: 'invalid_request_error',
      },
    },
    'model_unavailable group',
  ),
  row('words', 403, { error: { message: 'You need to request access to this model in the console' } }, 'model_unavailable group'),
  row('cohere', 403, { message: "Please fill out the access request form to use model 'command-a'" }, 'model_unavailable group'),
  row('words', 403, { error: { message: 'Your account is under review. Please contact support.' } }, 'key_forbidden group'),
  row('words', 403, { error: { message: 'Account is pending verification' } }, 'key_forbidden group'),
  row('words', 401, { error: { message: 'Your account has not been verified, please verify your phone number' } }, 'key_forbidden group'),
  row('words', 403, { error: { message: 'Your organization is under review for suspicious activity' } }, 'key_forbidden group'),
  row('words', 403, { error: 'Identity verification required' }, 'key_forbidden group'),
  row('words', 403, { error: { message: 'This service is not available in your location' } }, 'key_forbidden provider'),
  row(
    'anthropic',
    403,
    {
      type: 'error',
      error: {
        type: 'forbidden',
        message: 'Access to Anthropic models is not allowed from unsupported countries, regions, or territories.',
      },
    },
    'key_forbidden provider',
  ),
  row('words', 403, { error: 'Sorry, we do not serve users from your country' }, 'key_forbidden provider'),
  row('words', 403, { error: { message: '该服务在您所在的地区不可用' } }, 'key_forbidden provider'),
  row('words', 403, { error: { message: 'Your free trial has expired' } }, 'quota_exhausted org'),
  row('words', 403, { error: { message: 'Trial period is over. Upgrade to continue' } }, 'quota_exhausted org'),
  row('cohere', 429, { message: 'You are using a Trial key, which is limited to 1000 API calls / month.' }, 'quota_exhausted group'),
  row('words', 403, { error: { message: 'Free allocated quota exceeded.', code: 'Throttling.AllocationQuota' } }, 'quota_exhausted org'),
  row('words', 429, { code: 'Throttling.AllocationQuota', message: 'Free allocated quota exceeded.' }, 'quota_exhausted org'),
  row(
    'words',
    429,
    { code: 'Throttling.AllocationQuota', message: 'Allocated quota exceeded, please increase your quota limit.' },
    'rate_limited group',
  ),
  row('words', 429, { code: 'CommodityNotPurchased', message: 'Commodity has not purchased yet.' }, 'key_forbidden group'),
  row('words', 429, { code: 'PrepaidBillOverdue', message: 'The prepaid bill is overdue.' }, 'quota_exhausted org'),
  row(
    'words',
    403,
    { code: 'AccessDenied.Unpurchased', message: 'Access to model denied. Please make sure you are eligible for using the model.' },
    'key_forbidden group',
  ),
  row('words', 403, { code: 'Workspace.AccessDenied', message: 'Workspace access denied.' }, 'key_forbidden group'),
  row('words', 500, { code: 'RequestTimeOut', message: 'Request timed out, please try again later.' }, 'timeout route'),
  row('words', 429, { code: 'Throttling.BurstRate', message: 'Request rate increased too quickly.' }, 'rate_limited group'),
  row(
    'words',
    500,
    { code: 'InternalError.Algo', message: 'An internal error has occured, please try again later' },
    'server_error provider',
  ),
  row(
    'words',
    503,
    {
      code: 'ModelServingError',
      message: 'Too many requests. Your requests are being throttled due to system capacity limits. Please try again later.',
    },
    'overloaded route',
  ),
  row('words', 404, { code: 'WorkSpaceNotFound', message: 'WorkSpace can not be found.' }, 'key_forbidden group'),
  row('MiniMax', 200, { base_resp: { status_code: 1000, status_msg: 'unknown error' } }, 'server_error provider'),
  row('MiniMax', 200, { base_resp: { status_code: 1001, status_msg: 'request timeout' } }, 'timeout route'),
  row('MiniMax', 200, { base_resp: { status_code: 1002, status_msg: 'rate limit' } }, 'rate_limited group'),
  row('MiniMax', 200, { base_resp: { status_code: 1004, status_msg: 'login fail' } }, 'key_invalid key'),
  row('MiniMax', 200, { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }, 'quota_exhausted org'),
  row('MiniMax', 200, { base_resp: { status_code: 1013, status_msg: 'internal service error' } }, 'server_error provider'),
  row('MiniMax', 200, { base_resp: { status_code: 1024, status_msg: 'x' } }, 'server_error provider'),
  row('MiniMax', 200, { base_resp: { status_code: 1033, status_msg: 'mysql failed' } }, 'server_error provider'),
  row('MiniMax', 200, { base_resp: { status_code: 1026, status_msg: 'sensitive' } }, 'content_filtered request'),
  row('MiniMax', 200, { base_resp: { status_code: 1027, status_msg: 'x' } }, 'content_filtered request'),
  row('MiniMax', 200, { base_resp: { status_code: 1039, status_msg: 'token limit' } }, 'rate_limited group'),
  row('MiniMax', 200, { base_resp: { status_code: 1041, status_msg: 'conn limit' } }, 'rate_limited group'),
  row('MiniMax', 200, { base_resp: { status_code: 1042, status_msg: 'illegal characters' } }, 'bad_request request'),
  row('MiniMax', 200, { base_resp: { status_code: 2013, status_msg: 'invalid params' } }, 'bad_request request'),
  row(
    'MiniMax',
    200,
    { base_resp: { status_code: 2013, status_msg: 'invalid params, context window exceeds limit' } },
    'context_length request',
  ),
  row('MiniMax', 200, { base_resp: { status_code: 2045, status_msg: 'x' } }, 'rate_limited group'),
  row('MiniMax', 200, { base_resp: { status_code: 2049, status_msg: 'x' } }, 'key_invalid key', { dead: true }),
  row('MiniMax', 200, { base_resp: { status_code: 2056, status_msg: 'usage limit exceeded' } }, 'quota_exhausted group'),
  row(
    'MiniMax',
    200,
    { base_resp: { status_code: 2061, status_msg: 'your current token plan not support model, MiniMax-M2' } },
    'model_unavailable group',
  ),
  row('Qianfan', 200, { error_code: 1, error_msg: 'x', id: '1' }, 'server_error provider'),
  row('Qianfan', 200, { error_code: 2, error_msg: 'x', id: '1' }, 'overloaded provider'),
  row('Qianfan', 200, { error_code: 3, error_msg: 'x', id: '1' }, 'bad_request request'),
  row('Qianfan', 200, { error_code: 4, error_msg: 'Open api request limit reached', id: '1' }, 'overloaded provider'),
  row('Qianfan', 200, { error_code: 6, error_msg: 'x', id: '1' }, 'key_forbidden key'),
  row('Qianfan', 200, { error_code: 13, error_msg: 'x', id: '1' }, 'key_invalid key'),
  row('Qianfan', 200, { error_code: 14, error_msg: 'x', id: '1' }, 'key_invalid key'),
  row('Qianfan', 200, { error_code: 17, error_msg: 'x', id: '1' }, 'quota_exhausted group'),
  row('Qianfan', 200, { error_code: 18, error_msg: 'x', id: '1' }, 'rate_limited group'),
  row('Qianfan', 200, { error_code: 19, error_msg: 'x', id: '1' }, 'quota_exhausted org'),
  row('Qianfan', 200, { error_code: 110, error_msg: 'x', id: '1' }, 'key_invalid key', { dead: true }),
  row('Qianfan', 200, { error_code: 111, error_msg: 'x', id: '1' }, 'key_invalid key', { dead: true }),
  row('Qianfan', 200, { error_code: 336000, error_msg: 'x', id: '1' }, 'server_error provider'),
  row('Qianfan', 200, { error_code: 336001, error_msg: 'x', id: '1' }, 'bad_request request'),
  row('Qianfan', 200, { error_code: 336002, error_msg: 'x', id: '1' }, 'bad_request request'),
  row('Qianfan', 200, { error_code: 336003, error_msg: 'x', id: '1' }, 'bad_request request'),
  row('Qianfan', 200, { error_code: 336100, error_msg: 'x', id: '1' }, 'overloaded provider'),
  row('Qianfan', 200, { error_code: 336501, error_msg: 'x', id: '1' }, 'rate_limited group'),
  row('Qianfan', 200, { error_code: 336502, error_msg: 'x', id: '1' }, 'rate_limited group'),
  row(
    'words',
    401,
    { error: { message: 'Missing API key. You need to provide your API key in an Authorization header' } },
    'key_invalid key',
  ),
  row('words', 401, { error: { message: 'You must be a member of an organization to use the API' } }, 'key_invalid key'),
  row('words', 403, { error: { message: 'The caller does not have permission' } }, 'key_forbidden key'),
  row('words', 403, { error: { message: 'You do not have permission to access this model' } }, 'model_unavailable group'),
  row('words', 403, { error: { message: 'Permission denied: your project does not have access to model x' } }, 'model_unavailable group'),
  row('words', 403, { error: { message: 'Your project has been denied access to the model x' } }, 'model_unavailable group'),
  row('words', 400, { error: { message: 'Input array exceeds maximum allowed length of 2048' } }, 'bad_request request'),
  row('words', 400, { error: { message: 'messages[0].name exceeds max length 64' } }, 'bad_request request'),
  row('words', 400, { error: { message: 'tools[0].function.name violates the naming rules' } }, 'bad_request request'),
  row('words', 400, { error: { message: 'Invalid JSON: the model field could not be parsed' } }, 'bad_request request'),
  row('words', 400, { error: { message: "'Your account is under review' is not a valid role", param: 'messages' } }, 'bad_request request'),
  row(
    'words',
    400,
    { error: { message: "Invalid value: 'the model has crashed again and again'. Supported values are: 'x'" } },
    'bad_request request',
  ),
  row('words', 429, { error: { message: 'Rate limit exceeded for long context requests. Retry in 10s' } }, 'rate_limited group', {
    afterS: 10,
  }),
  row('words', 429, { error: { message: 'This request would exceed your rate limit of 30 requests per minute' } }, 'rate_limited group'),
  row(
    'anthropic',
    429,
    {
      type: 'error',
      error: { type: 'rate_limit_error', message: "This request would exceed your organization's rate limit for long context requests" },
    },
    'rate_limited group',
  ),
  row('words', 500, { error: { message: 'Internal server error' } }, 'server_error provider'),
  row('words', 503, { error: { message: 'The server is out of capacity' } }, 'overloaded provider'),
  row('words', 404, { error: { message: 'The requested URL /v1/x was not found on this server' } }, 'bad_request request'),
  row('words', 401, { error_code: 3, error_msg: 'invalid api key' }, 'key_invalid key', { dead: true }),
  row('words', 403, { error: { message: 'Access denied', code: 'AccessDenied' } }, 'key_forbidden key'),
  row('words', 429, { error: { message: 'Too many requests from your IP address, blocked for 60 seconds' } }, 'rate_limited group'),
  row('words', 200, { status_code: 1002, status_msg: 'rate limit exceeded' }, 'rate_limited group'),
  row(
    'openai',
    400,
    { error: { message: "Missing required parameter: 'messages'.", param: 'messages', code: 'missing_required_parameter' } },
    'bad_request request',
  ),
  row('words', 400, { error: { message: 'model output_format is invalid' } }, 'bad_request request'),
  row(
    'words',
    422,
    { detail: [{ loc: ['body', 'messages'], msg: 'value is not a valid list', type: 'type_error.list' }] },
    'bad_request request',
  ),
  row('words', 403, { error: { message: 'Your API key is not authorized to use model gpt-5' } }, 'model_unavailable group'),
  row('words', 403, { error: { message: 'API key expired' } }, 'key_invalid key', { dead: true }),
  row('words', 401, { error: { message: 'Token is missing required scope; token expired' } }, 'key_forbidden key'),
  row('words', 403, { error: 'Your IP address has been banned' }, 'key_forbidden provider'),
  row('words', 409, { error: { message: 'The model is being loaded' } }, 'overloaded route'),
  row('words', 400, { error: { message: 'Your account balance is too low; your account is under review' } }, 'quota_exhausted org'),
];

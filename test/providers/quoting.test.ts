import { describe, expect, test } from 'vitest';
import type { FailureClass } from '../../src/failure.ts';
import { classifyAnswer } from '../../src/providers/classify.ts';
import { failureOf } from './support.ts';

const NOW = Date.UTC(2026, 6, 1, 12);
const openai = (message: string, fields: Readonly<Record<string, unknown>> = {}): unknown => ({
  error: { message, type: 'invalid_request_error', ...fields },
});

/** What users write to models, and what servers quote when a request is wrong. */
const TEXTS = [
  'You exceeded your current quota, please check your plan and billing details.',
  'Your credit balance is too low',
  'Incorrect API key provided: sk-123',
  'This organization has been disabled.',
  'API key expired. Please renew the API key.',
  'Rate limit reached for gpt-4o on requests per min (RPM): Limit 3, Used 3, Requested 5. Please try again in 20s.',
  'The model `gpt-9` does not exist or you do not have access to it.',
  'insufficient credits, account suspended',
  'Country, region, or territory not supported.',
  'You will regain access on 2026-08-01 at 00:00 UTC.',
  'The server is overloaded, too many requests',
  'the request is too large for this account',
];

const WRAPS: readonly (readonly [name: string, wrap: (text: string) => unknown, means?: FailureClass])[] = [
  ['a value in double quotes', (text) => openai(`Invalid value: "${text}". Supported values are: 'system', 'user'.`)],
  [
    'a value in single quotes',
    (text) => openai(`Invalid type for 'messages[0].content': '${text}' is not an object`, { param: 'messages[0].content' }),
  ],
  ['a long value in single quotes', (text) => openai(`Invalid value: '${'a b '.repeat(600)}${text} it's so'`)],
  ['what a parser met', (text) => openai(`Could not parse the JSON body of your request: ${text}`)],
  ['a message behind a colon', (text) => openai(`Invalid message content: ${text}`)],
  [
    "pydantic's input",
    (text) => ({ detail: [{ type: 'string_type', loc: ['body', 'messages', 0], msg: 'Input should be a valid string', input: text }] }),
  ],
  [
    "pydantic's text",
    (text) => ({
      detail: `1 validation error for Request\nmessages.0\n  Input should be a dict [type=dict_type, input_value='${text}', input_type=str]`,
    }),
  ],
  ['typographic quotes', (text) => openai(`The stop sequence “${text}” is not allowed`)],
  [
    'a request that is repeated',
    (text) => ({ error: { message: 'Bad request', request: { messages: [{ role: 'user', content: text }] } } }),
  ],
  [
    'a generation that is repeated',
    (text) => openai('Failed to call a function.', { code: 'tool_use_failed', failed_generation: text }),
    'bad_output',
  ],
];

describe('the refusal of a request that quotes the caller stays one', () => {
  for (const [name, wrap, means = 'bad_request'] of WRAPS) {
    test.each(TEXTS)(`${name}: %s`, (text) => {
      for (const status of [400, 422]) {
        const verdict = classifyAnswer(failureOf(status, wrap(text)), NOW);
        expect([verdict.class, verdict.scope, verdict.until]).toEqual([means, 'request', undefined]);
      }
    });
  }
});

describe('words about limits, money and keys that are about something else', () => {
  test.each<readonly [number, string, FailureClass]>([
    [400, "Tool 'workspace_search' has been disabled for this model", 'bad_request'],
    [400, 'max_tokens exceeds the limit of 4096 for this model', 'bad_request'],
    [400, "'n' must be at most the account's limit of 8", 'bad_request'],
    [400, 'The credit_card tool is not defined', 'bad_request'],
    [400, 'Unsupported parameter: billing', 'bad_request'],
    [400, "messages: key 'role' not found", 'bad_request'],
    [400, 'Tool result refers to a key that was deleted', 'bad_request'],
    [400, 'response_format: invalid key in schema', 'bad_request'],
    [400, 'The token at position 12 is invalid', 'bad_request'],
    [400, 'Invalid token in stop sequence', 'bad_request'],
    [400, 'image_url: 403 Forbidden while downloading the image', 'bad_request'],
    [400, 'Unable to download the file: 429 Too Many Requests', 'bad_request'],
    [400, 'Could not fetch image: rate limit exceeded at example.test', 'bad_request'],
    [400, "tool_choice: function 'check_quota_exceeded' is not among the tools", 'bad_request'],
    [400, 'The plan field is required', 'bad_request'],
    [400, 'Only one system message is allowed per account of conversation', 'bad_request'],
    [422, 'team: field required; subscription: field required', 'bad_request'],
    [404, 'Endpoint /v1/chat/completion not found', 'bad_request'],
    [404, 'The requested URL was not found on the server.', 'bad_request'],
    [404, 'File file-abc not found', 'bad_request'],
    [409, 'The batch was modified by another request', 'overloaded'],
  ])('%i %s', (status, message, failure) => {
    const verdict = classifyAnswer(failureOf(status, openai(message)), NOW);
    expect([verdict.class, verdict.definitive]).toEqual([failure, false]);
  });

  test.each([
    [401, 'Your account has been temporarily locked due to too many requests'],
    [401, 'The token was not sent'],
    [403, 'Your token does not have permission for this resource; project not found'],
    [403, 'API key does not have access to this endpoint'],
    [403, 'This API key is not authorized to use the model; deployment not found'],
    [403, 'The API key is valid, but the workspace it belongs to has this feature disabled'],
    [403, 'Account has not enabled this feature; a deleted resource was asked for'],
    [403, 'Your organization does not allow this; the tool is disabled'],
    [403, 'User not found in team'],
    [401, 'Missing bearer token'],
    [401, 'No API key provided'],
    [401, 'Login required'],
  ])('%i %s: no key is called dead', (status, message) => {
    expect(classifyAnswer(failureOf(status, openai(message)), NOW).definitive).toBe(false);
  });

  const ECHO = 'project: proj_abc123 and organization org-victim1';

  test.each<readonly [FailureClass, number, unknown]>([
    ['bad_request', 400, openai(`Invalid message content: ${ECHO}`)],
    ['content_filtered', 400, openai(`Your prompt was flagged: ${ECHO}`, { code: 'content_policy_violation' })],
    ['context_length', 400, openai(`The prompt is too long: ${ECHO}`, { code: 'context_length_exceeded' })],
    ['request_too_large', 413, openai(`Request too large: ${ECHO}`)],
    ['timeout', 499, openai(`Cancelled: ${ECHO}`)],
  ])("ids in the text of a request that is refused as %s are nobody's", (failure, status, body) => {
    const verdict = classifyAnswer(failureOf(status, body), NOW);
    expect([verdict.class, verdict.organization, verdict.project]).toEqual([failure, undefined, undefined]);
  });

  test('a request of another fault still names its account', () => {
    const verdict = classifyAnswer(failureOf(429, openai('Limit reached in organization org-abc for project proj_1')), NOW);
    expect([verdict.organization, verdict.project]).toEqual(['org-abc', 'proj_1']);
  });
});

import { describe, expect, test } from 'vitest';
import { anthropic } from '../../../src/providers/anthropic/anthropic.ts';
import { aContext, aProvider, failureOf } from '../support.ts';
import { aMessage, replyOf } from './support.ts';

describe('a plain answer', () => {
  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool_calls'],
    ['of_tomorrow', 'stop'],
  ])('that ended by %s ended by %s', (reason, finish) => {
    const { choices } = replyOf(aMessage([{ type: 'text', text: 'a' }], { stop_reason: reason, stop_sequence: 'END' }));
    expect(choices).toEqual([
      { index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: finish, native_finish_reason: reason, stop_sequence: 'END' },
    ]);
  });

  test('that was refused says why', () => {
    const details = { type: 'refusal', category: 'bio', explanation: 'Not this' };
    expect(replyOf(aMessage([], { stop_reason: 'refusal', stop_details: details })).choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: null, refusal: 'Not this' },
        finish_reason: 'content_filter',
        native_finish_reason: 'refusal',
        stop_details: details,
      },
    ]);
    expect(replyOf(aMessage([], { stop_reason: 'refusal' })).choices[0]?.message.refusal).toBe('The model refused to answer.');
  });

  test.each([
    [
      { input_tokens: 1, output_tokens: 2 },
      { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    ],
    [
      {
        input_tokens: 1,
        cache_creation_input_tokens: 10,
        cache_read_input_tokens: 100,
        output_tokens: 2,
        service_tier: 'standard',
        speed: null,
      },
      {
        service_tier: 'standard',
        prompt_tokens: 111,
        completion_tokens: 2,
        total_tokens: 113,
        prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 10 },
      },
    ],
    [
      {
        input_tokens: 5,
        output_tokens: 2,
        iterations: [
          { type: 'compaction', input_tokens: 50, output_tokens: 7 },
          { type: 'message', input_tokens: 5, output_tokens: 2 },
        ],
      },
      expect.objectContaining({ prompt_tokens: 55, completion_tokens: 9, total_tokens: 64 }),
    ],
    [{ output_tokens: 2 }, undefined],
    [{ input_tokens: '1', output_tokens: 2 }, undefined],
    [null, undefined],
    [7, undefined],
  ])('that counted %j used %j', (counted, usage) => {
    expect(replyOf(aMessage([], { usage: counted })).usage).toEqual(usage);
  });

  test('of holes is filled with what is known beside it', () => {
    expect(replyOf({ content: [null, { type: 'text' }, { type: 'tool_use', input: null }, { type: 'thinking' }, 7] })).toMatchObject({
      id: 'req_1',
      model: 'claude-sonnet-4-5',
      created: Date.UTC(2026, 6, 1) / 1000,
      choices: [
        {
          finish_reason: null,
          message: {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: expect.stringMatching(/^call_[0-9a-f]{24}$/), function: { name: '', arguments: '{}' } }],
          },
        },
      ],
    });
  });

  test.each([
    [null],
    ['<html>'],
    [[]],
    [{}],
    [{ content: 'x' }],
    [{ type: 'error', error: { type: 'api_error' } }],
    [{ ...aMessage([]), error: { message: 'x' } }],
  ])('%j is none', (body) => {
    expect(anthropic.decodeWhole(body, aContext())).toEqual({ error: body });
  });
});

describe('a list of models', () => {
  const context = aContext({ asked: { operation: 'models', request: { model: '' } } });

  test('is in OpenAI’s shape', () => {
    const body = {
      data: [
        { type: 'model', id: 'claude-x', display_name: 'X', created_at: '2026-01-01T00:00:00Z' },
        { id: 3, created_at: 'x' },
      ],
      has_more: false,
    };
    expect(anthropic.decodeWhole(body, context)).toEqual({
      whole: {
        object: 'list',
        has_more: false,
        data: [
          {
            id: 'claude-x',
            object: 'model',
            created: Date.UTC(2026, 0, 1) / 1000,
            owned_by: 'anthropic',
            type: 'model',
            display_name: 'X',
            created_at: '2026-01-01T00:00:00Z',
          },
          { id: '', object: 'model', owned_by: 'anthropic', created_at: 'x' },
        ],
      },
    });
    expect(anthropic.decodeWhole({ models: [] }, context)).toEqual({ error: { models: [] } });
  });
});

describe('classify', () => {
  const now = Date.UTC(2026, 7, 20);
  const classify = (status: number, error: object, headers: Record<string, string> = {}): unknown =>
    anthropic.classify(failureOf(status, { type: 'error', error, request_id: 'req_9' }, headers, status === 200), aProvider(), now);

  test.each([
    [
      429,
      { type: 'rate_limit_error', message: '…', details: { error_code: 'ramp_limit_exceeded' } },
      { class: 'rate_limited', scope: 'org', code: 'ramp_limit_exceeded' },
    ],
    [
      429,
      { type: 'rate_limit_error', message: '…', details: { error_code: 'enforced_spend_limit_reached' } },
      { class: 'quota_exhausted', scope: 'org' },
    ],
    [
      400,
      { type: 'invalid_request_error', message: '…', details: { error_code: 'organization_on_hold' } },
      { class: 'key_invalid', scope: 'org', definitive: true },
    ],
    [
      402,
      { type: 'billing_error', message: '…', details: { error_code: 'linked_organization_billing_unavailable' } },
      { class: 'quota_exhausted', scope: 'org' },
    ],
    [
      400,
      { type: 'invalid_request_error', message: '…', details: { error_code: 'cmek_key_disabled' } },
      { class: 'key_forbidden', scope: 'group' },
    ],
    [
      503,
      { type: 'api_error', message: '…', details: { error_code: 'cmek_context_unavailable' } },
      { class: 'server_error', scope: 'route' },
    ],
    [
      400,
      { type: 'invalid_request_error', message: '…', details: { error_code: 'image_dimensions_too_large' } },
      { class: 'bad_request', scope: 'request' },
    ],
    [
      400,
      {
        type: 'invalid_request_error',
        message: 'You have reached your specified workspace API usage limits. You will regain access on 2026-09-01 at 00:00 UTC.',
      },
      { class: 'quota_exhausted', scope: 'group', until: { at: Date.UTC(2026, 8, 1), source: 'reset-date' } },
    ],
    [
      401,
      { type: 'authentication_error', message: 'CORS requests are not allowed for this Organization' },
      { class: 'bad_request', scope: 'request' },
    ],
    [400, { type: 'invalid_request_error', message: 'This organization has been disabled.' }, { class: 'key_invalid', scope: 'org' }],
    [200, { type: 'timeout_error', message: '…' }, { class: 'timeout', scope: 'route' }],
    [200, { type: 'overloaded_error', message: 'Overloaded' }, { class: 'overloaded', code: 'overloaded_error', requestId: 'req_9' }],
  ])('%i of %j', (status, error, verdict) => {
    expect(classify(status, error)).toMatchObject(verdict);
  });

  test('knows the organisation and the workspace by their headers', () => {
    const headers = { 'anthropic-organization-id': 'org-1', 'anthropic-workspace-id': 'wrkspc_1' };
    expect(classify(429, { type: 'rate_limit_error', message: 'x' }, headers)).toMatchObject({
      organization: 'org-1',
      project: 'wrkspc_1',
    });
  });
});

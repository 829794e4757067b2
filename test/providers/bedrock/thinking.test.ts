import { describe, expect, test } from 'vitest';
import { RequestError } from '../../../src/errors.ts';
import type { ChatRequest } from '../../../src/chat/request.ts';
import { CLAUDE, encodeBody, NOVA } from './support.ts';

const NEWER = 'us.anthropic.claude-opus-4-7-v1';
const BUDGET = { type: 'enabled', budget_tokens: 2000 } as const;
const CONVERSATION: ChatRequest['messages'] = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } }] },
  { role: 'tool', tool_call_id: 'call_1', content: 'found' },
];
const THOUGHT = { type: 'reasoning.text', text: 'Hm', signature: 'sig', format: 'anthropic-claude-v1', index: 0 };

/** What the model is told beside Converse's own fields. */
function fieldsOf(more: Partial<ChatRequest>, model = CLAUDE): unknown {
  return encodeBody(more, model)['additionalModelRequestFields'] ?? {};
}

describe('thinking of Claude', () => {
  test.each<Partial<ChatRequest>>([{ reasoning_effort: 'high' }, { thinking: BUDGET }])(
    'is left out where the calls that are answered have none: %j',
    (asked) => {
      const body = encodeBody({ messages: CONVERSATION, ...asked });
      expect(body).not.toHaveProperty('additionalModelRequestFields');
      expect(body).not.toHaveProperty('inferenceConfig');
      const next: ChatRequest['messages'] = [
        ...CONVERSATION,
        { role: 'assistant', content: 'There.' },
        { role: 'user', content: 'Thanks' },
      ];
      expect(fieldsOf({ messages: next, ...asked })).toHaveProperty('thinking');
      expect(fieldsOf({ messages: CONVERSATION, reasoning_effort: 'high' }, NEWER)).toHaveProperty('thinking', { type: 'adaptive' });
    },
  );

  test('goes on behind its own thoughts', () => {
    const [hi, called, result] = CONVERSATION;
    const messages = [hi, { ...called, reasoning_details: [THOUGHT] }, result] as ChatRequest['messages'];
    expect(fieldsOf({ messages, thinking: BUDGET })).toEqual({ thinking: BUDGET });
  });

  test('needs room in max_tokens', () => {
    const asked = { thinking: { type: 'enabled', budget_tokens: 9000 }, max_tokens: 4000 } as const;
    expect(() => encodeBody(asked)).toThrow(RequestError);
    expect(() => encodeBody(asked)).toThrow("'thinking.budget_tokens' must be below max_tokens");
    expect(encodeBody({ ...asked, dropUnsupported: ['thinking'] })).toMatchObject({ inferenceConfig: { maxTokens: 4000 } });
    const additionalModelRequestFields = { anthropic_beta: ['interleaved-thinking-2025-05-14'] };
    expect(fieldsOf({ ...asked, additionalModelRequestFields })).toHaveProperty('thinking');
    expect(fieldsOf({ ...asked, providerOptions: { bedrock: { additionalModelRequestFields } } })).toHaveProperty('thinking');
  });

  test.each([
    ['temperature', 0.5],
    ['top_p', 0.5],
    ['top_k', 3],
  ])('and the newer models take no other %s', (name, value) => {
    for (const [more, model] of [
      [{ reasoning_effort: 'high' }, CLAUDE],
      [{}, NEWER],
    ] as const) {
      expect(() => encodeBody({ ...more, [name]: value }, model)).toThrow(RequestError);
      expect(() => encodeBody({ ...more, [name]: value }, model)).toThrow(`'${name}'`);
      const body = encodeBody({ ...more, [name]: value, dropUnsupported: [name] }, model);
      expect(JSON.stringify(body)).not.toMatch(/"(temperature|topP|top_k)"/);
    }
    expect(JSON.stringify(encodeBody({ reasoning_effort: 'high', [name]: value }, NOVA))).toMatch(/"(temperature|topP|topK)"/);
  });
});

test('fields of the caller cannot change what an object is', () => {
  const options = JSON.parse('{"additionalModelRequestFields":{"__proto__":{"a":1},"constructor":1,"b":2}}') as Record<string, unknown>;
  expect(fieldsOf({ top_k: 3, providerOptions: { bedrock: options } })).toEqual({ top_k: 3, b: 2 });
  expect(JSON.stringify(encodeBody({ top_k: 3, providerOptions: { bedrock: options } }))).not.toMatch(/__proto__|constructor/);
  expect(JSON.stringify(encodeBody({ top_k: 3, ...options }))).not.toMatch(/__proto__|constructor/);
  expect(JSON.stringify(encodeBody(options))).not.toMatch(/__proto__|constructor/);
});

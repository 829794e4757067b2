import { describe, expect, test } from 'vitest';
import { RequestError } from '../../../src/errors.ts';
import type { ChatRequest } from '../../../src/chat/request.ts';
import { sent } from './support.ts';

/** What a request says of thinking. */
function thinkingOf(request: Partial<ChatRequest>, model: string): unknown {
  return (sent(request, { model }).body['generationConfig'] as { readonly thinkingConfig?: unknown } | undefined)?.thinkingConfig;
}

describe('no thinking', () => {
  test.each([
    ['gemini-2.5-flash', { thinkingBudget: 0 }],
    ['gemini-2.5-flash-lite', { thinkingBudget: 0 }],
    ['gemini-2.5-pro', { thinkingBudget: 128 }],
    ['publishers/google/models/gemini-2.5-pro-preview-06-05', { thinkingBudget: 128 }],
    ['gemini-3-pro-preview', { thinkingLevel: 'LOW' }],
    ['gemini-3.1-pro-preview', { thinkingLevel: 'LOW' }],
    ['gemini-pro-latest', { thinkingLevel: 'LOW' }],
    ['gemini-3-flash-preview', { thinkingLevel: 'MINIMAL' }],
    ['gemini-flash-latest', { thinkingLevel: 'MINIMAL' }],
    ['gemini-2.0-flash', undefined],
    ['gemini-1.5-pro-002', undefined],
    ['gemini-2.5-flash-image', undefined],
    ['gemma-3-27b-it', undefined],
  ])('is as little as the model can: %s', (model, expected) => {
    expect(thinkingOf({ reasoning_effort: 'none' }, model)).toEqual(expected);
    expect(thinkingOf({ thinking: { type: 'disabled' } }, model)).toEqual(expected);
  });
});

test.each([
  ['reasoning_effort', { reasoning_effort: 'high' }],
  ['thinking', { thinking: { type: 'enabled', budget_tokens: 2000 } }],
  ['thinking', { thinking: { type: 'enabled' } }],
] as const)('models that do not think refuse %s', (name, asked) => {
  for (const model of ['gemini-2.0-flash-001', 'models/gemini-1.5-flash', 'gemini-2.5-flash-preview-tts']) {
    expect(() => sent(asked, { model })).toThrow(RequestError);
    expect(() => sent(asked, { model })).toThrow(`'${name}' is not known to this model`);
    expect(thinkingOf({ ...asked, dropUnsupported: [name] }, model)).toBeUndefined();
  }
});

describe("an effort's budget", () => {
  test.each([
    ['gemini-2.5-flash', 500, { thinkingBudget: 250, includeThoughts: true }],
    ['gemini-2.5-flash', 10_000, { thinkingBudget: 5904, includeThoughts: true }],
    ['gemini-2.5-flash', 60_000, { thinkingBudget: 24_576, includeThoughts: true }],
    ['gemini-2.5-flash-lite', 500, { thinkingBudget: 0 }],
    ['gemini-2.5-pro', 100, { thinkingBudget: 128 }],
    ['gemini-2.5-flash', 1, { thinkingBudget: 0 }],
  ])('leaves room for the answer: %s within %i', (model, max, expected) => {
    expect(thinkingOf({ reasoning_effort: 'high', max_tokens: max }, model)).toEqual(expected);
    expect(thinkingOf({ reasoning_effort: 'high', max_completion_tokens: max, max_tokens: 9 }, model)).toEqual(expected);
  });

  test("but the caller's own is theirs", () => {
    expect(thinkingOf({ thinking: { type: 'enabled', budget_tokens: 900 }, max_tokens: 500 }, 'gemini-2.5-flash')).toMatchObject({
      thinkingBudget: 900,
    });
  });
});

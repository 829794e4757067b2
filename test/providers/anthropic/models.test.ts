import { describe, expect, test } from 'vitest';
import { modelFacts } from '../../../src/providers/anthropic/models.ts';
import { bodyOf } from './support.ts';

describe('modelFacts', () => {
  test.each([
    ['claude-2.1', 4096, false, false],
    ['claude-instant-1.2', 4096, false, false],
    ['claude-3-opus-20240229', 4096, false, false],
    ['claude-3-5-sonnet-latest', 8192, false, false],
    ['claude-3-7-sonnet-20250219', 64_000, false, 'budget'],
    ['claude-opus-4-20250514', 32_000, false, 'budget'],
    ['claude-opus-4@20250514', 32_000, false, 'budget'],
    ['claude-opus-4-1', 32_000, true, 'budget'],
    ['claude-sonnet-4-0', 64_000, false, 'budget'],
    ['anthropic/claude-sonnet-4.5', 64_000, true, 'budget'],
    ['us.anthropic.claude-haiku-4-5-20251001-v1:0', 64_000, true, 'budget'],
    ['claude-opus-4-6', 64_000, true, 'adaptive'],
    ['claude-sonnet-5', 64_000, true, 'adaptive'],
    ['claude-mythos-preview', 64_000, true, 'adaptive'],
    ['claude-tomorrow-12', 64_000, true, 'adaptive'],
    ['deepseek-chat', 8192, false, 'budget'],
  ])('%s writes %i tokens', (model, maxTokens, schemas, thinking) => {
    expect(modelFacts(model)).toMatchObject({ maxTokens, schemas, thinking });
  });

  test.each([
    ['claude-opus-4-5', ['low', 'medium', 'high']],
    ['claude-opus-4-6', ['low', 'medium', 'high', 'max']],
    ['claude-opus-4-7', ['low', 'medium', 'high', 'xhigh', 'max']],
    ['claude-sonnet-4-5', undefined],
  ])('%s knows the efforts %j', (model, efforts) => {
    expect(modelFacts(model).efforts).toEqual(efforts);
  });

  test.each([
    ['claude-opus-5', 'disabled', true],
    ['claude-haiku-5-5', 'disabled', true],
    ['claude-sonnet-5-5', 'between_tools', false],
    ['claude-opus-5-5', 'effort', false],
    ['claude-fable-5', 'effort', true],
    ['claude-fable-5-1', 'effort', false],
    ['claude-opus-9', 'effort', false],
  ])('%s goes without thinking by %s, and can be forced: %s', (model, without, forcedTools) => {
    expect(modelFacts(model)).toMatchObject({ without, forcedTools });
  });
});

describe('reasoning', () => {
  test.each([
    [
      'claude-opus-4-6',
      { reasoning_effort: 'high' },
      { output_config: { effort: 'high' }, thinking: { type: 'adaptive' }, max_tokens: 64_000 },
    ],
    ['claude-opus-4-6', { reasoning_effort: 'xhigh' }, { output_config: { effort: 'max' } }],
    ['claude-opus-4-7', { reasoning_effort: 'minimal' }, { output_config: { effort: 'low' } }],
    [
      'claude-opus-4-5',
      { reasoning_effort: 'max' },
      { output_config: { effort: 'high' }, thinking: { type: 'enabled', budget_tokens: 49_152 } },
    ],
    ['claude-sonnet-4-5', { reasoning_effort: 'low' }, { thinking: { type: 'enabled', budget_tokens: 2048 }, max_tokens: 64_000 }],
    [
      'claude-sonnet-4-5',
      { reasoning_effort: 'high', max_tokens: 10_000 },
      { thinking: { type: 'enabled', budget_tokens: 5904 }, max_tokens: 10_000 },
    ],
    ['claude-opus-4-1', { reasoning_effort: 'max' }, { thinking: { type: 'enabled', budget_tokens: 27_904 }, max_tokens: 32_000 }],
    ['claude-sonnet-4-5', { reasoning_effort: 'none' }, { thinking: { type: 'disabled' } }],
    ['claude-sonnet-5-5', { reasoning_effort: 'none' }, { thinking: { type: 'between_tools' } }],
    ['claude-opus-5-5', { reasoning_effort: 'none' }, { output_config: { effort: 'low' } }],
    [
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 100_000 } },
      { thinking: { type: 'enabled', budget_tokens: 100_000 }, max_tokens: 104_096 },
    ],
    ['claude-sonnet-4-5', { thinking: { type: 'enabled' } }, { thinking: { type: 'enabled', budget_tokens: 8192 } }],
    ['claude-opus-4-8', { thinking: { type: 'enabled' } }, { thinking: { type: 'adaptive' } }],
    [
      'claude-opus-4-8',
      { thinking: { type: 'adaptive', display: 'omitted' }, reasoning_effort: 'medium' },
      { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'medium' } },
    ],
  ])('of %s by %j is %j', (model, request, body) => {
    expect(bodyOf(request, model)).toMatchObject(body);
  });

  test('has no place where it does not fit, and models without it refuse it', () => {
    expect(bodyOf({ reasoning_effort: 'high', max_tokens: 500 }, 'claude-sonnet-4-5')).not.toHaveProperty('thinking');
    const tools = [{ type: 'function', function: { name: 'f' } }];
    expect(bodyOf({ reasoning_effort: 'high', tools, tool_choice: 'required' }, 'claude-opus-4-6')).not.toHaveProperty('thinking');
    expect(() => bodyOf({ reasoning_effort: 'high' }, 'claude-3-5-haiku-latest')).toThrow(/'reasoning_effort' is not known/);
    expect(bodyOf({ reasoning_effort: 'high', dropUnsupported: ['reasoning_effort'] }, 'claude-3-haiku')).not.toHaveProperty('thinking');
    expect(bodyOf({ reasoning_effort: 'none' }, 'claude-3-haiku')['thinking']).toEqual({ type: 'disabled' });
  });
});

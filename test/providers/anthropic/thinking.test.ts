import { describe, expect, test } from 'vitest';
import { RequestError } from '../../../src/errors.ts';
import { aMessage, anAnthropic, bodyOf, catchError, encodeChat, replyOf } from './support.ts';

const CALL = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };
const RESULT = { role: 'tool', tool_call_id: 'call_1', content: 'found' };
const HI = { role: 'user', content: 'Hi' };
const FOREIGN = [HI, { role: 'assistant', content: null, tool_calls: [CALL] }, RESULT];
const BUDGET = { type: 'enabled', budget_tokens: 2000 };

describe('results of calls that no thinking stands before', () => {
  test.each([
    ['claude-sonnet-4-5', { reasoning_effort: 'high' }],
    ['claude-haiku-4-5', { thinking: BUDGET }],
    ['claude-opus-4-6', { thinking: BUDGET }],
    ['claude-sonnet-4-5', { thinking: { type: 'enabled' } }],
  ])('are answered without: %s with %j', (model, asked) => {
    expect(bodyOf({ messages: FOREIGN, ...asked }, model)).not.toHaveProperty('thinking');
    expect(bodyOf({ messages: [...FOREIGN, { role: 'user', content: 'and?' }], ...asked }, model)).not.toHaveProperty('thinking');
    const nextTurn = [...FOREIGN, { role: 'assistant', content: 'There.' }, { role: 'user', content: 'Thanks' }];
    expect(bodyOf({ messages: nextTurn, ...asked }, model)).toHaveProperty('thinking');
  });

  test('keep the effort of models that know one beside the budget', () => {
    const body = bodyOf({ messages: FOREIGN, reasoning_effort: 'high' }, 'claude-opus-4-5');
    expect(body).toMatchObject({ output_config: { effort: 'high' } });
    expect(body).not.toHaveProperty('thinking');
  });

  test('of models that think by themselves, and of other servers, need none', () => {
    expect(bodyOf({ messages: FOREIGN, reasoning_effort: 'high' }, 'claude-opus-4-7')).toMatchObject({ thinking: { type: 'adaptive' } });
    expect(bodyOf({ messages: FOREIGN, thinking: BUDGET }, 'kimi-k2')).toMatchObject({ thinking: BUDGET });
  });

  test('have it where the model itself thought before its call', () => {
    const thought = { type: 'thinking', thinking: 'Hm', signature: 'sig' };
    const call = { type: 'tool_use', id: 'call_1', name: 'look', input: {} };
    const [choice] = replyOf(aMessage([thought, call], { stop_reason: 'tool_use' })).choices;
    const body = bodyOf({ messages: [HI, choice?.message, RESULT], thinking: BUDGET });
    expect(body).toMatchObject({ thinking: BUDGET });
  });
});

describe('sampling', () => {
  test.each([
    ['temperature', { temperature: 0.5 }],
    ['top_k', { top_k: 3 }],
    ['top_p', { top_p: 0.5 }],
  ])('beside thinking is refused: %s', (name, asked) => {
    for (const more of [{ reasoning_effort: 'high' }, { thinking: BUDGET }]) {
      const error = catchError(() => bodyOf({ ...asked, ...more }));
      expect(error).toBeInstanceOf(RequestError);
      expect(error).toMatchObject({ message: expect.stringContaining(`'${name}'`) });
      const body = bodyOf({ ...asked, ...more, dropUnsupported: [name] });
      expect(body).toHaveProperty('thinking');
      expect(body).not.toHaveProperty(name);
    }
  });

  test('beside thinking that the API takes is sent', () => {
    expect(bodyOf({ thinking: BUDGET, temperature: 1, top_p: 0.97 })).toMatchObject({ temperature: 1, top_p: 0.97 });
    expect(bodyOf({ thinking: { type: 'disabled' }, temperature: 0.5, top_k: 3 })).toMatchObject({ temperature: 0.5, top_k: 3 });
    expect(bodyOf({ thinking: BUDGET, temperature: 0.5 }, 'kimi-k2')).toMatchObject({ temperature: 0.5 });
    expect(bodyOf({ messages: FOREIGN, thinking: BUDGET, temperature: 0.5 })).toMatchObject({ temperature: 0.5 });
  });

  test.each([
    ['temperature', 0.5],
    ['top_p', 0.9],
    ['top_k', 4],
  ])('of newer models is refused, but for what they do anyway: %s', (name, value) => {
    expect(() => bodyOf({ [name]: value }, 'claude-opus-4-7')).toThrow(`'${name}'`);
    expect(bodyOf({ [name]: value, dropUnsupported: [name] }, 'claude-opus-4-7')).not.toHaveProperty(name);
    expect(bodyOf({ temperature: 1, top_p: 1 }, 'claude-opus-4-8')).not.toHaveProperty('temperature');
    expect(bodyOf({ [name]: value }, 'claude-opus-4-6')).toHaveProperty(name);
  });
});

describe('a budget', () => {
  const request = { thinking: { type: 'enabled', budget_tokens: 9000 }, max_tokens: 4000 };

  test("that the caller's max_tokens has no room for is refused", () => {
    expect(() => bodyOf(request)).toThrow(RequestError);
    expect(() => bodyOf(request)).toThrow("'thinking.budget_tokens' must be below max_tokens");
    expect(() => bodyOf({ ...request, max_tokens: 9000 })).toThrow(RequestError);
    const body = bodyOf({ ...request, dropUnsupported: ['thinking'] });
    expect(body).toMatchObject({ max_tokens: 4000 });
    expect(body).not.toHaveProperty('thinking');
  });

  test('may be larger where thinking is interleaved with calls, and elsewhere', () => {
    const beta = 'interleaved-thinking-2025-05-14';
    expect(bodyOf({ ...request, providerOptions: { anthropic: { betas: [beta] } } })).toMatchObject(request);
    const provider = anAnthropic({ headers: { 'Anthropic-Beta': `a,${beta}` } });
    expect(JSON.parse(encodeChat(request, 'claude-sonnet-4-5', false, provider).body ?? '')).toMatchObject(request);
    expect(bodyOf(request, 'kimi-k2')).toMatchObject(request);
  });
});

test('an effort that nobody here knows goes where it is taken as it is, and makes no budget', () => {
  const bogus = { reasoning_effort: 'bogus' };
  expect(bodyOf(bogus, 'claude-opus-4-7')).toMatchObject({ output_config: { effort: 'bogus' } });
  for (const asked of [bogus, { ...bogus, thinking: BUDGET }]) {
    expect(() => bodyOf(asked)).toThrow("'reasoning_effort' must be one of none, minimal, low, medium, high, xhigh, max there");
    const { reasoning_effort: _effort, ...others } = { thinking: undefined, ...asked };
    expect(bodyOf({ ...asked, dropUnsupported: ['reasoning_effort'] })).toEqual(bodyOf(others));
  }
});

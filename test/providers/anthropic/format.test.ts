import { describe, expect, test } from 'vitest';
import { aMessage, bodyOf, replyOf, streamOf } from './support.ts';
import { chunksOf } from '../support.ts';

const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string', minLength: 2 }, near: { oneOf: [{ type: 'string' }, { type: 'null' }] } },
  required: ['city'],
};
const PLACE = { response_format: { type: 'json_schema', json_schema: { name: 'place', schema: SCHEMA } } };
const TOOLS = [{ type: 'function', function: { name: 'look' } }];
const OLD = 'claude-3-5-haiku-latest';

describe('a schema', () => {
  test('is kept by newer models, closed and without what they do not know', () => {
    expect(bodyOf({ ...PLACE, reasoning_effort: 'low' }, 'claude-opus-4-6')['output_config']).toEqual({
      effort: 'low',
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: { city: { type: 'string', description: '{minLength: 2}' }, near: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
          required: ['city'],
          additionalProperties: false,
        },
      },
    });
    expect(bodyOf(PLACE, 'claude-sonnet-4-5')).not.toHaveProperty('tools');
  });

  test('is the input of a forced tool with older ones', () => {
    expect(bodyOf(PLACE, OLD)).toMatchObject({
      tools: [{ name: 'place', input_schema: SCHEMA }],
      tool_choice: { type: 'tool', name: 'place', disable_parallel_tool_use: true },
    });
  });

  test('of any keys is no closed one, so it is a tool, too', () => {
    const schema = { type: 'object', additionalProperties: { type: 'number' } };
    const body = bodyOf({ response_format: { type: 'json_schema', json_schema: { name: 'counts', schema } } }, 'claude-sonnet-4-5');
    expect(body).toMatchObject({ tools: [{ name: 'counts', input_schema: schema }], tool_choice: { type: 'tool', name: 'counts' } });
  });

  test.each([
    [undefined, { type: 'any', disable_parallel_tool_use: true }, ['look', 'place']],
    ['auto', { type: 'any', disable_parallel_tool_use: true }, ['look', 'place']],
    ['none', { type: 'tool', name: 'place', disable_parallel_tool_use: true }, ['look', 'place']],
    ['required', { type: 'any' }, ['look']],
    [{ type: 'function', function: { name: 'look' } }, { type: 'tool', name: 'look' }, ['look']],
    [null, { type: 'any', disable_parallel_tool_use: true }, ['look', 'place']],
  ])('beside tools chosen by %j', (tool_choice, choice, names) => {
    const body = bodyOf({ ...PLACE, tools: TOOLS, tool_choice }, OLD);
    expect(body['tool_choice']).toEqual(choice);
    expect((body['tools'] as { readonly name: string }[]).map(({ name }) => name)).toEqual(names);
  });

  test('alone where none of them must be called and nothing can be forced', () => {
    const thinking = { type: 'enabled', budget_tokens: 2000 };
    expect(bodyOf({ ...PLACE, tools: TOOLS, tool_choice: 'none', thinking }, 'claude-3-7-sonnet-latest')).toMatchObject({
      tools: [{ name: 'place' }],
      tool_choice: { type: 'auto' },
    });
  });
});

test.each([
  [{ type: 'json_schema' }, 'response_format.json_schema'],
  [{ type: 'json_schema', json_schema: { name: 'n', schema: [] } }, 'response_format.json_schema.schema'],
])('a format without the shape of one is refused: %j', (response_format, at) => {
  expect(() => bodyOf({ response_format })).toThrow(`'${at}' must be an object`);
});

describe('any JSON object', () => {
  const request = { response_format: { type: 'json_object' } };

  test('is the input of an open tool', () => {
    expect(bodyOf(request)).toMatchObject({
      tools: [{ name: 'json', input_schema: { type: 'object', additionalProperties: true } }],
      tool_choice: { type: 'tool', name: 'json' },
    });
    expect(bodyOf({ ...request, tools: [{ type: 'function', function: { name: 'json' } }] })).toMatchObject({
      tools: [{ name: 'json' }, { name: 'json_answer' }],
    });
  });

  test.each([
    ['claude-opus-5-5', {}],
    ['claude-sonnet-4-5', { thinking: { type: 'enabled', budget_tokens: 2000 } }],
  ])('is asked for in words where %s cannot be forced', (model, more) => {
    const body = bodyOf(
      {
        ...request,
        ...more,
        messages: [
          { role: 'system', content: 's' },
          { role: 'user', content: 'u' },
        ],
      },
      model,
    );
    expect(body).toMatchObject({ tool_choice: { type: 'auto' }, system: [{ text: 's' }, { text: expect.stringContaining('"json"') }] });
  });
});

describe('an answer by tool', () => {
  const answer = { type: 'tool_use', id: 'toolu_1', name: 'place', input: { city: 'Rome' } };
  const start = { type: 'message_start', message: aMessage([], { stop_reason: null }) };
  const said = [
    start,
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Here it is' } },
    { type: 'content_block_stop', index: 0 },
  ];
  const called = (name: string): object[] => [
    { type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: 'toolu_1', name, input: {} } },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"city":' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '"Rome"}' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
    { type: 'message_stop' },
  ];

  test('is content, whole and streamed, and no call', () => {
    const whole = replyOf(aMessage([{ type: 'text', text: 'Here it is' }, answer], { stop_reason: 'tool_use' }), PLACE, OLD);
    expect(whole.choices).toEqual([
      { index: 0, message: { role: 'assistant', content: '{"city":"Rome"}' }, finish_reason: 'stop', native_finish_reason: 'tool_use' },
    ]);
    const { decoded, reply } = streamOf([...said, ...called('place')], PLACE, OLD);
    expect(reply.choices).toEqual(whole.choices);
    expect(
      decoded.flatMap((item) => chunksOf(item).flatMap(({ choices }) => choices.map(({ delta }) => delta.content))).filter(Boolean),
    ).toEqual(['{"city":', '"Rome"}']);
  });

  test("is the caller's call where the model chose that, with what it said before", () => {
    const request = { ...PLACE, tools: TOOLS };
    const { reply } = streamOf([...said, ...called('look')], request, OLD);
    expect(reply.choices).toEqual(
      replyOf(
        aMessage(
          [
            { type: 'text', text: 'Here it is' },
            { ...answer, name: 'look' },
          ],
          { stop_reason: 'tool_use' },
        ),
        request,
        OLD,
      ).choices,
    );
    expect(reply.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: 'Here it is', tool_calls: [{ function: { name: 'look' } }] },
    });
  });

  test('is the text where the model only spoke', () => {
    const end = [{ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } }, { type: 'message_stop' }];
    expect(streamOf([...said, ...end], PLACE, OLD).reply.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'Here it is' },
    });
  });
});

import { describe, expect, test } from 'vitest';
import { RequestError } from '../../../src/errors.ts';
import { cohere } from '../../../src/providers/cohere/cohere.ts';
import { aCohere, bodyOf, catchError, embedOf, encode, HI, replyOf } from './support.ts';

const LOOK = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: { q: { type: 'string' } } } } };
const NONE = { type: 'function', function: { name: 'none' }, cache_control: { type: 'ephemeral' } };

describe('a chat', () => {
  test('goes to its address, streamed or not', () => {
    const { url, headers } = encode({ operation: 'chat', request: HI }, true);
    expect([url, headers['accept']]).toEqual(['https://api.cohere.com/v2/chat', 'text/event-stream']);
    expect(bodyOf({})).toEqual({ model: 'command-a-03-2025', messages: [{ role: 'user', content: 'Hi' }], stream: false });
    expect(bodyOf({}, true)['stream']).toBe(true);
    expect(encode({ operation: 'models', request: { model: '' } })).toMatchObject({
      method: 'GET',
      url: 'https://api.cohere.com/v1/models?page_size=1000',
    });
  });

  test('goes to the same address whether or not the base URL names a version', () => {
    const provider = aCohere({ baseURL: 'https://proxy.example/cohere/v2' });
    expect(cohere.encode({ asked: { operation: 'chat', request: HI }, model: 'm', stream: false, provider }).url).toBe(
      'https://proxy.example/cohere/v2/chat',
    );
  });

  test('has messages in its own shape', () => {
    const messages = [
      { role: 'developer', content: [{ type: 'text', text: 'be brief', cache_control: { type: 'ephemeral' } }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'what?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,QQ==', detail: 'low' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_plan: 'I look',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'look', arguments: '' }, extra_content: {} }],
      },
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: '42' }] },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'document', document: { data: 'x' } }] },
      { role: 'tool', tool_call_id: 'c', content: 'no key', is_error: true },
      { role: 'tool', tool_call_id: 'd', content: [{ type: 'document', document: { data: 'x' } }], is_error: true },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'a' },
          { type: 'refusal', refusal: 'x' },
        ],
      },
    ];
    expect(bodyOf({ messages })['messages']).toEqual([
      { role: 'system', content: 'be brief' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'what?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,QQ==', detail: 'low' } },
        ],
      },
      { role: 'assistant', tool_plan: 'I look', tool_calls: [{ id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'a', content: '42' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'document', document: { data: 'x' } }] },
      { role: 'tool', tool_call_id: 'c', content: 'Error: no key' },
      {
        role: 'tool',
        tool_call_id: 'd',
        content: [
          { type: 'text', text: 'Error:' },
          { type: 'document', document: { data: 'x' } },
        ],
      },
      { role: 'assistant', content: 'ax' },
    ]);
  });

  test('gives an answer back with its plan and thoughts', () => {
    const body = {
      id: 'c',
      message: {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm' },
          { type: 'text', text: 'Let me look' },
        ],
        tool_plan: 'I look',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'look', arguments: '{"q":1}' } }],
      },
      finish_reason: 'TOOL_CALL',
    };
    const { message } = replyOf(body).choices[0] ?? {};
    expect(bodyOf({ messages: [...HI.messages, message] })['messages']).toEqual([{ role: 'user', content: 'Hi' }, body.message]);
    const others = {
      role: 'assistant',
      content: 'x',
      reasoning_details: [{ type: 'reasoning.text', text: 'y', format: 'anthropic-claude-v1' }, 7],
    };
    expect(bodyOf({ messages: [...HI.messages, others] })['messages']).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'x' },
    ]);
  });

  test.each([
    ['auto', ['look', 'none'], undefined],
    ['required', ['look', 'none'], 'REQUIRED'],
    ['none', ['look', 'none'], 'NONE'],
    [{ type: 'function', function: { name: 'none' } }, ['none'], 'REQUIRED'],
  ])('has tools chosen by %j', (tool_choice, names, choice) => {
    const body = bodyOf({ tools: [LOOK, NONE], tool_choice });
    const tools = body['tools'] as { readonly function: { readonly name: string } }[];
    expect(tools.map(({ function: { name } }) => name)).toEqual(names);
    expect(body['tool_choice']).toBe(choice);
  });

  test('has tools with parameters, strict when all of them are', () => {
    const strict = { ...LOOK, function: { ...LOOK.function, strict: true } };
    expect(bodyOf({ tools: [NONE] })['tools']).toEqual([
      { type: 'function', function: { name: 'none', parameters: { type: 'object', properties: {} } } },
    ]);
    expect(bodyOf({ tools: [strict] })).toMatchObject({ strict_tools: true, tools: [LOOK] });
    expect(bodyOf({ tools: [strict, NONE] })).not.toHaveProperty('strict_tools');
    expect(bodyOf({ tools: [], tool_choice: 'auto' })).not.toHaveProperty('tool_choice');
    expect(() => bodyOf({ tools: [], tool_choice: 'required' })).toThrow("'tool_choice' needs 'tools' to choose from");
  });

  test.each([
    [{ response_format: { type: 'json_object' } }, { response_format: { type: 'json_object' } }],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } } },
      { response_format: { type: 'json_object', json_schema: { type: 'object' } } },
    ],
    [{ response_format: { type: 'text' } }, {}],
    [{ thinking: { type: 'enabled', budget_tokens: 900 } }, { thinking: { type: 'enabled', token_budget: 900 } }],
    [{ thinking: { type: 'adaptive' } }, { thinking: { type: 'enabled' } }],
    [{ thinking: { type: 'disabled', budget_tokens: 9 } }, { thinking: { type: 'disabled' } }],
    [{ reasoning_effort: 'none' }, { thinking: { type: 'disabled' } }],
    [{ reasoning_effort: 'low' }, { thinking: { type: 'enabled', token_budget: 2048 } }],
    [{ reasoning_effort: 'high' }, { thinking: { type: 'enabled' } }],
    [{ reasoning_effort: 'max' }, { thinking: { type: 'enabled' } }],
    [{ max_tokens: 1, max_completion_tokens: 2 }, { max_tokens: 2 }],
    [
      { temperature: 0, top_p: 0.5, top_k: 3, stop: 'END', seed: 7, frequency_penalty: 0.1, presence_penalty: 0.2 },
      { temperature: 0, p: 0.5, k: 3, stop_sequences: ['END'], seed: 7, frequency_penalty: 0.1, presence_penalty: 0.2 },
    ],
    [
      { stop: ['a', 'b'], safety_mode: 'OFF', documents: ['d'] },
      { stop_sequences: ['a', 'b'], safety_mode: 'OFF', documents: ['d'] },
    ],
    [{ providerOptions: { cohere: { documents: [{ data: 'x' }], stream: true }, openai: { a: 1 } } }, { documents: [{ data: 'x' }] }],
  ])('has %j as %j', (request, fields) => {
    expect(bodyOf(request)).toEqual({ model: 'command-a-03-2025', messages: [{ role: 'user', content: 'Hi' }], stream: false, ...fields });
  });

  test.each([
    ['n', 2],
    ['logit_bias', { 1: 1 }],
    ['logprobs', true],
    ['user', 'u'],
    ['metadata', { a: 'b' }],
    ['parallel_tool_calls', false],
    ['reasoning_effort', 'bogus'],
  ])('refuses %s by name, or goes without', (name, value) => {
    const error = catchError(() => bodyOf({ [name]: value }));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ message: expect.stringContaining(`'${name}'`) });
    expect(bodyOf({ [name]: value, dropUnsupported: [name] })).toEqual(bodyOf({}));
  });

  test.each([
    [{ messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'x' } }] }] }, 'messages[0].content[0]'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'messages[0].content[0].image_url.url'],
    [
      { messages: [{ role: 'tool', tool_call_id: 'a', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
      'messages[0].content[0]',
    ],
    [{ messages: [{ role: 'assistant', tool_calls: [3] }] }, 'messages[0].tool_calls[0]'],
    [{ messages: [{ role: 'user', name: 'Ann', content: 'a' }] }, 'messages[0].name'],
    [{ tools: [LOOK], tool_choice: { type: 'function', function: { name: 'else' } } }, 'tool_choice.function.name'],
    [{ tools: [{ type: 'custom', custom: {} }] }, 'tools[0]'],
    [{ tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
  ])('of the wrong shape %j names the place', (request, at) => {
    const error = catchError(() => bodyOf(request));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ message: expect.stringContaining(`'${at}'`) });
  });
});

describe('embeddings', () => {
  test('are asked for texts, for a store unless told otherwise', () => {
    expect(encode({ operation: 'embed', request: { model: 'x', input: 'a' } }).url).toBe('https://api.cohere.com/v2/embed');
    expect(embedOf({})).toEqual({ model: 'command-a-03-2025', texts: ['a'], input_type: 'search_document', embedding_types: ['float'] });
    const request = { input: ['a', 'b'], input_type: 'search_query', encoding_format: 'base64', dimensions: 256, truncate: 'END' };
    expect(embedOf(request)).toMatchObject({
      texts: ['a', 'b'],
      input_type: 'search_query',
      embedding_types: ['base64'],
      output_dimension: 256,
      truncate: 'END',
    });
    expect(embedOf({ providerOptions: { cohere: { input_type: 'clustering' } } })['input_type']).toBe('clustering');
  });

  test.each([
    [{ input: [1, 2] }, 'input[0]'],
    [{ input: ['a', [1]] }, 'input[1]'],
    [{ user: 'u' }, 'user'],
    [{ images: ['x'] }, 'images'],
  ])('of %j are refused', (request, at) => {
    const error = catchError(() => embedOf(request));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ message: expect.stringContaining(`'${at}'`) });
  });
});

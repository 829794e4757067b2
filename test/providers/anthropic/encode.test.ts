import { describe, expect, test } from 'vitest';
import { RequestError } from '../../../src/errors.ts';
import { anthropic } from '../../../src/providers/anthropic/anthropic.ts';
import { anAnthropic, bodyOf, catchError, encodeChat, HI, replyOf, aMessage } from './support.ts';

const TOOL = {
  type: 'function',
  function: { name: 'look', description: 'Looks', parameters: { type: 'object', properties: { q: { type: 'string' } } } },
};

/** An id of another provider's, as this one takes it. */
const HASH = /^[0-9a-f]{32}$/;

describe('the exchange', () => {
  test('goes to the base URL with the version, and no stream is no stream', () => {
    const plain = encodeChat({});
    expect(plain.url).toBe('https://api.anthropic.com/v1/messages');
    expect(plain.headers).toMatchObject({ 'anthropic-version': '2023-06-01', accept: 'application/json' });
    expect(bodyOf({})).toEqual({
      model: 'claude-sonnet-4-5',
      max_tokens: 64_000,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    });
    const streamed = encodeChat({}, 'claude-sonnet-4-5', true);
    expect(streamed.headers['accept']).toBe('text/event-stream');
    expect(bodyOf({}, 'claude-sonnet-4-5', true)['stream']).toBe(true);
  });

  test("takes the provider's version and joins betas of the call and of the headers", () => {
    const provider = anAnthropic({ apiVersion: '2026-10-21', headers: { 'Anthropic-Beta': 'a' } });
    const { headers, body } = encodeChat(
      { providerOptions: { anthropic: { betas: ['b', 'c'], top_k: 4, stream: true } } },
      'm',
      false,
      provider,
    );
    expect(headers).toMatchObject({ 'anthropic-version': '2026-10-21', 'anthropic-beta': 'a,b,c' });
    expect(JSON.parse(body ?? '')).toMatchObject({ top_k: 4 });
    expect(body).not.toMatch(/betas|stream/);
  });

  test('lists models, and refuses embeddings, which the provider has not', () => {
    const asked = { operation: 'models', request: { model: '' } } as const;
    expect(anthropic.encode({ asked, model: '', stream: false, provider: anAnthropic() })).toMatchObject({
      method: 'GET',
      url: 'https://api.anthropic.com/v1/models?limit=1000',
      body: undefined,
    });
    const embed = { operation: 'embed', request: { model: 'm', input: 'a', dropUnsupported: ['embed'] } } as const;
    const error = catchError(() => anthropic.encode({ asked: embed, model: 'm', stream: false, provider: anAnthropic() }));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ message: expect.stringContaining("'anthropic' as it has no embeddings") });
  });

  test('a token of a person goes elsewhere than a key', () => {
    const { auth } = anthropic;
    const places =
      auth.kind === 'header'
        ? auth.unless?.map(({ looks, header, prefix }) => [looks.test('sk-ant-oat01-x'), looks.test('sk-ant-api03-x'), header, prefix])
        : [];
    expect(places).toEqual([[true, false, 'authorization', 'Bearer ']]);
  });
});

describe('messages', () => {
  test('of the system are hoisted in their order, others are turns', () => {
    const messages = [
      { role: 'system', content: 'one' },
      { role: 'user', content: 'a' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'b', cache_control: { type: 'ephemeral', ttl: '1h' } },
          { type: 'text', text: ' ' },
        ],
      },
      { role: 'developer', content: 'two', cache_control: { type: 'ephemeral' } },
      { role: 'assistant', content: 'c' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'no  ' }] },
    ];
    expect(bodyOf({ messages })).toMatchObject({
      system: [
        { type: 'text', text: 'one' },
        { type: 'text', text: 'two', cache_control: { type: 'ephemeral' } },
      ],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b', cache_control: { type: 'ephemeral', ttl: '1h' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'c' },
            { type: 'text', text: 'no' },
          ],
        },
      ],
    });
  });

  test('of the system alone are the user’s, and none at all are refused', () => {
    expect(bodyOf({ messages: [{ role: 'system', content: 'x' }] })).toMatchObject({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }],
    });
    expect(bodyOf({ messages: [{ role: 'system', content: 'x' }] })).not.toHaveProperty('system');
    expect(() => bodyOf({ messages: [{ role: 'user', content: '' }] })).toThrow(/'messages' must say something/);
  });

  test('with ids that others made keep each call to its result', () => {
    const ids = ['a.b', 'a_b', 'a:b', ''];
    const messages = [
      ...HI.messages,
      { role: 'assistant', tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'look', arguments: '' } })) },
      ...ids.map((id) => ({ role: 'tool', tool_call_id: id, content: id })),
    ];
    const turns = bodyOf({ messages })['messages'] as { readonly content: readonly Readonly<Record<string, unknown>>[] }[];
    const [, calls = [], results = []] = turns.map(({ content }) => content);
    const used = calls.map(({ id }) => id);
    expect(used).toEqual([expect.stringMatching(HASH), 'a_b', expect.stringMatching(HASH), expect.stringMatching(HASH)]);
    expect(new Set(used).size).toBe(ids.length);
    expect(results.map(({ tool_use_id: id }) => id)).toEqual(used);
  });

  test('of tools are results, first in their turn, with ids that the API takes', () => {
    const messages = [
      { role: 'user', content: 'a' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'functions.look:0', type: 'function', function: { name: 'look', arguments: '{"q":"x"}' } },
          { id: 'b', type: 'function', function: { name: 'look', arguments: '' } },
        ],
      },
      { role: 'user', content: 'and?' },
      { role: 'tool', tool_call_id: 'functions.look:0', content: '42' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'image_url', image_url: { url: 'https://h/i.png' } }], is_error: true },
      { role: 'tool', tool_call_id: 'c', content: '' },
    ];
    expect(bodyOf({ messages })['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'a' }] },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: expect.stringMatching(HASH), name: 'look', input: { q: 'x' } },
          { type: 'tool_use', id: 'b', name: 'look', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: expect.stringMatching(HASH), content: '42' },
          {
            type: 'tool_result',
            tool_use_id: 'b',
            content: [{ type: 'image', source: { type: 'url', url: 'https://h/i.png' } }],
            is_error: true,
          },
          { type: 'tool_result', tool_use_id: 'c' },
          { type: 'text', text: 'and?' },
        ],
      },
    ]);
  });

  test.each([
    [
      { type: 'image_url', image_url: { url: 'data:image/jpg;base64,QUJD' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'QUJD' } },
    ],
    [
      { type: 'image_url', image_url: 'https://h/a.png' },
      { type: 'image', source: { type: 'url', url: 'https://h/a.png' } },
    ],
    [
      { type: 'file', file: { file_data: 'data:application/pdf;base64,QUJD', filename: 'a.pdf' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'QUJD' }, title: 'a.pdf' },
    ],
    [
      { type: 'file', file: { file_data: 'QUJD' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'QUJD' } },
    ],
    [
      { type: 'file', file: { file_data: 'data:text/plain,a%20b' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a b' } },
    ],
    [
      { type: 'file', file: { file_data: 'https://h/a.pdf' } },
      { type: 'document', source: { type: 'url', url: 'https://h/a.pdf' } },
    ],
    [
      { type: 'file', file: { file_id: 'file_1' } },
      { type: 'document', source: { type: 'file', file_id: 'file_1' } },
    ],
    [
      { type: 'file', file: { file_data: 'data:image/png;base64,QQ==' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QQ==' } },
    ],
    [
      { type: 'search_result', source: 's', title: 't', content: [] },
      { type: 'search_result', source: 's', title: 't', content: [] },
    ],
  ])('hold the part %j', (part, block) => {
    expect(bodyOf({ messages: [{ role: 'user', content: [part] }] })['messages']).toEqual([{ role: 'user', content: [block] }]);
  });

  test.each([
    ['messages[0].content[0]', 'input_audio', { type: 'input_audio', input_audio: { data: 'x', format: 'wav' } }],
    ['messages[0].content[0]', 'video_url', { type: 'video_url', video_url: { url: 'x' } }],
    ['messages[0].content[0].file', 'file', { type: 'file', file: { file_data: 'data:application/zip;base64,QQ==' } }],
    ['messages[0].content[0].file.file_data', 'file', { type: 'file', file: { file_data: 'gs://b/a.pdf' } }],
    ['messages[0].content[0].image_url.url', 'image_url', { type: 'image_url', image_url: { url: 's3://b/a.png' } }],
  ])('refuse what they cannot hold at %s, or go without it', (at, name, part) => {
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'a' }, part].reverse() }];
    const error = catchError(() => bodyOf({ messages }));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ class: 'bad_request', message: expect.stringContaining(`'${at}'`) });
    expect(bodyOf({ messages, dropUnsupported: [name] })['messages']).toEqual([{ role: 'user', content: [{ type: 'text', text: 'a' }] }]);
  });

  test.each([
    [
      [{ role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"a":' } }] }],
      'messages[0].tool_calls[0].function.arguments',
    ],
    [
      [{ role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '[1]' } }] }],
      'messages[0].tool_calls[0].function.arguments',
    ],
    [[{ role: 'assistant', tool_calls: [null] }], 'messages[0].tool_calls[0]'],
    [[{ role: 'assistant', tool_calls: [{ id: 'a' }] }], 'messages[0].tool_calls[0].function'],
    [[{ role: 'user', content: [{ type: 'image_url' }] }], 'messages[0].content[0].image_url.url'],
    [[{ role: 'user', content: [{ type: 'file', file: {} }] }], 'messages[0].content[0].file.file_data'],
    [[{ role: 'user', name: 'Ann', content: 'a' }], 'messages[0].name'],
    [[{ role: 'function', name: 'f', content: 'a' }], 'messages[0].name'],
  ])('of the wrong shape %j name the place', (messages, at) => {
    const error = catchError(() => bodyOf({ messages }));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ message: expect.stringContaining(`'${at}'`) });
  });
});

describe('an answer given back', () => {
  const thinking = { type: 'thinking', thinking: 'Well', signature: 'sig' };
  const redacted = { type: 'redacted_thinking', data: 'xyz' };
  const call = { type: 'tool_use', id: 'toolu_1', name: 'look', input: { q: 'x' } };

  test('holds its thinking, text and calls in their order', () => {
    const content = [thinking, redacted, { type: 'text', text: 'So' }, call];
    const { message } = replyOf(aMessage(content, { stop_reason: 'tool_use' })).choices[0] ?? {};
    expect(message).not.toHaveProperty('content_blocks');
    const messages = [...HI.messages, message, { role: 'tool', tool_call_id: 'toolu_1', content: '42' }];
    expect(bodyOf({ messages })['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      { role: 'assistant', content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '42' }] },
    ]);
  });

  test('holds the blocks themselves where a message cannot say them', () => {
    const content = [
      { type: 'text', text: 'a' },
      thinking,
      { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } },
      { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
      {
        type: 'text',
        text: 'b',
        citations: [{ type: 'web_search_result_location', url: 'https://h', title: 't', cited_text: 'c', encrypted_index: 'e' }],
      },
    ];
    const { message } = replyOf(aMessage(content, { stop_reason: 'pause_turn' })).choices[0] ?? {};
    expect(message).toMatchObject({ content: 'ab', content_blocks: content });
    expect(bodyOf({ messages: [...HI.messages, message] })['messages']).toMatchObject([{}, { role: 'assistant', content }]);
    // Changed since: what it says now counts.
    expect(bodyOf({ messages: [...HI.messages, { ...message, content: 'else' }] })['messages']).toMatchObject([
      {},
      { role: 'assistant', content: [thinking, { type: 'text', text: 'else' }] },
    ]);
  });

  test("leaves out what others wrote, and what is not signed, and puts a stream's pieces together", () => {
    const details = [
      { type: 'reasoning.text', text: 'of others', signature: 's', format: 'google-gemini-v1', index: 0 },
      { type: 'reasoning.text', text: 'unsigned', format: 'anthropic-claude-v1', index: 1 },
      { type: 'reasoning.text', text: 'We', format: 'anthropic-claude-v1', index: 2 },
      { type: 'reasoning.text', text: 'll', signature: 'sig', format: 'anthropic-claude-v1', index: 2 },
      { type: 'reasoning.encrypted', data: 'xyz', format: 'anthropic-claude-v1', index: 3 },
      'rubbish',
    ];
    const calls = [
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' }, extra_content: { google: { thought_signature: 'x' } } },
    ];
    const message = { role: 'assistant', content: 'a', reasoning_content: 'Well', reasoning_details: details, tool_calls: calls };
    expect(bodyOf({ messages: [...HI.messages, message] })['messages']).toMatchObject([
      {},
      {
        content: [
          { type: 'thinking', thinking: 'Well', signature: 'sig' },
          redacted,
          { type: 'text', text: 'a' },
          { type: 'tool_use', id: 'a', name: 'f', input: {} },
        ],
      },
    ]);
  });
});

describe('tools', () => {
  test('have a schema, and are strict where the model can be', () => {
    const strict = {
      type: 'function',
      function: { name: 's', parameters: { type: 'object', properties: { a: { type: 'integer', minimum: 1 } } }, strict: true },
    };
    const tools = [
      TOOL,
      { type: 'function', function: { name: 'none' }, cache_control: { type: 'ephemeral' } },
      strict,
      { type: 'web_search_20250305', name: 'web_search' },
    ];
    expect(bodyOf({ tools })['tools']).toEqual([
      { name: 'look', description: 'Looks', input_schema: TOOL.function.parameters },
      { name: 'none', input_schema: { type: 'object', properties: {} }, cache_control: { type: 'ephemeral' } },
      {
        name: 's',
        input_schema: { type: 'object', properties: { a: { type: 'integer', description: '{minimum: 1}' } }, additionalProperties: false },
        strict: true,
      },
      { type: 'web_search_20250305', name: 'web_search' },
    ]);
    expect(bodyOf({ tools: [strict] }, 'claude-3-5-haiku-latest')['tools']).toEqual([
      { name: 's', input_schema: strict.function.parameters },
    ]);
  });

  test.each([
    ['auto', {}, { type: 'auto' }],
    ['none', {}, { type: 'none' }],
    ['required', {}, { type: 'any' }],
    [{ type: 'function', function: { name: 'look' } }, {}, { type: 'tool', name: 'look' }],
    [undefined, { parallel_tool_calls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    ['required', { parallel_tool_calls: false }, { type: 'any', disable_parallel_tool_use: true }],
    ['none', { parallel_tool_calls: false }, { type: 'none' }],
    ['auto', { parallel_tool_calls: true }, { type: 'auto' }],
  ])('are chosen by %j with %j', (tool_choice, more, choice) => {
    expect(bodyOf({ tools: [TOOL], tool_choice, ...more })['tool_choice']).toEqual(choice);
  });

  test('of other kinds are refused, and a choice without tools is none', () => {
    expect(() => bodyOf({ tools: [{ type: 'custom', custom: { name: 'x' } }] })).toThrow(/'tools\[0\]'/);
    expect(() => bodyOf({ tools: [7] })).toThrow(/'tools\[0\]' must be an object/);
    expect(() => bodyOf({ tools: [TOOL], tool_choice: { type: 'allowed_tools' } })).toThrow(/'tool_choice'/);
    expect(bodyOf({ tools: [], tool_choice: 'auto' })).not.toHaveProperty('tool_choice');
    for (const tool_choice of ['required', { type: 'function', function: { name: 'look' } }, { type: 'any' }])
      expect(() => bodyOf({ tool_choice })).toThrow("'tool_choice' needs 'tools' to choose from");
  });
});

describe('fields', () => {
  test('have their names there', () => {
    const request = {
      max_tokens: 9,
      max_completion_tokens: 10,
      temperature: 0.5,
      top_p: 1,
      top_k: 3,
      stop: 'END',
      user: 'u',
      service_tier: 'auto',
    };
    expect(bodyOf(request)).toMatchObject({
      max_tokens: 10,
      temperature: 0.5,
      top_p: 1,
      top_k: 3,
      stop_sequences: ['END'],
      metadata: { user_id: 'u' },
      service_tier: 'auto',
    });
    expect(bodyOf({ user: 'u', metadata: { user_id: 'm' }, stop: ['a', 'b'], temperature: null, n: 1, logprobs: false })).toMatchObject({
      metadata: { user_id: 'm' },
      stop_sequences: ['a', 'b'],
    });
  });

  test.each([
    ['seed', 1],
    ['n', 2],
    ['logit_bias', { 5: 1 }],
    ['logprobs', true],
    ['frequency_penalty', 0.5],
    ['presence_penalty', -1],
    ['temperature', 1.5],
    ['metadata', { team: 'x' }],
    ['stop', '\n'],
    ['functions', []],
    ['modalities', ['audio']],
  ])('that it has not are refused by name: %s', (name, value) => {
    const error = catchError(() => bodyOf({ [name]: value }));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining(`'${name}`) });
    expect(Object.keys(bodyOf({ [name]: value, dropUnsupported: [name] }))).toEqual(['model', 'max_tokens', 'messages']);
  });

  test('that newer models refuse are left out when the caller would rather go without', () => {
    const request = { temperature: 0.2, top_p: 0.5, dropUnsupported: ['temperature', 'top_p'] };
    expect(bodyOf(request, 'claude-opus-4-8')).not.toHaveProperty('top_p');
    expect(bodyOf(request, 'claude-opus-4-8')).not.toHaveProperty('temperature');
    expect(bodyOf(request, 'claude-sonnet-4-5')).toMatchObject({ temperature: 0.2, top_p: 0.5 });
  });

  test("give way to the provider's own options, and to no other's", () => {
    const body = bodyOf({ temperature: 1, providerOptions: { anthropic: { temperature: 0, top_k: 2 }, openai: { seed: 1 } } });
    expect(body).toMatchObject({ temperature: 0, top_k: 2 });
    expect(body).not.toHaveProperty('seed');
  });
});

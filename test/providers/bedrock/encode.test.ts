import { describe, expect, test } from 'vitest';
import { RequestError } from '../../../src/errors.ts';
import type { Asked } from '../../../src/chat/asked.ts';
import type { ChatMessage, ChatRequest, ChatTool, ContentPart } from '../../../src/chat/request.ts';
import { bedrock } from '../../../src/providers/bedrock/bedrock.ts';
import type { WireRequest } from '../../../src/wire/types.ts';
import { aRequest, CLAUDE, decodeAnswer, encodeBody, NOVA, OLD_CLAUDE, PROFILE, theContext, theProvider } from './support.ts';

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const weather: ChatTool = {
  type: 'function',
  function: { name: 'weather', description: 'Tells it', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};
const called: ChatMessage = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }],
};
const answered: ChatMessage = { role: 'tool', tool_call_id: 'call_1', content: '{"rain":true}' };

function encode(asked: Asked, model = CLAUDE, stream = false, overrides = {}): WireRequest {
  return bedrock.encode({ asked, model, stream, provider: theProvider(overrides) });
}

function chat(more: Partial<ChatRequest> = {}): Asked {
  return { operation: 'chat', request: aRequest(more) };
}

/** The content of a user's message of these parts. */
function contentOf(...parts: readonly unknown[]): unknown {
  const { messages } = encodeBody({ messages: [{ role: 'user', content: parts as ContentPart[] }] }) as {
    readonly messages: readonly { readonly content: unknown }[];
  };
  return messages[0]?.content;
}

describe('the exchange', () => {
  test.each([
    [CLAUDE, false, '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse'],
    [CLAUDE, true, '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream'],
    [PROFILE, false, '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabc123def456/converse'],
  ])('for %s, stream: %s', (model, stream, path) => {
    const { method, url, headers } = encode(chat(), model, stream);
    expect([method, url]).toEqual(['POST', `https://bedrock-runtime.eu-west-1.amazonaws.com${path}`]);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      accept: stream ? 'application/vnd.amazon.eventstream' : 'application/json',
    });
  });

  test.each([
    ['https://bedrock-runtime.eu-west-1.amazonaws.com', 'https://bedrock.eu-west-1.amazonaws.com/foundation-models'],
    ['https://bedrock-runtime-fips.us-east-1.amazonaws.com', 'https://bedrock-fips.us-east-1.amazonaws.com/foundation-models'],
    ['https://bedrock-runtime.cn-north-1.amazonaws.com.cn', 'https://bedrock.cn-north-1.amazonaws.com.cn/foundation-models'],
  ])('that lists models at %s goes to %s', (baseURL, url) => {
    expect(encode({ operation: 'models', request: { model: '' } }, '', false, { baseURL })).toMatchObject({
      method: 'GET',
      url,
      body: undefined,
    });
  });

  test('that lists models anywhere else is refused', () => {
    expect(() => encode({ operation: 'models', request: { model: '' } }, '', false, { baseURL: 'http://127.0.0.1:1' })).toThrow(
      RequestError,
    );
  });
});

describe('messages', () => {
  test('of the system stand apart, and those of one role are one', () => {
    const messages: readonly ChatMessage[] = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      { role: 'developer', content: [{ type: 'text', text: 'In French.' }] },
      { role: 'user', content: 'Again' },
      { role: 'assistant', content: 'Oui' },
      { role: 'assistant', content: ' ' },
    ];
    expect(encodeBody({ messages })).toEqual({
      system: [{ text: 'Be brief.' }, { text: 'In French.' }],
      messages: [
        { role: 'user', content: [{ text: 'Hi' }, { text: 'Again' }] },
        { role: 'assistant', content: [{ text: 'Oui' }] },
      ],
    });
  });

  test('of tools stand first in their turn, and JSON stays text', () => {
    const messages: readonly ChatMessage[] = [
      { role: 'user', content: 'Rain?' },
      {
        role: 'assistant',
        content: 'Looking.',
        tool_calls: [...(called.tool_calls ?? []), { id: 'a:b', type: 'function', function: { name: 'now', arguments: '' } }],
      },
      answered,
      { role: 'user', content: 'And?' },
      {
        role: 'tool',
        tool_call_id: 'a:b',
        content: [
          { type: 'text', text: 'noon' },
          { type: 'image_url', image_url: { url: PNG } },
        ],
      },
    ];
    expect(encodeBody({ messages, tools: [weather] })['messages']).toEqual([
      { role: 'user', content: [{ text: 'Rain?' }] },
      {
        role: 'assistant',
        content: [
          { text: 'Looking.' },
          { toolUse: { toolUseId: 'call_1', name: 'weather', input: { city: 'Paris' } } },
          { toolUse: { toolUseId: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'now', input: {} } },
        ],
      },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 'call_1', content: [{ text: '{"rain":true}' }] } },
          {
            toolResult: {
              toolUseId: expect.stringMatching(/^[0-9a-f]{32}$/),
              content: [{ text: 'noon' }, { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } }],
            },
          },
          { text: 'And?' },
        ],
      },
    ]);
  });

  test('have ids as models of Mistral want them', () => {
    const model = 'mistral.mistral-large-2407-v1:0';
    const { messages } = encodeBody({ messages: [{ role: 'user', content: 'x' }, called, answered], tools: [weather] }, model);
    const [call, result] = idsOf(messages);
    expect(call).toMatch(/^[0-9a-f]{9}$/);
    expect(result).toBe(call);
  });

  test.each([CLAUDE, 'mistral.mistral-large-2407-v1:0'])('have ids that differ where the calls do, with %s', (model) => {
    const ids = ['a.b', 'a_b', 'a:b', 'call_1', 'call-1', 'x'.repeat(64), `${'x'.repeat(64)}y`, ''];
    const calls = ids.map((id) => ({ id, type: 'function', function: { name: 'now', arguments: '' } }) as const);
    const results = ids.map((id): ChatMessage => ({ role: 'tool', tool_call_id: id, content: 'x' }));
    const { messages } = encodeBody(
      { messages: [{ role: 'user', content: 'x' }, { role: 'assistant', tool_calls: calls }, ...results] },
      model,
    );
    const used = idsOf(messages);
    expect(new Set(used).size).toBe(ids.length);
    expect(used.slice(ids.length)).toEqual(used.slice(0, ids.length));
  });

  test('with an answer to be continued do not end in blanks', () => {
    expect(
      encodeBody({
        messages: [
          { role: 'user', content: 'x' },
          { role: 'assistant', content: 'So \n' },
        ],
      })['messages'],
    ).toEqual([
      { role: 'user', content: [{ text: 'x' }] },
      { role: 'assistant', content: [{ text: 'So' }] },
    ]);
  });

  test('that say nothing are refused', () => {
    expect(() => encodeBody({ messages: [{ role: 'user', content: ' ' }] })).toThrow(
      `Cannot send the chat request as 'messages' must say something`,
    );
  });
});

describe('reasoning', () => {
  const details = [
    { type: 'reasoning.text', text: 'I ', format: 'anthropic-claude-v1', index: 0 },
    { type: 'reasoning.text', text: 'think', signature: 'c2ln', format: 'anthropic-claude-v1', index: 0 },
    { type: 'reasoning.encrypted', data: 'aGlk', format: 'anthropic-claude-v1', index: 1 },
    { type: 'reasoning.text', text: 'unsigned', format: 'anthropic-claude-v1', index: 2 },
    { type: 'reasoning.text', text: 'other', signature: 'x', format: 'google-gemini-v1', index: 3 },
    null,
  ];
  const turn = (model: string, format = 'anthropic-claude-v1'): unknown => {
    const given = details.map((detail) => (detail?.format === 'anthropic-claude-v1' ? { ...detail, format } : detail));
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: 'ok', reasoning_details: given },
      { role: 'user', content: 'y' },
    ];
    return (encodeBody({ messages: messages as ChatMessage[] }, model)['messages'] as readonly { readonly content: unknown }[])[1]?.content;
  };
  const back = [
    { reasoningContent: { reasoningText: { text: 'I think', signature: 'c2ln' } } },
    { reasoningContent: { redactedContent: 'aGlk' } },
    { text: 'ok' },
  ];

  test.each([
    [CLAUDE, 'anthropic-claude-v1', back],
    [PROFILE, 'anthropic-claude-v1', back],
    [PROFILE, 'amazon-bedrock-v1', back],
    [NOVA, 'amazon-bedrock-v1', back],
    [NOVA, 'anthropic-claude-v1', [{ text: 'ok' }]],
  ])('goes back to %s as %s, where it has its proof', (model, format, content) => {
    expect(turn(model, format)).toEqual(content);
  });

  test('between texts goes back as it came', () => {
    const content = [
      { text: 'One.' },
      { reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } },
      { citationsContent: { citations: [{ title: 'T' }], content: [{ text: 'Two.' }] } },
      { toolUse: { toolUseId: 't1', name: 'weather', input: {} } },
    ];
    const { choices } = decodeAnswer({ output: { message: { role: 'assistant', content } }, stopReason: 'tool_use' }, theContext(CLAUDE));
    const reply = choices[0]?.message ?? { role: 'assistant' };
    const turnOf = (message: object, model = CLAUDE): unknown => {
      const messages = [{ role: 'user', content: 'x' }, message, { role: 'tool', tool_call_id: 't1', content: 'y' }] as ChatMessage[];
      return (encodeBody({ messages, tools: [weather] }, model)['messages'] as readonly { readonly content: unknown }[])[1]?.content;
    };
    expect(turnOf(reply)).toEqual(content);
    expect(turnOf(reply, NOVA)).toEqual(content.filter((block) => block.reasoningContent === undefined));
    // Changed since: what the caller says counts.
    expect(turnOf({ ...reply, content: 'Other' })).toEqual([content[1], { text: 'Other' }, content[3]]);
  });
});

describe('parts', () => {
  test('of images, as data and in S3', () => {
    expect(
      contentOf(
        { type: 'image_url', image_url: { url: PNG } },
        { type: 'image_url', image_url: { url: 'data:image/jpg;base64,AAAA' } },
        { type: 'image_url', image_url: { url: 's3://bucket/cat.JPEG' } },
      ),
    ).toEqual([
      { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } },
      { image: { format: 'jpeg', source: { bytes: 'AAAA' } } },
      { image: { format: 'jpeg', source: { s3Location: { uri: 's3://bucket/cat.JPEG' } } } },
    ]);
  });

  test('of documents, named as the API takes them and each once', () => {
    const pdf = 'data:application/pdf;base64,JVBERi0=';
    expect(
      contentOf(
        { type: 'file', file: { file_data: pdf, filename: 'My_report  (final)! v2.pdf' } },
        { type: 'file', file: { file_data: pdf, filename: 'My_report  (final)! v2.pdf' } },
        { type: 'file', file: { file_data: 'aGk=', filename: 'notes.md' } },
        { type: 'file', file: { file_data: 'data:application/json,%7B%7D' } },
        { type: 'file', file: { file_data: 'data:image/webp;base64,AAAA', filename: 'a.webp' } },
        { type: 'file', file: { file_data: 's3://bucket/table.xlsx' } },
        { type: 'text', text: 'Compare' },
      ),
    ).toEqual([
      { document: { format: 'pdf', name: 'My-report (final)- v2', source: { bytes: 'JVBERi0=' } } },
      { document: { format: 'pdf', name: 'My-report (final)- v2 (2)', source: { bytes: 'JVBERi0=' } } },
      { document: { format: 'md', name: 'notes', source: { bytes: 'aGk=' } } },
      { document: { format: 'txt', name: 'document', source: { bytes: 'e30=' } } },
      { image: { format: 'webp', source: { bytes: 'AAAA' } } },
      { document: { format: 'xlsx', name: 'document (2)', source: { s3Location: { uri: 's3://bucket/table.xlsx' } } } },
      { text: 'Compare' },
    ]);
  });

  test('of the API itself, and marks of a cache', () => {
    const guard = { guardContent: { text: { text: 'x', qualifiers: ['query'] } } };
    expect(
      contentOf(guard, { type: 'text', text: 'long', cache_control: { type: 'ephemeral', ttl: '1h' } }, { type: 'text', text: '' }),
    ).toEqual([guard, { text: 'long' }, { cachePoint: { type: 'default', ttl: '1h' } }]);
  });

  test.each<[string, object, string]>([
    ['image_url', { type: 'image_url', image_url: { url: 'https://x.test/a.png' } }, 'messages[0].content[0].image_url.url'],
    ['image_url', { type: 'image_url', image_url: { url: 'data:image/tiff;base64,AAAA' } }, 'messages[0].content[0].image_url'],
    ['input_audio', { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }, 'messages[0].content[0]'],
    ['video_url', { type: 'video_url', video_url: { url: 'x' } }, 'messages[0].content[0]'],
    ['file', { type: 'file', file: { file_id: 'file-1' } }, 'messages[0].content[0].file.file_id'],
    ['file', { type: 'file', file: { file_data: 'https://x.test/a.pdf' } }, 'messages[0].content[0].file.file_data'],
    ['file', { type: 'file', file: { file_data: 'gs://b/a.pdf' } }, 'messages[0].content[0].file.file_data'],
    ['file', { type: 'file', file: { file_data: 'data:application/zip;base64,AAAA' } }, 'messages[0].content[0].file'],
  ])('that cannot be expressed are refused: %s %j', (name, part, at) => {
    const messages = [{ role: 'user', content: [part, { type: 'text', text: 'rest' }] }] as unknown as ChatMessage[];
    expect(() => encodeBody({ messages })).toThrow(`Cannot send the chat request to 'bedrock' as '${at}' `);
    expect(encodeBody({ messages, dropUnsupported: [name] })['messages']).toEqual([{ role: 'user', content: [{ text: 'rest' }] }]);
  });
});

describe('tools', () => {
  const spec = {
    toolSpec: {
      name: 'weather',
      description: 'Tells it',
      inputSchema: { json: { type: 'object', properties: { city: { type: 'string' } } } },
    },
  };

  test.each<[ChatRequest['tool_choice'], object | undefined]>([
    [undefined, undefined],
    ['auto', { auto: {} }],
    ['required', { any: {} }],
    [{ type: 'function', function: { name: 'weather' } }, { tool: { name: 'weather' } }],
  ])('with the choice %j', (choice, toolChoice) => {
    expect(encodeBody({ tools: [weather], ...(choice === undefined ? {} : { tool_choice: choice }) })['toolConfig']).toEqual({
      tools: [spec],
      ...(toolChoice === undefined ? {} : { toolChoice }),
    });
  });

  test('without parameters or description, and with a mark of a cache', () => {
    const tools: readonly ChatTool[] = [
      { type: 'function', function: { name: 'now', description: '' }, cache_control: { type: 'ephemeral' } },
    ];
    expect(encodeBody({ tools })['toolConfig']).toEqual({
      tools: [
        { toolSpec: { name: 'now', inputSchema: { json: { type: 'object', properties: {} } } } },
        { cachePoint: { type: 'default' } },
      ],
    });
  });

  test("with the choice 'none' are left out", () => {
    expect(encodeBody({ tools: [weather], tool_choice: 'none' })['toolConfig']).toBeUndefined();
    expect(() => encodeBody({ tool_choice: 'required' })).toThrow("'tool_choice' needs 'tools' to choose from");
  });

  test("with the choice 'none' cannot be left out where there were calls", () => {
    const more = { messages: [{ role: 'user', content: 'x' }, called, answered] as const, tools: [weather], tool_choice: 'none' as const };
    expect(() => encodeBody(more)).toThrow(`as 'tool_choice' cannot be 'none' there`);
    expect(encodeBody({ ...more, dropUnsupported: ['tool_choice'] })['toolConfig']).toEqual({ tools: [spec] });
  });

  test('of earlier calls are named where the request has none', () => {
    expect(encodeBody({ messages: [{ role: 'user', content: 'x' }, called, answered] })['toolConfig']).toMatchObject({
      tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object', properties: {} } } } }],
    });
  });

  test('one at a time, in the words of Claude, and nowhere else', () => {
    const more = { tools: [weather], parallel_tool_calls: false };
    expect(encodeBody({ ...more, tool_choice: 'required' })).toMatchObject({
      toolConfig: { tools: [spec] },
      additionalModelRequestFields: { tool_choice: { type: 'any', disable_parallel_tool_use: true } },
    });
    expect(encodeBody({ ...more, tool_choice: 'required' })['toolConfig']).not.toHaveProperty('toolChoice');
    expect(() => encodeBody(more, NOVA)).toThrow(`'parallel_tool_calls' cannot be turned off for this model`);
    expect(encodeBody({ parallel_tool_calls: false }, NOVA)['toolConfig']).toBeUndefined();
  });
});

describe('the form of the answer', () => {
  const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
  const asked = { response_format: { type: 'json_schema', json_schema: { name: 'a person', schema } } } as const;
  const tool = { toolSpec: { name: 'a_person', description: 'Answers with a JSON object of this form.', inputSchema: { json: schema } } };

  test.each([CLAUDE, NOVA, PROFILE])('is a forced tool for %s', (model) => {
    expect(encodeBody(asked, model)).toMatchObject({ toolConfig: { tools: [tool], toolChoice: { tool: { name: 'a_person' } } } });
  });

  test('is any object', () => {
    expect(encodeBody({ response_format: { type: 'json_object' } })['toolConfig']).toMatchObject({
      tools: [{ toolSpec: { name: 'json', inputSchema: { json: { type: 'object', additionalProperties: true } } } }],
      toolChoice: { tool: { name: 'json' } },
    });
  });

  test("stands beside the caller's tools, and behind a choice of theirs", () => {
    expect(encodeBody({ ...asked, tools: [weather] })['toolConfig']).toMatchObject({ tools: [{}, tool], toolChoice: { any: {} } });
    expect(encodeBody({ ...asked, tools: [weather], tool_choice: 'none' })['toolConfig']).toEqual({
      tools: [tool],
      toolChoice: { tool: { name: 'a_person' } },
    });
    expect(encodeBody({ ...asked, tools: [weather], tool_choice: 'required' })['toolConfig']).toMatchObject({
      tools: [{ toolSpec: { name: 'weather' } }],
      toolChoice: { any: {} },
    });
  });

  test("is the API's own where no tool can be forced", () => {
    const thinking = { type: 'enabled', budget_tokens: 2048 } as const;
    const native = {
      textFormat: {
        type: 'json_schema',
        structure: { jsonSchema: { schema: JSON.stringify({ ...schema, additionalProperties: false }), name: 'a person' } },
      },
    };
    expect(encodeBody({ ...asked, thinking })).toMatchObject({ outputConfig: native });
    expect(encodeBody({ ...asked, thinking })['toolConfig']).toBeUndefined();
    expect(encodeBody(asked, 'us.anthropic.claude-opus-5-5-20261001-v1:0')).toMatchObject({ outputConfig: native });
  });

  test('is asked for in words where there is neither', () => {
    const body = encodeBody({ ...asked, thinking: { type: 'enabled', budget_tokens: 2048 } }, 'anthropic.claude-3-7-sonnet-20250219-v1:0');
    expect(body).toMatchObject({ toolConfig: { tools: [tool], toolChoice: { auto: {} } } });
    expect(JSON.stringify(body['system'])).toContain('calling the tool \\"a_person\\" once');
  });

  test("is the caller's own", () => {
    const outputConfig = { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{}' } } } };
    const body = encodeBody({ ...asked, providerOptions: { bedrock: { outputConfig } } });
    expect(body['outputConfig']).toEqual(outputConfig);
    expect(body['toolConfig']).toBeUndefined();
    expect(encodeBody({ ...asked, providerOptions: { other: { outputConfig } } })).toEqual(encodeBody(asked));
  });
});

describe('thinking', () => {
  test.each<[string, Partial<ChatRequest>, string, object | undefined, object | undefined]>([
    [
      'a budget',
      { thinking: { type: 'enabled', budget_tokens: 4000 }, max_tokens: 9000 },
      CLAUDE,
      { thinking: { type: 'enabled', budget_tokens: 4000 } },
      { maxTokens: 9000 },
    ],
    [
      'an effort by budget',
      { reasoning_effort: 'low', max_tokens: 9000 },
      CLAUDE,
      { thinking: { type: 'enabled', budget_tokens: 2048 } },
      { maxTokens: 9000 },
    ],
    [
      'an effort by its name',
      { reasoning_effort: 'high' },
      'anthropic.claude-opus-4-6-v1',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      undefined,
    ],
    [
      'an effort behind a beta',
      { reasoning_effort: 'low', max_tokens: 9000 },
      'anthropic.claude-opus-4-5-20251101-v1:0',
      { thinking: { type: 'enabled', budget_tokens: 2048 }, output_config: { effort: 'low' }, anthropic_beta: ['effort-2025-11-24'] },
      { maxTokens: 9000 },
    ],
    ['none', { reasoning_effort: 'none' }, CLAUDE, { thinking: { type: 'disabled' } }, undefined],
    ['none of a model that does not think', { reasoning_effort: 'none' }, OLD_CLAUDE, undefined, undefined],
    ['of Nova', { reasoning_effort: 'minimal' }, NOVA, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } }, undefined],
    ['none of Nova', { reasoning_effort: 'none' }, NOVA, { reasoningConfig: { type: 'disabled' } }, undefined],
    ['of gpt-oss', { reasoning_effort: 'high' }, 'openai.gpt-oss-120b-1:0', { reasoning_effort: 'high' }, undefined],
    ['of others of OpenAI', { reasoning_effort: 'high' }, 'us.openai.gpt-5.2', { reasoning: { effort: 'high' } }, undefined],
    ['of open weights', { reasoning_effort: 'low' }, 'deepseek.v3-v1:0', { reasoning_effort: 'low' }, undefined],
    ['none of what does not think', { reasoning_effort: 'none' }, 'meta.llama3-1-8b-instruct-v1:0', undefined, undefined],
  ])('%s', (_what, more, model, fields, inference) => {
    const body = encodeBody(more, model);
    expect(body['additionalModelRequestFields']).toEqual(fields);
    expect(body['inferenceConfig']).toEqual(inference);
  });

  test.each<[string, Partial<ChatRequest>, string]>([
    ['reasoning_effort', { reasoning_effort: 'low' }, 'meta.llama3-1-8b-instruct-v1:0'],
    ['reasoning_effort', { reasoning_effort: 'low' }, PROFILE],
    ['reasoning_effort', { reasoning_effort: 'low' }, OLD_CLAUDE],
    ['reasoning_effort', { reasoning_effort: 'bogus' }, NOVA],
    ['reasoning_effort', { reasoning_effort: 'constructor' }, NOVA],
    ['reasoning_effort', { reasoning_effort: 'bogus' }, CLAUDE],
    ['thinking', { thinking: { type: 'enabled', budget_tokens: 2048 } }, 'openai.gpt-oss-120b-1:0'],
    ['thinking', { thinking: { type: 'enabled', budget_tokens: 2048 } }, NOVA],
  ])('that a model has no words for is refused: %s %j of %s', (name, more, model) => {
    expect(() => encodeBody(more, model)).toThrow(RequestError);
    expect(() => encodeBody(more, model)).toThrow(`'${name}`);
    expect(encodeBody({ ...more, dropUnsupported: [name] }, model)).toHaveProperty('messages');
  });

  test('an effort that nobody here knows goes where it is taken as it is, and is left out elsewhere', () => {
    const bogus = { reasoning_effort: 'bogus' };
    expect(encodeBody(bogus, 'openai.gpt-oss-120b-1:0')['additionalModelRequestFields']).toEqual(bogus);
    for (const model of [NOVA, CLAUDE])
      expect(encodeBody({ ...bogus, dropUnsupported: ['reasoning_effort'] }, model)).toEqual(encodeBody({}, model));
  });
});

describe('the other fields', () => {
  test('of inference, of the model and of the account', () => {
    const body = encodeBody({
      max_tokens: 5,
      max_completion_tokens: 7,
      temperature: 0.5,
      top_p: 0.9,
      stop: 'END',
      top_k: 40,
      metadata: { team: 'a' },
    });
    expect(body).toMatchObject({
      inferenceConfig: { maxTokens: 7, temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
      additionalModelRequestFields: { top_k: 40 },
      requestMetadata: { team: 'a' },
    });
    expect(encodeBody({ top_k: 40, stop: ['a', 'b'] }, NOVA)).toMatchObject({
      inferenceConfig: { stopSequences: ['a', 'b'] },
      additionalModelRequestFields: { inferenceConfig: { topK: 40 } },
    });
    expect(encodeBody({ temperature: null, stop: null, max_tokens: null, metadata: null })).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
    });
  });

  test("of the provider are merged last, one level deep where fields are the model's", () => {
    const body = encodeBody({
      max_tokens: 5,
      temperature: 0.5,
      top_k: 3,
      providerOptions: {
        bedrock: {
          inferenceConfig: { temperature: 0.1 },
          additionalModelRequestFields: { anthropic_beta: ['x'] },
          guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
          performanceConfig: { latency: 'optimized' },
        },
        openai: { store: true },
      },
    });
    expect(body).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
      inferenceConfig: { maxTokens: 5, temperature: 0.1 },
      additionalModelRequestFields: { top_k: 3, anthropic_beta: ['x'] },
      guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
      performanceConfig: { latency: 'optimized' },
    });
  });

  test.each<[string, unknown]>([
    ['seed', 1],
    ['user', 'me'],
    ['n', 2],
    ['logit_bias', { a: 1 }],
    ['frequency_penalty', 0.5],
    ['presence_penalty', 0.5],
    ['logprobs', true],
    ['service_tier', 'flex'],
    ['temperature', 1.5],
    ['stop', ''],
  ])('that cannot be expressed are refused: %s', (name, value) => {
    expect(() => encodeBody({ [name]: value })).toThrow(`as '${name}' `);
    expect(encodeBody({ [name]: value, dropUnsupported: [name] })).toEqual({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }] });
  });

  test.each<[string, unknown]>([
    ['n', 1],
    ['logprobs', false],
    ['frequency_penalty', 0],
    ['seed', null],
    ['response_format', { type: 'text' }],
  ])('that say nothing are no requests: %s %j', (name, value) => {
    expect(encodeBody({ [name]: value })).toEqual({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }] });
  });
});

describe('embeddings', () => {
  const body = (more: object, model: string): unknown => {
    const request = { model: 'm', input: 'a', ...more };
    return JSON.parse(encode({ operation: 'embed', request }, model).body ?? '');
  };

  test.each<[string, object, string, object]>([
    ['Titan', { dimensions: 256, normalize: false }, 'amazon.titan-embed-text-v2:0', { inputText: 'a', dimensions: 256, normalize: false }],
    ['Titan of a list of one', { input: ['b'] }, 'amazon.titan-embed-text-v1', { inputText: 'b' }],
    ['Cohere', { input: ['a', 'b'] }, 'cohere.embed-multilingual-v3', { texts: ['a', 'b'], input_type: 'search_document' }],
    [
      'a later Cohere',
      { dimensions: 512, input_type: 'search_query', truncate: 'END' },
      'us.cohere.embed-v4:0',
      { texts: ['a'], input_type: 'search_query', output_dimension: 512, embedding_types: ['float'], truncate: 'END' },
    ],
    [
      'Nova',
      { dimensions: 384 },
      'amazon.nova-2-multimodal-embeddings-v1:0',
      {
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: { embeddingPurpose: 'GENERIC_INDEX', embeddingDimension: 384, text: { truncationMode: 'END', value: 'a' } },
      },
    ],
  ])('of %s', (_name, more, model, sent) => {
    expect(body(more, model)).toEqual(sent);
    expect(encode({ operation: 'embed', request: { model: 'm', input: 'a' } }, model).url).toMatch(/\/model\/[^/]+\/invoke$/);
  });

  test.each<[object, string, string]>([
    [{ input: ['a', 'b'] }, 'amazon.titan-embed-text-v2:0', `'input' must be one text`],
    [{ input: [1, 2] }, 'amazon.titan-embed-text-v2:0', `'input[0]' must be a text there`],
    [{ input: [[1], [2]] }, 'cohere.embed-english-v3', `'input[0]' must be a text there`],
    [{ user: 'me' }, 'amazon.titan-embed-text-v2:0', `'user' cannot be expressed there`],
    [{ dimensions: 3 }, 'amazon.titan-embed-text-v1', `'dimensions' is not known to this model`],
    [{ input_type: 'x' }, 'amazon.titan-embed-text-v2:0', `'input_type' is not known to this model`],
  ])('refuses %j of %s', (more, model, message) => {
    expect(() => body(more, model)).toThrow(RequestError);
    expect(() => body(more, model)).toThrow(message);
  });
});

/** Ids of calls and results, in their order. */
function idsOf(messages: unknown): readonly string[] {
  return [...JSON.stringify(messages).matchAll(/"toolUseId":"([^"]*)"/g)].map(([, id = '']) => id);
}

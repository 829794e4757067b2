import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChatMessage, ChatRequest } from '../../../src/chat/request.ts';
import { RequestError } from '../../../src/errors.ts';
import { google } from '../../../src/providers/google/google.ts';
import { contentsOf, partsOf, sent, studio, vertex } from './support.ts';

describe('the address', () => {
  test.each([
    ['gemini-2.5-flash', 'models/gemini-2.5-flash'],
    ['models/gemini-2.5-flash', 'models/gemini-2.5-flash'],
    ['publishers/google/models/gemini-2.5-flash', 'models/gemini-2.5-flash'],
    ['tunedModels/mine-1', 'tunedModels/mine-1'],
    ['../../v1/files?x=', 'models/..%2F..%2Fv1%2Ffiles%3Fx%3D'],
    ['a#b\ud800', 'models/a%23b%EF%BF%BD'],
  ])('of %j', (model, path) => {
    expect(sent({}, { model }).url).toBe(`https://generativelanguage.googleapis.com/v1beta/${path}:generateContent`);
  });

  test('of a stream, and of Vertex', () => {
    expect(sent({}, { stream: true, provider: vertex }).url).toBe(
      'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    );
  });

  test.each([
    ['publishers/meta/models/llama-4-maas', '/projects/p/locations/europe-west4/publishers/meta/models/llama-4-maas'],
    ['publishers/google/models/gemini-2.5-pro', '/projects/p/locations/europe-west4/publishers/google/models/gemini-2.5-pro'],
    ['endpoints/123', '/projects/p/locations/europe-west4/endpoints/123'],
    ['projects/q/locations/us-east1/endpoints/1', '/projects/q/locations/us-east1/endpoints/1'],
    ['projects/a.com:q/locations/global/publishers/x/models/m@1', '/projects/a.com:q/locations/global/publishers/x/models/m%401'],
    [
      'projects/../locations/l/endpoints/1',
      '/projects/p/locations/europe-west4/publishers/google/models/projects%2F..%2Flocations%2Fl%2Fendpoints%2F1',
    ],
    ['endpoints/../../x', '/projects/p/locations/europe-west4/endpoints/..%2F..%2Fx'],
  ])('of Vertex by a full name: %s', (model, path) => {
    const host = 'https://europe-west4-aiplatform.googleapis.com/v1';
    expect(sent({}, { model, provider: vertex }).url).toBe(`${host}${path}:generateContent`);
    const asked = { operation: 'embed', request: { model, input: 'a' } } as const;
    expect(google.encode({ asked, model, stream: false, provider: vertex }).url).toBe(`${host}${path}:predict`);
  });

  test('of the list of models', () => {
    const request = google.encode({ asked: { operation: 'models', request: { model: '' } }, model: '', stream: false, provider: studio });
    expect(request).toMatchObject({
      method: 'GET',
      url: 'https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000',
      body: undefined,
    });
  });
});

describe('a conversation', () => {
  test('is the system apart, and turns of users and the model', () => {
    const { body } = sent({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'One' },
        { role: 'user', content: [{ type: 'text', text: 'Two' }] },
        { role: 'assistant', content: 'Three' },
        { role: 'developer', content: 'In French.' },
        { role: 'user', content: '' },
      ],
    });
    expect(body).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.' }, { text: 'In French.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'One' }, { text: 'Two' }] },
        { role: 'model', parts: [{ text: 'Three' }] },
        { role: 'user', parts: [{ text: '' }] },
      ],
    });
  });

  test('of the system alone is asked by a user', () => {
    expect(sent({ messages: [{ role: 'system', content: 'Say hi.' }] }).body).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Say hi.' }] }],
    });
  });

  const call = (id: string, args = '{}'): unknown => ({ id, type: 'function', function: { name: `f_${id}`, arguments: args } });

  test('names the calls that results answer', () => {
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: null, tool_calls: [call('a', '{"x":1}'), call('b', '')] },
      { role: 'tool', tool_call_id: 'b', content: '{"ok":true}' },
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'sunny' }] },
      { role: 'user', content: 'And?' },
    ];
    const parts = [{ functionCall: { id: 'a', name: 'f_a', args: { x: 1 } } }, { functionCall: { id: 'b', name: 'f_b', args: {} } }];
    expect(contentsOf(messages)).toEqual([
      { role: 'user', parts: [{ text: 'Hi' }] },
      { role: 'model', parts },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'b', name: 'f_b', response: { ok: true } } },
          { functionResponse: { id: 'a', name: 'f_a', response: { result: 'sunny' } } },
        ],
      },
      { role: 'user', parts: [{ text: 'And?' }] },
    ]);
    // Vertex's stable version refuses a field that it does not know.
    expect(partsOf(1, messages, { provider: vertex })).toEqual([
      { functionCall: { name: 'f_a', args: { x: 1 } } },
      { functionCall: { name: 'f_b', args: {} } },
    ]);
    expect(partsOf(2, messages, { provider: vertex })[0]).toEqual({ functionResponse: { name: 'f_b', response: { ok: true } } });
  });

  test.each([
    ['[1,2]', { result: [1, 2] }],
    ['3', { result: 3 }],
    ['', { result: '' }],
    ['{"a":', { result: '{"a":' }],
  ])('takes the result %j for %j', (content, response) => {
    const parts = partsOf(1, [
      { role: 'assistant', tool_calls: [call('a')] },
      { role: 'tool', tool_call_id: 'a', content },
    ]);
    expect(parts).toEqual([{ functionResponse: { id: 'a', name: 'f_a', response } }]);
  });

  test.each<[string, object]>([
    ['no key', { error: 'no key' }],
    ['{"code":7}', { error: { code: 7 } }],
    ['{"error":"no key"}', { error: 'no key' }],
  ])('say that a tool failed: %s', (content, response) => {
    const call = { id: 'a', type: 'function', function: { name: 'f_a', arguments: '{}' } };
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'a', content, is_error: true },
    ];
    expect(partsOf(2, messages)).toEqual([{ functionResponse: { id: 'a', name: 'f_a', response } }]);
  });

  test('signs calls of other models, where signatures are wanted', () => {
    const messages = [{ role: 'assistant', tool_calls: [call('a'), call('b')] }];
    const signatures = (model: string): unknown => partsOf(0, messages, { model }).map((part) => part['thoughtSignature']);
    expect(signatures('gemini-3-flash-preview')).toEqual(['skip_thought_signature_validator', undefined]);
    expect(signatures('gemini-2.5-pro')).toEqual([undefined, undefined]);
  });

  test("leaves out another provider's reasoning and notes", () => {
    const message = {
      role: 'assistant',
      content: 'Hi',
      reasoning_content: 'hm',
      reasoning_details: [
        { type: 'reasoning.text', text: 'hm', signature: 's', format: 'anthropic-claude-v1', index: 0 },
        { type: 'reasoning.text', text: 'hm', signature: 's' },
      ],
      extra_content: { other: { thought_signature: 's' } },
    };
    expect(contentsOf([message])).toEqual([{ role: 'model', parts: [{ text: 'Hi' }] }]);
  });

  test("takes a call's signature as gateways keep it", () => {
    const message = {
      role: 'assistant',
      tool_calls: [call('a')],
      reasoning_details: [{ type: 'reasoning.encrypted', data: 'sig', id: 'a', format: 'google-gemini-v1', index: 0 }],
    };
    expect(partsOf(0, [message])[0]).toMatchObject({ thoughtSignature: 'sig' });
  });

  test.each([
    [[{ role: 'tool', tool_call_id: 'x', content: '1' }], 'messages[0].tool_call_id'],
    [[{ role: 'assistant', tool_calls: [{ id: 'a', type: 'custom', custom: {} }] }], 'messages[0].tool_calls[0]'],
    [[{ role: 'assistant', tool_calls: [call('a', '[1]')] }], 'messages[0].tool_calls[0].function.arguments'],
    [[{ role: 'user', content: [{ type: 'image_url', image_url: 'x' }] }], 'messages[0].content[0].image_url'],
    [[{ role: 'user', content: 'Hi', name: 'Ann' }], "list 'name' in 'dropUnsupported'"],
    [[{ role: 'assistant', content: '' }], 'messages'],
    [[{ role: 'user', content: [{ type: 'hologram' }] }], "list 'hologram' in 'dropUnsupported'"],
  ])('refuses %j by name', (messages, named) => {
    expect(() => contentsOf(messages)).toThrow(RequestError);
    expect(() => contentsOf(messages)).toThrow(named);
  });
});

describe('media', () => {
  test.each([
    [
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
      { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
    ],
    [
      { type: 'image_url', image_url: { url: 'https://x.test/a.JPG?size=1' } },
      { fileData: { mimeType: 'image/jpeg', fileUri: 'https://x.test/a.JPG?size=1' } },
    ],
    [{ type: 'image_url', image_url: { url: 'gs://b/no-ending' } }, { fileData: { fileUri: 'gs://b/no-ending' } }],
    [
      { type: 'image_url', image_url: { url: 'gs://b/c', format: 'image/webp' } },
      { fileData: { mimeType: 'image/webp', fileUri: 'gs://b/c' } },
    ],
    [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } }, { inlineData: { mimeType: 'audio/mp3', data: 'AAAA' } }],
    [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'opus' } }, { inlineData: { mimeType: 'audio/opus', data: 'AAAA' } }],
    [
      { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA' } },
      { inlineData: { mimeType: 'application/pdf', data: 'AAAA' } },
    ],
    [{ type: 'file', file: { file_data: 'AAAA', filename: 'a.csv' } }, { inlineData: { mimeType: 'text/csv', data: 'AAAA' } }],
    [
      { type: 'file', file: { file_id: 'files/abc' } },
      { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/abc' } },
    ],
    [{ type: 'file', file: { file_data: 's3://b/c.pdf' } }, { fileData: { mimeType: 'application/pdf', fileUri: 's3://b/c.pdf' } }],
    [{ type: 'file', file: { file_id: 'gs://b/c.pdf' } }, { fileData: { mimeType: 'application/pdf', fileUri: 'gs://b/c.pdf' } }],
    [{ type: 'video_url', video_url: { url: 'gs://b/c.mp4' } }, { fileData: { mimeType: 'video/mp4', fileUri: 'gs://b/c.mp4' } }],
  ])('%j becomes %j', (part, expected) => {
    expect(partsOf(0, [{ role: 'user', content: [part] }])).toEqual([expected]);
  });

  test('in the result of a tool goes beside it', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
    const parts = partsOf(1, [
      { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'see' }, image] },
    ]);
    expect(parts).toEqual([
      {
        functionResponse: {
          id: 'a',
          name: 'f',
          response: { result: 'see' },
          parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
        },
      },
    ]);
  });

  test('that is dropped leaves the rest', () => {
    const { body } = sent({
      messages: [{ role: 'user', content: [{ type: 'hologram' } as never, { type: 'text', text: 'Hi' }] }],
      dropUnsupported: ['hologram'],
    });
    expect(body.contents).toEqual([{ role: 'user', parts: [{ text: 'Hi' }] }]);
  });
});

describe('tools', () => {
  const tool = { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } } as const;
  const bare = { type: 'function', function: { name: 'g' } } as const;

  test('are declarations with their schema', () => {
    expect(sent({ tools: [tool, bare, { googleSearch: {} } as never] }).body['tools']).toEqual([
      { functionDeclarations: [{ name: 'f', description: 'd', parametersJsonSchema: { type: 'object' } }, { name: 'g' }] },
      { googleSearch: {} },
    ]);
  });

  test.each([
    ['auto', { mode: 'AUTO' }],
    ['none', { mode: 'NONE' }],
    ['required', { mode: 'ANY' }],
    [
      { type: 'function', function: { name: 'f' } },
      { mode: 'ANY', allowedFunctionNames: ['f'] },
    ],
  ] as const)('are chosen: %j', (choice, expected) => {
    expect(sent({ tools: [tool], tool_choice: choice }).body['toolConfig']).toEqual({ functionCallingConfig: expected });
  });
});

describe('the configuration', () => {
  const config = (request: Partial<ChatRequest>, model?: string): unknown =>
    sent(request, model === undefined ? {} : { model }).body['generationConfig'];

  test('of sampling and length', () => {
    expect(
      config({
        max_tokens: 1,
        max_completion_tokens: 2,
        temperature: 0,
        top_p: 0.5,
        top_k: 3,
        seed: 4,
        n: 2,
        stop: 'x',
        frequency_penalty: 0.1,
        presence_penalty: 0.2,
        logprobs: true,
        top_logprobs: 5,
        parallel_tool_calls: true,
        modalities: ['text', 'image'],
      }),
    ).toEqual({
      maxOutputTokens: 2,
      temperature: 0,
      topP: 0.5,
      topK: 3,
      seed: 4,
      candidateCount: 2,
      stopSequences: ['x'],
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      responseLogprobs: true,
      logprobs: 5,
      responseModalities: ['TEXT', 'IMAGE'],
    });
  });

  test('says nothing where nothing is said', () => {
    expect(
      config({ temperature: null, n: 1, stop: [], response_format: { type: 'text' }, modalities: ['text'], user: undefined as never }),
    ).toBe(undefined);
  });

  test.each([
    [{ type: 'json_object' }, { responseMimeType: 'application/json' }],
    [
      { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object', additionalProperties: false } } },
      { responseMimeType: 'application/json', responseJsonSchema: { type: 'object', additionalProperties: false } },
    ],
  ] as const)('of the form %j', (response_format, expected) => {
    expect(config({ response_format })).toEqual(expected);
  });

  const shown = { includeThoughts: true };
  test.each([
    ['gemini-2.5-flash', { thinking: { type: 'enabled', budget_tokens: 2000 } }, { thinkingBudget: 2000, ...shown }],
    ['gemini-2.5-flash', { thinking: { type: 'disabled' } }, { thinkingBudget: 0 }],
    ['gemini-3-pro-preview', { thinking: { type: 'enabled', budget_tokens: 9 }, reasoning_effort: 'low' }, { thinkingBudget: 9, ...shown }],
    ['gemini-3-flash', { thinking: { type: 'adaptive' }, reasoning_effort: 'low' }, { thinkingLevel: 'LOW', ...shown }],
    ['gemini-2.5-pro', { thinking: { type: 'adaptive' } }, shown],
    ['gemini-2.5-flash', { reasoning_effort: 'minimal' }, { thinkingBudget: 1024, ...shown }],
    ['gemini-2.5-flash', { reasoning_effort: 'medium' }, { thinkingBudget: 8192, ...shown }],
    ['models/gemini-2.5-pro', { reasoning_effort: 'high' }, { thinkingBudget: 24_576, ...shown }],
    ['gemini-2.5-flash', { reasoning_effort: 'none' }, { thinkingBudget: 0 }],
    ['gemini-3.1-pro-preview', { reasoning_effort: 'medium' }, { thinkingLevel: 'MEDIUM', ...shown }],
    ['gemini-3-pro-preview', { reasoning_effort: 'medium' }, { thinkingLevel: 'HIGH', ...shown }],
    ['gemini-3-pro-preview', { reasoning_effort: 'minimal' }, { thinkingLevel: 'LOW', ...shown }],
    ['gemini-10-flash', { reasoning_effort: 'minimal' }, { thinkingLevel: 'MINIMAL', ...shown }],
    ['gemini-2.5-pro', { reasoning_effort: 'xhigh' }, { thinkingBudget: 24_576, ...shown }],
    ['gemini-3.1-pro-preview', { reasoning_effort: 'max' }, { thinkingLevel: 'HIGH', ...shown }],
    ['gemini-flash-latest', { reasoning_effort: 'high' }, { thinkingLevel: 'HIGH', ...shown }],
  ] as const)('of thinking: %s with %j', (model, request, thinkingConfig) => {
    expect(config(request, model)).toEqual({ thinkingConfig });
  });

  test("is joined by the caller's own, field by field", () => {
    const { body } = sent({
      temperature: 1,
      max_tokens: 5,
      providerOptions: {
        google: { generationConfig: { temperature: 0, mediaResolution: 'LOW' }, safetySettings: [], cachedContent: 'c' },
        other: { x: 1 },
      },
    });
    expect(body).toMatchObject({
      generationConfig: { temperature: 0, maxOutputTokens: 5, mediaResolution: 'LOW' },
      safetySettings: [],
      cachedContent: 'c',
    });
    expect(body['x']).toBe(undefined);
  });
});

describe('what cannot be expressed', () => {
  test.each([
    ['user', { user: 'u' }],
    ['metadata', { metadata: { a: 'b' } }],
    ['logit_bias', { logit_bias: { 1: 1 } }],
    ['parallel_tool_calls', { parallel_tool_calls: false }],
    ['stop', { stop: ['1', '2', '3', '4', '5', '6'] }],
    ['reasoning_effort', { reasoning_effort: 'gigantic' }],
    ['thinking', { thinking: { type: 'never heard of' } }],
    ['response_format', { response_format: { type: 'grammar' } as never }],
    ['tool_choice', { tool_choice: { type: 'allowed_tools' } as never }],
    ['tools', { tools: [{ type: 'custom', custom: { name: 'c' } } as never] }],
    ['store', { store: true }],
  ] as const)("is refused as '%s', and can be dropped", (name, request) => {
    expect(() => sent(request)).toThrow(RequestError);
    expect(() => sent(request)).toThrow(`list '${name}' in 'dropUnsupported'`);
    expect(sent({ ...request, dropUnsupported: [name] }).body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] });
  });

  test('is less on Vertex, where requests have labels', () => {
    expect(sent({ metadata: { team: 'a' } }, { provider: vertex }).body['labels']).toEqual({ team: 'a' });
  });
});

test('rubbish throws nothing but a RequestError', () => {
  const part = fc.oneof(
    fc
      .record({ type: fc.constantFrom('image_url', 'input_audio', 'file', 'refusal', 'x') })
      .chain((typed) => fc.object().map((rest) => ({ ...rest, ...typed, [typed.type]: rest }))),
    fc.record({ type: fc.constant('text'), text: fc.string() }),
  );
  const message = fc.record(
    {
      role: fc.constantFrom('system', 'user', 'assistant', 'tool', 'function'),
      content: fc.oneof(fc.string(), fc.array(part), fc.constant(null)),
      tool_call_id: fc.string(),
      tool_calls: fc.array(fc.anything()),
      reasoning_details: fc.anything(),
      images: fc.anything(),
      extra_content: fc.anything(),
      function_call: fc.anything(),
    },
    { requiredKeys: ['role', 'content', 'tool_call_id'] },
  );
  const extra = fc.record(
    { thinking: fc.anything(), reasoning_effort: fc.anything(), tool_choice: fc.anything(), stop: fc.jsonValue() },
    {},
  );
  fc.assert(
    fc.property(fc.array(message), extra, fc.string({ unit: 'binary' }), (messages, more, model) => {
      try {
        sent({ ...(more as object), messages: messages as unknown as ChatMessage[] }, { model });
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
      }
    }),
  );
});

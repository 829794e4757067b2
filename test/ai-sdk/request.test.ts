import type { LanguageModelV3CallOptions } from '@ai-sdk/provider';
import { describe, expect, test } from 'vitest';
import { toChatCall } from '../../src/ai-sdk/request.ts';
import { joinSettings, type KeywheelSettings } from '../../src/ai-sdk/settings.ts';
import { call } from './support.ts';

// What the AI SDK's settings are in a request and in the options of a call.

const USER = [{ role: 'user', content: 'Hi' }];

function convert(more: Partial<LanguageModelV3CallOptions>, settings: KeywheelSettings = {}, stream = false) {
  return toChatCall('fast', settings, call(more), stream);
}

const object = { type: 'object' as const, properties: { a: { type: 'number' as const } } };
const strict = { ...object, required: ['a'], additionalProperties: false };

describe('settings of a call', () => {
  test('none', () => {
    const { request, options, warnings } = convert({});
    expect([request, options, warnings]).toEqual([{ model: 'fast', messages: USER, stream: false }, {}, []]);
  });

  test.each<[string, Partial<LanguageModelV3CallOptions>, unknown]>([
    ['a limit', { maxOutputTokens: 10 }, { max_tokens: 10 }],
    [
      'sampling, which is left out where a model has none',
      { temperature: 0, topP: 0.5, presencePenalty: 0.1, frequencyPenalty: 0.2, stopSequences: ['x'], seed: 7 },
      {
        temperature: 0,
        top_p: 0.5,
        presence_penalty: 0.1,
        frequency_penalty: 0.2,
        stop: ['x'],
        seed: 7,
        dropUnsupported: ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'stop', 'seed'],
      },
    ],
    ['no stop sequence', { stopSequences: [] }, {}],
    ['a text', { responseFormat: { type: 'text' } }, {}],
    ['JSON', { responseFormat: { type: 'json' } }, { response_format: { type: 'json_object' } }],
    [
      'JSON of a schema that is not strict',
      { responseFormat: { type: 'json', schema: object } },
      { response_format: { type: 'json_schema', json_schema: { name: 'response', schema: object } } },
    ],
    [
      'JSON of a strict schema, with its name',
      {
        responseFormat: {
          type: 'json',
          name: 'a',
          description: 'b',
          schema: { $schema: 'http://json-schema.org/draft-07/schema#', ...strict },
        },
      },
      { response_format: { type: 'json_schema', json_schema: { name: 'a', description: 'b', schema: strict, strict: true } } },
    ],
    [
      'tools',
      {
        tools: [
          {
            type: 'function',
            name: 'look',
            description: 'Looks',
            inputSchema: object,
            strict: true,
            providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } },
          },
          { type: 'function', name: 'other', inputSchema: {} },
        ],
        toolChoice: { type: 'required' },
      },
      {
        tools: [
          {
            type: 'function',
            function: { name: 'look', description: 'Looks', parameters: object, strict: true },
            cache_control: { type: 'ephemeral' },
          },
          { type: 'function', function: { name: 'other', parameters: {} } },
        ],
        tool_choice: 'required',
      },
    ],
    [
      'one tool to be called',
      { tools: [{ type: 'function', name: 'look', inputSchema: {} }], toolChoice: { type: 'tool', toolName: 'look' } },
      {
        tools: [{ type: 'function', function: { name: 'look', parameters: {} } }],
        tool_choice: { type: 'function', function: { name: 'look' } },
      },
    ],
    ['no tools', { tools: [], toolChoice: { type: 'auto' } }, {}],
    [
      'how much it thinks, as AI SDK 7 asks of every model',
      { reasoning: 'high' } as object,
      { reasoning_effort: 'high', dropUnsupported: ['reasoning_effort'] },
    ],
    ['to think as it does by itself', { reasoning: 'provider-default' } as object, {}],
  ])('%s', (_, more, expected) => {
    const { request, warnings } = convert(more);
    expect(request).toEqual({ model: 'fast', messages: USER, stream: false, ...(expected as object) });
    expect(warnings).toEqual([]);
  });

  test('a stream, and the signal', () => {
    const { signal } = new AbortController();
    const { request, options } = convert({ abortSignal: signal }, {}, true);
    expect([request['stream'], options]).toEqual([true, { signal }]);
  });
});

describe('what cannot be said is a warning', () => {
  test.each<[string, Partial<LanguageModelV3CallOptions>, unknown]>([
    ['topK', { topK: 4 }, { type: 'unsupported', feature: 'topK' }],
    ['headers', { headers: { 'X-Trace': '1', 'user-agent': 'ai/6', gone: undefined } }, { type: 'unsupported', feature: 'headers' }],
    [
      "a provider's own tool",
      { tools: [{ type: 'provider', id: 'openai.web_search', name: 'web', args: {} }], toolChoice: { type: 'auto' } },
      { type: 'unsupported', feature: 'provider-defined tool openai.web_search' },
    ],
    [
      'examples of inputs',
      { tools: [{ type: 'function', name: 'look', inputSchema: {}, inputExamples: [{ input: {} }] }] },
      { type: 'unsupported', feature: 'tool input examples' },
    ],
    ["the AI SDK's own words", { providerOptions: { keywheel: { model: 'other' } } }, { type: 'other' }],
  ])('%s', (_, more, expected) => {
    const { request, warnings } = convert(more);
    expect(warnings).toMatchObject([expected]);
    expect(request).toMatchObject({ model: 'fast', messages: USER, stream: false });
  });

  test('not the version that the AI SDK tells', () => {
    expect(convert({ headers: { 'User-Agent': 'ai/6.0.326' } }).warnings).toEqual([]);
  });
});

describe('settings of ours', () => {
  test('options of the call, fields of the request in either case, and options of providers', () => {
    const { request, options, warnings } = convert({
      providerOptions: {
        keywheel: { tenant: 't', priority: 2, cache: false, timeoutMs: 5, reasoningEffort: 'low', top_k: 4, serviceTier: 'flex' },
        anthropic: { thinking: { type: 'enabled' } },
      },
    });
    expect(options).toEqual({ tenant: 't', priority: 2, cache: false, timeoutMs: 5 });
    expect(request).toEqual({
      model: 'fast',
      messages: USER,
      stream: false,
      reasoning_effort: 'low',
      top_k: 4,
      service_tier: 'flex',
      providerOptions: { anthropic: { thinking: { type: 'enabled' } } },
    });
    expect(warnings).toEqual([]);
  });

  test('the latter go before the former, tags are joined, options of a provider too', () => {
    const defaults: KeywheelSettings = {
      tags: { app: 'a', env: 'x' },
      priority: 1,
      providerOptions: { openai: { a: 1, b: 1 }, google: { c: 1 } },
    };
    const own: KeywheelSettings = { tags: { env: 'y' }, priority: undefined, reasoning_effort: 'low' };
    const { request, options } = toChatCall(
      'fast',
      joinSettings(defaults, own),
      call({ providerOptions: { keywheel: { tags: { call: 'z' }, reasoning_effort: 'high' }, openai: { b: 2 } } }),
      false,
    );
    expect(options).toEqual({ tags: { app: 'a', env: 'y', call: 'z' }, priority: 1 });
    expect(request).toMatchObject({ reasoning_effort: 'high', providerOptions: { openai: { a: 1, b: 2 }, google: { c: 1 } } });
  });

  test('what may be left out is theirs to say', () => {
    expect(convert({ seed: 1, providerOptions: { keywheel: { dropUnsupported: [] } } }).request).toMatchObject({
      seed: 1,
      dropUnsupported: [],
    });
  });

  test('the addresses that a model takes are no part of a request', () => {
    expect(convert({}, { supportedUrls: {} }).request).toEqual({ model: 'fast', messages: USER, stream: false });
  });
});

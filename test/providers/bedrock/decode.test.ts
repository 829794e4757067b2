import { describe, expect, test } from 'vitest';
import type { Asked } from '../../../src/chat/asked.ts';
import { bedrock } from '../../../src/providers/bedrock/bedrock.ts';
import { aContext } from '../support.ts';
import { CLAUDE, decodeAnswer, NOVA, theContext } from './support.ts';

const answer = {
  output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
  metrics: { latencyMs: 12 },
};

describe('a whole answer', () => {
  test('is a completion, and nothing of it is lost', () => {
    const trace = { guardrail: { actionReason: 'none' } };
    const more = { additionalModelResponseFields: { delta: { stop_sequence: 'END' } }, trace, serviceTier: { type: 'priority' } };
    expect(decodeAnswer({ ...answer, ...more }, theContext(CLAUDE))).toEqual({
      id: 'req-1',
      object: 'chat.completion',
      created: Date.UTC(2026, 6, 1) / 1000,
      model: CLAUDE,
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop', native_finish_reason: 'end_turn' }],
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
      metrics: { latencyMs: 12 },
      ...more,
    });
  });

  test.each<[unknown, unknown]>([
    [
      { inputTokens: 3, outputTokens: 4 },
      { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    ],
    [
      { inputTokens: 3, outputTokens: 4, totalTokens: 7, cacheReadInputTokens: 10, cacheWriteInputTokens: 5 },
      { prompt_tokens: 18, completion_tokens: 4, total_tokens: 22, prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 5 } },
    ],
    [
      { inputTokens: 3, outputTokens: 4, cacheReadInputTokenCount: 0, serverToolUsage: {}, cacheDetails: [{ ttl: '5m', inputTokens: 5 }] },
      {
        prompt_tokens: 3,
        completion_tokens: 4,
        total_tokens: 7,
        prompt_tokens_details: { cached_tokens: 0 },
        cacheDetails: [{ ttl: '5m', inputTokens: 5 }],
      },
    ],
    [{ inputTokens: 3 }, undefined],
    [{ inputTokens: -1, outputTokens: 4 }, undefined],
    [{ inputTokens: '3', outputTokens: 4 }, undefined],
    [null, undefined],
  ])('with the counts %j', (usage, counted) => {
    expect(decodeAnswer({ ...answer, usage }, theContext(CLAUDE)).usage).toEqual(counted);
  });

  test('names who wrote its reasoning', () => {
    const content = [{ reasoningContent: { reasoningText: { text: 'hm' } } }, { text: 'Hi' }];
    const message = decodeAnswer({ ...answer, output: { message: { content } } }, theContext(NOVA)).choices[0]?.message;
    expect(message).toEqual({
      role: 'assistant',
      content: 'Hi',
      reasoning_content: 'hm',
      reasoning_details: [{ type: 'reasoning.text', text: 'hm', format: 'amazon-bedrock-v1', index: 0 }],
    });
  });

  test.each<[unknown]>([
    [null],
    ['<html>'],
    [[]],
    [{}],
    [{ message: 'Too many requests' }],
    [{ __type: 'ThrottlingException' }],
    [{ output: null }],
    [{ output: { message: 'x' } }],
    [{ output: { message: { content: 'x' } } }],
  ])('that is none is an error: %j', (body) => {
    expect(bedrock.decodeWhole(body, theContext(CLAUDE))).toEqual({ error: body });
  });

  test('that the model spoilt is an error', () => {
    expect(bedrock.decodeWhole({ output: { message: { content: [] } }, stopReason: 'malformed_model_output' }, theContext(CLAUDE))).toEqual(
      {
        error: { __type: 'ModelErrorException', message: 'The model spoilt its answer: malformed_model_output' },
      },
    );
  });

  test.each<[unknown]>([
    [[null, 5, 'x', []]],
    [[{}]],
    [[{ toolUse: 5 }, { toolUse: {} }, { toolUse: { name: 5, toolUseId: null, input: 'x' } }]],
    [[{ reasoningContent: 5 }, { reasoningContent: {} }, { reasoningContent: { reasoningText: 5, redactedContent: 7 } }]],
    [[{ citationsContent: { citations: [5], content: [5, {}] } }, { citationsContent: null }]],
    [[{ text: 5 }, { brandNew: { deep: [1] } }]],
  ])('with rubbish for blocks is read all the same: %j', (content) => {
    expect(decodeAnswer({ ...answer, output: { message: { content } } }, theContext(CLAUDE)).choices).toHaveLength(1);
  });

  test('keeps kinds of blocks that nobody knows', () => {
    const content = [{ brandNew: { deep: [1] } }, { text: 'Hi' }];
    expect(decodeAnswer({ ...answer, output: { message: { content } } }, theContext(CLAUDE)).choices[0]?.message).toEqual({
      role: 'assistant',
      content: 'Hi',
      converse_content: content,
    });
  });
});

describe('embeddings', () => {
  const decode = (body: unknown, encoding?: 'base64'): unknown => {
    const asked: Asked = {
      operation: 'embed',
      request: { model: 'm', input: 'a', ...(encoding === undefined ? {} : { encoding_format: encoding }) },
    };
    const decoded = bedrock.decodeWhole(body, aContext({ asked, model: 'titan' }));
    return 'whole' in decoded ? decoded.whole : decoded;
  };
  const item = (index: number, embedding: unknown): unknown => ({ object: 'embedding', index, embedding });

  test.each<[string, object, object]>([
    [
      'Titan',
      { embedding: [0.5, -1], embeddingsByType: { float: [0.5, -1] }, inputTextTokenCount: 3 },
      { data: [item(0, [0.5, -1])], embeddingsByType: { float: [0.5, -1] }, usage: { prompt_tokens: 3, total_tokens: 3 } },
    ],
    ['Nova', { embeddings: [{ embeddingType: 'TEXT', embedding: [1, 2] }] }, { data: [item(0, [1, 2])] }],
    [
      'Cohere',
      { embeddings: [[1], [2]], id: 'x', texts: ['a', 'b'], response_type: 'embeddings_floats' },
      { data: [item(0, [1]), item(1, [2])], id: 'x', texts: ['a', 'b'] },
    ],
    ['Cohere by type', { embeddings: { float: [[1]], int8: [[4]] }, response_type: 'embeddings_by_type' }, { data: [item(0, [1])] }],
  ])('of %s', (_name, body, expected) => {
    expect(decode(body)).toEqual({ object: 'list', model: 'titan', ...expected });
  });

  test('as Base64', () => {
    const bytes = Buffer.alloc(8);
    bytes.writeFloatLE(0.5, 0);
    bytes.writeFloatLE(-2, 4);
    expect(decode({ embedding: [0.5, -2] }, 'base64')).toMatchObject({ data: [item(0, bytes.toString('base64'))] });
  });

  test.each([
    [{}],
    [{ embedding: 'x' }],
    [{ embedding: [] }],
    [{ embeddings: [] }],
    [{ embeddings: [['a']] }],
    [{ embeddings: { int8: [[1]] } }],
    [null],
  ])('that are none are an error: %j', (body) => {
    expect(decode(body)).toEqual({ error: body });
  });
});

test('a list of models', () => {
  const context = aContext({ asked: { operation: 'models', request: { model: '' } } });
  const model = { modelId: 'amazon.nova-lite-v1:0', providerName: 'Amazon', modelName: 'Nova Lite', inputModalities: ['TEXT'] };
  expect(bedrock.decodeWhole({ modelSummaries: [model, {}, 5] }, context)).toEqual({
    whole: { object: 'list', data: [{ ...model, id: 'amazon.nova-lite-v1:0', object: 'model', owned_by: 'Amazon' }] },
  });
  expect(bedrock.decodeWhole({ data: [] }, context)).toEqual({ error: { data: [] } });
});

import { describe, expect, test } from 'vitest';
import { readPurpose } from '../../src/fetch/endpoint.ts';

function read(path: string, json: unknown = {}, method = 'POST'): string {
  const { pathname, search } = new URL(path, 'http://x');
  const { endpoint, model } = readPurpose({ method, rest: pathname.slice(1).split('/'), search, json });
  return [endpoint.kind, endpoint.protocol, ...(endpoint.stream ? ['stream'] : []), model].join(' ');
}

const inert = { model: 'm', store: false };

test.each([
  ['chat/completions', { model: 'm' }, 'chat openai m'],
  ['chat/completions', { model: 'm', stream: true }, 'chat openai stream m'],
  ['compatibility/v1/chat/completions', { model: 'a/b:c' }, 'chat openai a/b:c'],
  ['openai/deployments/my%20one/chat/completions?api-version=2024-10-21', { model: 'm' }, 'chat openai my one'],
  ['deployments/d/embeddings', { model: 'm' }, 'embed openai d'],
  ['deployments/d/images/generations', {}, 'other  d'],
  ['embeddings', { model: 'm' }, 'embed openai m'],
  ['completions', { model: 'm', stream: true }, 'chat  stream m'],
  ['v1/completions', { model: 'm' }, 'chat  m'],
  ['messages', { model: 'm' }, 'chat anthropic m'],
  ['anthropic/v1/messages', { model: 'm', stream: true }, 'chat anthropic stream m'],
  ['messages/count_tokens', { model: 'm' }, 'other  m'],
  ['messages/batches', { requests: [] }, 'other  '],
  ['threads/thread_1/messages', { role: 'user' }, 'other  '],
  ['chat/completions/chatcmpl-1', { metadata: {} }, 'other  '],
  ['models/gemini-2.5-flash:generateContent', {}, 'chat google gemini-2.5-flash'],
  ['models/gemini-2.5-flash:streamGenerateContent?alt=sse', {}, 'chat google stream gemini-2.5-flash'],
  ['tunedModels/mine:generateContent', {}, 'chat google tunedModels/mine'],
  ['projects/p/locations/l/publishers/google/models/g:embedContent', {}, 'embed google g'],
  ['models/g:batchEmbedContents', {}, 'embed google g'],
  ['models/g:countTokens', {}, 'other  g'],
  ['models/imagen:predict', {}, 'other  imagen'],
  ['models/g:constructor', {}, 'other  g'],
  ['files', {}, 'other  '],
  ['v2/chat', { model: 'c', stream: true }, 'chat cohere stream c'],
  ['v2/embed', { model: 'c' }, 'embed cohere c'],
  ['v1/chat', { model: 'c' }, 'other  c'],
  ['v2/rerank', { model: 'c' }, 'other  c'],
  ['model/eu.anthropic.claude-v1%3A0/converse', {}, 'chat bedrock eu.anthropic.claude-v1:0'],
  ['model/arn%3Aaws%3Abedrock%3Ax%2Fy/converse-stream', {}, 'chat bedrock stream arn:aws:bedrock:x/y'],
  ['model/anthropic.claude/invoke', { messages: [] }, 'chat  anthropic.claude'],
  ['model/anthropic.claude/invoke-with-response-stream', { messages: [] }, 'chat  stream anthropic.claude'],
  ['model/amazon.titan-embed-text-v2:0/invoke', {}, 'embed  amazon.titan-embed-text-v2:0'],
  ['model/amazon.nova-canvas/invoke', {}, 'other  amazon.nova-canvas'],
  ['model/m/count-tokens', {}, 'other  m'],
  ['images/generations', { model: 'm' }, 'other  m'],
  ['audio/speech', { model: 'm', stream: true }, 'other  stream m'],
  ['batches', undefined, 'other  '],
  ['chat/completions', [1], 'chat openai '],
  ['chat/completions', { model: 7, stream: 'true' }, 'chat openai '],
  ['chat/completions', 'text', 'chat openai '],
  ['%E0%A4%A/chat/completions', { model: 'm' }, 'chat openai m'],
  ['', {}, 'other  '],
])('POST %s with %j is %s', (path, json, expected) => {
  expect(read(path, json)).toBe(expected);
});

test.each([
  ['GET', 'models/gpt-5', 'other  '],
  ['GET', 'chat/completions', 'other  '],
  ['GET', 'responses/resp_1?stream=true', 'other  stream '],
  ['DELETE', 'responses/resp_1', 'other  '],
  ['PUT', 'chat/completions', 'other  '],
])('%s %s is %s', (method, path, expected) => {
  expect(read(path, undefined, method)).toBe(expected);
});

describe('a response is a chat only when it leaves nothing behind', () => {
  test.each([
    [inert, 'chat  m'],
    [{ ...inert, tools: null, background: null, conversation: null }, 'chat  m'],
    [
      {
        ...inert,
        tools: [
          { type: 'function', name: 'f' },
          { type: 'custom', name: 'c' },
        ],
      },
      'chat  m',
    ],
    [{ model: 'm' }, 'other  m'],
    [{ ...inert, store: null }, 'other  m'],
    [{ ...inert, store: true }, 'other  m'],
    [{ ...inert, background: true }, 'other  m'],
    [{ ...inert, conversation: 'conv_1' }, 'other  m'],
    [{ ...inert, tools: [{ type: 'function' }, { type: 'mcp', server_url: 'https://x.test' }] }, 'other  m'],
    [{ ...inert, tools: [{ type: 'code_interpreter' }] }, 'other  m'],
    [{ ...inert, tools: [null] }, 'other  m'],
    [{ ...inert, tools: {} }, 'other  m'],
  ])('%j is %s', (json, expected) => {
    expect(read('responses', json)).toBe(expected);
  });

  test('and it is one that is made, not one that is asked about', () => {
    expect(read('responses/resp_1/cancel', inert)).toBe('other  m');
    expect(read('responses/input_tokens', inert)).toBe('other  m');
  });
});

test('a form names its model and its stream', () => {
  const spoken = { method: 'POST', rest: ['audio', 'transcriptions'], search: '', json: undefined };
  expect(readPurpose({ ...spoken, form: { model: 'whisper-1', stream: true } })).toEqual({
    endpoint: { kind: 'other', protocol: undefined, stream: true },
    model: 'whisper-1',
  });
});

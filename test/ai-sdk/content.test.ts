import type { LanguageModelV3Content } from '@ai-sdk/provider';
import { describe, expect, test } from 'vitest';
import { toContent } from '../../src/ai-sdk/content.ts';
import { toMessages } from '../../src/ai-sdk/prompt.ts';
import { toFinishReason, toUsage } from '../../src/ai-sdk/usage.ts';
import type { ReplyMessage, Usage } from '../../src/chat/reply.ts';
import { replyOf } from './support.ts';

// What a whole reply is in the AI SDK's words, and that it comes back as it was.

const details = [{ type: 'reasoning.text', text: 'hm', signature: 'sig', format: 'anthropic-claude-v1', index: 0 }];
const call = (id: string, more: object = {}) => ({
  id,
  type: 'function' as const,
  function: { name: 'look', arguments: '{"at":1}' },
  ...more,
});
const extra_content = { google: { thought_signature: 's' } };
const image = (data: string) => ({ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` }, extra_content });
const own = (metadata: object) => ({ providerMetadata: { keywheel: metadata } });
const toolCall = (toolCallId: string, more: object = {}) => ({
  type: 'tool-call',
  toolCallId,
  toolName: 'look',
  input: '{"at":1}',
  ...more,
});

const ROWS: readonly (readonly [string, Partial<ReplyMessage>, readonly object[]])[] = [
  ['nothing', {}, []],
  ['a text', { content: 'a' }, [{ type: 'text', text: 'a' }]],
  [
    'reasoning, text',
    { reasoning_content: 'hm', content: 'a' },
    [
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'a' },
    ],
  ],
  [
    'reasoning by another name',
    { reasoning_content: 'hm', reasoning: 'hm', content: 'a' },
    [
      { type: 'reasoning', text: 'hm', ...own({ field: 'reasoning' }) },
      { type: 'text', text: 'a' },
    ],
  ],
  [
    'reasoning with what proves it, which the last part carries',
    { reasoning_content: 'hm', reasoning_details: details, content: 'a' },
    [
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'a', ...own({ message: { reasoning_details: details } }) },
    ],
  ],
  [
    'reasoning that nobody can read',
    { reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }], tool_calls: [call('a')] },
    [{ type: 'reasoning', text: '' }, toolCall('a', own({ message: { reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] } }))],
  ],
  [
    'calls, the last of which carries the message',
    { content: 'a', tool_calls: [call('a', { extra_content }), call('b')], extra_content: { google: { order: [{ tool_call: 0 }] } } },
    [
      { type: 'text', text: 'a' },
      toolCall('a', own({ extra_content })),
      toolCall('b', own({ message: { extra_content: { google: { order: [{ tool_call: 0 }] } } } })),
    ],
  ],
  ['a refusal', { refusal: 'No.' }, [{ type: 'text', text: 'No.', ...own({ refusal: true }) }]],
  [
    'images',
    { content: 'a', images: [image('AAAA'), image('BBBB')], content_blocks: [{ type: 'image' }] },
    [
      { type: 'text', text: 'a' },
      { type: 'file', mediaType: 'image/png', data: 'AAAA', ...own({ extra_content }) },
      { type: 'file', mediaType: 'image/png', data: 'BBBB', ...own({ extra_content, message: { content_blocks: [{ type: 'image' }] } }) },
    ],
  ],
];

describe('a reply', () => {
  test.each(ROWS)('%s', (_, message, expected) => {
    expect(toContent(replyOf(message))).toEqual(expected);
  });

  test.each(ROWS.slice(1))('%s: it comes back as it was', (_, message) => {
    const back = toMessages([{ role: 'assistant', content: toContent(replyOf(message)).map(toPromptPart) }], () => {});
    expect(back).toEqual([replyOf(message).choices[0]?.message]);
  });

  test.each<[string, Partial<ReplyMessage>, readonly object[]]>([
    [
      'what it spoke',
      { audio: { id: 'audio_1', data: 'AAAA', transcript: 'a' } },
      [{ type: 'file', mediaType: 'audio/wav', data: 'AAAA', ...own({ audio: 'audio_1' }) }],
    ],
    ['an image by its address, which is no data', { images: [{ type: 'image_url', image_url: { url: 'https://x.test/a.png' } }] }, []],
    [
      'sources',
      {
        content: 'a',
        annotations: [
          { type: 'url_citation', url_citation: { url: 'https://x.test/', title: 'X', start_index: 0, end_index: 1 } },
          { type: 'document_citation', document_citation: { document_title: 'Book', cited_text: 'a' } },
          { type: 'file_path' },
        ],
      },
      [
        { type: 'text', text: 'a' },
        {
          type: 'source',
          sourceType: 'url',
          id: 'reply-1-source-0',
          url: 'https://x.test/',
          title: 'X',
          ...own({ start_index: 0, end_index: 1 }),
        },
        {
          type: 'source',
          sourceType: 'document',
          id: 'reply-1-source-1',
          mediaType: 'text/plain',
          title: 'Book',
          ...own({ document_title: 'Book', cited_text: 'a' }),
        },
      ],
    ],
    [
      'a call without arguments',
      { tool_calls: [{ id: 'a', type: 'function', function: { name: 'look', arguments: '' } }] },
      [{ ...toolCall('a'), input: '{}' }],
    ],
    [
      'a call of another type, which nobody here could run',
      { tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'x', input: '' } } as never] },
      [],
    ],
  ])('%s', (_, message, expected) => {
    expect(toContent(replyOf(message))).toEqual(expected);
  });

  test('without a choice says nothing', () => {
    expect(toContent(replyOf({}, { choices: [] }))).toEqual([]);
  });
});

/** As the AI SDK gives parts back. */
function toPromptPart({ providerMetadata, ...part }: LanguageModelV3Content): never {
  const input = part.type === 'tool-call' ? { input: JSON.parse(part.input) as unknown } : {};
  return { ...part, ...input, ...(providerMetadata === undefined ? {} : { providerOptions: providerMetadata }) } as never;
}

describe('usage', () => {
  const counted = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

  test.each<[string, Usage | null | undefined, unknown]>([
    [
      'not counted',
      undefined,
      {
        inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
        outputTokens: { total: undefined, text: undefined, reasoning: undefined },
      },
    ],
    [
      'totals alone: absent is not zero',
      counted,
      {
        inputTokens: { total: 10, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
        outputTokens: { total: 5, text: undefined, reasoning: undefined },
        raw: counted,
      },
    ],
    [
      'in detail',
      {
        ...counted,
        prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
      { inputTokens: { total: 10, noCache: 5, cacheRead: 4, cacheWrite: 1 }, outputTokens: { total: 5, text: 3, reasoning: 2 } },
    ],
    [
      'never below zero',
      { ...counted, prompt_tokens_details: { cached_tokens: 40 }, completion_tokens_details: { reasoning_tokens: 20 } },
      { inputTokens: { noCache: 0 }, outputTokens: { text: 0 } },
    ],
  ])('%s', (_, usage, expected) => {
    expect(toUsage(usage)).toMatchObject(expected as object);
  });
});

describe('the end', () => {
  test.each([
    ['stop', 'stop', {}],
    ['length', 'length', {}],
    ['tool_calls', 'tool-calls', {}],
    ['function_call', 'tool-calls', {}],
    ['content_filter', 'content-filter', {}],
    ['eos', 'other', {}],
    ['toString', 'other', {}],
    [null, 'other', {}],
    ['stop', 'content-filter', { refusal: 'No.' }],
  ])('%s is %s', (raw, unified, message) => {
    expect(toFinishReason(replyOf(message, {}, raw).choices[0])).toEqual({ unified, raw: raw ?? undefined });
  });

  test('of no choice is unknown', () => {
    expect(toFinishReason(undefined)).toEqual({ unified: 'other', raw: undefined });
  });
});

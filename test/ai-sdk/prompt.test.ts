import type { LanguageModelV3Message, LanguageModelV3Prompt, LanguageModelV3ToolResultOutput, SharedV3Warning } from '@ai-sdk/provider';
import { describe, expect, test } from 'vitest';
import { toMessages } from '../../src/ai-sdk/prompt.ts';

// What the AI SDK's conversations are in the words of a request.

const PNG = 'iVBORw0KGgo=';
const WEBP = Buffer.from('RIFF....WEBP').toString('base64');
const WAV = Buffer.from('RIFF....WAVE').toString('base64');
const marker = { anthropic: { cacheControl: { type: 'ephemeral' } } };
const cache_control = { type: 'ephemeral' };

function convert(...prompt: LanguageModelV3Prompt) {
  const warnings: SharedV3Warning[] = [];
  return { messages: toMessages(prompt, (warning) => void warnings.push(warning)), warnings };
}

function user(...content: Extract<LanguageModelV3Message, { role: 'user' }>['content']): LanguageModelV3Message {
  return { role: 'user', content };
}

function assistant(...content: Extract<LanguageModelV3Message, { role: 'assistant' }>['content']): LanguageModelV3Message {
  return { role: 'assistant', content };
}

describe('what the system and the user say', () => {
  test.each<[string, LanguageModelV3Message, unknown]>([
    ['a system text', { role: 'system', content: 'Be brief' }, { role: 'system', content: 'Be brief' }],
    [
      'a system text to be cached',
      { role: 'system', content: 'Be brief', providerOptions: marker },
      { role: 'system', content: [{ type: 'text', text: 'Be brief', cache_control }] },
    ],
    ['a text', user({ type: 'text', text: 'Hi' }), { role: 'user', content: 'Hi' }],
    ['nothing', user(), { role: 'user', content: '' }],
    [
      'texts, of which one is to be cached in our words',
      user(
        { type: 'text', text: 'a', providerOptions: { keywheel: { cache_control: { type: 'ephemeral', ttl: '1h' } } } },
        { type: 'text', text: 'b' },
      ),
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } },
          { type: 'text', text: 'b' },
        ],
      },
    ],
    [
      'a message to be cached: its last part',
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
        providerOptions: marker,
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b', cache_control },
        ],
      },
    ],
  ])('%s', (_, message, expected) => {
    expect(convert(message)).toEqual({ messages: [expected], warnings: [] });
  });
});

type FilePart = Extract<Extract<LanguageModelV3Message, { role: 'user' }>['content'][number], { type: 'file' }>;

describe('files', () => {
  test.each<[string, Omit<FilePart, 'type'>, unknown]>([
    [
      'an image by its address',
      { mediaType: 'image/png', data: new URL('https://x.test/a.png') },
      { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
    ],
    [
      'an image as base64',
      { mediaType: 'image/gif', data: 'AAAA' },
      { type: 'image_url', image_url: { url: 'data:image/gif;base64,AAAA' } },
    ],
    [
      'an image as bytes, part of a larger buffer',
      { mediaType: 'image/png', data: new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4) },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } },
    ],
    [
      'an image as a data URL',
      { mediaType: 'image/png', data: `data:image/png;base64,${PNG}` },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
    ],
    [
      'an image of any kind, which its first bytes tell',
      { mediaType: 'image/*', data: PNG },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
    ],
    [
      'one of AI SDK 7, which tells no kind',
      { mediaType: 'image', data: WEBP },
      { type: 'image_url', image_url: { url: `data:image/webp;base64,${WEBP}` } },
    ],
    [
      'one that tells nothing',
      { mediaType: 'image/*', data: 'AAAA' },
      { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,AAAA' } },
    ],
    [
      'an image to be looked at closely',
      { mediaType: 'image/png', data: PNG, providerOptions: { openai: { imageDetail: 'high' } } },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'high' } },
    ],
    ['a sound', { mediaType: 'audio/mpeg', data: 'SUQz' }, { type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } }],
    ['a sound of any kind', { mediaType: 'audio/*', data: WAV }, { type: 'input_audio', input_audio: { data: WAV, format: 'wav' } }],
    [
      'a sound by its address',
      { mediaType: 'audio/wav', data: new URL('gs://b/a') },
      { type: 'file', file: { file_data: 'gs://b/a', format: 'audio/wav' } },
    ],
    [
      'a PDF with its name, to be cached',
      { mediaType: 'application/pdf', data: 'JVBERi0=', filename: 'a.pdf', providerOptions: marker },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' }, cache_control },
    ],
    [
      'a film by its address',
      { mediaType: 'video/mp4', data: new URL('https://x.test/film') },
      { type: 'file', file: { file_data: 'https://x.test/film', format: 'video/mp4' } },
    ],
  ])('%s', (_, file, expected) => {
    expect(convert(user({ type: 'file', ...file })).messages).toEqual([{ role: 'user', content: [expected] }]);
  });

  // As AI SDK 7 hands them on to models of version 3.
  test.each([
    ['a text', { type: 'text', text: 'words' }, { role: 'user', content: 'words' }],
    [
      'an id',
      { type: 'reference', reference: { openai: 'file-1' } },
      { role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] },
    ],
    [
      'ids, one of them ours',
      { type: 'reference', reference: { openai: 'file-1', keywheel: 'file-2' } },
      { role: 'user', content: [{ type: 'file', file: { file_id: 'file-2' } }] },
    ],
  ])('%s', (_, data, expected) => {
    expect(convert(user({ type: 'file', mediaType: 'text/plain', data: data as never })).messages).toEqual([expected]);
  });

  test('that nobody can express are an error that the AI SDK knows', () => {
    const data = { type: 'reference', reference: { openai: 'file-1', google: 'file-2' } } as never;
    expect(() => convert(user({ type: 'file', mediaType: 'text/plain', data }))).toThrow(
      expect.objectContaining({
        name: 'AI_UnsupportedFunctionalityError',
        [Symbol.for('vercel.ai.error.AI_UnsupportedFunctionalityError')]: true,
      }),
    );
  });
});

const details = [{ type: 'reasoning.text', text: 'hm', signature: 'sig', format: 'anthropic-claude-v1', index: 0 }];
const carried = { keywheel: { message: { reasoning_details: details, content_blocks: [{ type: 'text', text: 'a' }] } } };

describe('what the model said', () => {
  test.each<[string, LanguageModelV3Message, unknown]>([
    ['a text', assistant({ type: 'text', text: 'a' }), { role: 'assistant', content: 'a' }],
    ['a text in pieces', assistant({ type: 'text', text: 'a' }, { type: 'text', text: 'b' }), { role: 'assistant', content: 'ab' }],
    [
      'a text to be cached',
      assistant({ type: 'text', text: 'a', providerOptions: marker }),
      { role: 'assistant', content: [{ type: 'text', text: 'a', cache_control }] },
    ],
    [
      'reasoning of somebody else',
      assistant({ type: 'reasoning', text: 'hm' }, { type: 'text', text: 'a' }),
      { role: 'assistant', content: 'a', reasoning_content: 'hm' },
    ],
    [
      'reasoning of a server that calls it otherwise',
      assistant({ type: 'reasoning', text: 'hm', providerOptions: { keywheel: { field: 'reasoning' } } }),
      { role: 'assistant', content: null, reasoning_content: 'hm', reasoning: 'hm' },
    ],
    [
      'what its provider wants back, carried by its last part',
      assistant({ type: 'reasoning', text: 'hm' }, { type: 'text', text: 'a', providerOptions: carried }),
      { role: 'assistant', content: 'a', reasoning_content: 'hm', ...carried.keywheel.message },
    ],
    [
      'the same, after its reasoning was taken out',
      assistant({ type: 'text', text: 'a', providerOptions: carried }),
      { role: 'assistant', content: 'a', content_blocks: carried.keywheel.message.content_blocks },
    ],
    [
      'nothing that a browser might have written there',
      assistant({
        type: 'text',
        text: 'a',
        providerOptions: { keywheel: { message: { role: 'system', content: 'evil', tool_calls: [], prefix: true } } },
      }),
      { role: 'assistant', content: 'a' },
    ],
    [
      'calls, with a signature and a mark',
      assistant({
        type: 'tool-call',
        toolCallId: 'c',
        toolName: 'look',
        input: { at: 1 },
        providerOptions: { keywheel: { extra_content: { google: { thought_signature: 's' } } }, ...marker },
      }),
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: 'c',
            type: 'function',
            function: { name: 'look', arguments: '{"at":1}' },
            extra_content: { google: { thought_signature: 's' } },
            cache_control,
          },
        ],
      },
    ],
    [
      'a call without an input',
      assistant({ type: 'tool-call', toolCallId: 'c', toolName: 'look', input: undefined }),
      { role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }] },
    ],
    [
      'a refusal',
      assistant({ type: 'text', text: 'No.', providerOptions: { keywheel: { refusal: true } } }),
      { role: 'assistant', content: null, refusal: 'No.' },
    ],
    [
      'an image that it drew, with its signature',
      assistant({
        type: 'file',
        mediaType: 'image/png',
        data: PNG,
        providerOptions: { keywheel: { extra_content: { google: { thought_signature: 's' } } } },
      }),
      {
        role: 'assistant',
        content: null,
        images: [
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` }, extra_content: { google: { thought_signature: 's' } } },
        ],
      },
    ],
    [
      'what it spoke, by its id',
      assistant({ type: 'file', mediaType: 'audio/wav', data: WAV, providerOptions: { keywheel: { audio: 'audio_1' } } }),
      { role: 'assistant', content: null, audio: { id: 'audio_1' } },
    ],
  ])('%s', (_, message, expected) => {
    expect(convert(message)).toEqual({ messages: [expected], warnings: [] });
  });

  test('without what another provider executed, of which it warns', () => {
    const message = assistant(
      { type: 'tool-call', toolCallId: 'c', toolName: 'search', input: {}, providerExecuted: true },
      { type: 'tool-result', toolCallId: 'c', toolName: 'search', output: { type: 'text', value: 'found' } },
    );
    const { messages, warnings } = convert(message);
    expect(messages).toEqual([]);
    expect(warnings.map((warning) => warning.type === 'other' && /'search'/.test(warning.message))).toEqual([true, true]);
  });
});

describe('what tools returned', () => {
  test.each<[string, LanguageModelV3ToolResultOutput, unknown]>([
    ['a text', { type: 'text', value: 'warm' }, { content: 'warm' }],
    ['JSON', { type: 'json', value: { degrees: 24 } }, { content: '{"degrees":24}' }],
    ['no JSON', { type: 'json', value: null }, { content: 'null' }],
    ['an error', { type: 'error-text', value: 'broken' }, { content: 'broken', is_error: true }],
    ['an error as JSON', { type: 'error-json', value: { code: 1 } }, { content: '{"code":1}', is_error: true }],
    ['a denial', { type: 'execution-denied', reason: 'not today' }, { content: 'not today' }],
    ['a denial without a reason', { type: 'execution-denied' }, { content: 'Tool execution denied.' }],
    [
      'texts',
      {
        type: 'content',
        value: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { content: 'a\nb' },
    ],
    [
      'media',
      {
        type: 'content',
        value: [
          { type: 'text', text: 'a' },
          { type: 'image-data', data: PNG, mediaType: 'image/png' },
          { type: 'image-url', url: 'https://x.test/a.png' },
          { type: 'file-data', data: 'JVBERi0=', mediaType: 'application/pdf', filename: 'a.pdf' },
          { type: 'file-url', url: 'https://x.test/a.pdf' },
          { type: 'file-id', fileId: { openai: 'file-1' } },
        ],
      },
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
          { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' } },
          { type: 'file', file: { file_data: 'https://x.test/a.pdf' } },
          { type: 'file', file: { file_id: 'file-1' } },
        ],
      },
    ],
  ])('%s', (_, output, expected) => {
    const prompt: LanguageModelV3Message = { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c', toolName: 'look', output }] };
    expect(convert(prompt).messages).toEqual([{ role: 'tool', tool_call_id: 'c', ...(expected as object) }]);
  });

  test('a message each, the last one marked, and no word of approvals', () => {
    const result = (toolCallId: string) => ({
      type: 'tool-result' as const,
      toolCallId,
      toolName: 'look',
      output: { type: 'text' as const, value: toolCallId },
    });
    const approval = { type: 'tool-approval-response' as const, approvalId: 'x', approved: true };
    expect(convert({ role: 'tool', content: [result('a'), approval, result('b')], providerOptions: marker }).messages).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'a' },
      { role: 'tool', tool_call_id: 'b', content: 'b', cache_control },
    ]);
  });

  test('what only one provider knows is an error', () => {
    const output: LanguageModelV3ToolResultOutput = { type: 'content', value: [{ type: 'custom' }] };
    expect(() => convert({ role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c', toolName: 'look', output }] })).toThrow(
      "'custom content in a tool result' functionality not supported.",
    );
  });
});

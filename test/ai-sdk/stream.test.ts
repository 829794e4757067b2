import type { LanguageModelV3CallOptions, LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { describe, expect, test } from 'vitest';
import { createKeywheel } from '../../src/ai-sdk/index.ts';
import type { ChatChunk } from '../../src/chat/chunk.ts';
import { ProviderError, StreamInterruptedError, withReport } from '../../src/errors.ts';
import { call, chunkOf, fakeClient, readParts, REPORT, replyOf } from './support.ts';

// Chunks as parts, in the order that the AI SDK needs.

async function partsOf(chunks: readonly (ChatChunk | Error)[], more: Partial<LanguageModelV3CallOptions> = {}) {
  const client = fakeClient(chunks);
  const { stream } = await createKeywheel(client)('fast').doStream(call(more));
  return { client, parts: await readParts(stream) };
}

const START: LanguageModelV3StreamPart[] = [
  { type: 'stream-start', warnings: [] },
  { type: 'response-metadata', id: 'reply-1', modelId: 'm', timestamp: new Date(1_700_000_000_000) },
];

/** The same without what every stream begins with, and without what `finish` says beside its reason. */
function middleOf(parts: readonly LanguageModelV3StreamPart[]): readonly unknown[] {
  expect(parts.slice(0, 2)).toEqual(START);
  return parts.slice(2).map((part) => (part.type === 'finish' ? { type: 'finish', unified: part.finishReason.unified } : part));
}

const delta = (index: number, more: { id?: string; name?: string; arguments?: string } = {}) => {
  const { id, ...named } = more;
  return chunkOf({ tool_calls: [{ index, ...(id === undefined ? {} : { id, type: 'function' as const }), function: named }] });
};

describe('a stream', () => {
  test('of a text: begins, grows, ends, and finishes once', async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const { parts } = await partsOf([
      chunkOf({ role: 'assistant', content: '' }),
      chunkOf({ content: 'a' }),
      chunkOf({ content: '' }),
      chunkOf({ content: 'b' }),
      chunkOf({}, {}, 'stop'),
      chunkOf({}, { choices: [], usage }),
    ]);
    expect(parts).toEqual([
      ...START,
      { type: 'text-start', id: 'text-1' },
      { type: 'text-delta', id: 'text-1', delta: 'a' },
      { type: 'text-delta', id: 'text-1', delta: 'b' },
      { type: 'text-end', id: 'text-1' },
      {
        type: 'finish',
        finishReason: { unified: 'stop', raw: 'stop' },
        usage: {
          inputTokens: { total: 1, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
          outputTokens: { total: 2, text: undefined, reasoning: undefined },
          raw: usage,
        },
        providerMetadata: { keywheel: { report: REPORT } },
      },
    ]);
  });

  test('of reasoning, text and reasoning again: one block at a time, the last one carries what goes back', async () => {
    const details = { type: 'reasoning.text', text: 'hm', signature: 's', index: 0 };
    const { parts } = await partsOf([
      chunkOf({ reasoning_content: 'hm', reasoning_details: [details] }),
      chunkOf({ content: 'a' }),
      chunkOf({ reasoning: 'so', reasoning_content: 'so' }),
      chunkOf({}, {}, 'stop'),
    ]);
    expect(middleOf(parts)).toEqual([
      { type: 'reasoning-start', id: 'reasoning-1' },
      { type: 'reasoning-delta', id: 'reasoning-1', delta: 'hm' },
      { type: 'reasoning-end', id: 'reasoning-1' },
      { type: 'text-start', id: 'text-2' },
      { type: 'text-delta', id: 'text-2', delta: 'a' },
      { type: 'text-end', id: 'text-2' },
      { type: 'reasoning-start', id: 'reasoning-3' },
      { type: 'reasoning-delta', id: 'reasoning-3', delta: 'so' },
      {
        type: 'reasoning-end',
        id: 'reasoning-3',
        providerMetadata: { keywheel: { field: 'reasoning', message: { reasoning_details: [details] } } },
      },
      { type: 'finish', unified: 'stop' },
    ]);
  });

  test('of calls that grow by turns: each begins with its name, and is told whole at the end', async () => {
    const { parts } = await partsOf([
      chunkOf({ content: 'a' }),
      delta(0, { id: 'x', name: 'look', arguments: '' }),
      delta(1, { id: 'y', name: 'see', arguments: '{"b"' }),
      delta(0, { arguments: '{"a"' }),
      delta(1, { arguments: ':2}' }),
      delta(0, { arguments: ':1}' }),
      chunkOf({}, {}, 'tool_calls'),
    ]);
    expect(middleOf(parts)).toEqual([
      { type: 'text-start', id: 'text-1' },
      { type: 'text-delta', id: 'text-1', delta: 'a' },
      { type: 'text-end', id: 'text-1' },
      { type: 'tool-input-start', id: 'x', toolName: 'look' },
      { type: 'tool-input-start', id: 'y', toolName: 'see' },
      { type: 'tool-input-delta', id: 'y', delta: '{"b"' },
      { type: 'tool-input-delta', id: 'x', delta: '{"a"' },
      { type: 'tool-input-delta', id: 'y', delta: ':2}' },
      { type: 'tool-input-delta', id: 'x', delta: ':1}' },
      { type: 'tool-input-end', id: 'x' },
      { type: 'tool-call', toolCallId: 'x', toolName: 'look', input: '{"a":1}' },
      { type: 'tool-input-end', id: 'y' },
      { type: 'tool-call', toolCallId: 'y', toolName: 'see', input: '{"b":2}' },
      { type: 'finish', unified: 'tool-calls' },
    ]);
  });

  test('of a call whose id comes late, and of one whose never comes', async () => {
    const { parts } = await partsOf([
      delta(0, { name: 'look', arguments: '{' }),
      delta(0, { id: 'x', arguments: '}' }),
      delta(1, { name: 'see', arguments: '{}' }),
      chunkOf({}, {}, 'tool_calls'),
    ]);
    const called = parts.filter((part) => part.type === 'tool-call');
    const madeUp = called[1]?.toolCallId ?? '';
    expect(madeUp).toMatch(/^call_\w+$/);
    expect(middleOf(parts)).toEqual([
      { type: 'tool-input-start', id: 'x', toolName: 'look' },
      { type: 'tool-input-delta', id: 'x', delta: '{}' },
      { type: 'tool-input-end', id: 'x' },
      { type: 'tool-call', toolCallId: 'x', toolName: 'look', input: '{}' },
      { type: 'tool-input-start', id: madeUp, toolName: 'see' },
      { type: 'tool-input-delta', id: madeUp, delta: '{}' },
      { type: 'tool-input-end', id: madeUp },
      { type: 'tool-call', toolCallId: madeUp, toolName: 'see', input: '{}' },
      { type: 'finish', unified: 'tool-calls' },
    ]);
  });

  test('of an image, sources and hidden reasoning: all of them before its end', async () => {
    const { parts } = await partsOf([
      chunkOf({ content: 'a' }),
      chunkOf({ images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }),
      chunkOf({ annotations: [{ type: 'url_citation', url_citation: { url: 'https://x.test/' } }] }),
      chunkOf({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'x', index: 0 }] }, {}, 'stop'),
    ]);
    expect(middleOf(parts)).toEqual([
      { type: 'text-start', id: 'text-1' },
      { type: 'text-delta', id: 'text-1', delta: 'a' },
      { type: 'reasoning-start', id: 'reasoning-2' },
      { type: 'reasoning-end', id: 'reasoning-2' },
      { type: 'text-end', id: 'text-1' },
      {
        type: 'file',
        mediaType: 'image/png',
        data: 'AAAA',
        providerMetadata: { keywheel: { message: { reasoning_details: [{ type: 'reasoning.encrypted', data: 'x', index: 0 }] } } },
      },
      { type: 'source', sourceType: 'url', id: 'reply-1-source-0', url: 'https://x.test/' },
      { type: 'finish', unified: 'stop' },
    ]);
  });

  test('of a refusal: a text that is marked as one', async () => {
    const { parts } = await partsOf([chunkOf({ refusal: 'No' }), chunkOf({ refusal: '.' }), chunkOf({}, {}, 'stop')]);
    expect(middleOf(parts)).toEqual([
      { type: 'text-start', id: 'refusal-1' },
      { type: 'text-delta', id: 'refusal-1', delta: 'No' },
      { type: 'text-delta', id: 'refusal-1', delta: '.' },
      { type: 'text-end', id: 'refusal-1', providerMetadata: { keywheel: { refusal: true } } },
      { type: 'finish', unified: 'content-filter' },
    ]);
  });

  test('of several answers: the first one', async () => {
    const other = { index: 1, delta: { content: 'b' }, finish_reason: null };
    const both = chunkOf({ content: 'a' });
    const { parts } = await partsOf([{ ...both, choices: [...both.choices, other] }, chunkOf({}, {}, 'stop')]);
    expect(parts.filter((part) => part.type === 'text-delta')).toEqual([{ type: 'text-delta', id: 'text-1', delta: 'a' }]);
  });

  test('gives its chunks too where they are asked for', async () => {
    const chunks = [chunkOf({ content: 'a' }), chunkOf({}, {}, 'stop')];
    const { parts } = await partsOf(chunks, { includeRawChunks: true });
    expect(parts.flatMap((part) => (part.type === 'raw' ? [part.rawValue] : []))).toEqual(chunks);
  });

  test('tells whose it is once, when it is known', async () => {
    const { parts } = await partsOf([chunkOf({}, { id: '', model: '' }), chunkOf({ content: 'a' }), chunkOf({}, {}, 'stop')]);
    expect(parts.filter((part) => part.type === 'response-metadata')).toEqual(START.slice(1));
  });

  test('that says nothing finishes all the same', async () => {
    expect((await partsOf([])).parts).toMatchObject([{ type: 'stream-start' }, { type: 'finish', finishReason: { unified: 'other' } }]);
  });
});

describe('a stream that breaks off', () => {
  test('after its first content: an error, which the AI SDK does not repeat, then its finish with what was counted', async () => {
    const partial = replyOf({ content: 'a' }, { usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } });
    const broken = withReport(new StreamInterruptedError('Cut', { class: 'network', partial }), REPORT);
    const { parts, client } = await partsOf([chunkOf({ content: 'a' }), broken]);
    expect(parts.slice(2)).toMatchObject([
      { type: 'text-start' },
      { type: 'text-delta', delta: 'a' },
      { type: 'text-end' },
      {
        type: 'error',
        error: { name: 'AI_APICallError', isRetryable: false, message: 'Cut', data: { code: 'stream_interrupted', class: 'network' } },
      },
      {
        type: 'finish',
        finishReason: { unified: 'error', raw: undefined },
        usage: { inputTokens: { total: 1 }, outputTokens: { total: 2 } },
        providerMetadata: { keywheel: { report: REPORT } },
      },
    ]);
    expect(client.asked).toHaveLength(1);
  });

  test('by a bug: the error as it is', async () => {
    const bug = new TypeError('oops');
    const { parts } = await partsOf([chunkOf({ content: 'a' }), bug]);
    expect(parts.slice(-2)).toMatchObject([
      { type: 'error', error: bug },
      { type: 'finish', finishReason: { unified: 'error' } },
    ]);
  });

  test('before it begins: the call fails', async () => {
    const failed = new ProviderError('Down', { class: 'server_error', status: 503, body: { error: 'busy' } });
    await expect(createKeywheel(fakeClient(failed))('fast').doStream(call())).rejects.toMatchObject({
      name: 'AI_APICallError',
      statusCode: 503,
      responseBody: '{"error":"busy"}',
      cause: failed,
    });
  });

  test('by its caller: their own reason, and no other part', async () => {
    const controller = new AbortController();
    const reason = new Error('mine');
    const { stream } = await createKeywheel(fakeClient([chunkOf({ content: 'a' }), reason]))('fast').doStream(
      call({ abortSignal: controller.signal }),
    );
    const reader = stream.getReader();
    const read = [await reader.read(), await reader.read(), await reader.read(), await reader.read()];
    controller.abort(reason);
    expect(read.map(({ value }) => value?.type)).toEqual(['stream-start', 'response-metadata', 'text-start', 'text-delta']);
    await expect(reader.read()).rejects.toBe(reason);
  });
});

describe('a stream that is left', () => {
  test('ends the call, and reads nothing before it is asked', async () => {
    const client = fakeClient([chunkOf({ content: 'a' }), chunkOf({ content: 'b' }), chunkOf({}, {}, 'stop')]);
    const { stream } = await createKeywheel(client)('fast').doStream(call());
    const reader = stream.getReader();
    await reader.read();
    // As long as a stream that reads ahead would need.
    await new Promise(setImmediate);
    expect(client.read()).toBe(0);
    await reader.read();
    expect([client.read(), client.left()]).toEqual([1, 0]);
    await reader.cancel();
    expect(client.left()).toBe(1);
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChatChunk } from '../../../src/chat/chunk.ts';
import { startStream } from '../../../src/providers/openai/stream.ts';
import type { Decoded } from '../../../src/providers/provider.ts';
import { chunksOf as chunksOfOne, aContext } from '../support.ts';

function decodeAll(...events: readonly unknown[]): { readonly decoded: readonly Decoded[]; readonly complete: boolean } {
  const decoder = startStream(aContext());
  const decoded = events.map((event) =>
    decoder.decode({ event: undefined, data: typeof event === 'string' ? event : JSON.stringify(event) }),
  );
  return { decoded, complete: decoder.complete };
}

function chunksOf(...events: readonly unknown[]): readonly ChatChunk[] {
  return decodeAll(...events).decoded.flatMap((item) => chunksOfOne(item));
}

function contentsOf(...events: readonly unknown[]): readonly unknown[] {
  return chunksOf(...events).flatMap(({ choices }) => choices.map(({ delta }) => delta.content));
}

const head = { id: 'c1', object: 'chat.completion.chunk', created: 5, model: 'm' };
const say = (content: string): unknown => ({ ...head, choices: [{ index: 0, delta: { content }, finish_reason: null }] });
const stop = { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
const call = (calls: readonly unknown[], index?: number): unknown => ({
  ...head,
  choices: [{ index: index ?? 0, delta: { tool_calls: calls } }],
});

function toolIndexes(...events: readonly unknown[]): readonly number[] {
  return chunksOf(...events).flatMap(({ choices }) => choices.flatMap(({ delta }) => (delta.tool_calls ?? []).map(({ index }) => index)));
}

describe('startStream', () => {
  test('passes chunks through and ends with [DONE]', () => {
    const { decoded, complete } = decodeAll(
      say('a'),
      stop,
      { ...head, choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
      '[DONE]',
      say('late'),
    );
    expect(decoded.map(({ kind }) => kind)).toEqual(['chunk', 'chunk', 'chunk', 'end', 'nothing']);
    expect(complete).toBe(true);
  });

  test('is complete without [DONE] when every choice has its finish reason', () => {
    expect(decodeAll(say('a')).complete).toBe(false);
    expect(decodeAll(say('a'), stop).complete).toBe(true);
    expect(decodeAll(say('a'), { ...head, choices: [{ index: 1, delta: { content: 'b' } }] }, stop).complete).toBe(false);
    expect(decodeAll().complete).toBe(false);
  });

  test.each([
    ['[DONE]', 'end'],
    [JSON.stringify(stop), 'chunk'],
    [JSON.stringify(stop).slice(0, -1), 'nothing'],
    ['{"error":{"message":"over', 'nothing'],
    ['{"error":{"message":"overloaded"}}', 'error'],
    ['[DON', 'nothing'],
    ['12', 'nothing'],
  ])('takes %s at the end of a body, without its blank line, for %s', (data, kind) => {
    expect(startStream(aContext()).decode({ event: undefined, data, unterminated: true }).kind).toBe(kind);
  });

  test('fills ids, indexes and deltas that are missing', () => {
    const empty = { id: '', created: 0, model: '', choices: [] };
    expect(chunksOf(empty, { ...head, choices: [] }, { choices: [{ delta: null }, {}] })).toEqual([
      { ...empty, object: 'chat.completion.chunk' },
      { ...head, choices: [] },
      { ...head, choices: [0, 1].map((index) => ({ index, delta: {}, finish_reason: null })) },
    ]);
  });

  test('takes a message for the delta that is not there', () => {
    const whole = { ...head, choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }] };
    const { decoded, complete } = decodeAll(whole);
    expect(complete).toBe(true);
    expect(decoded.flatMap((item) => chunksOfOne(item))[0]?.choices).toEqual([
      { index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' },
    ]);
    const piece = (content: string): unknown => ({ ...head, choices: [{ index: 0, message: { content } }] });
    expect(contentsOf(piece('Hi'), piece(' there'))).toEqual(['Hi', ' there']);
  });

  test('takes it once: beside deltas, or after them, it says the same again', () => {
    const message = { content: 'Hi' };
    expect(contentsOf({ ...head, choices: [{ index: 0, delta: { content: 'Hi' }, message }] })).toEqual(['Hi']);
    expect(contentsOf(say('Hi'), { ...head, choices: [{ index: 0, message, finish_reason: 'stop' }] })).toEqual(['Hi', undefined]);
    const begun = { ...head, choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] };
    expect(contentsOf(begun, { ...head, choices: [{ index: 0, message, finish_reason: 'stop' }] })).toEqual(['', 'Hi']);
  });

  test('reads the usage where Groq puts it, and none where nothing was counted', () => {
    expect(chunksOf({ ...stop, x_groq: { usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } } })[0]?.usage).toMatchObject({
      total_tokens: 3,
    });
    expect(chunksOf({ ...stop, usage: {} })[0]?.usage).toBeNull();
    expect(chunksOf(stop)[0]).not.toHaveProperty('usage');
  });

  test.each([
    ['an error', { error: { message: 'x' } }],
    ['an error as a string', { error: 'x' }],
    ['a flat error', { object: 'error', message: 'x' }],
    ['an error with a type', { type: 'error', message: 'x' }],
    ['a message alone', { message: 'x', code: 429 }],
    ['a detail alone', { detail: 'x' }],
    ['an array of an error', [{ error: { code: 503 } }]],
    [
      'an error beside choices',
      { ...head, error: { code: 'server_error' }, choices: [{ delta: { content: '' }, finish_reason: 'error' }] },
    ],
    ['a finish reason that is an error', { ...head, choices: [{ delta: {}, finish_reason: 'error' }] }],
    ['an early end at Groq', { ...head, choices: [], x_groq: { error: 'over capacity' } }],
    ['no JSON', '{"choices":[{"delta":{"content":"rate limit exc'],
  ])('takes %s for an error', (_name, event) => {
    expect(decodeAll(say('a'), event).decoded[1]?.kind).toBe('error');
  });

  test('keeps the words of a model out of the error of a cut chunk, and the code of a cut error in it', () => {
    const cut = decodeAll('{"choices":[{"delta":{"content":"insufficient_quota').decoded[0];
    expect(JSON.stringify(cut)).not.toContain('insufficient_quota');
    const error = decodeAll('{"error":{"code":"insufficient_quota"').decoded[0];
    expect(error).toEqual({ kind: 'error', body: '{"error":{"code":"insufficient_quota"' });
  });

  test('takes the event name for an error, too', () => {
    expect(startStream(aContext()).decode({ event: 'error', data: '{"message":"x","choices":[]}' }).kind).toBe('error');
  });

  test.each([
    ['', 'nothing'],
    ['null', 'nothing'],
    ['1', 'nothing'],
    ['{"ping":1}', 'nothing'],
    ['{"error":null,"choices":[]}', 'chunk'],
  ])('takes %j for %s', (data, kind) => {
    expect(startStream(aContext()).decode({ event: undefined, data }).kind).toBe(kind);
  });

  test('keeps the indexes of tool calls', () => {
    const named = (id: string, index?: number): unknown => ({
      ...(index === undefined ? {} : { index }),
      id,
      function: { name: 'f', arguments: '' },
    });
    const more = (index?: number): unknown => ({ ...(index === undefined ? {} : { index }), function: { arguments: '{}' } });
    expect(toolIndexes(call([named('a', 0)]), call([more(0)]), call([named('b', 1)]), call([more(1)]), call([more(0)]))).toEqual([
      0, 0, 1, 1, 0,
    ]);
    expect(toolIndexes(call([named('a'), named('b')]), call([more()]), call([named('c')]))).toEqual([0, 1, 1, 2]);
    // All at 0, told apart by their ids only.
    expect(toolIndexes(call([named('a', 0)]), call([more(0)]), call([named('b', 0)]), call([more(0)]))).toEqual([0, 0, 1, 1]);
    // The same call named again, and calls of another choice.
    expect(toolIndexes(call([named('a', 0)]), call([named('a', 0)]), call([named('x')], 1))).toEqual([0, 0, 0]);
    // An id on every delta, a name on the first only.
    expect(toolIndexes(call([named('a', 0)]), call([{ index: 0, id: 'z', function: { name: '', arguments: '{' } }]))).toEqual([0, 0]);
  });

  test('never throws, whatever comes', () => {
    const rubbish = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('[DONE]', '{"choices":[null,{"delta":{"tool_calls":[null,{"function":null}]}}]}'),
      fc.jsonValue().map((choices) => JSON.stringify({ choices: [choices], x_groq: choices, usage: choices })),
    );
    fc.assert(
      fc.property(fc.array(rubbish), (data) => {
        const decoder = startStream(aContext());
        for (const text of data)
          expect(['chunk', 'end', 'error', 'nothing']).toContain(decoder.decode({ event: undefined, data: text }).kind);
      }),
      { numRuns: 500 },
    );
  });
});

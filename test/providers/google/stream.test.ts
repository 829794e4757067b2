import { describe, expect, test } from 'vitest';
import { google } from '../../../src/providers/google/google.ts';
import { aContext } from '../support.ts';
import { streamed, studio, whole } from './support.ts';

const head = { modelVersion: 'gemini-2.5-flash-001', responseId: 'resp-1' };
const usage = (candidates: number, thoughts?: number): object => ({
  usageMetadata: {
    promptTokenCount: 4,
    candidatesTokenCount: candidates,
    ...(thoughts === undefined ? {} : { thoughtsTokenCount: thoughts }),
    totalTokenCount: 4 + candidates + (thoughts ?? 0),
  },
});
const say = (parts: readonly unknown[], more: object = {}, outer: object = {}): object => ({
  candidates: [{ content: { role: 'model', parts }, ...more }],
  ...head,
  ...outer,
});
const stop = { finishReason: 'STOP' };

describe('a stream', () => {
  test('is chunks, of which the last tells the use', () => {
    const { chunks, complete } = streamed(say([{ text: 'Bon' }], {}, usage(1)), say([{ text: 'jour' }], stop, usage(2)));
    const base = { id: 'resp-1', object: 'chat.completion.chunk', created: Date.UTC(2026, 6, 1) / 1000, model: 'gemini-2.5-flash-001' };
    expect(chunks).toEqual([
      { ...base, choices: [{ index: 0, delta: { role: 'assistant', content: 'Bon' }, finish_reason: null }] },
      {
        ...base,
        choices: [{ index: 0, delta: { content: 'jour' }, finish_reason: 'stop', native_finish_reason: 'STOP' }],
        usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 },
      },
    ]);
    expect(complete).toBe(true);
  });

  test('equals the whole answer', () => {
    const call = { functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'c' };
    const grounding = { groundingChunks: [{ web: { uri: 'https://a.test' } }] };
    const { reply } = streamed(
      say([{ text: 'Hm', thought: true }]),
      say([{ text: '. So', thought: true }]),
      say([{ text: '.', thought: true, thoughtSignature: 't' }], {}, usage(0, 3)),
      say([{ text: 'Bon' }], { groundingMetadata: grounding }),
      say([{ text: 'jour' }]),
      say([{ text: '', thoughtSignature: 's' }]),
      say([call]),
      say([{ functionCall: { name: 'g' } }]),
      say([{ text: '' }], stop, usage(5, 3)),
    );
    const parts = [
      { text: 'Hm. So.', thought: true, thoughtSignature: 't' },
      { text: 'Bonjour', thoughtSignature: 's' },
      call,
      { functionCall: { name: 'g' } },
    ];
    expect(reply).toEqual(whole(say(parts, { ...stop, groundingMetadata: grounding }, usage(5, 3))));
    expect(reply.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: { length: 2 } } });
  });

  test('of several candidates is complete when all have ended', () => {
    const first = say([{ text: 'a' }], { index: 0, ...stop });
    const second = say([{ text: 'b' }], { index: 1 });
    expect(streamed(second, first).complete).toBe(false);
    const { complete, reply, chunks } = streamed(second, first, say([], { index: 1, finishReason: 'SAFETY' }, usage(2)));
    expect(complete).toBe(true);
    expect(reply.choices.map(({ finish_reason: finish, message }) => [message.content, finish])).toEqual([
      ['a', 'stop'],
      ['b', 'content_filter'],
    ]);
    expect(chunks.map((chunk) => chunk.usage !== undefined)).toEqual([false, false, true]);
  });

  test('tells the use that comes after the end, and no use twice', () => {
    const { chunks, decoded } = streamed(usage(0), say([{ text: 'a' }], stop, usage(1)), { ...head, ...usage(2) }, { ...head });
    expect(decoded.map(({ kind }) => kind)).toEqual(['nothing', 'chunk', 'chunk', 'nothing']);
    expect(chunks.map((chunk) => [chunk.choices.length, chunk.usage?.completion_tokens])).toEqual([
      [1, 1],
      [0, 2],
    ]);
    expect(streamed(say([{ text: 'a' }], {}, usage(1)), say([], stop)).chunks.at(-1)?.usage?.completion_tokens).toBe(1);
  });

  test('without an end is not complete', () => {
    expect(streamed(say([{ text: 'a' }])).complete).toBe(false);
    expect(streamed(say([{ text: 'a' }], { finishReason: 'FINISH_REASON_UNSPECIFIED' })).complete).toBe(false);
    expect(streamed().complete).toBe(false);
  });

  test('passes over what says nothing', () => {
    expect(streamed('', '[DONE]', {}, { keepalive: 1 }, '3', []).decoded.map(({ kind }) => kind)).toEqual(Array(6).fill('nothing'));
    const decoder = google.startStream(aContext());
    expect(decoder.decode({ event: undefined, data: '{"candidates":[{"content":', unterminated: true }).kind).toBe('nothing');
  });
});

describe('an error inside a stream', () => {
  const overloaded = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } };

  test.each([[overloaded], [[overloaded]], ['{"error":{"code":503,"message":"The model is overl']])('%j', (event) => {
    const { decoded } = streamed(event);
    expect(decoded).toMatchObject([{ kind: 'error' }]);
    const body = decoded[0]?.kind === 'error' ? decoded[0].body : undefined;
    expect(google.classify({ status: 200, headers: {}, body, inBand: true }, studio, 0).class).toBe('overloaded');
  });

  test('is an event that is no JSON', () => {
    expect(streamed('{"candidates":[{"content":{"parts":[{"text":"a rate limit').decoded).toMatchObject([
      { kind: 'error', body: { error: { type: 'malformed_event' } } },
    ]);
  });

  test('is a blocked prompt; a block after words ends them', () => {
    const blocked = { promptFeedback: { blockReason: 'SAFETY' }, ...head };
    expect(streamed(blocked).decoded).toMatchObject([{ kind: 'error', body: { error: { code: 'content_filter' } } }]);
    const { complete, reply } = streamed(say([{ text: 'a' }]), blocked);
    expect(complete).toBe(true);
    expect(reply.choices[0]).toMatchObject({ finish_reason: 'content_filter', native_finish_reason: 'SAFETY', message: { content: 'a' } });
  });
});

describe('arguments that are streamed', () => {
  const piece = (functionCall: object, more: object = {}): object => say([{ functionCall }], more);
  const at = (jsonPath: string, value: object, more: object = {}): object =>
    piece({ partialArgs: [{ jsonPath, ...value, ...more }], willContinue: true });
  const callsOf = (...events: readonly object[]): unknown =>
    streamed(...events, say([], stop)).reply.choices[0]?.message.tool_calls?.map(({ function: { name, arguments: text } }) => [
      name,
      JSON.parse(text),
    ]);

  test('come together, of one call after the other', () => {
    const begin = piece({ name: 'f', willContinue: true });
    expect(
      callsOf(
        begin,
        at('$.a', { stringValue: 'Bos' }, { willContinue: true }),
        at('$.a', { stringValue: 'ton' }),
        at('$.b[0].c', { numberValue: 0.5 }),
        at('$.b[1]["d e"]', { boolValue: true }),
        at("$['x.y']", { nullValue: 'NULL_VALUE' }),
        piece({}),
        begin,
        piece({ name: 'g', args: { z: 1 } }),
        piece({ name: 'h', partialArgs: [{ jsonPath: '$.q', stringValue: 'r' }] }),
      ),
    ).toEqual([
      ['f', { a: 'Boston', b: [{ c: 0.5 }, { 'd e': true }], 'x.y': null }],
      ['f', {}],
      ['g', { z: 1 }],
      ['h', { q: 'r' }],
    ]);
  });

  test.each([
    ['$.a[999999999]', { numberValue: 1 }, { a: [] }],
    ['$.__proto__.polluted', { boolValue: true }, {}],
    ['$.s.length', { numberValue: 1 }, { s: 'x' }],
    ['a.b', { numberValue: 1 }, {}],
    ['$..b', { numberValue: 1 }, {}],
    ['$', { numberValue: 1 }, {}],
    ['$.a', {}, {}],
  ])('at %s are left out where they lead nowhere', (path, value, expected) => {
    const begin = piece({ name: 'f', willContinue: true, args: path.startsWith('$.s') ? { s: 'x' } : {} });
    expect(callsOf(begin, at(path, value))).toEqual([['f', expected]]);
    expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
  });
});

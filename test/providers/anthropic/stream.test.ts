import { describe, expect, test } from 'vitest';
import { anthropic } from '../../../src/providers/anthropic/anthropic.ts';
import type { Decoded } from '../../../src/providers/provider.ts';
import { chunksOf, aContext } from '../support.ts';
import { aMessage, replyOf, streamOf } from './support.ts';

const START = {
  type: 'message_start',
  message: aMessage([], { stop_reason: null, usage: { input_tokens: 10, cache_read_input_tokens: 3, output_tokens: 1 } }),
};
const END = [
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 20 } },
  { type: 'message_stop' },
];
const open = (index: number, content_block: object): object => ({ type: 'content_block_start', index, content_block });
const delta = (index: number, change: object): object => ({ type: 'content_block_delta', index, delta: change });
const stop = (index: number): object => ({ type: 'content_block_stop', index });

describe('a stream', () => {
  test('says what the plain answer says: thinking, text and calls', () => {
    const { decoded, reply, complete } = streamOf([
      START,
      { type: 'ping' },
      open(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'We' }),
      delta(0, { type: 'thinking_delta', thinking: 'll' }),
      delta(0, { type: 'signature_delta', signature: 'sig' }),
      stop(0),
      open(1, { type: 'redacted_thinking', data: 'xyz' }),
      stop(1),
      open(2, { type: 'text', text: '' }),
      delta(2, { type: 'text_delta', text: 'So, ' }),
      delta(2, { type: 'text_delta', text: 'é' }),
      stop(2),
      open(3, { type: 'tool_use', id: 'toolu_1', name: 'a', input: {} }),
      delta(3, { type: 'input_json_delta', partial_json: '' }),
      delta(3, { type: 'input_json_delta', partial_json: '{"q":1}' }),
      stop(3),
      open(4, { type: 'tool_use', id: 'toolu_2', name: 'b', input: {} }),
      stop(4),
      open(5, { type: 'tool_use', id: 'toolu_3', name: 'c', input: { z: [1] } }),
      stop(5),
      {
        type: 'message_delta',
        delta: { stop_reason: 'tool_use' },
        usage: { input_tokens: 11, output_tokens: 20, output_tokens_details: { thinking_tokens: 7 } },
      },
      { type: 'message_stop' },
    ]);
    const whole = aMessage(
      [
        { type: 'thinking', thinking: 'Well', signature: 'sig' },
        { type: 'redacted_thinking', data: 'xyz' },
        { type: 'text', text: 'So, é' },
        { type: 'tool_use', id: 'toolu_1', name: 'a', input: { q: 1 } },
        { type: 'tool_use', id: 'toolu_2', name: 'b', input: {} },
        { type: 'tool_use', id: 'toolu_3', name: 'c', input: { z: [1] } },
      ],
      {
        stop_reason: 'tool_use',
        usage: { input_tokens: 11, cache_read_input_tokens: 3, output_tokens: 20, output_tokens_details: { thinking_tokens: 7 } },
      },
    );
    expect(reply).toEqual(replyOf(whole));
    expect(complete).toBe(true);
    expect(reply.usage).toEqual({
      prompt_tokens: 14,
      completion_tokens: 20,
      total_tokens: 34,
      prompt_tokens_details: { cached_tokens: 3 },
      completion_tokens_details: { reasoning_tokens: 7 },
    });
    expect(reply.choices[0]?.message.reasoning_details).toEqual([
      { type: 'reasoning.text', text: 'Well', signature: 'sig', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.encrypted', data: 'xyz', format: 'anthropic-claude-v1', index: 1 },
    ]);
    expect(reply.choices[0]?.message.reasoning_content).toBe('Well');
    const calls = decoded.flatMap((item) =>
      chunksOf(item).flatMap(({ choices }) => choices.flatMap(({ delta: change }) => change.tool_calls ?? [])),
    );
    expect(calls.map(({ index, id }) => [index, id])).toEqual([
      [0, 'toolu_1'],
      [0, undefined],
      [1, 'toolu_2'],
      [1, undefined],
      [2, 'toolu_3'],
      [2, undefined],
    ]);
  });

  test('begins with the role and ends with the reason, then the usage without choices', () => {
    const chunks = streamOf([START, open(0, { type: 'text', text: 'Hi' }), stop(0), ...END]).decoded.flatMap((item) => chunksOf(item));
    expect(
      chunks.map(({ choices, usage }) => [choices.map((choice) => [choice.delta, choice.finish_reason]), usage?.total_tokens]),
    ).toEqual([
      [[[{ role: 'assistant' }, null]], undefined],
      [[[{ content: 'Hi' }, null]], undefined],
      [[[{}, 'stop']], undefined],
      [[], 33],
    ]);
    expect(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size).toBe(1);
  });

  test('is complete with its marker alone', () => {
    expect(streamOf([START, open(0, { type: 'text', text: 'Hi' }), END[0] ?? {}]).complete).toBe(false);
  });

  test('without counts ends without usage: absent is not zero', () => {
    const { decoded, reply } = streamOf([{ type: 'message_start', message: { id: 'm' } }, { type: 'message_stop' }]);
    expect(decoded.at(-1)).toEqual({ kind: 'end' });
    expect(reply).not.toHaveProperty('usage');
    expect(reply).toMatchObject({ id: 'm', model: 'claude-sonnet-4-5', created: Date.UTC(2026, 6, 1) / 1000 });
  });

  test('keeps citations and blocks of other kinds without breaking indexes', () => {
    const search = { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } };
    const result = { type: 'web_search_tool_result', tool_use_id: 's', content: [{ type: 'web_search_result', url: 'https://h' }] };
    const near = { type: 'web_search_result_location', url: 'https://h', title: 't', cited_text: 'c', encrypted_index: 'e' };
    const page = { type: 'page_location', document_index: 0, start_page_number: 1, end_page_number: 2, cited_text: 'p' };
    const later = { type: 'kind_of_tomorrow', words: 'ab', n: 2 };
    const { reply } = streamOf([
      START,
      open(0, { ...search, input: {} }),
      delta(0, { type: 'input_json_delta', partial_json: '{"query":"q"}' }),
      stop(0),
      open(1, result),
      stop(1),
      open(2, { type: 'text', text: 'Now ' }),
      stop(2),
      open(3, { type: 'kind_of_tomorrow', words: 'ab' }),
      delta(3, { type: 'delta_of_tomorrow', n: 2 }),
      stop(3),
      open(4, { type: 'text', text: '', citations: [] }),
      delta(4, { type: 'citations_delta', citation: near }),
      delta(4, { type: 'text_delta', text: 'it is' }),
      delta(4, { type: 'citations_delta', citation: page }),
      stop(4),
      ...END,
    ]);
    const text = { type: 'text', text: 'it is', citations: [near, page] };
    expect(reply.choices[0]?.message).toEqual({
      role: 'assistant',
      content: 'Now it is',
      annotations: [
        { type: 'url_citation', url_citation: { url: 'https://h', title: 't', start_index: 4, end_index: 9, cited_text: 'c' } },
        { type: 'document_citation', document_citation: { ...page, start_index: 4, end_index: 9 } },
      ],
      content_blocks: [search, result, { type: 'text', text: 'Now ' }, later, text],
    });
  });

  test('takes over what a message says at its beginning', () => {
    const message = aMessage([{ type: 'tool_use', id: 't', name: 'f', input: { a: 1 } }], {
      stop_reason: 'tool_use',
      container: { id: 'c' },
    });
    const { reply, complete } = streamOf([{ type: 'message_start', message }, { type: 'message_stop' }]);
    expect(complete).toBe(true);
    expect(reply).toEqual(replyOf(message));
    expect(reply).toMatchObject({ container: { id: 'c' }, choices: [{ finish_reason: 'tool_calls' }] });
  });

  test('that begins twice is one, and two mixed ones are an error', () => {
    expect(streamOf([START, START, open(0, { type: 'text', text: 'Hi' }), ...END]).reply.choices[0]?.message.content).toBe('Hi');
    expect(streamOf([START, { type: 'message_start', message: aMessage([], { id: 'msg_2' }) }]).decoded[1]).toMatchObject({
      kind: 'error',
    });
  });
});

describe('an event', () => {
  const decode = (data: string, event?: string, unterminated?: true): Decoded =>
    anthropic.startStream(aContext()).decode({ event, data, ...(unterminated === undefined ? {} : { unterminated }) });

  test.each([
    ['{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', 'error', undefined, 'overloaded'],
    ['{"error":{"message":"x"}}', undefined, undefined, 'server_error'],
    ['{"type":"error","error":{"type":"rate_limit_er', 'error', undefined, 'rate_limited'],
    ['{"type":"content_block_delta","delta":{"text":"rate limit', undefined, undefined, 'server_error'],
  ])('%s of %s is an error', (data, event, unterminated, failure) => {
    const decoded = decode(data, event, unterminated);
    expect(decoded.kind).toBe('error');
    const body = decoded.kind === 'error' ? decoded.body : undefined;
    expect(anthropic.classify({ status: 200, headers: {}, body, inBand: true }, { rules: [] } as never, 0)).toMatchObject({
      class: failure,
      body,
    });
  });

  test.each([
    ['{"type":"ping"}'],
    ['{"type":"of_tomorrow"}'],
    ['[DONE]'],
    [''],
    ['3'],
    ['null'],
    ['[]'],
    ['{"type":"content_block_delta","index":9,"delta":{}}'],
    ['{"type":"content_block_stop"}'],
    ['{"type":"content_block_start","index":0}'],
    ['{}'],
  ])('%s says nothing', (data) => {
    expect(decode(data)).toEqual({ kind: 'nothing' });
  });

  test('that was cut says nothing unless its object closes', () => {
    expect(decode('{"type":"message_st', undefined, true)).toEqual({ kind: 'nothing' });
    expect(decode('{"type":"message_start","message":{"id":"m"}}', undefined, true).kind).toBe('chunk');
  });
});

describe('a message that names no reason to stop', () => {
  const start = { type: 'message_start', message: aMessage([], { stop_reason: null }) };
  const blockOf = (index: number, block: object): object[] => [
    { type: 'content_block_start', index, content_block: block },
    { type: 'content_block_stop', index },
  ];

  test('loses nothing of what was kept back, whole and streamed', () => {
    const request = { response_format: { type: 'json_object' } };
    const text = { type: 'text', text: '{"a":1}' };
    const whole = replyOf(aMessage([text], { stop_reason: null }), request);
    expect(whole.choices).toEqual([{ index: 0, message: { role: 'assistant', content: '{"a":1}' }, finish_reason: null }]);
    expect(streamOf([start, ...blockOf(0, text), { type: 'message_stop' }], request).reply).toMatchObject({ choices: whole.choices });
  });

  test('keeps the blocks that a message cannot hold otherwise', () => {
    const search = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'q' } };
    const expected = { content_blocks: [search] };
    expect(replyOf(aMessage([search], { stop_reason: null })).choices[0]?.message).toMatchObject(expected);
    expect(streamOf([start, ...blockOf(0, search), { type: 'message_stop' }]).reply.choices[0]?.message).toMatchObject(expected);
  });
});

test('a refusal that is told twice is said once', () => {
  const end = {
    type: 'message_delta',
    delta: { stop_reason: 'refusal', stop_details: { explanation: 'No.' } },
    usage: { output_tokens: 1 },
  };
  const { reply } = streamOf([{ type: 'message_start', message: aMessage([], { stop_reason: null }) }, end, end, { type: 'message_stop' }]);
  expect(reply.choices[0]).toMatchObject({ message: { refusal: 'No.' }, finish_reason: 'content_filter' });
});

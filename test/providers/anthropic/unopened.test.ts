import { expect, test } from 'vitest';
import { aMessage, streamOf } from './support.ts';

const START = { type: 'message_start', message: aMessage([], { stop_reason: null }) };
const END = [{ type: 'message_delta', delta: { stop_reason: 'end_turn' } }, { type: 'message_stop' }];
const delta = (index: number, change: object): object => ({ type: 'content_block_delta', index, delta: change });

test('blocks that nobody opened are what their deltas say', () => {
  const { reply, complete } = streamOf([
    START,
    delta(0, { type: 'thinking_delta', thinking: 'We' }),
    delta(0, { type: 'thinking_delta', thinking: 'll' }),
    delta(0, { type: 'signature_delta', signature: 'sig' }),
    delta(1, { type: 'text_delta', text: 'So, ' }),
    delta(1, { type: 'text_delta', text: 'é' }),
    { type: 'content_block_stop', index: 1 },
    delta(2, { type: 'input_json_delta', partial_json: '{"q":1}' }),
    ...END,
  ]);
  expect(reply.choices[0]?.message).toMatchObject({
    content: 'So, é',
    reasoning_content: 'Well',
    reasoning_details: [{ type: 'reasoning.text', text: 'Well', signature: 'sig' }],
    tool_calls: [{ function: { name: '', arguments: '{"q":1}' } }],
  });
  expect(complete).toBe(true);
});

test('deltas that no kind of block has open none', () => {
  const { reply } = streamOf([
    START,
    delta(0, {}),
    delta(1, { type: 'new_delta', more: 1 }),
    delta(2, { type: 'signature_delta', signature: 's' }),
    ...END,
  ]);
  expect(reply.choices[0]?.message).toEqual({ role: 'assistant', content: null });
});

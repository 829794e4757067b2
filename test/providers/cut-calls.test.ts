import { expect, test } from 'vitest';
import { RequestError } from '../../src/errors.ts';
import type { ChatRequest } from '../../src/chat/request.ts';
import { bodyOf } from './anthropic/support.ts';
import { encodeBody } from './bedrock/support.ts';
import { sent } from './google/support.ts';

const MESSAGES: ChatRequest['messages'] = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: null, tool_calls: [{ id: 'a', type: 'function', function: { name: 'look', arguments: '{"a":' } }] },
  { role: 'tool', tool_call_id: 'a', content: 'nothing' },
];

test.each([
  ['anthropic', () => bodyOf({ messages: MESSAGES })],
  ['bedrock', () => encodeBody({ messages: MESSAGES })],
  ['google', () => sent({ messages: MESSAGES })],
])('a call that was cut off is refused with what helps: %s', (_provider, encode) => {
  expect(encode).toThrow(RequestError);
  expect(encode).toThrow(
    /'messages\[1\]\.tool_calls\[0\]\.function\.arguments' must be a JSON object, .*repair.*or leave out the message and/,
  );
});

test('blocks of a cut call do not bring it back', () => {
  const blocks = [
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b' },
    { type: 'tool_use', id: 'a', name: 'look', input: '{"a":' },
  ];
  const [hi, called, result] = MESSAGES;
  const messages = [hi, { ...called, content: 'ab', content_blocks: blocks }, result];
  expect(() => bodyOf({ messages })).toThrow(/must be a JSON object/);
  expect(() => encodeBody({ messages: messages as ChatRequest['messages'] })).toThrow(/must be a JSON object/);
  const converse = [{ text: 'a' }, { text: 'b' }, { toolUse: { toolUseId: 'a', name: 'look', input: '{"a":' } }];
  const given = [hi, { ...called, content: 'ab', converse_content: converse }, result];
  expect(() => encodeBody({ messages: given as ChatRequest['messages'] })).toThrow(/must be a JSON object/);
});

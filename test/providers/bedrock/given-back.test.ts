import { describe, expect, test } from 'vitest';
import type { ChatRequest } from '../../../src/chat/request.ts';
import { bedrock } from '../../../src/providers/bedrock/bedrock.ts';
import { aMessage, replyOf } from '../anthropic/support.ts';
import { CLAUDE, encodeBody, NOVA, theContext } from './support.ts';

const CONTENT = [
  { type: 'thinking', thinking: 'one', signature: 's1' },
  { type: 'text', text: 'First. ' },
  { type: 'redacted_thinking', data: 'xyz' },
  { type: 'thinking', thinking: 'two', signature: 's2' },
  { type: 'text', text: 'Then.' },
  { type: 'tool_use', id: 'toolu_1', name: 'look', input: { q: 1 } },
];
const RESULT = { role: 'tool', tool_call_id: 'toolu_1', content: 'found' } as const;

/** What an answer of Anthropic's becomes, changed by the caller or not. */
function blocksOf(content: readonly object[], changed: object = {}, model = CLAUDE): unknown {
  const message = replyOf(aMessage(content, { stop_reason: 'tool_use' })).choices[0]?.message;
  const messages = [{ role: 'user', content: 'Hi' }, { ...message, ...changed }, RESULT] as ChatRequest['messages'];
  return (encodeBody({ messages }, model)['messages'] as { readonly content: unknown }[])[1]?.content;
}

describe("an answer of Claude's from Anthropic", () => {
  const thought = (text: string, signature: string): object => ({ reasoningContent: { reasoningText: { text, signature } } });
  const call = { toolUse: { toolUseId: 'toolu_1', name: 'look', input: { q: 1 } } };

  test('keeps its thoughts where they were', () => {
    expect(blocksOf(CONTENT)).toEqual([
      thought('one', 's1'),
      { text: 'First. ' },
      { reasoningContent: { redactedContent: 'xyz' } },
      thought('two', 's2'),
      { text: 'Then.' },
      call,
    ]);
  });

  test('that was changed since, goes to others, or holds what Converse has not, is what the message says', () => {
    const redacted = { reasoningContent: { redactedContent: 'xyz' } };
    expect(blocksOf(CONTENT, { content: 'Else' })).toEqual([thought('one', 's1'), redacted, thought('two', 's2'), { text: 'Else' }, call]);
    expect(blocksOf(CONTENT, {}, NOVA)).toEqual([{ text: 'First. Then.' }, call]);
    const searched = [{ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }, ...CONTENT.slice(4)];
    expect(blocksOf(searched)).toEqual([{ text: 'Then.' }, call]);
  });
});

describe('an answer that the model spoilt', () => {
  const error = { error: { __type: 'ModelErrorException', message: 'The model spoilt its answer: malformed_tool_use' } };

  test.each([
    ['without blocks', { message: { role: 'assistant', content: [] } }],
    ['with an empty text', { message: { role: 'assistant', content: [{ text: '' }] } }],
    ['with thoughts alone', { message: { content: [{ reasoningContent: { reasoningText: { text: 'Hm' } } }] } }],
    ['without content', { message: { role: 'assistant' } }],
    ['without a message', {}],
  ])('is an error: %s', (_what, output) => {
    expect(bedrock.decodeWhole({ output, stopReason: 'malformed_tool_use' }, theContext(CLAUDE))).toEqual(error);
  });
});

import { describe, expect, test } from 'vitest';
import { Collector } from '../../../src/chat/collect.ts';
import type { ChatRequest } from '../../../src/chat/request.ts';
import { createOpenAI } from '../../../src/providers/openai/openai.ts';
import { dialects } from '../../../src/providers/openai/dialects.ts';
import { chunksOf, aContext, aProvider } from '../support.ts';

const protocol = createOpenAI(dialects.deepseek);
const provider = aProvider({ name: 'deepseek', protocol });
const SCHEMA = { type: 'object', properties: { city: { type: 'string' } } };
const request: ChatRequest = {
  model: 'm',
  messages: [{ role: 'user', content: 'Where?' }],
  response_format: { type: 'json_schema', json_schema: { name: 'a place', description: 'A place.', schema: SCHEMA, strict: true } },
};
const FORCED = { type: 'function', function: { name: 'a_place', description: 'A place.', parameters: SCHEMA } };
const OTHER = { type: 'function', function: { name: 'look' } } as const;

function encode(more: Partial<ChatRequest>): unknown {
  const asked = { operation: 'chat', request: { ...request, ...more } } as const;
  return JSON.parse(protocol.encode({ asked, model: 'm', stream: false, provider }).body ?? '');
}

describe('a schema is asked for through a tool', () => {
  test('that must be called', () => {
    expect(encode({})).toEqual({
      model: 'm',
      messages: request.messages,
      tools: [FORCED],
      tool_choice: { type: 'function', function: { name: 'a_place' } },
      thinking: { type: 'disabled' },
    });
  });

  test('beside tools of the caller, one of which must be', () => {
    expect(encode({ tools: [OTHER], tool_choice: 'auto' })).toEqual({
      model: 'm',
      messages: request.messages,
      tools: [OTHER, FORCED],
      tool_choice: 'required',
      thinking: { type: 'disabled' },
    });
  });

  test('that nobody can be made to call while it thinks', () => {
    expect(encode({ thinking: { type: 'enabled' } })).toMatchObject({
      tools: [FORCED],
      tool_choice: 'auto',
      thinking: { type: 'enabled' },
    });
  });

  test('alone where tools of the caller must not be called', () => {
    expect(encode({ tools: [OTHER], tool_choice: 'none' })).toMatchObject({
      tools: [OTHER, FORCED],
      tool_choice: { type: 'function', function: { name: 'a_place' } },
    });
    expect(encode({ tools: [OTHER], tool_choice: 'none', thinking: { type: 'enabled' } })).toMatchObject({
      tools: [FORCED],
      tool_choice: 'auto',
    });
  });

  test.each([{ type: 'function', function: { name: 'look' } } as const, 'required' as const])(
    'but for a call that must be made: %j',
    (tool_choice) => {
      expect(encode({ tools: [OTHER], tool_choice })).toEqual({ model: 'm', messages: request.messages, tools: [OTHER], tool_choice });
    },
  );

  test('by a name that no tool has, offered or called before', () => {
    const own = { type: 'function', function: { name: 'a_place' } } as const;
    const call = { id: 'c', type: 'function', function: { name: 'a_place_answer', arguments: '{}' } } as const;
    const messages = [
      ...request.messages,
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c', content: '1' },
    ] as const;
    expect(encode({ tools: [own], messages })).toMatchObject({
      tools: [own, { function: { name: 'a_place_answer2' } }],
      tool_choice: 'required',
    });
  });

  test('and JSON alone as the server knows it', () => {
    expect(encode({ response_format: { type: 'json_object' } })).toEqual({
      model: 'm',
      messages: request.messages,
      response_format: { type: 'json_object' },
    });
  });
});

const context = aContext({ asked: { operation: 'chat', request } });
const head = { id: 'c', object: 'chat.completion', created: 5, model: 'm' };
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
const answer = { id: 'call_1', type: 'function', function: { name: 'a_place', arguments: '{"city":"Rome"}' } };
const other = { id: 'call_2', type: 'function', function: { name: 'look', arguments: '{}' } };

function readBoth(message: { readonly tool_calls?: readonly (typeof answer)[] }, finish: string) {
  const whole = protocol.decodeWhole(
    { ...head, choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }], usage },
    context,
  );
  const decoder = protocol.startStream(context);
  const collector = new Collector();
  const { tool_calls: calls = [], ...rest } = message;
  const pieces = calls.flatMap(({ id, type, function: { name, arguments: text } }, index) => [
    { tool_calls: [{ index, id, type, function: { name, arguments: '' } }] },
    ...text.split('').map((character) => ({ tool_calls: [{ index, function: { arguments: character } }] })),
  ]);
  const choices = [{ delta: { role: 'assistant', ...rest } }, ...pieces.map((delta) => ({ delta })), { delta: {}, finish_reason: finish }];
  for (const chunk of [...choices.map((choice) => ({ ...head, choices: [{ index: 0, ...choice }] })), { ...head, choices: [], usage }]) {
    const event = decoder.decode({ event: undefined, data: JSON.stringify(chunk) });
    for (const chunk of chunksOf(event)) collector.add(chunk);
  }
  return { whole: 'whole' in whole && whole.whole, streamed: collector.reply() };
}

describe('its call is the answer, plain and streamed', () => {
  test.each<[string, object, string, object, string]>([
    ['alone', { content: null, tool_calls: [answer] }, 'tool_calls', { content: '{"city":"Rome"}' }, 'stop'],
    ['cut', { content: null, tool_calls: [answer] }, 'length', { content: '{"city":"Rome"}' }, 'length'],
    [
      'beside a call of another tool',
      { content: null, tool_calls: [other, answer] },
      'tool_calls',
      { content: '{"city":"Rome"}', tool_calls: [other] },
      'tool_calls',
    ],
    ['not made', { content: '{"city":"Oslo"}' }, 'stop', { content: '{"city":"Oslo"}' }, 'stop'],
    ['of another tool', { content: null, tool_calls: [other] }, 'tool_calls', { content: null, tool_calls: [other] }, 'tool_calls'],
  ])('%s', (_, message, finish, read, end) => {
    const { whole, streamed } = readBoth(message, finish);
    const expected = { ...head, choices: [{ index: 0, message: { role: 'assistant', ...read }, finish_reason: end }], usage };
    expect(whole).toEqual(expected);
    expect(streamed).toEqual(expected);
  });

  test.each<[string, Partial<ChatRequest>]>([
    ['of the same name', { tools: [{ type: 'function', function: { name: 'a_place' } }] }],
    ['that had to be made', { tools: [OTHER], tool_choice: 'required' }],
  ])("a call of the caller's %s stays one", (_, more) => {
    const body = {
      ...head,
      choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [answer] }, finish_reason: 'tool_calls' }],
    };
    expect(protocol.decodeWhole(body, aContext({ asked: { operation: 'chat', request: { ...request, ...more } } }))).toEqual({
      whole: body,
    });
  });

  test('rubbish is no answer', () => {
    const body = {
      ...head,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: null, tool_calls: [null, 1, { id: 'c', type: 'function', function: null }] },
          finish_reason: 'stop',
        },
      ],
    };
    const [choice] = body.choices;
    const calls = [{ id: 'c', type: 'function', function: { name: '', arguments: '' } }];
    expect(protocol.decodeWhole(body, context)).toEqual({
      whole: { ...body, choices: [{ ...choice, message: { ...choice?.message, tool_calls: calls } }] },
    });
  });
});

import { describe, expect, test } from 'vitest';
import type { ChatCompletion, ReplyMessage, Whole } from '../../../src/chat/reply.ts';
import { checkMessage } from '../../../src/chat/check-message.ts';
import { Collector } from '../../../src/chat/collect.ts';
import { readUsage, toUsage } from '../../../src/chat/usage.ts';
import { decodeWhole } from '../../../src/providers/openai/decode.ts';
import { startStream } from '../../../src/providers/openai/stream.ts';
import { chunksOf, aContext, EMBED } from '../support.ts';

const chat = aContext();
const embed = aContext({ asked: EMBED });
const NOW = Date.UTC(2026, 6, 1) / 1000;
const good = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
  extra: { kept: true },
};

describe('decodeWhole', () => {
  test('passes a good answer through as it came', () => {
    const result = decodeWhole(good, chat);
    expect('whole' in result && result.whole).toBe(good);
    expect('whole' in decodeWhole({ ...good, error: null }, chat)).toBe(true);
    expect('whole' in decodeWhole({ object: 'list', data: [], model: 'm' }, embed)).toBe(true);
  });

  test.each([
    [null],
    ['<html>'],
    [[{ error: { code: 429 } }]],
    [{}],
    [{ ...good, choices: [] }],
    [{ ...good, choices: 'x' }],
    [{ ...good, choices: [{ text: 'a completion' }] }],
    [{ ...good, error: { message: 'x' } }],
    [{ object: 'error', message: 'x' }],
  ])('takes %j for an error', (body) => {
    expect(decodeWhole(body, chat)).toEqual({ error: body });
  });

  test('finds the error of a choice', () => {
    expect(decodeWhole({ ...good, choices: [{ error: { code: 502 }, finish_reason: 'error' }] }, chat)).toEqual({
      error: { error: { code: 502 } },
    });
  });
});

describe('decodeWhole fills the holes that compatible servers leave', () => {
  const decode = (more: object): unknown => {
    const decoded = decodeWhole({ ...good, ...more }, chat);
    return 'whole' in decoded ? decoded.whole : decoded;
  };

  test('in choices', () => {
    const message = { role: 'assistant', content: 'x' };
    expect(
      decode({ choices: [{ message }, { index: 'a', message: { ...message, tool_calls: null }, finish_reason: '', logprobs: 1 }] }),
    ).toEqual({
      ...good,
      choices: [
        { index: 0, message, finish_reason: null },
        { index: 1, message, finish_reason: null, logprobs: 1 },
      ],
    });
  });

  test('in names', () => {
    expect(decode({ id: undefined, created: 'now', model: null })).toEqual({ ...good, id: '', created: NOW, model: 'm' });
    const told = decodeWhole({ ...good, id: '', model: '', created: 0 }, aContext({ requestId: 'req_1', model: 'asked' }));
    expect(told).toEqual({ whole: { ...good, id: 'req_1', created: NOW, model: 'asked' } });
  });

  test.each([
    [{ prompt_tokens: 3 }, null],
    [{ prompt_tokens: 3, completion_tokens: null, total_tokens: 3 }, null],
    [
      { prompt_tokens: 3, total_tokens: 10 },
      { prompt_tokens: 3, completion_tokens: 7, total_tokens: 10 },
    ],
    [
      { prompt_tokens: 3, completion_tokens: 0 },
      { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 },
    ],
    [{ completion_tokens: 3, total_tokens: 5 }, null],
    [{ prompt_tokens: {}, completion_tokens: 1, total_tokens: 1 }, null],
    [{ prompt_tokens: '12', completion_tokens: 1, total_tokens: 13 }, null],
    [{ prompt_tokens: 1, completion_tokens: -1e6, total_tokens: 1 }, null],
    [{ prompt_tokens: 1e308, completion_tokens: 1e308, total_tokens: 1e308 }, null],
    ['none', null],
    [null, null],
  ])('in the usage %j, as %j', (usage, read) => {
    expect(decode({ usage })).toEqual({ ...good, usage: read });
    const streamed = startStream(aContext()).decode({ event: undefined, data: JSON.stringify({ ...good, usage }) });
    expect(streamed).toMatchObject({ kind: 'chunk', chunk: { usage: read } });
  });

  test('in the place of the usage', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    expect(decode({ x_groq: { usage } })).toEqual({ ...good, x_groq: { usage }, usage });
  });
});

describe('readUsage', () => {
  test('reads what was counted; absent is not zero', () => {
    expect(toUsage({ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, prompt_tokens_details: { cached_tokens: 1 } })).toEqual({
      prompt_tokens: 1,
      completion_tokens: 2,
      total_tokens: 3,
      prompt_tokens_details: { cached_tokens: 1 },
    });
    expect(toUsage({ prompt_tokens: 4, total_tokens: 4 })).toBeUndefined();
    for (const usage of [{ prompt_tokens: 4 }, { prompt_tokens: 4, total_tokens: 4 }])
      expect(readUsage({ object: 'list', data: [], model: 'm', usage: usage as never })).toMatchObject({ total_tokens: 4 });
    expect([toUsage(null), toUsage({}), toUsage({ prompt_tokens: 'x' }), toUsage({ completion_tokens: 3 })]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const decoded = decodeWhole({ ...good, x_groq: { usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } } }, chat);
    expect('whole' in decoded && readUsage(decoded.whole)?.total_tokens).toBe(2);
  });
});

/** A plain answer with this message, and the stream of one delta that says the same. */
function readBoth(message: object, beside: object = {}): { readonly whole: unknown; readonly streamed: unknown } {
  const decoded = decodeWhole({ ...good, ...beside, choices: [{ index: 0, message, finish_reason: 'stop' }] }, chat);
  const decoder = startStream(chat);
  const collector = new Collector();
  for (const choice of [
    { index: 0, delta: message },
    { index: 0, delta: {}, finish_reason: 'stop' },
  ]) {
    const event = decoder.decode({ event: undefined, data: JSON.stringify({ ...good, ...beside, choices: [choice] }) });
    for (const chunk of chunksOf(event)) collector.add(chunk);
  }
  return { whole: 'whole' in decoded && readMessage(decoded.whole), streamed: readMessage(collector.reply()) };
}

function readMessage(whole: Whole): unknown {
  return 'choices' in whole && (whole as ChatCompletion).choices[0]?.message;
}

describe('texts are texts, plain and streamed', () => {
  const part = { type: 'card', title: 'x' };
  test.each([
    [{ content: 5 }, { content: '5' }],
    [{ content: false }, { content: 'false' }],
    [{ content: { type: 'text', text: 'a' } }, { content: 'a' }],
    [{ content: part }, { content: null, content_parts: [part] }],
    [
      { content: 'a', reasoning_content: 5 },
      { content: 'a', reasoning_content: '5' },
    ],
    [
      { content: 'a', refusal: part },
      { content: 'a', refusal: null, content_parts: [part] },
    ],
    [
      { content: part, reasoning_content: part },
      { content: null, reasoning_content: null, content_parts: [part, part] },
    ],
  ])('%j', (message, said) => {
    const { whole, streamed } = readBoth(message);
    expect(whole).toEqual({ role: 'assistant', ...said });
    expect(streamed).toEqual(whole);
  });
});

describe('messages are read in one shape, plain and streamed', () => {
  const role = { role: 'assistant' };
  test.each([
    [
      'thinking among the parts of content',
      {
        content: [
          {
            type: 'thinking',
            thinking: [
              { type: 'text', text: 'Hm' },
              { type: 'text', text: ', yes' },
            ],
          },
          { type: 'text', text: 'Four' },
        ],
      },
      { content: 'Four', reasoning_content: 'Hm, yes' },
    ],
    ['parts that are texts', { content: ['a', { type: 'text', text: 'b' }] }, { content: 'ab' }],
    [
      'sources and what is unknown among the parts',
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'tool_reference', tool: 'web', title: 'T', url: 'https://a.test' },
          { type: 'odd', n: 1 },
          null,
        ],
      },
      {
        content: 'a',
        annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.test', title: 'T' } }],
        content_parts: [{ type: 'odd', n: 1 }, null],
      },
    ],
    ['reasoning by its other name', { content: 'a', reasoning: 'b' }, { content: 'a', reasoning: 'b', reasoning_content: 'b' }],
    [
      'reasoning by both names',
      { content: 'a', reasoning: 'b', reasoning_content: 'c' },
      { content: 'a', reasoning: 'b', reasoning_content: 'c' },
    ],
    ['no reasoning', { content: 'a', reasoning: null }, { content: 'a', reasoning: null }],
  ])('%s', (_, said, read) => {
    const { whole, streamed } = readBoth({ ...role, ...said });
    expect(whole).toEqual({ ...role, ...read });
    expect(streamed).toEqual({ ...role, ...read });
  });

  test('sources beside the choices, once', () => {
    const beside = {
      citations: ['https://a.test', 'https://b.test', 'https://b.test', 7],
      search_results: [{ title: 'A', url: 'https://a.test', date: null }, null],
    };
    const annotations = [
      { type: 'url_citation', url_citation: { url: 'https://a.test', title: 'A' } },
      { type: 'url_citation', url_citation: { url: 'https://b.test' } },
    ];
    const { whole, streamed } = readBoth({ ...role, content: 'a' }, beside);
    expect(whole).toEqual({ ...role, content: 'a', annotations });
    expect(streamed).toEqual({ ...role, content: 'a', annotations });
  });

  test('sources of its own stay alone', () => {
    const annotations = [{ type: 'url_citation', url_citation: { url: 'https://c.test' } }];
    const { whole, streamed } = readBoth({ ...role, content: 'a', annotations }, { citations: ['https://a.test'] });
    expect(whole).toEqual({ ...role, content: 'a', annotations });
    expect(streamed).toEqual({ ...role, content: 'a', annotations });
  });
});

describe('calls of tools are read in one shape, plain and streamed', () => {
  const said = { name: 'look' };
  test.each([
    ['arguments that are no text', { id: 'c', type: 'function', function: { ...said, arguments: { a: 1 } } }, 'c', '{"a":1}'],
    ['arguments that are null', { id: 'c', type: 'function', function: { ...said, arguments: null } }, 'c', ''],
    ['no type', { id: 'c', function: { ...said, arguments: '{}' } }, 'c', '{}'],
    ['no arguments', { id: 'c', type: 'function', function: said }, 'c', ''],
  ])('%s', (_, call, id, text) => {
    const { whole, streamed } = readBoth({ tool_calls: [call] });
    const calls = [{ id, type: 'function', function: { name: 'look', arguments: text } }];
    expect(whole).toEqual({ role: 'assistant', content: null, tool_calls: calls });
    expect(streamed).toEqual(whole);
  });
});

describe('calls of tools without ids get some of the reply’s own', () => {
  const call = { function: { name: 'look', arguments: '{}' } };
  const idsOf = (message: object, beside: object = {}): readonly unknown[] => {
    const { whole, streamed } = readBoth(message, beside) as { whole: ReplyMessage; streamed: ReplyMessage };
    expect(streamed.tool_calls).toEqual(whole.tool_calls);
    return (whole.tool_calls ?? []).map(({ id }) => id);
  };

  test('that differ within it, and are the same each time', () => {
    const ids = idsOf({ tool_calls: [call, call, { ...call, id: '' }, { ...call, id: 5 }] });
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^call_[0-9a-f]{24}$/);
    expect(idsOf({ tool_calls: [call, call, call, call] })).toEqual(ids);
  });

  test.each<[string, object, object]>([
    ['its id', { tool_calls: [call] }, { id: 'c2' }],
    ['its time, where it has no id', { tool_calls: [call] }, { id: '', created: 2 }],
    [
      'what it calls, where it has neither',
      { tool_calls: [{ function: { ...call.function, arguments: '{"a":1}' } }] },
      { created: 1, id: '' },
    ],
  ])('that differ by %s', (_, message, beside) => {
    const before = idsOf({ tool_calls: [call] }, { ...beside, id: 'c' });
    const other = idsOf({ tool_calls: [call] }, { id: '', created: 1 });
    const ids = idsOf(message, beside);
    expect(ids).toHaveLength(1);
    expect([...before, ...other]).not.toContain(ids[0]);
  });

  test('that differ by choice', () => {
    const choices = [0, 1].map((index) => ({ index, message: { tool_calls: [call] }, finish_reason: 'tool_calls' }));
    const decoded = decodeWhole({ ...good, choices }, chat);
    const [first, second] = 'whole' in decoded ? (decoded.whole as ChatCompletion).choices : [];
    expect(first?.message.tool_calls?.[0]?.id).not.toBe(second?.message.tool_calls?.[0]?.id);
  });

  test('and can be given back', () => {
    const { whole } = readBoth({ tool_calls: [{ function: { name: 'g' } }, {}, 'rubbish', { function: { name: 5, arguments: 7 } }] });
    const { tool_calls: calls } = whole as ReplyMessage;
    expect(calls?.map(({ id: _id, ...said }) => said)).toEqual([
      { type: 'function', function: { name: 'g', arguments: '' } },
      { type: 'function', function: { name: '', arguments: '' } },
      { type: 'function', function: { name: '5', arguments: '7' } },
    ]);
    expect(() =>
      checkMessage(whole, 0, (at, must) => {
        throw new Error(`${at} ${must}`);
      }),
    ).not.toThrow();
  });
});

describe('why an answer ended', () => {
  const endOf = (choice: object): unknown => {
    const decoded = decodeWhole({ ...good, choices: [{ index: 0, message: good.choices[0]?.message, ...choice }] }, chat);
    const streamed = startStream(chat).decode({
      event: undefined,
      data: JSON.stringify({ ...good, choices: [{ index: 0, delta: {}, ...choice }] }),
    });
    const ends = [
      'whole' in decoded ? (decoded.whole as ChatCompletion).choices[0] : decoded,
      streamed.kind === 'chunk' ? streamed.chunk.choices[0] : streamed,
    ];
    return ends.map((end) => {
      const { index: _index, message: _message, delta: _delta, kind: _kind, body, ...rest } = end as Record<string, unknown>;
      return body === undefined ? rest : { error: body };
    });
  };

  test.each([
    ['eos', 'stop'],
    ['model_length', 'length'],
    ['MAX_TOKENS', 'length'],
    ['tool_use', 'tool_calls'],
    ['sensitive', 'content_filter'],
  ])('%s is %s, and kept', (native, finish) => {
    const end = { finish_reason: finish, native_finish_reason: native };
    expect(endOf({ finish_reason: native })).toEqual([end, end]);
  });

  test.each([['stop'], ['function_call'], ['what nobody knows']])('%s stays', (finish) => {
    expect(endOf({ finish_reason: finish, native_finish_reason: 'x' })).toEqual(
      [1, 2].map(() => ({ finish_reason: finish, native_finish_reason: 'x' })),
    );
  });

  test.each([['error'], ['network_error'], ['insufficient_system_resource']])('%s is a failure', (finish) => {
    const error = { error: { error: { type: 'server_error', message: `the answer ended with finish_reason '${finish}'` } } };
    expect(endOf({ finish_reason: finish })).toEqual([error, error]);
  });
});

describe('a list of models', () => {
  const models = aContext({ asked: { operation: 'models', request: { model: '' } } });

  test('may come without a word around it', () => {
    expect(decodeWhole([{ id: 'a/b', context: 8 }], models)).toEqual({
      whole: { object: 'list', data: [{ id: 'a/b', object: 'model', context: 8 }] },
    });
  });

  test.each([[[{ error: { code: 429 } }]], [['a']], [{ models: [] }], ['x']])('is not %j', (body) => {
    expect(decodeWhole(body, models)).toEqual({ error: body });
  });
});

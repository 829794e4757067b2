import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ChatChunk, hasOutput } from '../../src/chat/chunk.ts';
import { Collector } from '../../src/chat/collect.ts';
import type { ChatCompletion } from '../../src/chat/reply.ts';
import { toChunks } from '../../src/chat/replay.ts';

const base = { id: 'c1', object: 'chat.completion.chunk', created: 7, model: 'm' } as const;

/** Chunks as servers send them, which the types cannot express: so they come in as anything. */
function collect(...chunks: readonly unknown[]): ChatCompletion {
  const collector = new Collector();
  for (const chunk of chunks) collector.add(chunk as ChatChunk);
  return collector.reply();
}

function delta(piece: unknown, more: object = {}): unknown {
  return { ...base, choices: [{ index: 0, delta: piece, finish_reason: null, ...more }] };
}

function calls(...pieces: readonly unknown[]): unknown {
  return collect(...pieces.map((piece) => delta({ tool_calls: [piece] }))).choices[0]?.message.tool_calls;
}

describe('Collector', () => {
  test('puts a plain reply together', () => {
    const reply = collect(
      delta({ role: 'assistant', content: '' }),
      delta({ content: 'Hel' }),
      delta({ content: 'lo' }),
      delta({}, { finish_reason: 'stop' }),
      { ...base, choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
    );
    expect(reply).toEqual({
      id: 'c1',
      object: 'chat.completion',
      created: 7,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    });
  });

  test('is a reply at any time', () => {
    expect(collect()).toEqual({ id: '', object: 'chat.completion', created: 0, model: '', choices: [] });
    expect(collect(delta({ content: 'Hel' })).choices).toEqual([
      { index: 0, message: { role: 'assistant', content: 'Hel' }, finish_reason: null },
    ]);
  });

  test('does not change a reply that it gave before', () => {
    const collector = new Collector();
    const logprobs = { content: [{ token: 'a' }] };
    collector.add(delta({ content: 'a', annotations: [1] }, { logprobs }) as ChatChunk);
    const early = collector.reply();
    collector.add(delta({ content: 'b', annotations: [2] }, { logprobs }) as ChatChunk);
    expect(early.choices[0]).toMatchObject({ message: { content: 'a', annotations: [1] }, logprobs: { content: [{ token: 'a' }] } });
    expect(collector.reply().choices[0]).toMatchObject({ message: { content: 'ab', annotations: [1, 2] } });
    expect(logprobs).toEqual({ content: [{ token: 'a' }] });
  });

  test.each([
    ['refusal', [{ refusal: 'I ' }, { refusal: 'cannot' }], { content: null, refusal: 'I cannot' }],
    [
      'reasoning_content',
      [{ reasoning_content: 'hm ' }, { reasoning_content: 'ok' }, { content: 'x' }],
      { content: 'x', reasoning_content: 'hm ok' },
    ],
    ['reasoning', [{ reasoning: 'a' }, { reasoning: null }, { reasoning: 'b' }], { content: null, reasoning: 'ab' }],
    ['an unknown text', [{ thoughts: 'a' }, { thoughts: 'b' }], { content: null, thoughts: 'ab' }],
    ['an unknown list', [{ parts: [1] }, { parts: [2, 3] }], { content: null, parts: [1, 2, 3] }],
    ['an unknown number', [{ score: 1 }, { score: 2 }], { content: null, score: 2 }],
    ['a null', [{ refusal: null }, { content: 'x' }], { content: 'x', refusal: null }],
    [
      'audio',
      [{ audio: { id: 'a1', data: 'AB', transcript: 'he' } }, { audio: { id: 'a1', data: 'CD', transcript: 'y' } }],
      { content: null, audio: { id: 'a1', data: 'ABCD', transcript: 'hey' } },
    ],
    [
      'an old function call',
      [{ function_call: { name: 'f', arguments: '{' } }, { function_call: { arguments: '}' } }],
      { content: null, function_call: { name: 'f', arguments: '{}' } },
    ],
    ['padding', [{ content: 'x', obfuscation: 'aaaa' }], { content: 'x' }],
  ])('merges %s', (_what, pieces, message) => {
    expect(collect(...pieces.map((piece) => delta(piece))).choices[0]?.message).toEqual({ role: 'assistant', ...message });
  });

  test('concatenates logprobs', () => {
    const logprobs = (token: string): object => ({ logprobs: { content: [{ token }], refusal: null } });
    const reply = collect(delta({ content: 'a' }, logprobs('a')), delta({ content: 'b' }, logprobs('b')), delta({}, { logprobs: null }));
    expect(reply.choices[0]?.logprobs).toEqual({ content: [{ token: 'a' }, { token: 'b' }], refusal: null });
  });

  test('keeps what else a chunk and a choice say, the last word first', () => {
    const reply = collect(
      {
        ...base,
        system_fingerprint: 'fp1',
        service_tier: null,
        choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null, native_finish_reason: null }],
        obfuscation: 'x',
      },
      { ...base, system_fingerprint: 'fp2', choices: [{ index: 0, delta: {}, finish_reason: 'stop', native_finish_reason: 'end_turn' }] },
    );
    expect(reply).toMatchObject({ system_fingerprint: 'fp2', service_tier: null, choices: [{ native_finish_reason: 'end_turn' }] });
    expect(reply).not.toHaveProperty('obfuscation');
  });

  test('keeps several choices apart, in order', () => {
    const at = (index: number | undefined, content: string): unknown => ({
      ...base,
      choices: [{ index, delta: { content }, finish_reason: null }],
    });
    const reply = collect(at(1, 'b'), at(0, 'a'), at(1, 'B'), at(undefined, 'A'));
    expect(reply.choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'aA'],
      [1, 'bB'],
    ]);
  });

  test('takes the last usage, and null for one that never came', () => {
    const usage = (total: number | null): unknown => ({
      ...base,
      choices: [],
      usage: total === null ? null : { prompt_tokens: 0, completion_tokens: total, total_tokens: total },
    });
    expect(collect(usage(1), usage(2), usage(null)).usage).toMatchObject({ total_tokens: 2 });
    expect(collect(usage(null)).usage).toBeNull();
  });

  test('takes names from the chunk that has them', () => {
    expect(collect({ ...base, id: '', model: '', choices: [] }, { ...base, choices: [] })).toMatchObject({ id: 'c1', model: 'm' });
  });

  test('survives a choice without its delta', () => {
    expect(collect({ ...base, choices: [{ index: 0, finish_reason: 'stop' }] }).choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: null },
    });
  });

  test('takes __proto__ for a field like any other', () => {
    const message = collect(JSON.parse('{"choices":[{"index":0,"delta":{"__proto__":{"polluted":true}}}]}')).choices[0]?.message ?? {};
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
  });

  test('takes linear time for lists', () => {
    const collector = new Collector();
    const piece = delta({ content: 'x' }, { logprobs: { content: [{ token: 'x' }] } }) as ChatChunk;
    for (let i = 0; i < 50_000; i += 1) collector.add(piece);
    expect(collector.reply()).toHaveProperty('choices[0].logprobs.content.length', 50_000);
  });
});

describe('Collector puts reasoning together', () => {
  const details = (...deltas: readonly (readonly unknown[])[]): unknown =>
    collect(...deltas.map((pieces) => delta({ reasoning_details: pieces }))).choices[0]?.message.reasoning_details;
  const text = (piece: object): object => ({ type: 'reasoning.text', format: 'anthropic-claude-v1', ...piece });

  test.each([
    [
      'by index, with its signature',
      [
        [text({ index: 0, text: 'Let me ' })],
        [text({ index: 0, text: 'see' })],
        [text({ index: 0, signature: 'sig' })],
        [text({ index: 1, text: 'So' })],
      ],
      [text({ index: 0, text: 'Let me see', signature: 'sig' }), text({ index: 1, text: 'So' })],
    ],
    [
      'of one delta',
      [[text({ index: 0, text: 'a' }), text({ index: 0, signature: 's' })]],
      [text({ index: 0, text: 'a', signature: 's' })],
    ],
    [
      'by index where pieces come in turn',
      [[text({ index: 0, text: 'a' })], [text({ index: 1, text: 'x' })], [text({ index: 0, text: 'b' })]],
      [text({ index: 0, text: 'ab' }), text({ index: 1, text: 'x' })],
    ],
    [
      'apart where one index has two types or ids',
      [
        [{ type: 'reasoning.summary', index: 0, summary: 'I ' }],
        [{ type: 'reasoning.encrypted', index: 0, id: 'r1', data: 'AA' }],
        [{ type: 'reasoning.summary', index: 0, summary: 'think' }],
        [{ type: 'reasoning.encrypted', index: 0, id: 'r1', data: 'BB' }],
        [{ type: 'reasoning.encrypted', index: 0, id: 'r2', data: 'CC' }],
      ],
      [
        { type: 'reasoning.summary', index: 0, summary: 'I think' },
        { type: 'reasoning.encrypted', index: 0, id: 'r1', data: 'AABB' },
        { type: 'reasoning.encrypted', index: 0, id: 'r2', data: 'CC' },
      ],
    ],
    [
      'with what came late',
      [[{ type: 'reasoning.text', index: 0, text: 'a', signature: null, id: 'i' }], [{ index: 0, signature: 's', id: null }]],
      [{ type: 'reasoning.text', index: 0, text: 'a', signature: 's', id: 'i' }],
    ],
    [
      'of texts without an index, until they are signed',
      [
        [text({ text: 'a' })],
        [text({ text: 'b', signature: 's' })],
        [text({ text: 'c' })],
        [{ type: 'reasoning.encrypted', data: 'x' }],
        [text({ text: 'd' })],
      ],
      [text({ text: 'ab', signature: 's' }), text({ text: 'c' }), { type: 'reasoning.encrypted', data: 'x' }, text({ text: 'd' })],
    ],
    [
      'of encrypted ones without an index: each is whole',
      [[{ type: 'reasoning.encrypted', data: 'x' }], [{ type: 'reasoning.encrypted', data: 'y' }]],
      [
        { type: 'reasoning.encrypted', data: 'x' },
        { type: 'reasoning.encrypted', data: 'y' },
      ],
    ],
    ['an empty list', [[]], []],
    ['rubbish', [[null, 5], [{ index: 0 }], ['x']], [null, 5, { index: 0 }, 'x']],
  ])('%s', (_what, deltas, expected) => {
    expect(details(...deltas)).toEqual(expected);
  });

  test('and does not change a reply that it gave before', () => {
    const collector = new Collector();
    const piece = Object.freeze(text({ index: 0, text: 'a' }));
    collector.add(delta({ reasoning_details: [piece] }) as ChatChunk);
    const early = collector.reply();
    collector.add(delta({ reasoning_details: [piece] }) as ChatChunk);
    expect(early.choices[0]?.message.reasoning_details).toEqual([piece]);
    expect(collector.reply().choices[0]?.message.reasoning_details).toEqual([text({ index: 0, text: 'aa' })]);
  });

  test('and lists what is cited and shown', () => {
    const message = collect(
      delta({ annotations: [{ type: 'url_citation', url_citation: { url: 'a' } }], images: [{ type: 'image_url' }] }),
      delta({ annotations: [{ type: 'url_citation', url_citation: { url: 'b' } }] }),
    ).choices[0]?.message;
    expect(message).toMatchObject({
      annotations: [{ url_citation: { url: 'a' } }, { url_citation: { url: 'b' } }],
      images: [{ type: 'image_url' }],
    });
  });
});

describe('hasOutput', () => {
  test.each([
    [{ content: 'x' }, true],
    [{ role: 'assistant', content: '' }, false],
    [{ reasoning_details: [{ type: 'reasoning.text', text: 'x' }] }, true],
    [{ reasoning_details: [{ type: 'reasoning.summary', summary: 'x' }] }, true],
    [{ reasoning_details: [{ type: 'reasoning.text', text: '' }, null] }, false],
    [{ reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] }, false],
    [{ reasoning_details: 'x' }, false],
    [{ images: [{}] }, true],
    [{ images: [] }, false],
  ])('of %j is %s', (piece, expected) => {
    expect(hasOutput(delta(piece) as ChatChunk)).toBe(expected);
  });
});

describe('Collector puts tool calls together', () => {
  const fn = (name: string, text: string): object => ({ type: 'function', function: { name, arguments: text } });

  test.each([
    [
      'by index',
      [
        { index: 0, id: 'a', ...fn('f', '') },
        { index: 0, function: { arguments: '{"x":' } },
        { index: 1, id: 'b', ...fn('g', '') },
        { index: 0, function: { arguments: '1}' } },
        { index: 1, function: { arguments: '{}' } },
      ],
      [
        { id: 'a', ...fn('f', '{"x":1}') },
        { id: 'b', ...fn('g', '{}') },
      ],
    ],
    [
      'whole, without an index',
      [
        { id: 'a', ...fn('f', '{}') },
        { id: 'b', ...fn('g', '[]') },
      ],
      [
        { id: 'a', ...fn('f', '{}') },
        { id: 'b', ...fn('g', '[]') },
      ],
    ],
    [
      'in pieces, without an index',
      [
        { id: 'a', ...fn('f', '{') },
        { function: { arguments: '}' } },
        { id: 'b', ...fn('g', '') },
        { id: 'b', function: { arguments: '[]' } },
      ],
      [
        { id: 'a', ...fn('f', '{}') },
        { id: 'b', ...fn('g', '[]') },
      ],
    ],
    [
      'with all of them numbered 0',
      [
        { index: 0, id: 'a', ...fn('f', '{}') },
        { index: 0, id: 'b', ...fn('g', '[') },
        { index: 0, function: { arguments: ']' } },
      ],
      [
        { id: 'a', ...fn('f', '{}') },
        { id: 'b', ...fn('g', '[]') },
      ],
    ],
    [
      'with an id that comes late',
      [
        { index: 0, ...fn('f', '{') },
        { index: 0, id: 'a', function: { arguments: '}' } },
      ],
      [{ id: 'a', ...fn('f', '{}') }],
    ],
    [
      'with id and name repeated',
      [
        { index: 0, id: 'a', ...fn('f', '{') },
        { index: 0, id: 'a', ...fn('f', '}') },
      ],
      [{ id: 'a', ...fn('f', '{}') }],
    ],
    [
      'out of order',
      [
        { index: 1, id: 'b', ...fn('g', '') },
        { index: 0, id: 'a', ...fn('f', '') },
      ],
      [
        { id: 'a', ...fn('f', '') },
        { id: 'b', ...fn('g', '') },
      ],
    ],
    [
      'without any id',
      [
        { index: 0, ...fn('f', '') },
        { index: 1, ...fn('g', '') },
      ],
      [
        { id: expect.stringMatching(/^call_[0-9a-f]{24}$/), ...fn('f', '') },
        { id: expect.stringMatching(/^call_[0-9a-f]{24}$/), ...fn('g', '') },
      ],
    ],
    [
      'with what else they say',
      [{ index: 0, id: 'a', ...fn('f', ''), extra_content: { google: { thought_signature: 's' } } }],
      [{ id: 'a', ...fn('f', ''), extra_content: { google: { thought_signature: 's' } } }],
    ],
    [
      'with what a provider adds piece by piece',
      [
        { index: 0, id: 'a', ...fn('f', '{'), extra_content: { google: { thought_signature: 's' } } },
        { index: 0, function: { arguments: '}' }, extra_content: { google: { thought_signature: 's', more: 1 }, other: { x: 2 } } },
        { index: 0, extra_content: null },
      ],
      [{ id: 'a', ...fn('f', '{}'), extra_content: { google: { thought_signature: 's', more: 1 }, other: { x: 2 } } }],
    ],
    [
      'of a custom tool',
      [
        { index: 0, id: 'a', type: 'custom', custom: { name: 'f', input: 'x' } },
        { index: 0, custom: { input: 'y' } },
      ],
      [{ id: 'a', type: 'custom', custom: { name: 'f', input: 'xy' } }],
    ],
  ])('%s', (_what, pieces, expected) => {
    expect(calls(...pieces)).toEqual(expected);
  });

  test('and content is null where there is none beside them', () => {
    const reply = collect(delta({ role: 'assistant', content: '' }), delta({ tool_calls: [{ index: 0, id: 'a', ...fn('f', '') }] }));
    expect(reply.choices[0]?.message.content).toBeNull();
  });
});

test('a reply taken apart and put together is the same', () => {
  const toolCall = fc.record({
    id: fc.uuid(),
    type: fc.constant('function' as const),
    function: fc.record({ name: fc.string(), arguments: fc.string() }),
  });
  const detail = fc.record(
    {
      type: fc.constantFrom('reasoning.text', 'reasoning.summary', 'reasoning.encrypted'),
      text: fc.option(fc.string()),
      summary: fc.string(),
      signature: fc.option(fc.string()),
      data: fc.string(),
      format: fc.constantFrom('anthropic-claude-v1', 'google-gemini-v1', null),
      id: fc.constantFrom('r1', 'r2'),
      index: fc.nat(3),
      extra: fc.jsonValue(),
    },
    { requiredKeys: ['type'] },
  );
  // Pieces of one index, type and id are one detail: whole ones differ there, all in all or all of them say nothing.
  const named = fc.uniqueArray(
    detail.map((each) => ({ index: 0, ...each })),
    { maxLength: 4, selector: ({ index, type }) => `${index} ${type}` },
  );
  const nameless = fc.array(
    detail.map(({ index: _index, id: _id, ...each }) => each),
    { maxLength: 4 },
  );
  const message = fc.record(
    {
      role: fc.constant('assistant' as const),
      content: fc.option(fc.string({ minLength: 1 })),
      refusal: fc.option(fc.string()),
      reasoning_content: fc.string(),
      tool_calls: fc.uniqueArray(toolCall, { minLength: 1, maxLength: 3, selector: ({ id }) => id }),
      reasoning_details: fc.oneof(named, nameless),
      annotations: fc.array(fc.record({ type: fc.string(), extra: fc.jsonValue() }), { maxLength: 3 }),
    },
    { requiredKeys: ['role', 'content'] },
  );
  const finish = fc.constantFrom('stop', 'length', 'tool_calls');
  const choices = fc
    .array(fc.tuple(message, finish), { maxLength: 3 })
    .map((said) =>
      said.map(([text, reason], index) => ({ index, message: text, finish_reason: reason, logprobs: { content: [{ token: 't' }] } })),
    );
  const completion = fc.record(
    {
      id: fc.string({ minLength: 1 }),
      object: fc.constant('chat.completion' as const),
      created: fc.nat(),
      model: fc.string({ minLength: 1 }),
      choices: choices.filter((made) => made.length > 0),
      usage: fc.constantFrom(null, { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }),
      system_fingerprint: fc.string(),
    },
    { requiredKeys: ['id', 'object', 'created', 'model', 'choices'] },
  );
  fc.assert(
    fc.property(completion, (whole) => {
      expect(collect(...toChunks(whole))).toEqual(whole);
    }),
  );
});

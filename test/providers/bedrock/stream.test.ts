import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { array, assert, asyncProperty, integer } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChatCompletion } from '../../../src/chat/reply.ts';
import { isLoose } from '../../../src/providers/loose.ts';
import { CLAUDE, decodeAnswer, decodeEvents, decodeStream, NOVA, readFrames, theContext, toBytes, type Told } from './support.ts';

const USAGE = {
  inputTokens: 12,
  outputTokens: 30,
  totalTokens: 142,
  cacheReadInputTokens: 100,
  cacheWriteInputTokens: 0,
  serverToolUsage: {},
};
const start: Told = [['messageStart', { role: 'assistant', p: 'abc' }]];
const delta = (index: number, said: object): Told[number] => ['contentBlockDelta', { contentBlockIndex: index, delta: said, p: 'abcd' }];
const stop = (index: number): Told[number] => ['contentBlockStop', { contentBlockIndex: index }];
const call = (index: number, id: string, name: string): Told[number] => [
  'contentBlockStart',
  { contentBlockIndex: index, start: { toolUse: { toolUseId: id, name } } },
];
const end = (reason: string, usage: object = USAGE): Told => [
  ['messageStop', { stopReason: reason, p: 'ab' }],
  ['metadata', { usage, metrics: { latencyMs: 321 }, p: 'abc' }],
];

/** One answer, streamed and whole. */
interface Pair {
  readonly events: Told;
  readonly whole: object;
}

const TEXT: Pair = {
  events: [...start, delta(0, { text: 'Grüße ' }), delta(0, { text: '🎉' }), stop(0), ...end('end_turn')],
  whole: {
    output: { message: { role: 'assistant', content: [{ text: 'Grüße 🎉' }] } },
    stopReason: 'end_turn',
    usage: USAGE,
    metrics: { latencyMs: 321 },
  },
};

const CALLS: Pair = {
  events: [
    ...start,
    delta(0, { reasoningContent: { text: 'I should ' } }),
    delta(0, { reasoningContent: { text: 'look.' } }),
    delta(0, { reasoningContent: { text: '' } }),
    delta(0, { reasoningContent: { signature: 'c2ln' } }),
    stop(0),
    delta(1, { reasoningContent: { redactedContent: 'aGlkZGVu' } }),
    stop(1),
    delta(2, { text: 'Looking.' }),
    stop(2),
    call(3, 'tooluse_1', 'weather'),
    delta(3, { toolUse: { input: '' } }),
    delta(3, { toolUse: { input: '{"city":' } }),
    delta(3, { toolUse: { input: '"Paris"}' } }),
    stop(3),
    call(4, 'tooluse_2', 'now'),
    delta(4, { toolUse: { input: '' } }),
    stop(4),
    ...end('tool_use', { inputTokens: 5, outputTokens: 7, totalTokens: 12 }),
  ],
  whole: {
    output: {
      message: {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'I should look.', signature: 'c2ln' } } },
          { reasoningContent: { redactedContent: 'aGlkZGVu' } },
          { text: 'Looking.' },
          { toolUse: { toolUseId: 'tooluse_1', name: 'weather', input: { city: 'Paris' } } },
          { toolUse: { toolUseId: 'tooluse_2', name: 'now', input: {} } },
        ],
      },
    },
    stopReason: 'tool_use',
    usage: { inputTokens: 5, outputTokens: 7, totalTokens: 12 },
    metrics: { latencyMs: 321 },
  },
};

const CITATION = { title: 'Atlas', source: 'doc-1', location: { documentPage: { documentIndex: 0, start: 1, end: 2 } } };
const WEB = { title: 'News', location: { web: { url: 'https://news.example/a', domain: 'news.example' } } };
const CITED: Pair = {
  events: [
    ...start,
    delta(0, { text: 'It says ' }),
    stop(0),
    delta(1, { citation: CITATION }),
    delta(1, { citation: WEB }),
    delta(1, { text: 'that it ' }),
    delta(1, { text: 'rains' }),
    stop(1),
    delta(2, { text: '.' }),
    stop(2),
    ...end('end_turn'),
  ],
  whole: {
    output: {
      message: {
        role: 'assistant',
        content: [
          { text: 'It says ' },
          { citationsContent: { citations: [CITATION, WEB], content: [{ text: 'that it rains' }] } },
          { text: '.' },
        ],
      },
    },
    stopReason: 'end_turn',
    usage: USAGE,
    metrics: { latencyMs: 321 },
  },
};

const SERVER: Pair = {
  events: [
    ...start,
    [
      'contentBlockStart',
      { contentBlockIndex: 0, start: { toolUse: { toolUseId: 's1', name: 'nova_grounding', type: 'server_tool_use' } } },
    ],
    delta(0, { toolUse: { input: '{"query":"x"}' } }),
    stop(0),
    ['contentBlockStart', { contentBlockIndex: 1, start: { toolResult: { toolUseId: 's1', status: 'success' } } }],
    stop(1),
    delta(2, { text: 'Found.' }),
    stop(2),
    ...end('end_turn'),
  ],
  whole: {
    output: {
      message: {
        role: 'assistant',
        content: [
          { toolUse: { toolUseId: 's1', name: 'nova_grounding', type: 'server_tool_use', input: { query: 'x' } } },
          { toolResult: { toolUseId: 's1', status: 'success' } },
          { text: 'Found.' },
        ],
      },
    },
    stopReason: 'end_turn',
    usage: USAGE,
    metrics: { latencyMs: 321 },
  },
};

const PAIRS: readonly (readonly [string, Pair])[] = [
  ['text', TEXT],
  ['reasoning, text and calls', CALLS],
  ['citations', CITED],
  ["the provider's own tools", SERVER],
];

describe('a stream', () => {
  test.each(PAIRS)('of %s says what the whole answer says', async (_name, { events, whole }) => {
    const { reply, complete, errors } = await decodeStream(events, theContext(CLAUDE));
    expect(errors).toEqual([]);
    expect(complete).toBe(true);
    expect(reply).toEqual(decodeAnswer(whole, theContext(CLAUDE)));
  });

  test.each(PAIRS)('of %s says the same one byte at a time', async (_name, { events }) => {
    const bytes = toBytes(events);
    const whole = decodeEvents(await readFrames([bytes]), theContext(CLAUDE));
    expect(decodeEvents(await readFrames([...bytes].map((byte) => Uint8Array.of(byte))), theContext(CLAUDE))).toEqual(whole);
  });

  test('says the same however it is cut', async () => {
    const bytes = toBytes(CALLS.events);
    const whole = decodeEvents(await readFrames([bytes]), theContext(CLAUDE));
    await assert(
      asyncProperty(array(integer({ min: 1, max: bytes.length }), { maxLength: 8 }), async (places) => {
        const cuts = [0, ...places.toSorted((a, b) => a - b), bytes.length];
        const pieces = cuts.slice(1).map((to, index) => bytes.subarray(cuts[index], to));
        expect(decodeEvents(await readFrames(pieces), theContext(CLAUDE))).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });

  test('of text, chunk by chunk', async () => {
    const { chunks } = await decodeStream(TEXT.events, theContext(CLAUDE));
    const base = { id: 'req-1', object: 'chat.completion.chunk', created: Date.UTC(2026, 6, 1) / 1000, model: CLAUDE };
    const choice = { index: 0, finish_reason: null };
    expect(chunks).toEqual([
      { ...base, choices: [{ ...choice, delta: { role: 'assistant' } }] },
      { ...base, choices: [{ ...choice, delta: { content: 'Grüße ' } }] },
      { ...base, choices: [{ ...choice, delta: { content: '🎉' } }] },
      { ...base, choices: [{ index: 0, delta: {}, finish_reason: 'stop', native_finish_reason: 'end_turn' }] },
      {
        ...base,
        choices: [],
        metrics: { latencyMs: 321 },
        usage: {
          prompt_tokens: 112,
          completion_tokens: 30,
          total_tokens: 142,
          prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 0 },
        },
      },
    ]);
  });

  test('gives calls stable indexes, with id and name first', async () => {
    const { chunks, reply } = await decodeStream(CALLS.events, theContext(CLAUDE));
    const deltas = chunks.flatMap(({ choices }) => choices.flatMap((choice) => choice.delta.tool_calls ?? []));
    expect(deltas).toEqual([
      { index: 0, id: 'tooluse_1', type: 'function', function: { name: 'weather', arguments: '' } },
      { index: 0, function: { arguments: '{"city":' } },
      { index: 0, function: { arguments: '"Paris"}' } },
      { index: 1, id: 'tooluse_2', type: 'function', function: { name: 'now', arguments: '' } },
      { index: 1, function: { arguments: '{}' } },
    ]);
    expect(reply.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'Looking.',
        reasoning_content: 'I should look.',
        reasoning_details: [
          { type: 'reasoning.text', text: 'I should look.', signature: 'c2ln', format: 'anthropic-claude-v1', index: 0 },
          { type: 'reasoning.encrypted', data: 'aGlkZGVu', format: 'anthropic-claude-v1', index: 1 },
        ],
      },
    });
    expect(reply.choices[0]?.message['converse_content']).toBeUndefined();
  });

  test('tells citations where they stand, and keeps the blocks', async () => {
    const { reply } = await decodeStream(CITED.events, theContext(CLAUDE));
    expect(reply.choices[0]?.message).toEqual({
      role: 'assistant',
      content: 'It says that it rains.',
      annotations: [
        { type: 'document_citation', document_citation: { ...CITATION, start_index: 8, end_index: 21 } },
        { type: 'url_citation', url_citation: { url: 'https://news.example/a', title: 'News', start_index: 8, end_index: 21 } },
      ],
      converse_content: [
        { text: 'It says ' },
        { citationsContent: { citations: [CITATION, WEB], content: [{ text: 'that it rains' }] } },
        { text: '.' },
      ],
    });
  });

  test('calls no tool of the caller where the provider called its own', async () => {
    const { reply } = await decodeStream(SERVER.events, theContext(NOVA));
    expect(reply.choices[0]?.message.tool_calls).toBeUndefined();
    expect(reply.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Found.' } });
  });

  test('whose counts come before its end has them in the last chunk', async () => {
    const [stopped, counted] = end('end_turn');
    const events = [...start, delta(0, { text: 'a' }), stop(0), counted ?? ['', {}], stopped ?? ['', {}]] as Told;
    const { chunks, reply, complete } = await decodeStream(events, theContext(CLAUDE));
    expect(complete).toBe(true);
    expect(chunks.at(-2)).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 142 } });
    expect(reply.usage?.total_tokens).toBe(142);
  });

  test('without counts has none', async () => {
    const { reply, complete } = await decodeStream(
      [...start, delta(0, { text: 'a' }), ['messageStop', { stopReason: 'max_tokens' }]],
      theContext(CLAUDE),
    );
    expect(complete).toBe(true);
    expect(reply.choices[0]?.finish_reason).toBe('length');
    expect(reply.usage).toBeUndefined();
  });

  test.each<[string, Told]>([
    ['before its end', [...start, delta(0, { text: 'a' }), stop(0)]],
    ['with its counts, but before its end', [...start, delta(0, { text: 'a' }), ['metadata', { usage: USAGE }]]],
  ])('that is cut %s is not complete', async (_name, events) => {
    expect((await decodeStream(events, theContext(CLAUDE))).complete).toBe(false);
  });

  test('without its first event says who speaks all the same', async () => {
    const { chunks } = await decodeStream([delta(0, { text: 'a' })], theContext(CLAUDE));
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: 'a' });
  });

  test.each([
    ['throttlingException', { message: 'Too many requests' }, { __type: 'throttlingException', message: 'Too many requests' }],
    [
      'modelStreamErrorException',
      { message: 'Broke', originalStatusCode: 500, originalMessage: 'x' },
      { __type: 'modelStreamErrorException', message: 'Broke', originalStatusCode: 500, originalMessage: 'x' },
    ],
    ['validationException', 'no object', { __type: 'validationException', message: '"no object"' }],
  ])('tells of %s', async (name, payload, body) => {
    const { errors, complete } = await decodeStream([...start, [name, payload]], theContext(CLAUDE));
    expect(errors).toEqual([body]);
    expect(complete).toBe(false);
  });

  test('with an answer that the model spoilt is an error, unless something was said', async () => {
    const spoilt = await decodeStream([...start, ...end('malformed_tool_use')], theContext(NOVA));
    expect(spoilt.errors).toEqual([{ __type: 'ModelErrorException', message: 'The model spoilt its answer: malformed_tool_use' }]);
    const half = await decodeStream([...start, delta(0, { text: 'a' }), ...end('malformed_model_output')], theContext(NOVA));
    expect(half.errors).toEqual([]);
    expect(half.reply.choices[0]).toMatchObject({ finish_reason: 'stop', native_finish_reason: 'malformed_model_output' });
  });

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['guardrail_intervened', 'content_filter'],
    ['content_filtered', 'content_filter'],
    ['refusal', 'content_filter'],
    ['something_new', 'stop'],
    ['constructor', 'stop'],
  ])('that ends by %s ends by %s', async (native, reason) => {
    const { reply } = await decodeStream([...start, delta(0, { text: 'a' }), ...end(native)], theContext(CLAUDE));
    expect(reply.choices[0]).toMatchObject({ finish_reason: reason, native_finish_reason: native });
  });

  test.each<[string, unknown]>([
    ['pings', { event: 'ping', data: '{}' }],
    ['nothing', { event: undefined, data: '' }],
    ['a list', { event: 'contentBlockDelta', data: '[1]' }],
    ['a delta of nothing', { event: 'contentBlockDelta', data: '{"contentBlockIndex":0,"delta":5}' }],
    ['a stop of nothing', { event: 'contentBlockStop', data: '{}' }],
    ['unknown events', { event: 'brandNew', data: '{"a":1}' }],
  ])('passes over %s', (_name, event) => {
    const { chunks, errors } = decodeEvents([event as { event: string; data: string }], theContext(CLAUDE));
    expect([chunks, errors]).toEqual([[], []]);
  });

  test('keeps what nobody knows yet', async () => {
    const events: Told = [...start, delta(0, { hologram: { bytes: 'AA==' } }), stop(0), ...end('end_turn')];
    const { reply } = await decodeStream(events, theContext(NOVA));
    expect(reply.choices[0]?.message['converse_content']).toEqual([{ deltas: [{ hologram: { bytes: 'AA==' } }] }]);
  });

  test('takes an event that is no JSON for an error', () => {
    const { errors } = decodeEvents([{ event: 'contentBlockDelta', data: '{"delta":{"te' }], theContext(CLAUDE));
    expect(errors).toEqual([{ error: { type: 'malformed_event', message: 'The stream has an event that is no JSON, of 13 characters' } }]);
  });
});

describe('an answer as a tool', () => {
  const ask = {
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'person', schema: { type: 'object', properties: { name: { type: 'string' } } } },
    },
  } as const;
  const events: Told = [
    ...start,
    delta(0, { text: 'Here it is:' }),
    stop(0),
    call(1, 'tooluse_1', 'person'),
    delta(1, { toolUse: { input: '{"name":' } }),
    delta(1, { toolUse: { input: '"Ada"}' } }),
    stop(1),
    ...end('tool_use'),
  ];
  const whole = {
    output: {
      message: {
        role: 'assistant',
        content: [{ text: 'Here it is:' }, { toolUse: { toolUseId: 'tooluse_1', name: 'person', input: { name: 'Ada' } } }],
      },
    },
    stopReason: 'tool_use',
    usage: USAGE,
    metrics: { latencyMs: 321 },
  };

  test('is the content, whole and streamed, and what stood beside it is kept', async () => {
    const { reply, chunks } = await decodeStream(events, theContext(CLAUDE, ask));
    const { choices } = decodeAnswer(whole, theContext(CLAUDE, ask));
    expect(choices).toEqual(reply.choices);
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: '{"name":"Ada"}' } });
    expect(choices[0]?.message.tool_calls).toBeUndefined();
    expect(choices[0]?.message['converse_content']).toEqual(whole.output.message.content);
    // As it comes.
    expect(chunks.flatMap((chunk) => chunk.choices.flatMap(({ delta: { content } }) => content ?? []))).toEqual(['{"name":', '"Ada"}']);
  });

  test("that was not given leaves the text and the caller's calls", async () => {
    const tools = [{ type: 'function', function: { name: 'weather' } }] as const;
    const other: Told = [
      ...start,
      delta(0, { text: 'Let me ' }),
      delta(0, { text: 'see.' }),
      stop(0),
      call(1, 'c1', 'weather'),
      stop(1),
      ...end('tool_use'),
    ];
    const { reply } = await decodeStream(other, theContext(CLAUDE, { ...ask, tools }));
    expect(reply.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: 'Let me see.', tool_calls: [{ id: 'c1', function: { name: 'weather', arguments: '{}' } }] },
    });
  });

  test('given twice is the first one', async () => {
    const twice: Told = [
      ...start,
      call(0, 'a', 'person'),
      delta(0, { toolUse: { input: '{"a":1}' } }),
      stop(0),
      call(1, 'b', 'person'),
      delta(1, { toolUse: { input: '{"b":1}' } }),
      stop(1),
      ...end('tool_use'),
    ];
    const { reply } = await decodeStream(twice, theContext(CLAUDE, ask));
    expect(reply.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: '{"a":1}' } });
  });

  test('without fields is an empty object', async () => {
    const { reply } = await decodeStream([...start, call(0, 'a', 'person'), stop(0), ...end('tool_use')], theContext(CLAUDE, ask));
    expect(reply.choices[0]?.message.content).toBe('{}');
  });
});

// Recorded answers; the folder is not part of the project.
const FIXTURES = new URL('../../../../shared/fixtures/vercel-ai/amazon-bedrock/', import.meta.url);
const files = existsSync(FIXTURES) ? readdirSync(FIXTURES) : [];
const read = (file: string): string => readFileSync(new URL(file, FIXTURES), 'utf8');
const toTold = (file: string): Told =>
  read(file)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => Object.entries(JSON.parse(line) as Record<string, unknown>));

describe.skipIf(files.length === 0)('recorded answers (skipped where ../shared is missing)', () => {
  test.each(files.filter((file) => file.endsWith('.chunks.txt')))('decodes %s as binary frames, also byte by byte', async (file) => {
    const bytes = toBytes(toTold(file));
    const outcome = decodeEvents(await readFrames([bytes]), theContext(CLAUDE));
    expect(outcome.errors).toEqual([]);
    expect(outcome.complete).toBe(true);
    expect(outcome.chunks.length).toBeGreaterThan(1);
    expect(decodeEvents(await readFrames([...bytes].map((byte) => Uint8Array.of(byte))), theContext(CLAUDE))).toEqual(outcome);
    const said = toTold(file).flatMap(([name, body]) =>
      name === 'contentBlockDelta' && isLoose(body) && isLoose(body['delta']) ? [body['delta']] : [],
    );
    expect(outcome.reply.choices[0]?.message.content ?? '').toBe(said.map(({ text }) => (typeof text === 'string' ? text : '')).join(''));
  });

  test.each(files.filter((file) => file.endsWith('.json')))('decodes %s', (file) => {
    const reply = decodeAnswer(JSON.parse(read(file)), theContext(CLAUDE));
    expect(reply.usage?.total_tokens).toBeGreaterThan(0);
    expect(reply.choices[0]?.finish_reason).toMatch(/^(stop|tool_calls)$/);
  });

  const both = files.filter((file) => file.endsWith('.json') && files.includes(file.replace('.json', '.chunks.txt')));

  test.each(both)('the stream beside %s ends alike', (file) => {
    const whole = decodeAnswer(JSON.parse(read(file)), theContext(CLAUDE));
    const streamed = decodeEvents(
      toTold(file.replace('.json', '.chunks.txt')).map(([event, payload]) => ({ event, data: JSON.stringify(payload) })),
      theContext(CLAUDE),
    ).reply;
    const calls = ({ choices }: ChatCompletion): unknown => choices[0]?.message.tool_calls?.length;
    expect(streamed.choices[0]?.finish_reason).toBe(whole.choices[0]?.finish_reason);
    expect(calls(streamed)).toEqual(calls(whole));
  });
});

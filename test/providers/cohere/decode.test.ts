import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cohere } from '../../../src/providers/cohere/cohere.ts';
import { Collector } from '../../../src/chat/collect.ts';
import { EventDecoder } from '../../../src/wire/sse.ts';
import { chunksOf, aContext, aProvider, EMBED, failureOf } from '../support.ts';
import { replyOf, streamOf } from './support.ts';

const USAGE = {
  billed_units: { input_tokens: 12, output_tokens: 7 },
  tokens: { input_tokens: 507, output_tokens: 10 },
  cached_tokens: 448,
};
const CITATION = {
  start: 4,
  end: 9,
  text: 'Paris',
  sources: [
    { type: 'document', id: 'd', document: { url: 'https://h', title: 't' } },
    { type: 'tool', id: 'x' },
  ],
};
const ANSWER = {
  id: 'c1',
  message: {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'Hmm' },
      { type: 'text', text: 'It’s Paris' },
    ],
    tool_plan: 'I look',
    tool_calls: [
      { id: 'a', type: 'function', function: { name: 'look', arguments: '{"q":"x"}' } },
      { id: 'b', type: 'function', function: { name: 'now', arguments: 'null' } },
    ],
    citations: [CITATION],
  },
  finish_reason: 'TOOL_CALL',
  usage: USAGE,
};
const wrap = (type: string, message: object, index?: number): object => ({
  type,
  ...(index === undefined ? {} : { index }),
  delta: { message },
});
const START = {
  type: 'message-start',
  id: 'c1',
  delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } },
};
const END = { type: 'message-end', delta: { finish_reason: 'TOOL_CALL', usage: USAGE } };
const EVENTS = [
  START,
  wrap('tool-plan-delta', { tool_plan: 'I ' }),
  wrap('tool-plan-delta', { tool_plan: 'look' }),
  wrap('content-start', { content: { type: 'thinking', thinking: '' } }, 0),
  wrap('content-delta', { content: { thinking: 'Hm' } }, 0),
  wrap('content-delta', { content: { thinking: 'm' } }, 0),
  { type: 'content-end', index: 0 },
  wrap('content-start', { content: { type: 'text', text: '' } }, 1),
  wrap('content-delta', { content: { text: 'It’s ' } }, 1),
  wrap('content-delta', { content: { text: 'Paris' } }, 1),
  wrap('citation-start', { citations: CITATION }, 0),
  { type: 'citation-end', index: 0 },
  { type: 'content-end', index: 1 },
  wrap('tool-call-start', { tool_calls: { id: 'a', type: 'function', function: { name: 'look', arguments: '' } } }, 0),
  wrap('tool-call-delta', { tool_calls: { function: { arguments: '{"q":' } } }, 0),
  wrap('tool-call-delta', { tool_calls: { function: { arguments: '"x"}' } } }, 0),
  { type: 'tool-call-end', index: 0 },
  wrap('tool-call-start', { tool_calls: { id: 'b', type: 'function', function: { name: 'now', arguments: '' } } }, 1),
  { type: 'tool-call-end', index: 1 },
  { type: 'of-tomorrow', index: 3 },
  END,
];

describe('an answer', () => {
  const reply = replyOf(ANSWER);

  test('is in OpenAI’s shape', () => {
    expect(reply).toEqual({
      id: 'c1',
      object: 'chat.completion',
      created: Date.UTC(2026, 6, 1) / 1000,
      model: 'command-a-03-2025',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'It’s Paris',
            reasoning_content: 'Hmm',
            reasoning_details: [{ type: 'reasoning.text', text: 'Hmm', format: 'cohere-v2', index: 0 }],
            tool_plan: 'I look',
            tool_calls: [
              { id: 'a', type: 'function', function: { name: 'look', arguments: '{"q":"x"}' } },
              { id: 'b', type: 'function', function: { name: 'now', arguments: '{}' } },
            ],
            annotations: [
              { type: 'url_citation', url_citation: { url: 'https://h', title: 't', start_index: 4, end_index: 9 } },
              { type: 'document_citation', document_citation: { type: 'tool', id: 'x', start_index: 4, end_index: 9, text: 'Paris' } },
            ],
            citations: [CITATION],
          },
          finish_reason: 'tool_calls',
          native_finish_reason: 'TOOL_CALL',
        },
      ],
      usage: { ...USAGE, prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 },
    });
  });

  test('is the same from a stream, whose last event ends and counts', () => {
    const { decoded, reply: streamed, complete } = streamOf(EVENTS);
    expect(streamed).toEqual(reply);
    expect(complete).toBe(true);
    expect(decoded[0]).toMatchObject({ kind: 'chunk', chunk: { choices: [{ delta: { role: 'assistant' } }] } });
    expect(decoded.at(-1)).toMatchObject({
      kind: 'end',
      chunks: [{ choices: [{ finish_reason: 'tool_calls' }] }, { choices: [], usage: { prompt_tokens: 12 } }],
    });
    expect(streamOf(EVENTS.slice(0, -1)).complete).toBe(false);
  });

  test('is the same one byte at a time', () => {
    const text = EVENTS.map((event) => `event: ${(event as { readonly type: string }).type}\rdata: ${JSON.stringify(event)}\r\r`).join('');
    const events = new EventDecoder(1e6);
    const decoder = cohere.startStream(aContext({ model: 'command-a-03-2025' }));
    const collector = new Collector();
    const drain = (): void => {
      for (let event = events.take(); event !== undefined; event = events.take()) {
        const decoded = decoder.decode(event);
        for (const chunk of chunksOf(decoded)) collector.add(chunk);
      }
    };
    for (const byte of Buffer.from(`\ufeff${text}`)) {
      events.feed(Uint8Array.of(byte));
      drain();
    }
    events.end();
    drain();
    expect(collector.reply()).toEqual(reply);
    expect(decoder.complete).toBe(true);
  });

  test.each([
    ['COMPLETE', 'stop'],
    ['STOP_SEQUENCE', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['ERROR_TOXIC', 'content_filter'],
    ['ERROR_LIMIT', 'length'],
    ['OF_TOMORROW', 'stop'],
  ])('that ended by %s ended by %s', (reason, finish) => {
    const body = { id: 'c', message: { content: [{ type: 'text', text: 'a' }] }, finish_reason: reason };
    expect(replyOf(body).choices).toEqual([
      { index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: finish, native_finish_reason: reason },
    ]);
    expect(streamOf([START, { type: 'message-end', delta: { finish_reason: reason } }]).reply.choices[0]?.finish_reason).toBe(finish);
  });

  test.each([
    ['ERROR', 'server_error'],
    ['TIMEOUT', 'timeout'],
  ])('that ended by %s is a failure: %s', (reason, failure) => {
    const told = { finish_reason: reason, error: 'It broke' };
    const whole = cohere.decodeWhole({ id: 'c', message: { content: [] }, ...told }, aContext());
    const { decoded, complete } = streamOf([START, { type: 'message-end', delta: told }]);
    const last = decoded.at(-1);
    expect(complete).toBe(false);
    expect('error' in whole && last?.kind === 'error' && last.body).toEqual('error' in whole && whole.error);
    const body = 'error' in whole ? whole.error : undefined;
    expect(cohere.classify(failureOf(200, body, {}, true), aProvider(), 0)).toMatchObject({ class: failure, message: 'It broke' });
  });

  test.each([
    [
      { tokens: { input_tokens: 500, output_tokens: 10 }, cached_tokens: 400 },
      { prompt_tokens: 500, completion_tokens: 10, total_tokens: 510, prompt_tokens_details: { cached_tokens: 400 } },
    ],
    [
      { billed_units: {}, tokens: { input_tokens: 5 } },
      { prompt_tokens: 5, completion_tokens: 0, total_tokens: 5 },
    ],
  ])('that counted %j', (usage, counted) => {
    expect(replyOf({ message: { content: 'x' }, usage }).usage).toEqual({ ...usage, ...counted });
  });

  test.each([[null], [{}], [{ billed_units: { search_units: 1 } }], [{ tokens: { input_tokens: 'x' } }]])(
    'without counts has no usage: %j',
    (usage) => {
      expect(replyOf({ message: { content: 'x' }, usage })).not.toHaveProperty('usage');
    },
  );

  test.each([[null], ['x'], [{ message: 'invalid api token' }], [{}], [{ error: { message: 'x' } }], [[]]])('%j is none', (body) => {
    expect(cohere.decodeWhole(body, aContext())).toEqual({ error: body });
  });

  test('of rubbish does not throw', () => {
    expect(replyOf({ message: { content: [7, null, {}], tool_calls: [1, {}], citations: [null, {}], tool_plan: 3 } })).toMatchObject({
      id: 'req_1',
      choices: [{ message: { content: null, tool_calls: [{ function: { name: '', arguments: '{}' } }] } }],
    });
    for (const event of [
      { type: 'content-delta' },
      { type: 'tool-call-delta', index: 4 },
      { type: 'tool-call-end' },
      { type: 'citation-start', delta: 3 },
      3,
      null,
      'x',
    ]) {
      expect(streamOf([event ?? {}]).decoded).toEqual([{ kind: 'nothing' }]);
    }
    expect(streamOf([{ message: 'internal server error' }]).decoded[0]).toMatchObject({ kind: 'error' });
  });
});

describe('lists', () => {
  const embed = (body: unknown, request: object = {}): unknown =>
    cohere.decodeWhole(
      body,
      aContext({ asked: { ...EMBED, request: { ...EMBED.request, ...request } } as typeof EMBED, model: 'embed-v4.0' }),
    );

  test('of embeddings are in OpenAI’s shape', () => {
    const meta = { billed_units: { input_tokens: 10 } };
    expect(embed({ id: 'e', texts: ['a', 'b'], embeddings: { float: [[1, 2], [3]] }, meta })).toEqual({
      whole: {
        id: 'e',
        meta,
        object: 'list',
        model: 'embed-v4.0',
        data: [
          { object: 'embedding', index: 0, embedding: [1, 2] },
          { object: 'embedding', index: 1, embedding: [3] },
        ],
        usage: { prompt_tokens: 10, total_tokens: 10 },
      },
    });
    expect(embed({ embeddings: { float: null, int8: [[1]], base64: ['AA=='] } }, { encoding_format: 'base64' })).toMatchObject({
      whole: { data: [{ embedding: 'AA==' }], embeddings: { int8: [[1]] } },
    });
    expect(embed({ embeddings: [[1]] })).toMatchObject({ whole: { data: [{ embedding: [1] }] } });
    expect(embed({ embeddings: {} })).toEqual({ error: { embeddings: {} } });
    expect(embed({ message: 'no' })).toEqual({ error: { message: 'no' } });
  });

  test('of models are in OpenAI’s shape', () => {
    const context = aContext({ asked: { operation: 'models', request: { model: '' } } });
    expect(cohere.decodeWhole({ models: [{ name: 'command-a', context_length: 9 }, 3], next_page_token: 'x' }, context)).toEqual({
      whole: {
        object: 'list',
        next_page_token: 'x',
        data: [{ id: 'command-a', object: 'model', owned_by: 'cohere', name: 'command-a', context_length: 9 }],
      },
    });
  });
});

describe('classify', () => {
  test.each([
    [404, "model 'command-x' was removed on May 1, 2026.", { class: 'model_unavailable', perModel: true }],
    [498, 'invalid token', { class: 'key_invalid', scope: 'key' }],
    [400, 'blocked output: try another prompt', { class: 'content_filtered', scope: 'request' }],
    [429, 'You are using a Trial key, which is limited to 1000 API calls / month.', { class: 'quota_exhausted' }],
    [429, 'You are using a Trial key, which is limited to 20 API calls / minute.', { class: 'rate_limited' }],
    [400, 'invalid request: p must be between 0 and 1', { class: 'bad_request' }],
  ])('%i %s', (status, message, verdict) => {
    expect(cohere.classify(failureOf(status, { id: 'x', message }), aProvider(), 0)).toMatchObject(verdict);
  });
});

// Recorded answers; the folder is not part of the project.
const FIXTURES = new URL('../../../../shared/fixtures/vercel-ai/cohere/', import.meta.url);
const files = existsSync(FIXTURES) ? readdirSync(FIXTURES) : [];
const read = (file: string): string => readFileSync(new URL(file, FIXTURES), 'utf8');

describe.skipIf(files.length === 0)('recorded answers (skipped where ../shared is missing)', () => {
  test.each(files.filter((file) => file.endsWith('.json') && !file.includes('embedding')))('decodes %s', (file) => {
    const body = JSON.parse(read(file)) as {
      readonly message: { readonly content?: readonly { readonly text?: string }[]; readonly tool_calls?: readonly unknown[] };
      readonly usage: { readonly billed_units: { readonly input_tokens: number; readonly output_tokens: number } };
    };
    const { choices, usage } = replyOf(body);
    expect(choices[0]?.message.content ?? '').toBe((body.message.content ?? []).map(({ text }) => text ?? '').join(''));
    expect(choices[0]?.message.tool_calls?.length ?? 0).toBe(body.message.tool_calls?.length ?? 0);
    expect(choices[0]?.finish_reason).toMatch(/^(stop|length|tool_calls)$/);
    expect([usage?.prompt_tokens, usage?.completion_tokens]).toEqual([
      body.usage.billed_units.input_tokens,
      body.usage.billed_units.output_tokens,
    ]);
  });

  test('decodes the embeddings', () => {
    const decoded = cohere.decodeWhole(JSON.parse(read('cohere-embedding.json')), aContext({ asked: EMBED }));
    expect('whole' in decoded && decoded.whole).toMatchObject({
      data: [{ index: 0 }, { index: 1 }],
      usage: { prompt_tokens: 10, total_tokens: 10 },
    });
  });

  test.each(files.filter((file) => file.endsWith('.chunks.txt')))('decodes the stream of %s', (file) => {
    const lines = read(file)
      .split('\n')
      .filter((line) => line.trim() !== '');
    const { decoded, reply, complete } = streamOf(lines.map((line) => JSON.parse(line) as unknown));
    expect(decoded.filter(({ kind }) => kind === 'error')).toEqual([]);
    expect(complete).toBe(true);
    expect(reply.choices[0]?.finish_reason).toMatch(/^(stop|tool_calls)$/);
    for (const call of reply.choices[0]?.message.tool_calls ?? []) expect(JSON.parse(call.function.arguments)).toBeTypeOf('object');
    expect(reply.usage?.total_tokens).toBeGreaterThan(0);
    expect(JSON.stringify([reply.choices[0]?.message.content, reply.choices[0]?.message['tool_plan']])).toMatch(/[a-z]{3}/i);
  });
});

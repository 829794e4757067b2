import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RequestError } from '../../../src/errors.ts';
import { google } from '../../../src/providers/google/google.ts';
import { aContext } from '../support.ts';
import { contentsOf, messageOf, streamed, studio, whole } from './support.ts';

const parts = (...said: readonly unknown[]): unknown => ({ content: { role: 'model', parts: said } });
const stop = { finishReason: 'STOP' };
const answer = (...said: readonly unknown[]): object => ({
  candidates: [{ ...(parts(...said) as object), ...stop, index: 0 }],
  modelVersion: 'gemini-2.5-flash-001',
  responseId: 'resp-1',
});

describe('a whole answer', () => {
  test('is a completion, with what Google adds', () => {
    const body = {
      ...answer({ text: 'Bonjour' }),
      createTime: '2026-07-01T00:00:10.5Z',
      usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 2, totalTokenCount: 6 },
    };
    expect(whole(body)).toEqual({
      id: 'resp-1',
      object: 'chat.completion',
      created: Date.UTC(2026, 6, 1) / 1000 + 10,
      createTime: '2026-07-01T00:00:10.5Z',
      model: 'gemini-2.5-flash-001',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Bonjour' }, finish_reason: 'stop', native_finish_reason: 'STOP' }],
      usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 },
    });
  });

  test('takes from the exchange what the body does not say', () => {
    const decoded = google.decodeWhole({ candidates: [parts({ text: 'a' })] }, aContext({ requestId: 'req', model: 'gemini-x' }));
    expect(decoded).toMatchObject({ whole: { id: 'req', model: 'gemini-x', created: Date.UTC(2026, 6, 1) / 1000 } });
    expect(decoded).toMatchObject({ whole: { choices: [{ finish_reason: null, message: { content: 'a' } }] } });
  });

  test('of several candidates', () => {
    const body = {
      candidates: [
        { ...(parts({ text: 'a' }) as object), ...stop },
        { ...(parts({ text: 'b' }) as object), index: 1, finishReason: 'MAX_TOKENS' },
      ],
    };
    expect(whole(body).choices.map(({ index, message, finish_reason: finish }) => [index, message.content, finish])).toEqual([
      [0, 'a', 'stop'],
      [1, 'b', 'length'],
    ]);
  });

  test('that came as the array of a stream', () => {
    const rows = [
      { candidates: [parts({ text: 'Bon' })], responseId: 'r' },
      { candidates: [{ ...(parts({ text: 'jour' }) as object), ...stop }] },
    ];
    expect(whole(rows).choices[0]?.message.content).toBe('Bonjour');
  });

  test.each([
    [null],
    ['<html>'],
    [[]],
    [{}],
    [{ candidates: [] }],
    [{ candidates: 'x' }],
    [{ usageMetadata: { promptTokenCount: 1 } }],
    [{ error: { code: 503, status: 'UNAVAILABLE' } }],
    [[{ error: { code: 429 } }]],
  ])('is no answer: %j', (body) => {
    expect(google.decodeWhole(body, aContext())).toEqual({ error: body });
  });

  test('that is empty is one all the same', () => {
    expect(whole({ candidates: [{ finishReason: 'STOP' }] }).choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: null },
    });
  });
});

describe('the end', () => {
  const finish = (finishReason: string, ...said: readonly unknown[]): unknown =>
    whole({ candidates: [{ ...(parts(...said) as object), finishReason }] }).choices[0]?.finish_reason;

  test.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['LANGUAGE', 'content_filter'],
    ['IMAGE_SAFETY', 'content_filter'],
    ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
    ['OTHER', 'stop'],
    ['A_NEW_ONE', 'stop'],
    ['MALFORMED_FUNCTION_CALL', 'stop'],
  ])('%s after a text is %s', (native, expected) => {
    expect(finish(native, { text: 'a' })).toBe(expected);
  });

  test('after calls is tool_calls, unless they are cut or filtered', () => {
    const call = { functionCall: { name: 'f', args: {} } };
    expect([finish('STOP', call), finish('MAX_TOKENS', call), finish('SAFETY', call)]).toEqual(['tool_calls', 'length', 'content_filter']);
  });

  test.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'MALFORMED_RESPONSE'])(
    '%s with nothing said is an error',
    (finishReason) => {
      const body = { candidates: [{ finishReason, finishMessage: 'Malformed: f(' }] };
      const error = { error: { code: finishReason, message: 'Malformed: f(' } };
      expect(google.decodeWhole(body, aContext())).toEqual({ error });
      expect(google.classify({ status: 200, headers: {}, body: error, inBand: true }, studio, 0)).toMatchObject({
        class: 'bad_output',
        scope: 'request',
      });
    },
  );

  test.each(['SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'MODEL_ARMOR', 'JAILBREAK'])(
    'a prompt blocked for %s is the fault of the request',
    (blockReason) => {
      const decoded = google.decodeWhole(
        { promptFeedback: { blockReason, safetyRatings: [] }, usageMetadata: { promptTokenCount: 4 } },
        aContext(),
      );
      expect(decoded).toMatchObject({ error: { error: { status: blockReason } } });
      const body = 'error' in decoded ? decoded.error : undefined;
      expect(google.classify({ status: 200, headers: {}, body, inBand: true }, studio, 0)).toMatchObject({
        class: 'content_filtered',
        scope: 'request',
      });
    },
  );
});

describe('usage', () => {
  const usage = (usageMetadata: unknown): unknown => whole({ ...answer({ text: 'a' }), usageMetadata }).usage;

  test('adds thoughts to the output and what tools put in to the input', () => {
    expect(
      usage({
        promptTokenCount: 100,
        cachedContentTokenCount: 60,
        candidatesTokenCount: 10,
        thoughtsTokenCount: 30,
        toolUsePromptTokenCount: 5,
        totalTokenCount: 145,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 80 },
          { modality: 'AUDIO', tokenCount: 20 },
        ],
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 8 }],
        trafficType: 'ON_DEMAND',
      }),
    ).toEqual({
      prompt_tokens: 105,
      completion_tokens: 40,
      total_tokens: 145,
      prompt_tokens_details: { cached_tokens: 60, audio_tokens: 20, tool_use_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 30, image_tokens: 8 },
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 80 },
        { modality: 'AUDIO', tokenCount: 20 },
      ],
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 8 }],
      trafficType: 'ON_DEMAND',
    });
  });

  test('takes from the total what is left out', () => {
    expect(usage({ promptTokenCount: 10, thoughtsTokenCount: 20, totalTokenCount: 30 })).toMatchObject({ completion_tokens: 20 });
    expect(usage({ promptTokenCount: 10, totalTokenCount: 17 })).toMatchObject({ completion_tokens: 7 });
    expect(usage({ promptTokenCount: 10 })).toMatchObject({ completion_tokens: 0, total_tokens: 10 });
  });

  test.each([[undefined], [null], [{}], [{ trafficType: 'ON_DEMAND' }], [{ promptTokenCount: '4' }], [{ promptTokenCount: -1 }]])(
    '%j is none',
    (metadata) => {
      expect(usage(metadata)).toBe(undefined);
    },
  );
});

describe('parts', () => {
  test('of thoughts are reasoning', () => {
    expect(messageOf([{ text: 'Hm. ', thought: true }, { text: 'Well.', thought: true, thoughtSignature: 's1' }, { text: 'Yes' }])).toEqual(
      {
        role: 'assistant',
        content: 'Yes',
        reasoning_content: 'Hm. Well.',
        reasoning_details: [{ type: 'reasoning.text', text: 'Hm. Well.', signature: 's1', format: 'google-gemini-v1', index: 0 }],
      },
    );
  });

  test('that call functions are tool calls, with ids of their own where Google gave none', () => {
    expect(
      messageOf([{ functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 's' }, { functionCall: { name: 'g', id: 'g1' } }]),
    ).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [
        {
          id: 'call_r1_0',
          type: 'function',
          function: { name: 'f', arguments: '{"a":1}' },
          extra_content: { google: { thought_signature: 's' } },
        },
        { id: 'g1', type: 'function', function: { name: 'g', arguments: '{}' } },
      ],
    });
  });

  test('of image data are images', () => {
    expect(messageOf([{ text: 'Here' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' }, thoughtSignature: 's' }])).toEqual({
      role: 'assistant',
      content: 'Here',
      images: [
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' }, extra_content: { google: { thought_signature: 's' } } },
      ],
    });
  });

  test('that have no neutral shape are kept', () => {
    const code = { executableCode: { language: 'PYTHON', code: '1+1' } };
    const result = { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '2' } };
    const audio = { inlineData: { mimeType: 'audio/L16', data: 'AAAA' } };
    expect(messageOf([code, result, { text: 'Two' }, audio])).toMatchObject({
      content: 'Two',
      extra_content: { google: { parts: [code, result, audio] } },
    });
  });
});

describe('sources', () => {
  const text = 'Ünder the bridge. Over it.';
  const cited = (more: object): unknown => whole({ candidates: [{ ...(parts({ text }) as object), ...stop, ...more }] }).choices[0];

  test('of a search are annotations, at the words that they support', () => {
    const groundingMetadata = {
      groundingChunks: [{ web: { uri: 'https://a.test', title: 'A' } }, { retrievedContext: { uri: 'gs://b' } }, { maps: {} }],
      groundingSupports: [
        { segment: { startIndex: 19, endIndex: 27, text: 'Over it.' }, groundingChunkIndices: [0, 1, 2, 9] },
        { segment: { text: 'not there' }, groundingChunkIndices: [0] },
      ],
      webSearchQueries: ['q'],
    };
    expect(cited({ groundingMetadata })).toMatchObject({
      groundingMetadata,
      message: {
        annotations: [
          { type: 'url_citation', url_citation: { url: 'https://a.test', title: 'A', start_index: 18, end_index: 26 } },
          { type: 'url_citation', url_citation: { url: 'gs://b', start_index: 18, end_index: 26 } },
          { type: 'url_citation', url_citation: { url: 'https://a.test', title: 'A' } },
        ],
      },
    });
  });

  test('without places are annotations all the same', () => {
    expect(cited({ groundingMetadata: { groundingChunks: [{ web: { uri: 'https://a.test' } }] } })).toMatchObject({
      message: { annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.test' } }] },
    });
  });

  test('that were quoted count bytes', () => {
    const citationMetadata = {
      citationSources: [{ startIndex: 0, endIndex: 6, uri: 'https://c.test', license: 'mit' }, { startIndex: 1 }],
    };
    expect(cited({ citationMetadata, safetyRatings: [{ category: 'c' }] })).toMatchObject({
      citationMetadata,
      safetyRatings: [{ category: 'c' }],
      message: { annotations: [{ url_citation: { url: 'https://c.test', start_index: 0, end_index: 5 } }] },
    });
  });
});

test('log probabilities have the shape of OpenAI', () => {
  const logprobsResult = {
    chosenCandidates: [{ token: 'Hé', logProbability: -0.1, tokenId: 5 }, { token: '!' }],
    topCandidates: [
      {
        candidates: [
          { token: 'Hé', logProbability: -0.1 },
          { token: 'Ho', logProbability: -2 },
        ],
      },
    ],
  };
  expect(whole({ candidates: [{ ...(parts({ text: 'Hé!' }) as object), ...stop, logprobsResult }] }).choices[0]?.logprobs).toEqual({
    content: [
      {
        token: 'Hé',
        logprob: -0.1,
        bytes: [72, 195, 169],
        top_logprobs: [
          { token: 'Hé', logprob: -0.1, bytes: [72, 195, 169] },
          { token: 'Ho', logprob: -2, bytes: [72, 111] },
        ],
      },
      { token: '!', logprob: 0, bytes: [33], top_logprobs: [] },
    ],
  });
});

describe('a model turn goes back as it came', () => {
  const image = { inlineData: { mimeType: 'image/png', data: 'AAAA' }, thoughtSignature: 'i' };
  const call = (name: string, signature?: string): object => ({
    functionCall: { id: `id-${name}`, name, args: { a: [1] } },
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  });
  const code = { executableCode: { language: 'PYTHON', code: '1' }, thoughtSignature: 'c' };

  test.each([
    [[{ text: 'Hi' }]],
    [[{ text: 'Hi', thoughtSignature: 's' }]],
    [[{ text: '', thoughtSignature: 's' }]],
    [[{ text: 'hm', thought: true }, { text: 'Hi' }]],
    [[{ text: 'hm', thought: true, thoughtSignature: 's' }, { text: 'so', thought: true }, call('f', 't'), call('g')]],
    [[{ text: 'hm', thought: true }, { text: 'Hi', thoughtSignature: 's' }, image, call('f', 't')]],
    [[{ text: 'One', thoughtSignature: 's' }, { text: 'Two' }, { text: 'x', thought: true }, call('f', 't'), { text: 'Three' }]],
    [[image, { text: 'One' }, image, { text: 'Two', thoughtSignature: 's' }]],
    [[call('f', 't'), { text: '', thoughtSignature: 's' }]],
    [[{ text: 'Let me see.' }, code, { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } }, { text: 'One.' }]],
  ])('%j', (said) => {
    expect(contentsOf([messageOf(said)])).toEqual([{ role: 'model', parts: said }]);
    const events = said.map((part) => ({ candidates: [parts(part)] }));
    const { reply } = streamed(...events, { candidates: [{ ...(parts({ text: '' }) as object), ...stop }] });
    expect(contentsOf([reply.choices[0]?.message])).toEqual([{ role: 'model', parts: said }]);
  });

  test('but not where the caller changed it', () => {
    const message = messageOf([{ text: 'One' }, call('f', 't'), { text: 'Two' }]);
    expect(contentsOf([{ ...message, content: 'Three' }])).toEqual([{ role: 'model', parts: [{ text: 'Three' }, call('f', 't')] }]);
    expect(contentsOf([{ ...message, tool_calls: undefined }])).toEqual([{ role: 'model', parts: [{ text: 'OneTwo' }] }]);
  });
});

function isRefusedOrSent(message: unknown): boolean {
  try {
    return contentsOf([{ role: 'user', content: 'Hi' }, message]).length > 0;
  } catch (error) {
    return error instanceof RequestError;
  }
}

test('rubbish never throws', () => {
  const rubbish = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom<unknown>(null, -1, 1e99, '', [], {}, [null], [[]]));
  /** Any field may be missing, as it should be, or rubbish. */
  const some = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> =>
    fc.record(Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, or(value)])), { requiredKeys: [] });
  const or = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.oneof({ weight: 6, arbitrary: value }, rubbish);
  const many = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.array(or(value), { maxLength: 3 });
  const text = fc.string();
  const partial = some({
    jsonPath: fc.constantFrom('$.a', '$.a[0]', '$.a[0].b', '$.a.b', '$["a"]', '$.__proto__.a'),
    stringValue: text,
    willContinue: fc.boolean(),
  });
  const call = some({ name: fc.constant('f'), args: fc.object(), partialArgs: many(partial), willContinue: fc.boolean() });
  const part = some({
    text,
    thought: fc.boolean(),
    thoughtSignature: text,
    functionCall: call,
    inlineData: some({ mimeType: fc.constant('image/png'), data: text }),
  });
  const support = some({
    segment: some({ startIndex: fc.integer(), endIndex: fc.integer(), text }),
    groundingChunkIndices: many(fc.nat(2)),
  });
  const token = some({ token: text, logProbability: fc.float() });
  const candidate = some({
    content: some({ parts: many(part) }),
    finishReason: fc.constantFrom('STOP', 'SAFETY', 'MALFORMED_FUNCTION_CALL'),
    index: fc.integer({ min: -1, max: 2 }),
    groundingMetadata: some({ groundingChunks: many(some({ web: some({ uri: text }) })), groundingSupports: many(support) }),
    citationMetadata: some({ citations: many(some({ uri: text, startIndex: fc.integer(), endIndex: fc.integer() })) }),
    logprobsResult: some({ chosenCandidates: many(token), topCandidates: many(some({ candidates: many(token) })) }),
  });
  const body = some({
    candidates: many(candidate),
    usageMetadata: some({ promptTokenCount: fc.nat(), totalTokenCount: fc.nat(), promptTokensDetails: many(some({ modality: text })) }),
    promptFeedback: some({ blockReason: text }),
    createTime: text,
    embeddings: many(some({ values: many(fc.float()), statistics: rubbish })),
    predictions: many(some({ embeddings: some({ values: many(fc.float()), statistics: some({ token_count: fc.nat() }) }) })),
    models: many(some({ name: text })),
  });
  fc.assert(
    fc.property(fc.array(or(body), { maxLength: 4 }), (bodies) => {
      for (const operation of ['chat', 'embed', 'models'] as const) {
        // What was asked matters no further than its kind.
        const context = aContext({ asked: { operation, request: { model: 'm', messages: [], input: '' } } as never });
        for (const said of [bodies, ...bodies]) google.decodeWhole(said, context);
      }
      const { reply } = streamed(...bodies);
      // And what was made of it is sent back, or refused.
      for (const { message } of reply.choices) expect(isRefusedOrSent(message)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

// Recorded answers of the real service; the folder is not part of the project.
const FIXTURES = new URL('../../../../shared/fixtures/vercel-ai/google/', import.meta.url);
const files = existsSync(FIXTURES) ? readdirSync(FIXTURES) : [];
const read = (file: string): string => readFileSync(new URL(file, FIXTURES), 'utf8');

describe.skipIf(files.length === 0)('recorded answers (skipped where ../shared is missing)', () => {
  test.each(files.filter((file) => file.endsWith('.json') && !file.includes('429')))('%s decodes, and as a stream of one event', (file) => {
    const body: unknown = JSON.parse(read(file));
    const completion = whole(body);
    expect(completion.usage?.total_tokens).toBe(
      (completion.usage?.prompt_tokens ?? Number.NaN) + (completion.usage?.completion_tokens ?? Number.NaN),
    );
    expect(completion.choices[0]?.finish_reason).toBe(completion.choices[0]?.message.tool_calls === undefined ? 'stop' : 'tool_calls');
    expect(streamed(body).reply).toEqual(completion);
  });

  test.each(files.filter((file) => file.endsWith('.chunks.txt')))('the stream %s decodes, and as one array', (file) => {
    const lines = read(file)
      .split('\n')
      .filter((line) => line.trim() !== '');
    const { decoded, complete, reply } = streamed(...lines);
    expect(decoded.filter(({ kind }) => kind !== 'chunk')).toEqual([]);
    expect(complete).toBe(true);
    expect(whole(lines.map((line) => JSON.parse(line) as unknown))).toEqual(reply);
    expect(reply.usage?.total_tokens).toBeGreaterThan(0);
    for (const call of reply.choices[0]?.message.tool_calls ?? []) expect(JSON.parse(call.function.arguments)).toBeTypeOf('object');
  });

  test('puts nested arguments together', () => {
    const lines = read('google-vertex-stream-tool-call-arguments-nested.1.chunks.txt').trim().split('\n');
    const args: unknown = JSON.parse(streamed(...lines).reply.choices[0]?.message.tool_calls?.[0]?.function.arguments ?? '');
    expect(args).toMatchObject({ recipe: { name: 'Lasagna', ingredients: { length: 10, 9: { name: 'Pepper' } }, steps: { length: 10 } } });
    expect(args).toMatchObject({ recipe: { steps: { 1: 'Cook lasagna noodles according to package directions, drain and set aside.' } } });
  });
});

import type { ProviderV3 } from '@ai-sdk/provider';
import { describe, expect, test } from 'vitest';
import { createKeywheel, type KeywheelCaller, readReport } from '../../src/ai-sdk/index.ts';
import type { EmbedReply } from '../../src/chat/reply.ts';
import { createClient } from '../../src/index.ts';
import {
  BudgetError,
  CacheMissError,
  ClosedError,
  ConfigError,
  DeadlineError,
  KeysExhaustedError,
  OutputError,
  RequestError,
  withReport,
} from '../../src/errors.ts';
import { call, fakeClient, REPORT, replyOf } from './support.ts';

// The provider, what its models answer, and how they fail.

describe('the provider', () => {
  test('is a function and an object of version 3', () => {
    const keywheel = createKeywheel(fakeClient(replyOf({ content: 'a' })));
    const models = [keywheel('fast'), keywheel.languageModel('fast'), keywheel.chat('fast')];
    expect(models).toMatchObject(models.map(() => ({ specificationVersion: 'v3', provider: 'keywheel', modelId: 'fast' })));
    const embedding = [keywheel.embeddingModel('small'), keywheel.textEmbeddingModel('small')];
    expect(embedding).toMatchObject(
      embedding.map(() => ({
        specificationVersion: 'v3',
        provider: 'keywheel',
        modelId: 'small',
        maxEmbeddingsPerCall: Infinity,
        supportsParallelCalls: true,
      })),
    );
    expect(keywheel.specificationVersion).toBe('v3');
  });

  test.each([
    [undefined, 'undefined'],
    [{ apiKey: 'sk-a' }, 'an object'],
    ['sk-secret', 'a text'],
  ])('wants a client: %j', (client, shown) => {
    const reason = `Cannot make models for the AI SDK as 'client' must be one that createClient made: current value is ${shown}`;
    // @ts-expect-error -- as JavaScript may call it, taking it for a provider like others
    expect(() => createKeywheel(client)).toThrow(new ConfigError(reason));
  });

  test('has no image models, in an error that the AI SDK knows', () => {
    expect(() => createKeywheel(fakeClient(replyOf({}))).imageModel('x')).toThrow(
      expect.objectContaining({
        name: 'AI_NoSuchModelError',
        modelId: 'x',
        modelType: 'imageModel',
        [Symbol.for('vercel.ai.error.AI_NoSuchModelError')]: true,
      }),
    );
  });

  test('takes a client, and is a provider to whom asks for one', async () => {
    await using client = createClient({ env: {}, providers: { p: { protocol: 'openai', baseURL: 'http://127.0.0.1:1', keys: [] } } });
    const caller: KeywheelCaller = client;
    const provider: ProviderV3 = createKeywheel(caller);
    expect(provider.languageModel('m').modelId).toBe('m');
  });

  test('sends addresses of files at a provider as they are, and others where it is told so', async () => {
    const keywheel = createKeywheel(fakeClient(replyOf({})));
    const urls = await keywheel('fast').supportedUrls;
    const sent = ['gs://b/o', 's3://b/o', 'https://generativelanguage.googleapis.com/v1beta/files/a', 'https://x.test/a.png'];
    expect(sent.map((url) => urls['*/*']?.some((pattern) => pattern.test(url)))).toEqual([true, true, true, false]);
    const supportedUrls = { 'image/*': [/^https:/] };
    expect(await keywheel('fast', { supportedUrls }).supportedUrls).toBe(supportedUrls);
  });

  test('gives its own settings to every model, and a model its own to every call', async () => {
    const client = fakeClient(replyOf({ content: 'a' }));
    const keywheel = createKeywheel(client, { tags: { app: 'x' }, priority: 1 });
    await keywheel('fast', { priority: 2, reasoning_effort: 'low' }).doGenerate(call());
    expect(client.asked).toMatchObject([{ request: { reasoning_effort: 'low' }, options: { tags: { app: 'x' }, priority: 2 } }]);
  });
});

describe('an answer', () => {
  test('tells what it said, whose it is, and what the call did', async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const reply = replyOf({ content: 'a' }, { usage });
    const logprobs = { content: [] };
    const client = fakeClient({ ...reply, choices: reply.choices.map((choice) => ({ ...choice, logprobs })) });
    const answer = await createKeywheel(client)('fast').doGenerate(call());
    expect(answer).toMatchObject({
      content: [{ type: 'text', text: 'a' }],
      finishReason: { unified: 'stop', raw: 'stop' },
      usage: { inputTokens: { total: 1 }, outputTokens: { total: 2 } },
      providerMetadata: { keywheel: { report: REPORT, logprobs } },
      response: { id: 'reply-1', modelId: 'm', timestamp: new Date(1_700_000_000_000), body: 'as it came' },
      warnings: [],
    });
    expect(answer.request?.body).toBe(client.asked[0]?.request);
  });

  test('has metadata of JSON alone', async () => {
    const report = { ...REPORT, tenant: undefined as never, firstTokenMs: Infinity };
    const answer = await createKeywheel(fakeClient(replyOf({}, { report })))('fast').doGenerate(call());
    expect(Object.keys(answer.providerMetadata?.['keywheel']?.['report'] ?? {})).not.toContain('tenant');
    expect(answer.providerMetadata?.['keywheel']).toEqual(JSON.parse(JSON.stringify({ report })));
  });

  test('without id and time tells none', async () => {
    const { response } = await createKeywheel(fakeClient(replyOf({}, { id: '', created: 0, model: '' })))('fast').doGenerate(call());
    expect(response).toEqual({ body: 'as it came' });
  });
});

describe('embeddings', () => {
  const vector = (index: number, embedding: number[] | string) => ({ object: 'embedding' as const, index, embedding });
  const embedded: EmbedReply = {
    object: 'list',
    data: [vector(1, [2]), vector(0, [1])],
    model: 'm',
    usage: { prompt_tokens: 3, total_tokens: 3 },
    report: REPORT,
    raw: 'as it came',
  };

  test('come in the order of their values', async () => {
    const client = fakeClient(embedded);
    const answer = await createKeywheel(client, { tags: { a: 'b' } })
      .embeddingModel('small')
      .doEmbed({
        values: ['x', 'y'],
        providerOptions: { keywheel: { dimensions: 4 }, google: { taskType: 'x' } },
        headers: { 'user-agent': 'ai/6' },
      });
    expect(answer).toMatchObject({
      embeddings: [[1], [2]],
      usage: { tokens: 3 },
      providerMetadata: { keywheel: { report: REPORT } },
      response: { body: 'as it came' },
      warnings: [],
    });
    expect(client.asked).toEqual([
      {
        request: { model: 'small', input: ['x', 'y'], dimensions: 4, providerOptions: { google: { taskType: 'x' } } },
        options: { tags: { a: 'b' } },
      },
    ]);
  });

  test('of nothing ask nobody', async () => {
    const client = fakeClient(embedded);
    expect(await createKeywheel(client).embeddingModel('small').doEmbed({ values: [] })).toEqual({ embeddings: [], warnings: [] });
    expect(client.asked).toEqual([]);
  });

  test('in base64 are numbers again; an unknown use is none', async () => {
    const floats = Buffer.from(new Float32Array([1, -0.5]).buffer).toString('base64');
    const { usage: _, ...uncounted } = embedded;
    const answer = await createKeywheel(fakeClient({ ...uncounted, data: [vector(0, floats)] }))
      .embeddingModel('small')
      .doEmbed({ values: ['x'] });
    expect(answer.embeddings).toEqual([[1, -0.5]]);
    expect(answer).not.toHaveProperty('usage');
  });

  test('that fail are no reason to ask again', async () => {
    const failed = new RequestError('Wrong', { class: 'bad_request', status: 400, body: 'no' });
    await expect(
      createKeywheel(fakeClient(failed))
        .embeddingModel('small')
        .doEmbed({ values: ['x'] }),
    ).rejects.toMatchObject({
      name: 'AI_APICallError',
      isRetryable: false,
      statusCode: 400,
      responseBody: 'no',
      url: 'keywheel:small',
    });
  });
});

describe('a failure', () => {
  const budget = { of: 'tenant', name: 't', counts: 'usd', limit: 1, per: 'day' } as never;

  test.each([
    [
      'keys_exhausted',
      new KeysExhaustedError('x', { retryAt: 5, keys: [] }),
      { statusCode: 429, data: { code: 'keys_exhausted', retryAt: 5 } },
    ],
    ['budget_exceeded', new BudgetError('x', { budget, retryAt: 6 }), { statusCode: 429, data: { code: 'budget_exceeded', retryAt: 6 } }],
    ['deadline_exceeded', new DeadlineError('x'), { statusCode: undefined }],
    ['invalid_config', new ConfigError('x'), { statusCode: undefined }],
    ['cache_miss', new CacheMissError('x'), { statusCode: undefined }],
    ['client_closed', new ClosedError('x'), { statusCode: undefined }],
    [
      'invalid_output',
      new OutputError('x', { issues: [], text: '' }),
      { statusCode: undefined, data: { code: 'invalid_output', class: 'bad_output' } },
    ],
  ])('%s is one that the AI SDK knows and does not repeat', async (code, failure, expected) => {
    const client = fakeClient(withReport(failure, REPORT));
    const error: unknown = await Promise.resolve(createKeywheel(client)('fast').doGenerate(call())).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'AI_APICallError',
      message: 'x',
      isRetryable: false,
      url: 'keywheel:fast',
      requestBodyValues: { model: 'fast' },
      report: REPORT,
      cause: { code },
      [Symbol.for('vercel.ai.error')]: true,
      [Symbol.for('vercel.ai.error.AI_APICallError')]: true,
      ...expected,
    });
    // A log of it repeats neither the prompt nor the report.
    expect(Object.keys(error as object)).not.toContain('requestBodyValues');
    expect(Object.keys(error as object)).not.toContain('report');
  });

  test('of a client of another copy of the package is known by its code', async () => {
    const foreign = Object.assign(new Error('x'), { code: 'provider_failed', class: 'server_error', status: 500 });
    await expect(createKeywheel(fakeClient(foreign))('fast').doGenerate(call())).rejects.toMatchObject({
      name: 'AI_APICallError',
      statusCode: 500,
      data: { code: 'provider_failed', class: 'server_error' },
    });
  });

  test.each([
    ['an abort', new DOMException('This operation was aborted', 'AbortError')],
    ['a bug', new TypeError('oops')],
    ['an error with a code of somebody else', Object.assign(new Error('x'), { code: 'ECONNRESET' })],
    ['an error whose code is a property of objects', Object.assign(new Error('x'), { code: 'constructor' })],
  ])('that is %s stays what it is', async (_, error) => {
    await expect(createKeywheel(fakeClient(error as Error))('fast').doGenerate(call())).rejects.toBe(error);
  });
});

describe('readReport', () => {
  test('finds the report of an answer, and of a failure', async () => {
    const answer = await createKeywheel(fakeClient(replyOf({})))('fast').doGenerate(call());
    expect(readReport(answer)).toEqual(REPORT);
    const failing = createKeywheel(fakeClient(withReport(new DeadlineError('x'), REPORT)))('fast');
    const error: unknown = await Promise.resolve(failing.doGenerate(call())).catch((thrown: unknown) => thrown);
    expect(readReport(error)).toBe(REPORT);
  });

  test.each([undefined, null, 'text', {}, { providerMetadata: { openai: {} } }, new Error('x')])('finds none in %s', (answer) => {
    expect(readReport(answer)).toBeUndefined();
  });
});

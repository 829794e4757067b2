import { describe, expect, test } from 'vitest';
import type { Asked } from '../../../src/chat/asked.ts';
import type { EmbedRequest } from '../../../src/chat/request.ts';
import { RequestError } from '../../../src/errors.ts';
import { google } from '../../../src/providers/google/google.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import { aContext } from '../support.ts';
import { studio, vertex } from './support.ts';

const asking = (request: Partial<EmbedRequest>): Asked => ({ operation: 'embed', request: { model: 'm', input: 'a', ...request } });

function sent(request: Partial<EmbedRequest>, provider: Provider): { readonly url: string; readonly body: unknown } {
  const { url, body } = google.encode({ asked: asking(request), model: 'gemini-embedding-001', stream: false, provider });
  return { url: url.slice(provider.baseURL.length), body: JSON.parse(body ?? 'null') };
}

describe('embeddings', () => {
  test('of AI Studio go as a batch', () => {
    expect(sent({ input: ['a', 'b'], dimensions: 8, providerOptions: { google: { taskType: 'RETRIEVAL_QUERY', x: 1 } } }, studio)).toEqual({
      url: '/models/gemini-embedding-001:batchEmbedContents',
      body: {
        requests: ['a', 'b'].map((text) => ({
          model: 'models/gemini-embedding-001',
          content: { parts: [{ text }] },
          outputDimensionality: 8,
          taskType: 'RETRIEVAL_QUERY',
        })),
        x: 1,
      },
    });
  });

  test('of Vertex are predictions', () => {
    const providerOptions = { google: { taskType: 'RETRIEVAL_DOCUMENT', title: 't', parameters: { autoTruncate: false } } };
    expect(sent({ input: 'a', dimensions: 8, encoding_format: 'float', providerOptions }, vertex)).toEqual({
      url: '/models/gemini-embedding-001:predict',
      body: {
        instances: [{ content: 'a', task_type: 'RETRIEVAL_DOCUMENT', title: 't' }],
        parameters: { outputDimensionality: 8, autoTruncate: false },
      },
    });
    expect(sent({}, vertex).body).toEqual({ instances: [{ content: 'a' }] });
  });

  test.each([
    ['user', { user: 'u' }],
    ['encoding_format', { encoding_format: 'int8' as never }],
  ])("refuse '%s' in %j", (name, request) => {
    expect(() => sent(request, studio)).toThrow(RequestError);
    expect(() => sent(request, studio)).toThrow(`list '${name}' in 'dropUnsupported'`);
  });

  test.each<Partial<EmbedRequest>>([{ input: [1, 2] }, { input: [[1], [2]] }])('refuse tokens, whatever may be dropped: %j', (request) => {
    const wrong = (): unknown => sent({ ...request, dropUnsupported: ['input'] }, studio);
    expect(wrong).toThrow(RequestError);
    expect(wrong).toThrow("Cannot send the embeddings request as 'input[0]' must be a text there");
  });

  const decode = (body: unknown, request: Partial<EmbedRequest> = {}): unknown =>
    google.decodeWhole(body, aContext({ asked: asking(request), model: 'gemini-embedding-001' }));
  const item = (index: number, embedding: unknown): unknown => ({ object: 'embedding', index, embedding });

  test('come in either shape', () => {
    const list = { object: 'list', model: 'gemini-embedding-001' };
    expect(decode({ embeddings: [{ values: [1, 2] }, { values: [3] }] })).toEqual({
      whole: { ...list, data: [item(0, [1, 2]), item(1, [3])] },
    });
    expect(decode({ embedding: { values: [1] } })).toEqual({ whole: { ...list, data: [item(0, [1])] } });
    expect(decode({ embeddings: [{ values: [1] }], usageMetadata: { promptTokenCount: 3 } })).toEqual({
      whole: { ...list, data: [item(0, [1])], usage: { prompt_tokens: 3, total_tokens: 3 } },
    });
    const predictions = [2, 5].map((tokens) => ({
      embeddings: { values: [tokens], statistics: { token_count: tokens, truncated: false } },
    }));
    expect(decode({ predictions, metadata: { billableCharacterCount: 9 } })).toEqual({
      whole: {
        ...list,
        metadata: { billableCharacterCount: 9 },
        data: [item(0, [2]), item(1, [5])],
        usage: { prompt_tokens: 7, total_tokens: 7 },
      },
    });
  });

  test('are packed where that was asked for', () => {
    const packed = Buffer.from(new Float32Array([0.5, -2]).buffer).toString('base64');
    expect(decode({ embeddings: [{ values: [0.5, -2] }] }, { encoding_format: 'base64' })).toMatchObject({
      whole: { data: [{ embedding: packed }] },
    });
  });

  test.each([
    [null],
    [{}],
    [{ embeddings: 'x' }],
    [{ embeddings: [{}] }],
    [{ embeddings: [{ values: ['1'] }] }],
    [{ error: { code: 400 } }],
  ])('are not in %j', (body) => {
    expect(decode(body)).toEqual({ error: body });
  });
});

describe('the list of models', () => {
  const decode = (body: unknown): unknown => google.decodeWhole(body, aContext({ asked: { operation: 'models', request: { model: '' } } }));

  test('has the names that requests take', () => {
    const models = [{ name: 'models/gemini-2.5-flash', inputTokenLimit: 9 }, { name: 'tunedModels/mine' }, { name: 3 }, null];
    expect(decode({ models, nextPageToken: 'n' })).toEqual({
      whole: {
        object: 'list',
        data: [
          { id: 'gemini-2.5-flash', object: 'model', name: 'models/gemini-2.5-flash', inputTokenLimit: 9 },
          { id: 'tunedModels/mine', object: 'model', name: 'tunedModels/mine' },
        ],
        nextPageToken: 'n',
      },
    });
    expect(decode({ publisherModels: [{ name: 'publishers/google/models/gemini-3-pro' }] })).toMatchObject({
      whole: { data: [{ id: 'gemini-3-pro' }] },
    });
    expect(decode({})).toEqual({ error: {} });
  });
});

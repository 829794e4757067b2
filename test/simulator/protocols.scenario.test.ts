import { createHmac, createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Fault, KeyState, SimulatedProtocol } from '../../src/simulator/index.ts';
import { hear, readMessages, readSse, say, speakerOf, SPEAKERS } from './speakers.ts';
import { start } from './support.ts';

const RICH = {
  reasoning: 'First I think about it.',
  content: 'Grüße, 世界 🎡',
  toolCalls: [
    { name: 'weather', arguments: '{"city":"Zürich","days":3}' },
    { name: 'time', arguments: '{}' },
  ],
  cachedTokens: 2,
  cacheWriteTokens: 1,
};

const named = SPEAKERS.map((speaker) => [speaker.protocol, speaker] as const);

describe.each(named)('%s', (protocol, speaker) => {
  test.each([
    ['a text', 'Grüße, 世界 🎡'],
    ['reasoning and a text', { reasoning: RICH.reasoning, content: RICH.content }],
    ['parallel tool calls', RICH],
    ['nothing', { content: '' }],
  ])('a stream says the same as a plain answer: %s', async (_name, reply) => {
    const simulator = await start({ groups: [{ keys: ['sk-a'] }], reply: () => reply, stream: { chunks: 3 } });
    const prompt = 'x'.repeat(40);
    const plain = speaker.readWhole((await hear(simulator, speaker, { prompt })).json);
    const streamed = speaker.readStream((await hear(simulator, speaker, { stream: true, prompt })).bytes);
    expect(streamed).toEqual(plain);
    const message = typeof reply === 'string' ? { content: reply } : { reasoning: '', toolCalls: [], ...reply };
    expect(plain.text).toBe(message.content);
    expect(simulator.requests().map((record) => [record.protocol, record.model, record.stream, record.prompt, record.outcome])).toEqual([
      [protocol, 'some-model', false, prompt, 'served'],
      [protocol, 'some-model', true, prompt, 'served'],
    ]);
  });

  test('a stream that is cut, whenever, lacks what makes it complete', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'] }], faults: [{ kind: 'cut', afterChunks: 99 }], reply: () => 'abcdefgh' });
    const { bytes } = await hear(simulator, speaker, { stream: true });
    const said = Buffer.from(bytes).toString();
    expect(said).toMatch(/"h"/);
    expect(said).not.toMatch(/STOP|end_turn|message_stop|message-end|DONE|"finish_reason":"stop"/);
  });

  test('drip and single chunks change nothing', async () => {
    const simulator = await start({
      groups: [{ keys: ['sk-a'] }],
      reply: () => RICH,
      faults: [{ kind: 'drip', everyMs: 0 }],
      stream: { chunks: 100 },
    });
    const slow = speaker.readStream((await hear(simulator, speaker, { stream: true })).bytes);
    expect(slow).toEqual(speaker.readStream((await hear(simulator, speaker, { stream: true })).bytes));
  });

  test('a malformed event is no JSON in a frame that is right', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'] }], faults: [{ kind: 'malformed', times: 2 }] });
    const { bytes } = await hear(simulator, speaker, { stream: true });
    expect(() => speaker.readStream(bytes)).toThrow(SyntaxError);
    const plain = await say(simulator, speaker);
    await expect(plain.json()).rejects.toThrow(SyntaxError);
  });

  test('a fault may be for one protocol alone', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'] }], faults: [{ kind: 'status', status: 418, protocol, times: 9 }] });
    const statuses = await Promise.all(SPEAKERS.map(async (other) => (await hear(simulator, other)).status));
    expect(statuses).toEqual(SPEAKERS.map((other) => (other === speaker ? 418 : 200)));
  });

  test('the limits of a group are those of all protocols, and settle by what was used', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'], limits: { rpm: 2 } }], models: ['some-model'] });
    const seen = [];
    for (let count = 0; count < 3; count++) seen.push((await hear(simulator, speaker)).status);
    expect(seen).toEqual([200, 200, 429]);
    expect((await hear(simulator, speakerOf('openai'))).status).toBe(429);
    expect(simulator.stats()).toMatchObject({ served: 2, refused: 2 });
  });

  test('a reply that cannot be written is a 500 that says so', async () => {
    const simulator = await start({
      groups: [{ keys: ['sk-a'] }],
      reply: () => {
        throw new Error('no idea');
      },
    });
    const { status, json } = await hear(simulator, speaker);
    expect([status, JSON.stringify(json)]).toEqual([500, expect.stringContaining('no idea')]);
  });
});

describe('errors in the shape, the status and the words of the provider', () => {
  type Row = readonly [SimulatedProtocol, string, Fault | KeyState, number, object];
  const rpc = (name: string) => ({ '@type': `type.googleapis.com/google.rpc.${name}` });
  const rows: readonly Row[] = [
    ['anthropic', 'a dead key', 'dead', 401, { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } }],
    [
      'anthropic',
      'a spent key',
      'spent',
      400,
      { error: { type: 'invalid_request_error', message: expect.stringContaining('credit balance is too low') } },
    ],
    ['anthropic', 'a forbidden key', 'forbidden', 403, { error: { type: 'permission_error' } }],
    ['anthropic', 'an overload', { kind: 'overloaded' }, 529, { error: { type: 'overloaded_error', message: 'Overloaded' } }],
    [
      'anthropic',
      'a limit',
      { kind: 'rate_limit' },
      429,
      { error: { type: 'rate_limit_error', message: expect.stringContaining('500 requests per minute') } },
    ],
    ['anthropic', 'a 500', { kind: 'status', status: 500 }, 500, { error: { type: 'api_error', message: 'Internal server error' } }],
    ['anthropic', 'a 200 that is none', { kind: 'ok_error' }, 200, { type: 'error', error: { type: 'api_error' } }],
    [
      'google',
      'a dead key',
      'dead',
      400,
      { error: { code: 400, status: 'INVALID_ARGUMENT', details: [{ ...rpc('ErrorInfo'), reason: 'API_KEY_INVALID' }] } },
    ],
    [
      'google',
      'a spent key',
      'spent',
      429,
      { error: { status: 'RESOURCE_EXHAUSTED', message: expect.stringContaining('prepayment credits') } },
    ],
    ['google', 'a forbidden key', 'forbidden', 403, { error: { status: 'PERMISSION_DENIED' } }],
    [
      'google',
      'an overload',
      { kind: 'overloaded' },
      503,
      { error: { status: 'UNAVAILABLE', message: expect.stringContaining('overloaded') } },
    ],
    [
      'google',
      'a limit',
      { kind: 'rate_limit', per: 'day', retryAfterMs: 1500 },
      429,
      {
        error: {
          message: expect.stringContaining('Please retry in 1.5s.'),
          details: [
            { ...rpc('QuotaFailure'), violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel', quotaValue: '500' }] },
            rpc('Help'),
            { ...rpc('RetryInfo'), retryDelay: '1.5s' },
          ],
        },
      },
    ],
    ['google', 'a 500', { kind: 'status', status: 500 }, 500, { error: { code: 500, status: 'INTERNAL' } }],
    ['google', 'a 200 that is none', { kind: 'ok_error' }, 200, { error: { code: 500 } }],
    ['cohere', 'a dead key', 'dead', 401, { message: 'invalid api token' }],
    ['cohere', 'a spent key', 'spent', 402, { message: expect.stringContaining('payment method') }],
    ['cohere', 'a forbidden key', 'forbidden', 403, { message: expect.stringContaining('not allowed') }],
    ['cohere', 'an overload', { kind: 'overloaded' }, 503, { message: expect.stringContaining('overloaded') }],
    ['cohere', 'a limit', { kind: 'rate_limit' }, 429, { message: expect.stringContaining('per minute request limit') }],
    ['cohere', 'a 500', { kind: 'status', status: 500 }, 500, { message: expect.stringContaining('internal server error') }],
    ['cohere', 'a 200 that is none', { kind: 'ok_error' }, 200, { message: expect.stringContaining('internal server error') }],
    ['bedrock', 'a dead key', 'dead', 403, { message: 'The security token included in the request is invalid.' }],
    ['bedrock', 'a spent key', 'spent', 429, { message: expect.stringContaining('tokens per day') }],
    ['bedrock', 'a forbidden key', 'forbidden', 403, { message: expect.stringContaining('not authorized') }],
    ['bedrock', 'an overload', { kind: 'overloaded' }, 503, { message: expect.stringContaining('unable to process') }],
    ['bedrock', 'a limit', { kind: 'rate_limit' }, 429, { message: 'Too many requests, please wait before trying again.' }],
    ['bedrock', 'a 500', { kind: 'status', status: 500 }, 500, { message: expect.stringContaining('unexpected error') }],
    ['bedrock', 'a 200 that is none', { kind: 'ok_error' }, 200, { __type: 'InternalServerException' }],
  ];

  test.each(rows)('%s: %s', async (protocol, _name, cause, status, body) => {
    const state = typeof cause === 'string' ? cause : 'ok';
    const faults = typeof cause === 'string' ? [] : [cause];
    const simulator = await start({ groups: [{ keys: [{ secret: 'sk-a', state }] }], faults });
    expect(await hear(simulator, speakerOf(protocol))).toMatchObject({ status, json: body });
  });

  test.each([
    ['anthropic', 404, 404],
    ['google', 404, 404],
    ['cohere', 404, 404],
    ['bedrock', 400, 403],
  ] as const)('%s: a model that does not exist (%i), and one that is not for this key (%i)', async (protocol, unknown, forbidden) => {
    const groups = [{ keys: ['sk-a'], models: ['other'] }, { keys: ['sk-b'] }];
    const first = await start({ groups, models: ['other', 'some-model'] });
    expect((await hear(first, speakerOf(protocol))).status).toBe(forbidden);
    const second = await start({ groups, models: ['other'] });
    expect((await hear(second, speakerOf(protocol), { key: 'sk-b' })).status).toBe(unknown);
  });

  test('hints are where the provider has a place for them', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'] }], faults: [{ kind: 'rate_limit', retryAfterMs: 2500, times: 9 }] });
    const hints = await Promise.all(SPEAKERS.map(async (speaker) => (await hear(simulator, speaker)).headers.get('retry-after')));
    expect(hints).toEqual(['3', '3', null, null, null]);
  });

  test('Anthropic tells its limits as counts and instants, Bedrock the type of an error in a header', async () => {
    const buckets = [{ counts: 'input' as const, limit: 50_000, windowMs: 60_000 }];
    const simulator = await start({ groups: [{ id: 'g', project: 'p', keys: ['sk-a'], limits: { rpm: 10, buckets } }] });
    const { headers, json } = await hear(simulator, speakerOf('anthropic'));
    expect(Object.fromEntries([...headers].filter(([name]) => /^anthropic-|^request-id/.test(name)))).toEqual({
      'anthropic-organization-id': 'org-g',
      'anthropic-workspace-id': 'p',
      'anthropic-ratelimit-requests-limit': '10',
      'anthropic-ratelimit-requests-remaining': '9',
      'anthropic-ratelimit-requests-reset': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      'anthropic-ratelimit-input-tokens-limit': '50000',
      'anthropic-ratelimit-input-tokens-remaining': '50000',
      'anthropic-ratelimit-input-tokens-reset': expect.any(String),
      'request-id': expect.stringMatching(/^req_/),
    });
    expect(json.id).toMatch(/^msg_/);
    simulator.fail({ kind: 'rate_limit' });
    expect((await hear(simulator, speakerOf('bedrock'))).headers.get('x-amzn-errortype')).toMatch(/^ThrottlingException/);
  });
});

describe('an error inside a stream', () => {
  const fault: Fault = { kind: 'stream_error', afterChunks: 2 };

  test('of Anthropic is an event of its own', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'] }], faults: [fault] });
    const events = readSse((await hear(simulator, speakerOf('anthropic'), { stream: true })).bytes);
    expect(events.map(({ event }) => event)).toEqual(['message_start', 'ping', 'content_block_start', 'content_block_delta', 'error']);
    expect(events.at(-1)?.json).toEqual({ type: 'error', error: { type: 'api_error', message: 'Internal server error', details: null } });
  });

  test('of Google is a chunk with an error, in a list too', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'] }], faults: [{ ...fault, times: 2 }] });
    const speaker = speakerOf('google');
    const events = readSse((await hear(simulator, speaker, { stream: true })).bytes);
    expect(events.at(-1)?.json).toMatchObject({ error: { code: 500, status: 'INTERNAL' } });
    const list = await say(simulator, speaker, { path: '/models/some-model:streamGenerateContent' });
    expect((await list.text()).split('\r\n')).toHaveLength(3);
  });

  test('of Cohere is how the message ends', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'] }], faults: [fault] });
    const events = readSse((await hear(simulator, speakerOf('cohere'), { stream: true })).bytes);
    expect(events.at(-1)?.json).toMatchObject({ type: 'message-end', delta: { finish_reason: 'ERROR' } });
  });

  test('of Bedrock is an exception', async () => {
    const simulator = await start({
      groups: [{ keys: ['sk-a'] }],
      faults: [{ ...fault, error: { type: 'throttlingException', message: 'Slow' } }],
    });
    const { headers, bytes } = await hear(simulator, speakerOf('bedrock'), { stream: true });
    expect(headers.get('content-type')).toBe('application/vnd.amazon.eventstream');
    expect(readMessages(bytes).at(-1)).toEqual({
      headers: { ':exception-type': 'throttlingException', ':content-type': 'application/json', ':message-type': 'exception' },
      json: { message: 'Slow' },
    });
  });
});

test('who does not ask Google for events gets a list of the same responses', async () => {
  const simulator = await start({ groups: [{ keys: ['sk-a'] }], reply: () => RICH });
  const speaker = speakerOf('google');
  const list = await hear(simulator, speaker, { path: '/models/some-model:streamGenerateContent' });
  const events = readSse((await hear(simulator, speaker, { stream: true })).bytes).map(({ json }) => json);
  const strip = (responses: readonly object[]) => responses.map((response) => ({ ...response, responseId: undefined }));
  const ids = (text: string) => JSON.parse(text.replaceAll(/call_\d+_/g, 'call_'));
  expect(ids(JSON.stringify(strip(list.json)))).toEqual(ids(JSON.stringify(strip(events))));
});

test('usage is counted as each provider counts it', async () => {
  const simulator = await start({
    groups: [{ keys: ['sk-a'] }],
    reply: () => ({ ...RICH, toolCalls: [], content: 'x'.repeat(8), reasoning: 'y'.repeat(12) }),
  });
  const usages = await Promise.all(
    SPEAKERS.map(async (speaker) => speaker.readWhole((await hear(simulator, speaker, { prompt: 'z'.repeat(40) })).json).usage),
  );
  expect(usages).toMatchObject([
    {
      prompt_tokens: 10,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 3 },
    },
    { input_tokens: 7, cache_read_input_tokens: 2, cache_creation_input_tokens: 1, output_tokens: 5 },
    { promptTokenCount: 10, cachedContentTokenCount: 2, candidatesTokenCount: 2, thoughtsTokenCount: 3, totalTokenCount: 15 },
    { billed_units: { input_tokens: 10, output_tokens: 5 }, tokens: { input_tokens: 70 }, cached_tokens: 2 },
    { inputTokens: 7, cacheReadInputTokens: 2, cacheWriteInputTokens: 1, outputTokens: 5, totalTokens: 15 },
  ]);
});

describe('keys', () => {
  test('are found wherever a protocol shows them', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'] }], models: ['some-model'] });
    const status = async (url: string, headers: Record<string, string>, speaker = speakerOf('google')) => {
      const body = JSON.stringify(speaker.body('Hello', false));
      return (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })).status;
    };
    const gemini = `${simulator.baseURLs.google}/models/some-model:generateContent`;
    expect(await status(`${gemini}?key=sk-a`, {})).toBe(200);
    expect(await status(gemini, { authorization: 'Bearer sk-a' })).toBe(200);
    expect(await status(gemini, {})).toBe(403);
    const messages = `${simulator.baseURLs.anthropic}/messages`;
    const version = { 'anthropic-version': '2023-06-01' };
    expect(await status(messages, { ...version, authorization: 'Bearer sk-a' }, speakerOf('anthropic'))).toBe(200);
    expect(await status(messages, { ...version }, speakerOf('anthropic'))).toBe(401);
    expect(JSON.stringify(simulator.requests())).not.toContain('key=sk-a');
  });

  test.each([
    ['is verified', {}, 200],
    ['of another secret is refused', { secret: 'wrong' }, 403],
    ['of another body is refused', { body: '{}' }, 403],
    ['without the token it came with is refused', { token: undefined }, 403],
  ])('a signature %s', async (_name, wrong, expected) => {
    const simulator = await start({ groups: [{ keys: ['AKID:se/cret+key:token'] }] });
    const right = {
      secret: 'se/cret+key',
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }),
      token: 'token',
    };
    const signed = { ...right, ...wrong };
    const path = '/model/eu.anthropic.claude%3A0/converse';
    const headers: Record<string, string> = {
      host: new URL(simulator.url).host,
      'x-amz-date': '20261122T010203Z',
      ...(signed.token === undefined ? {} : { 'x-amz-security-token': signed.token }),
    };
    const names = Object.keys(headers).toSorted((a, b) => a.localeCompare(b));
    const sha = (text: string) => createHash('sha256').update(text).digest('hex');
    const lines = names.map((name) => `${name}:${headers[name]}`);
    const canonical = ['POST', path.replace('%', '%25'), '', ...lines, '', names.join(';'), sha(signed.body)].join('\n');
    const scope = '20261122/eu-west-1/bedrock/aws4_request';
    const text = `AWS4-HMAC-SHA256\n20261122T010203Z\n${scope}\n${sha(canonical)}`;
    const chain = [...scope.split('/'), text].reduce<string | Buffer>(
      (key, step) => createHmac('sha256', key).update(step).digest(),
      `AWS4${signed.secret}`,
    );
    const signature = Buffer.from(chain).toString('hex');
    const authorization = `AWS4-HMAC-SHA256 Credential=AKID/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    const response = await fetch(simulator.url + path, { method: 'POST', headers: { ...headers, authorization }, body: right.body });
    expect(response.status).toBe(expected);
    expect(simulator.requests()).toMatchObject([{ protocol: 'bedrock', model: 'eu.anthropic.claude:0' }]);
  });
});

describe('what is not chat', () => {
  test('embeddings of Google, Cohere and Bedrock are the vectors of OpenAI', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'] }] });
    const ask = async (protocol: SimulatedProtocol, path: string, body: object) =>
      (await hear(simulator, speakerOf(protocol), { path, body })).json;
    const openai = await ask('openai', '/embeddings', { model: 'm', input: ['one', 'two'], dimensions: 4 });
    const vectors = openai.data.map(({ embedding }: { embedding: number[] }) => embedding);
    const requests = ['one', 'two'].map((text) => ({ model: 'models/m', content: { parts: [{ text }] }, outputDimensionality: 4 }));
    expect(await ask('google', '/models/m:batchEmbedContents', { requests })).toEqual({
      embeddings: vectors.map((values: number[]) => ({ values })),
    });
    expect(await ask('google', '/models/m:embedContent', { content: { parts: [{ text: 'one' }] }, outputDimensionality: 4 })).toEqual({
      embedding: { values: vectors[0] },
    });
    const embed = { model: 'm', texts: ['one', 'two'], input_type: 'search_query', embedding_types: ['float'], output_dimension: 4 };
    expect(await ask('cohere', '/v2/embed', embed)).toMatchObject({
      embeddings: { float: vectors },
      meta: { billed_units: { input_tokens: 2 } },
    });
    expect(await ask('bedrock', '/model/titan/invoke', { inputText: 'two', dimensions: 4 })).toEqual({
      embedding: vectors[1],
      inputTextTokenCount: 1,
    });
  });

  test('lists of models have the shape of who is asked', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'] }], models: ['some-model'] });
    const list = async (url: string, headers: Record<string, string>) => (await fetch(url, { headers })).json();
    const bearer = { authorization: 'Bearer sk-a' };
    expect(await list(`${simulator.baseURLs.openai}/models`, bearer)).toMatchObject({ object: 'list', data: [{ id: 'some-model' }] });
    expect(await list(`${simulator.baseURLs.anthropic}/models`, speakerOf('anthropic').headers('sk-a'))).toMatchObject({
      has_more: false,
      data: [{ type: 'model', id: 'some-model' }],
    });
    expect(await list(`${simulator.baseURLs.google}/models`, { 'x-goog-api-key': 'sk-a' })).toMatchObject({
      models: [{ name: 'models/some-model' }],
    });
    expect(await list(`${simulator.baseURLs.cohere}/v1/models`, bearer)).toMatchObject({ models: [{ name: 'some-model' }] });
  });

  test('a path that nobody knows is refused by whoever it looks like', async () => {
    const simulator = await start();
    const shapes = await Promise.all(SPEAKERS.map(async (speaker) => (await hear(simulator, speaker, { path: '/nowhere' })).json));
    expect(shapes).toMatchObject([
      { error: { type: 'invalid_request_error' } },
      { type: 'error', error: { type: 'not_found_error' } },
      { error: { status: 'NOT_FOUND' } },
      { message: 'page not found' },
      { error: { type: 'invalid_request_error' } },
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import { createManualClock, type SimulatorOptions } from '../../src/simulator/index.ts';
import { ask, askWhole, CHAT, readEvents, start, STREAM } from './support.ts';

const GROUPS = [{ keys: ['sk-a'] }];

describe('chat', () => {
  test('a plain answer has the shape of OpenAI', async () => {
    const simulator = await start({ groups: GROUPS, reply: () => 'Hi there' });
    const { status, json } = await askWhole(simulator);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      object: 'chat.completion',
      model: 'gpt-5-mini',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi there', refusal: null }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 },
    });
    expect(json.id).toMatch(/^chatcmpl-[0-9a-f]{24}$/);
    expect(json.created).toBeGreaterThan(1_700_000_000);
  });

  test('a stream has the role first, then content, the finish, and the terminal marker', async () => {
    const simulator = await start({ groups: GROUPS, reply: () => 'Hi there', stream: { chunks: 2 } });
    const { headers, text } = await askWhole(simulator, STREAM);
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = readEvents(text);
    expect(events.at(-1)).toBe('[DONE]');
    expect(events.slice(0, -1).map(({ choices: [choice] }) => [choice.delta, choice.finish_reason])).toEqual([
      [{ role: 'assistant', content: '', refusal: null }, null],
      [{ content: 'Hi t' }, null],
      [{ content: 'here' }, null],
      [{}, 'stop'],
    ]);
    expect(events[0]).not.toHaveProperty('usage');
    expect(new Set(events.slice(0, -1).map(({ id }) => id)).size).toBe(1);
  });

  test('include_usage adds a chunk without choices before the terminal marker', async () => {
    const simulator = await start({ groups: GROUPS, reply: () => 'Hi there' });
    const events = readEvents((await askWhole(simulator, { ...STREAM, stream_options: { include_usage: true } })).text);
    expect(events.at(-2)).toMatchObject({ choices: [], usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 } });
    expect(events.slice(0, -2).every(({ usage }) => usage === null)).toBe(true);
  });

  test('a stream joins to what a plain answer says, in whole characters', async () => {
    const text = 'Zwölf 🚴‍♀️ Räder, 日本語 und 👩🏽‍🚀';
    const simulator = await start({ groups: GROUPS, reply: () => text, stream: { chunks: 1000 } });
    const events = readEvents((await askWhole(simulator, STREAM)).text).slice(0, -1);
    const pieces: string[] = events.map(({ choices: [choice] }) => choice.delta.content ?? '');
    expect(pieces.join('')).toBe(text);
    expect(pieces.every((piece) => Buffer.from(piece).toString() === piece)).toBe(true);
  });

  test('output limits clip the answer and say so', async () => {
    const simulator = await start({ groups: GROUPS, reply: () => 'x'.repeat(100) });
    const { json } = await askWhole(simulator, { ...CHAT, max_completion_tokens: 3 });
    expect(json.choices[0]).toMatchObject({ message: { content: 'x'.repeat(12) }, finish_reason: 'length' });
    expect(json.usage.completion_tokens).toBe(3);
  });

  test('n asks for several choices, side by side in a stream', async () => {
    const simulator = await start({ groups: GROUPS, reply: ({ choice }) => `answer ${choice}` });
    const plain = await askWhole(simulator, { ...CHAT, n: 2 });
    expect(plain.json.choices.map((choice: { message: { content: string } }) => choice.message.content)).toEqual(['answer 0', 'answer 1']);
    const events = readEvents((await askWhole(simulator, { ...STREAM, n: 2 })).text);
    expect(events.slice(0, 4).map(({ choices: [choice] }) => choice.index)).toEqual([0, 1, 0, 1]);
  });

  test('a demanded tool is called with arguments that fit its schema', async () => {
    const simulator = await start({ groups: GROUPS });
    const parameters = {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer' }, unit: { enum: ['C', 'F'] }, tags: { type: 'array' } },
    };
    const body = { ...CHAT, tools: [{ type: 'function', function: { name: 'weather', parameters } }], tool_choice: 'required' };
    const [choice] = (await askWhole(simulator, body)).json.choices;
    expect(choice).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: null, tool_calls: [{ type: 'function', function: { name: 'weather' } }] },
    });
    expect(JSON.parse(choice.message.tool_calls[0].function.arguments)).toEqual({ city: 'text', days: 1, unit: 'C', tags: [] });
  });

  test('a streamed tool call has its name first and its arguments in pieces', async () => {
    const text = '{"city":"Graz"}';
    const simulator = await start({
      groups: GROUPS,
      reply: () => ({ toolCalls: [{ name: 'weather', arguments: text }] }),
      stream: { chunks: 3 },
    });
    const events = readEvents((await askWhole(simulator, STREAM)).text);
    const calls = events.slice(1, -2).map(({ choices: [choice] }) => choice.delta.tool_calls[0]);
    expect(calls[0]).toMatchObject({
      index: 0,
      id: expect.stringMatching(/^call_/),
      type: 'function',
      function: { name: 'weather', arguments: '' },
    });
    expect(calls.map((call) => call.function.arguments).join('')).toBe(text);
    expect(calls.slice(1).every((call) => !('id' in call))).toBe(true);
    expect(events.at(-2).choices[0].finish_reason).toBe('tool_calls');
  });

  test('a demanded format is kept', async () => {
    const simulator = await start({ groups: GROUPS });
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } } };
    const formatted = await askWhole(simulator, { ...CHAT, response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } });
    expect(JSON.parse(formatted.json.choices[0].message.content)).toEqual({ ok: true });
  });

  test('reply is told who asks what', async () => {
    const asked: unknown[] = [];
    const options: SimulatorOptions = {
      groups: [{ id: 'g', keys: ['sk-a'] }],
      reply: (request) => (asked.push(request), { refusal: 'No.', finishReason: 'content_filter' }),
    };
    const simulator = await start(options);
    const { json } = await askWhole(simulator);
    expect(asked).toEqual([
      { protocol: 'openai', model: 'gpt-5-mini', prompt: 'Hello', body: CHAT, key: 'sk-a', group: 'g', number: 1, choice: 0 },
    ]);
    expect(json.choices[0]).toMatchObject({ message: { content: null, refusal: 'No.' }, finish_reason: 'content_filter' });
  });

  test('a reply that throws is a 500 that says so', async () => {
    const simulator = await start({
      groups: GROUPS,
      reply: () => {
        throw new Error('no idea');
      },
    });
    expect(await askWhole(simulator)).toMatchObject({
      status: 500,
      json: { error: { message: expect.stringContaining('no idea'), code: 'reply_failed' } },
    });
    expect(simulator.stats()).toMatchObject({ rejected: 1, inFlight: 0 });
  });
});

describe('embeddings', () => {
  const PATH = { path: '/v1/embeddings' };

  test('give each input a unit vector that repeats', async () => {
    const simulator = await start({ groups: GROUPS });
    const { json } = await askWhole(simulator, { model: 'embed', input: ['one', 'two', 'one'], dimensions: 4 }, PATH);
    const [one, two, again] = json.data.map(({ embedding }: { embedding: number[] }) => embedding);
    expect(one).toEqual(again);
    expect(one).not.toEqual(two);
    expect(one).toHaveLength(4);
    expect(Math.hypot(...one)).toBeCloseTo(1, 12);
    expect(json).toMatchObject({ object: 'list', model: 'embed', usage: { prompt_tokens: 3, total_tokens: 3 } });
  });

  test('come as base64 for those who ask', async () => {
    const simulator = await start({ groups: GROUPS });
    const plain = await askWhole(simulator, { model: 'embed', input: 'one' }, PATH);
    const encoded = await askWhole(simulator, { model: 'embed', input: 'one', encoding_format: 'base64' }, PATH);
    const bytes = Buffer.from(encoded.json.data[0].embedding, 'base64');
    expect(Array.from(new Float32Array(new Uint8Array(bytes).buffer))).toEqual(Array.from(Float32Array.from(plain.json.data[0].embedding)));
  });

  test('count token numbers as tokens', async () => {
    const simulator = await start({ groups: [{ keys: ['sk-a'], limits: { tpm: 100 } }] });
    const { headers } = await askWhole(simulator, { model: 'embed', input: [[1, 2, 3], [4]] }, PATH);
    expect(headers.get('x-ratelimit-remaining-tokens')).toBe('96');
  });
});

describe('what cannot be answered', () => {
  test.each([
    ['no JSON', '{"model":', 400, null],
    ['no model', { messages: CHAT.messages }, 400, null],
    ['no messages', { model: 'm' }, 400, 'missing_required_parameter'],
    ['empty messages', { model: 'm', messages: [] }, 400, 'empty_array'],
    ['messages that are none', { model: 'm', messages: 'Hello' }, 400, 'invalid_type'],
    ['a message without a role', { model: 'm', messages: [{ content: 'x' }] }, 400, 'missing_required_parameter'],
    ['n of nothing', { ...CHAT, n: 0 }, 400, 'invalid_value'],
    ['an output limit of nothing', { ...CHAT, max_tokens: 0 }, 400, 'invalid_value'],
  ])('%s', async (_, body, status, code) => {
    const simulator = await start();
    const answer = await askWhole(simulator, body);
    expect(answer).toMatchObject({ status, json: { error: { type: 'invalid_request_error', code } } });
    expect(simulator.stats()).toMatchObject({ rejected: 1, served: 0 });
  });

  test('an unknown path, and a wrong method', async () => {
    const simulator = await start();
    expect(await askWhole(simulator, CHAT, { path: '/v1/constructor' })).toMatchObject({
      status: 404,
      json: { error: { message: 'Invalid URL (POST /v1/constructor)', type: 'invalid_request_error' } },
    });
    expect(await askWhole(simulator, CHAT, { method: 'GET' })).toMatchObject({
      status: 405,
      json: { error: { code: 'method_not_supported' } },
    });
  });

  test('models that do not exist, or are not for this group', async () => {
    const groups = [
      { id: 'small', keys: ['sk-a'], models: ['gpt-5-*'] },
      { id: 'all', keys: ['sk-b'] },
    ];
    const simulator = await start({ models: ['gpt-5-mini', 'o3'], groups });
    const statusOf = async (model: string, key: string) => {
      const { status, json } = await askWhole(simulator, { ...CHAT, model }, { key });
      return [status, json.error?.code];
    };
    expect(await statusOf('gpt-5-mini', 'sk-a')).toEqual([200, undefined]);
    expect(await statusOf('o3', 'sk-a')).toEqual([403, 'model_not_found']);
    expect(await statusOf('o3', 'sk-b')).toEqual([200, undefined]);
    expect(await statusOf('gpt-9', 'sk-b')).toEqual([404, 'model_not_found']);
  });
});

test('models lists what a caller may use', async () => {
  const groups = [{ keys: ['sk-a'], models: ['gpt-5-*'] }, { keys: ['sk-b'] }];
  const simulator = await start({ models: ['gpt-5-mini', 'o3'], groups });
  const list = async (key: string) => {
    const { json } = await askWhole(simulator, undefined, { path: '/v1/models', method: 'GET', key });
    return json.data.map(({ id }: { id: string }) => id);
  };
  expect(await list('sk-a')).toEqual(['gpt-5-mini']);
  expect(await list('sk-b')).toEqual(['gpt-5-mini', 'o3']);
});

test('the same seed and order give the same answers, another seed others', async () => {
  const run = async (seed: number) => {
    const simulator = await start({ seed, groups: GROUPS, faults: [{ kind: 'overloaded', probability: 0.5 }] });
    const answers = [];
    for (let count = 0; count < 8; count++) {
      const { status, json, headers } = await askWhole(simulator);
      answers.push([status, json.id, json.choices?.[0].message.content, headers.get('x-request-id')]);
    }
    return answers;
  };
  const [first, again, other] = await Promise.all([run(5), run(5), run(6)]);
  expect(first).toEqual(again);
  expect(first).not.toEqual(other);
});

test('latencies and the pace of streams are slept on the clock', async () => {
  const clock = createManualClock();
  const simulator = await start({ clock, groups: GROUPS, reply: () => 'ab', stream: { chunks: 2, chunkMs: 7 }, latencyMs: 100 });
  const response = ask(simulator, STREAM);
  await simulator.until(({ inFlight }) => inFlight === 1);
  await clock.advance(100);
  const text = (await response).text();
  // Each pause begins when the socket has taken the event before: that many turns of the loop nobody knows.
  while (simulator.stats().inFlight > 0) await clock.advance(1);
  expect(readEvents(await text).at(-1)).toBe('[DONE]');
  expect(clock.slept).toEqual([100, 7, 7, 7, 7]);
});

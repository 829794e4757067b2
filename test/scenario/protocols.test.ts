import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  type ChatReply,
  type ChatRequest,
  KeysExhaustedError,
  ProviderError,
  RequestError,
  StreamInterruptedError,
} from '../../src/index.ts';
import type { Fault, Reply, ReplyRequest, SimulatorOptions } from '../../src/simulator/index.ts';
import { attemptsOf, errorOf, groupOf, nextEvent, readAll, SPEECHES, speaking, useWorld } from '../support/world.ts';

const world = useWorld();

const TEXT = 'the wheel turns and every key has its day, Grüße 世界 🎡';
const named = SPEECHES.map((speech) => [speech.title, speech] as const);

describe.each(named)('over %s', (_title, speech) => {
  const model = `p/${speech.model}`;

  function ask(text = 'Hi', more: Partial<ChatRequest> = {}): ChatRequest & { readonly stream?: false } {
    return { model, messages: [{ role: 'user', content: text }], ...more, stream: false };
  }

  function askStream(text = 'Hi', more: Partial<ChatRequest> = {}): ChatRequest & { readonly stream: true } {
    return { ...ask(text, more), stream: true };
  }

  async function open(options: SimulatorOptions & { readonly keys?: readonly string[] } = {}) {
    const { keys = ['a'], ...rest } = options;
    const groups = keys.map((name) => groupOf(speech, name));
    const simulator = await world.simulator({ groups, reply: () => TEXT, stream: { chunks: 4 }, ...rest });
    // The first one is asked first.
    const weighted = keys.map((name, index) => ({ secret: speech.secretOf(name), id: name, weight: index === 0 ? 2 : 1 }));
    return { simulator, client: world.client(speaking(speech, simulator, ...weighted)) };
  }

  /** What must be the same, streamed or not. */
  function essence(reply: ChatReply) {
    return { choices: withoutIds(reply.choices), usage: reply.usage, text: reply.text, model: reply.model };
  }

  describe('a stream is the same reply as a plain call', () => {
    const replies: readonly (readonly [string, Reply])[] = [
      ['a text', TEXT],
      ['reasoning', { reasoning: 'First this.\n\nThen that.', content: TEXT }],
      ['parallel tool calls', { toolCalls: [call('weather', { city: 'Zürich' }), call('time', {}), call('weather', { city: 'Graz' })] }],
      ['reasoning, a text and a tool call', { reasoning: 'Hm.', content: 'I look it up.', toolCalls: [call('weather', { city: 'Graz' })] }],
      ['a refusal', { refusal: 'I cannot help with that.', finishReason: 'content_filter' }],
      ['a cache', { content: TEXT, cachedTokens: 4, cacheWriteTokens: 2 }],
      ['nothing', ''],
    ];

    test.each(replies)('%s', async (_name, reply) => {
      const { client } = await open({ reply: () => reply });
      const plain = await client.chat(ask('x'.repeat(40)));
      const stream = await client.chat(askStream('x'.repeat(40)));
      const read = await readAll(stream);
      const streamed = await stream.reply();
      expect(essence(streamed)).toEqual(essence(plain));
      expect(read).toBe(plain.text);
    });

    test('a text that the limit cut', async () => {
      const { client } = await open();
      const plain = await client.chat(ask('Hi', { max_tokens: 5 }));
      const streamed = await (await client.chat(askStream('Hi', { max_tokens: 5 }))).reply();
      expect(essence(streamed)).toEqual(essence(plain));
      expect(plain).toMatchObject({ text: TEXT.slice(0, 20), choices: [{ finish_reason: 'length' }] });
    });

    test('one byte at a time', async () => {
      const { client, simulator } = await open({ reply: () => ({ reasoning: 'Hm.', content: TEXT }) });
      const plain = await client.chat(ask());
      simulator.fail({ kind: 'drip', everyMs: 0 });
      expect(essence(await (await client.chat(askStream())).reply())).toEqual(essence(plain));
    });
  });

  test('usage is what the simulator charged', async () => {
    const reply = { reasoning: 'y'.repeat(12), content: 'x'.repeat(8), cachedTokens: 4 };
    const { client, simulator } = await open({ reply: () => reply });
    const { usage } = await client.chat(ask('z'.repeat(40)));
    expect(usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_tokens_details: { cached_tokens: 4 } });
    expect(client.keys.get('a')?.totals.tokens).toBe(simulator.stats().tokens);
  });

  describe('a tool call', () => {
    const tools = [
      {
        type: 'function' as const,
        function: {
          name: 'weather',
          description: 'Tells the weather',
          parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
        },
      },
    ];

    function answer({ prompt }: ReplyRequest): Reply {
      if (prompt.includes('It rains')) return { reasoning: 'Now I know.', content: 'Take an umbrella.' };
      return { reasoning: 'I must look.', toolCalls: [call('weather', { city: 'Zürich' }), call('weather', { city: 'Graz' })] };
    }

    test.each([false, true])('goes round, and the reasoning goes back with it (stream: %s)', async (stream) => {
      const { client } = await open({ reply: answer });
      const chat = async (messages: ChatRequest['messages']): Promise<ChatReply> => {
        const request = { model, messages, tools, max_tokens: 4000, reasoning_effort: 'low' };
        return stream ? (await client.chat({ ...request, stream: true })).reply() : client.chat(request);
      };
      const question = { role: 'user' as const, content: 'Do I need an umbrella?' };
      const first = await chat([question]);
      const [choice] = first.choices;
      expect(choice).toMatchObject({ finish_reason: 'tool_calls' });
      const calls = choice?.message.tool_calls ?? [];
      expect(calls.map(({ function: { name, arguments: text } }) => [name, JSON.parse(text)])).toEqual([
        ['weather', { city: 'Zürich' }],
        ['weather', { city: 'Graz' }],
      ]);
      const results = calls.map(({ id }, index) => ({ role: 'tool' as const, tool_call_id: id, content: index === 1 ? 'It rains' : '' }));
      // Given back word for word, as JSON makes it.
      const said = JSON.parse(JSON.stringify(choice?.message));
      const second = await chat([question, said, ...results]);
      expect(second).toMatchObject({ text: 'Take an umbrella.', choices: [{ finish_reason: 'stop' }] });
      const thanks = { role: 'user' as const, content: 'Thanks' };
      const history = [question, said, ...results, JSON.parse(JSON.stringify(second.choices[0]?.message)), thanks];
      expect((await chat(history)).choices[0]?.finish_reason).toBe('tool_calls');
    });

    test('is made when it is demanded', async () => {
      const { client } = await open({ reply: undefined as never });
      const { choices } = await client.chat(ask('Hi', { tools, tool_choice: 'required', max_tokens: 100 }));
      const [made] = choices[0]?.message.tool_calls ?? [];
      expect([made?.function.name, JSON.parse(made?.function.arguments ?? '')]).toEqual(['weather', { city: 'text' }]);
    });
  });

  test('JSON is answered where a schema demands it', async () => {
    const { client } = await open({ reply: undefined as never });
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'], additionalProperties: false };
    const format = { type: 'json_schema' as const, json_schema: { name: 'answer', schema, strict: true } };
    const plain = await client.chat(ask('Hi', { response_format: format, max_tokens: 100 }));
    const streamed = await (await client.chat(askStream('Hi', { response_format: format, max_tokens: 100 }))).reply();
    expect([JSON.parse(plain.text), JSON.parse(streamed.text)]).toEqual([{ ok: true }, { ok: true }]);
    expect([plain.choices[0]?.finish_reason, streamed.choices[0]?.finish_reason]).toEqual(['stop', 'stop']);
  });

  describe('another key takes over from', () => {
    test.each([
      ['a dead key', 'dead', 'key_invalid'],
      ['a spent key', 'spent', 'quota_exhausted'],
      ['a forbidden key', 'forbidden', 'key_forbidden'],
    ] as const)('%s', async (_name, state, taken) => {
      const { client, simulator } = await open({ keys: ['a', 'b'] });
      simulator.key('a').set(state);
      const reply = await client.chat(ask());
      expect(reply.text).toBe(TEXT);
      expect(attemptsOf(reply)).toEqual([`a ${taken} rotate`, 'b ok answer']);
      expect((await client.chat(ask('again'))).report.attempts).toHaveLength(1);
      expect(client.keys.get('b')?.state).toBe('ready');
    });

    test('a limit', async () => {
      const { client, simulator } = await open({ keys: ['a', 'b'] });
      simulator.fail({ kind: 'rate_limit', retryAfterMs: 30_000, key: 'a' });
      const reply = await client.chat(ask());
      expect(attemptsOf(reply)).toEqual(['a rate_limited rotate', 'b ok answer']);
      expect((await client.chat(ask('again'))).report.key).toBe('b');
    });

    test.runIf(LIMITS[speech.protocol] !== undefined)('a limit inside the stream', async () => {
      const { client, simulator } = await open({ keys: ['a', 'b'] });
      simulator.fail({ kind: 'stream_error', key: 'a', error: LIMITS[speech.protocol] ?? {} });
      const stream = await client.chat(askStream());
      expect(await readAll(stream)).toBe(TEXT);
      expect(attemptsOf(await stream.reply())).toEqual(['a rate_limited rotate', 'b ok answer']);
    });
  });

  test('a limit is waited for as long as its provider says, where it says so', async () => {
    const clock = world.clock();
    const simulator = await world.simulator({
      groups: [groupOf(speech, 'a')],
      faults: [{ kind: 'rate_limit', retryAfterMs: 7_000 }],
      reply: () => TEXT,
    });
    const client = world.client({ ...speaking(speech, simulator, 'a'), clock });
    const held = nextEvent(client, 'key-held');
    const call = client.chat(ask());
    const { until } = await held;
    // What nobody says is learned from the pace at which calls were refused: of a single one it is a guess.
    expect(until - clock.now()).toBe(SILENT.includes(speech.protocol) ? 1_489 : 7_000);
    await turn();
    await clock.advance(until - clock.now());
    expect((await call).text).toBe(TEXT);
  });

  test('limits told by headers are kept without meeting them, others are met', async () => {
    const clock = world.clock();
    const limits = { buckets: [{ counts: 'requests' as const, limit: 2, windowMs: 60_000, kind: 'fixed' as const }] };
    const groups = [groupOf(speech, 'a', { limits })];
    const simulator = await world.simulator({ groups, clock });
    const client = world.client({ ...speaking(speech, simulator, 'a'), clock });
    for (const text of ['one', 'two']) await client.chat(ask(text));
    await errorOf(client.chat(ask('three'), { maxWaitMs: 0 }), KeysExhaustedError);
    expect(simulator.stats()).toMatchObject({ served: 2, refused: TELLING.includes(speech.protocol) ? 0 : 1 });
  });

  test('a pool whose keys are all spent says so', async () => {
    const { client, simulator } = await open({ keys: ['a', 'b'] });
    for (const name of ['a', 'b']) simulator.key(name).set('spent');
    await errorOf(client.chat(ask(), { maxWaitMs: 0 }), KeysExhaustedError);
    expect(simulator.stats().received).toBe(2);
  });

  describe('what passes is repeated at the same provider', () => {
    const passing: readonly (readonly [string, Fault, string])[] = [
      ['a 500', { kind: 'status', status: 500 }, 'server_error'],
      ['an overload', { kind: 'overloaded' }, 'overloaded'],
      ['a page of a proxy', { kind: 'html' }, 'server_error'],
      ['a page with status 200', { kind: 'html', status: 200 }, 'server_error'],
      ['a 200 with an error inside', { kind: 'ok_error' }, 'server_error'],
      ['broken JSON', { kind: 'malformed' }, 'server_error'],
      ['a reset', { kind: 'reset_after_headers' }, 'network'],
      ['a body that is cut', { kind: 'cut', afterChunks: 1, how: 'destroy' }, 'network'],
    ];

    test.each(passing)('%s', async (_name, fault, taken) => {
      const { client, simulator } = await open({ faults: [fault] });
      const plain = await client.chat(ask());
      expect([plain.text, attemptsOf(plain)]).toEqual([TEXT, [`a ${taken} retry`, 'a ok answer']]);
      simulator.fail(fault);
      const streamed = await (await client.chat(askStream())).reply();
      expect([streamed.text, attemptsOf(streamed)]).toEqual([TEXT, [`a ${taken} retry`, 'a ok answer']]);
      expect(client.keys.get('a')).toMatchObject({ state: 'ready', holds: [] });
    });

    test.each([
      ['a cut before anything', { kind: 'cut', afterChunks: 0 }, 'network'],
      ['a cut before the first content', { kind: 'cut', afterChunks: 1 }, 'network'],
      ['an error as the first event', { kind: 'stream_error' }, 'server_error'],
      ['an error before the first content', { kind: 'stream_error', afterChunks: 1 }, 'server_error'],
    ] as readonly (readonly [string, Fault, string])[])('%s', async (_name, fault, taken) => {
      const { client, simulator } = await open({ faults: [fault] });
      const stream = await client.chat(askStream());
      expect(await readAll(stream)).toBe(TEXT);
      const reply = await stream.reply();
      expect(attemptsOf(reply)).toEqual([`a ${taken} retry`, 'a ok answer']);
      expect(simulator.stats().servedIds).toHaveLength(1);
    });
  });

  test.each([
    ['a cut', { kind: 'cut', afterChunks: 3 }, 'network'],
    ['a dropped connection', { kind: 'cut', afterChunks: 3, how: 'destroy' }, 'network'],
    ['an error inside', { kind: 'stream_error', afterChunks: 3 }, 'server_error'],
  ] as readonly (readonly [string, Fault, string])[])(
    'after the first content %s is the reader’s to see, with what came',
    async (_name, fault, taken) => {
      const { client, simulator } = await open({ faults: [fault] });
      const stream = await client.chat(askStream());
      const error = await errorOf(readAll(stream), StreamInterruptedError);
      const half = Array.from(TEXT).slice(0, 28).join('');
      expect(error).toMatchObject({ class: taken, partial: { choices: [{ message: { content: half }, finish_reason: null }] } });
      expect(simulator.stats().received).toBe(1);
    },
  );

  test('a provider that stays sick is given up with what it was', async () => {
    const { client } = await open({ faults: [{ kind: 'overloaded', times: 9 }] });
    expect(await errorOf(client.chat(ask()), ProviderError)).toMatchObject({ class: 'overloaded' });
  });

  describe('an abort', () => {
    test('before the answer leaves nothing behind', async () => {
      const { client, simulator } = await open({ faults: [{ kind: 'hang' }] });
      const abort = new AbortController();
      const call = client.chat(ask(), { signal: abort.signal }).catch((error: unknown) => error);
      await simulator.until(({ inFlight }) => inFlight === 1);
      abort.abort(new Error('enough'));
      expect(await call).toMatchObject({ message: 'enough' });
      await simulator.until(({ inFlight }) => inFlight === 0);
    });

    test('in the middle of a stream ends it at the provider', async () => {
      const { client, simulator } = await open({ faults: [{ kind: 'silence', afterChunks: 2 }] });
      const abort = new AbortController();
      const stream = await client.chat(askStream(), { signal: abort.signal });
      const reading = readAll(stream).catch((error: unknown) => error);
      abort.abort(new Error('enough'));
      expect(await reading).toMatchObject({ message: expect.any(String) });
      await simulator.until(({ inFlight }) => inFlight === 0);
      expect(simulator.stats().abortedStreams).toBe(1);
    });
  });

  describe('a request that is wrong', () => {
    test('is a RequestError after one attempt', async () => {
      const { client, simulator } = await open({ keys: ['a', 'b'] });
      const error = await errorOf(client.chat(ask('Hi', { max_tokens: -1 })), RequestError);
      expect(error).toMatchObject({ class: 'bad_request', status: 400 });
      expect(simulator.stats().received).toBe(1);
      expect(client.keys.list().map(({ state }) => state)).toEqual(['ready', 'ready']);
    });

    test('for its model is model_unavailable', async () => {
      const { client } = await open({ models: ['another'] });
      await expect(client.chat(ask(), { maxWaitMs: 0 })).rejects.toMatchObject({ report: { attempts: [{ class: 'model_unavailable' }] } });
    });
  });

  test('a hundred calls at once over keys that run out are answered once each', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const { client, simulator } = await open({ keys: names, reply: ({ prompt }) => `answer ${prompt}` });
    simulator.key('a').set('spent');
    simulator.key('b').set('dead');
    simulator.fail({ kind: 'rate_limit', key: 'c', times: 2, retryAfterMs: 5 });
    simulator.fail({ kind: 'overloaded', times: 3, after: 20 });
    const calls = Array.from({ length: 100 }, async (_, index) => {
      if (index % 2 === 0) return (await client.chat(ask(`${index}`))).text;
      return readAll(await client.chat(askStream(`${index}`)));
    });
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 100 }, (_, index) => `answer ${index}`));
    expect(simulator.stats()).toMatchObject({ served: 100, keys: { a: { served: 0 }, b: { served: 0 } } });
    expect(simulator.stats().servedIds).toHaveLength(100);
  });

  test.runIf(speech.protocol !== 'bedrock')('models are listed', async () => {
    const { client } = await open({ models: [speech.model, 'another'] });
    expect((await client.models('p')).data.map(({ id }) => id)).toEqual([speech.model, 'another']);
  });

  test.runIf(speech.protocol === 'bedrock')('there is no list of models', async () => {
    const { client, simulator } = await open();
    await errorOf(client.models('p'), RequestError);
    expect(simulator.stats().received).toBe(0);
  });

  test.runIf(speech.embedModel !== undefined)('embeddings are vectors in the order of their inputs', async () => {
    const { client } = await open();
    const input = Array.from({ length: 150 }, (_, index) => `text ${index}`);
    const { data } = await client.embed({ model: `p/${speech.embedModel}`, input });
    const again = await client.embed({ model: `p/${speech.embedModel}`, input: 'text 149' });
    expect(data.map(({ index }) => index)).toEqual(input.map((_, index) => index));
    expect(data[149]?.embedding).toEqual(again.data[0]?.embedding);
  });
});

/** Who never says when to come back, and who tells limits by headers. */
const SILENT = ['cohere', 'bedrock'];
const TELLING = ['openai', 'anthropic'];

function call(name: string, input: object) {
  return { name, arguments: JSON.stringify(input) };
}

/** Ids of tool calls are those of the answer, which differ; what says nothing a stream need not say. */
function withoutIds(value: unknown): unknown {
  const says = (inner: unknown): boolean => inner !== null && !(Array.isArray(inner) && inner.length === 0);
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'id' || !says(inner) ? undefined : inner)));
}

/** A limit as each protocol tells it inside a stream. Cohere's streams end with an error, or not: there is no word for one. */
const LIMITS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  openai: { message: 'Rate limit reached. Please try again in 20s.', type: 'requests', code: 'rate_limit_exceeded' },
  anthropic: { type: 'rate_limit_error', message: 'This request would exceed your rate limit of 5 requests per minute.' },
  google: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Resource has been exhausted (e.g. check quota).' },
  bedrock: { type: 'throttlingException', message: 'Too many requests, please wait before trying again.' },
};

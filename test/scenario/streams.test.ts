import { describe, expect, test } from 'vitest';
import { type ChatStream, ProviderError, StreamInterruptedError } from '../../src/index.ts';
import type { Fault } from '../../src/simulator/index.ts';
import { json } from '../support/stub-server.ts';
import { ask, askStream, at, attemptsOf, errorOf, group, key, nextEvent, readAll, useWorld } from '../support/world.ts';

const world = useWorld();

const TEXT = 'the wheel turns and every key has its day';

async function open(faults: readonly Fault[] = [], options: Parameters<typeof world.client>[0] = {}) {
  const simulator = await world.simulator({ groups: [group('a')], faults, reply: () => TEXT, stream: { chunks: 4 } });
  const client = world.client({ ...at(simulator, 'a'), ...options });
  return { simulator, client };
}

/** Reads until the stream fails, which it must. */
async function readToFailure(stream: ChatStream): Promise<{ readonly text: string; readonly error: StreamInterruptedError }> {
  let text = '';
  const reading = (async () => {
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
  })();
  const error = await errorOf(reading, StreamInterruptedError);
  return { text, error };
}

test('a stream is the chunks as they come, and its reply is what a plain call would have got', async () => {
  const { client } = await open();
  const stream = await client.chat(askStream('Hi', { stream_options: { include_usage: true } }));
  expect(await readAll(stream)).toBe(TEXT);
  const streamed = await stream.reply();
  const plain = await client.chat(ask());
  expect(streamed).toMatchObject({ text: TEXT, object: 'chat.completion', choices: [{ finish_reason: 'stop' }], usage: plain.usage });
  expect(attemptsOf(streamed)).toEqual(['a ok answer']);
  expect(streamed.report.firstTokenMs).toBeTypeOf('number');
});

test('reply() drives a stream that nobody reads', async () => {
  const { client } = await open();
  expect((await (await client.chat(askStream())).reply()).text).toBe(TEXT);
});

describe('before the first content another attempt takes over unseen', () => {
  const early: readonly (readonly [string, Fault, string])[] = [
    ['a cut after the role', { kind: 'cut', afterChunks: 1 }, 'network'],
    ['a cut before anything', { kind: 'cut', afterChunks: 0 }, 'network'],
    ['a dropped connection after the role', { kind: 'cut', afterChunks: 1, how: 'destroy' }, 'network'],
    ['a reset after the headers', { kind: 'reset_after_headers' }, 'network'],
    ['an error as the first event', { kind: 'stream_error' }, 'server_error'],
    ['an error after the role', { kind: 'stream_error', afterChunks: 1 }, 'server_error'],
    ['an event that is no JSON', { kind: 'malformed' }, 'server_error'],
    ['an overload inside the stream', { kind: 'stream_error', error: { message: 'Overloaded', type: 'overloaded_error' } }, 'overloaded'],
  ];
  test.each(early)('at %s', async (_name, fault, taken) => {
    const { client, simulator } = await open([fault]);
    const stream = await client.chat(askStream());
    const ids = new Set<string>();
    let text = '';
    for await (const chunk of stream) {
      ids.add(chunk.id);
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe(TEXT);
    expect([...ids]).toEqual(simulator.stats().servedIds);
    expect(attemptsOf(await stream.reply())).toEqual([`a ${taken} retry`, 'a ok answer']);
  });

  test('at a rate limit inside the stream, on another key', async () => {
    const error = { message: 'Rate limit reached. Please try again in 20s.', type: 'requests', code: 'rate_limit_exceeded' };
    const simulator = await world.simulator({
      groups: [group('a'), group('b')],
      faults: [{ kind: 'stream_error', error, key: 'a' }],
      reply: () => TEXT,
    });
    const client = world.client(at(simulator, key('a', { weight: 2 }), 'b'));
    const stream = await client.chat(askStream());
    expect(await readAll(stream)).toBe(TEXT);
    expect(attemptsOf(await stream.reply())).toEqual(['a rate_limited rotate', 'b ok answer']);
  });
});

describe('after the first content the stream ends in an error that has what came until then', () => {
  const late: readonly (readonly [string, Fault, string, string])[] = [
    ['a cut', { kind: 'cut', afterChunks: 3 }, 'network', 'without its terminal marker'],
    ['a dropped connection', { kind: 'cut', afterChunks: 3, how: 'destroy' }, 'network', 'the connection broke'],
    ['an error inside', { kind: 'stream_error', afterChunks: 3 }, 'server_error', 'server_error'],
  ];
  test.each(late)('at %s', async (_name, fault, taken, why) => {
    const { client, simulator } = await open([fault]);
    const failed = nextEvent(client, 'call-failed');
    const stream = await client.chat(askStream());
    const { text, error } = await readToFailure(stream);
    expect(text).toBe(TEXT.slice(0, 22));
    expect(error).toMatchObject({
      code: 'stream_interrupted',
      class: taken,
      partial: { choices: [{ message: { content: text }, finish_reason: null }] },
    });
    expect(error.message).toContain(why);
    expect(error.report).toMatchObject({ attempts: [{ key: 'a', class: taken, action: 'reject' }] });
    await expect(stream.reply()).rejects.toBe(error);
    expect(await failed).toMatchObject({ class: taken, error });
    expect([simulator.stats().received, client.keys.get('a')?.totals]).toEqual([1, { calls: 0, attempts: 1, tokens: 0, errors: 1 }]);
  });

  test('at a silence longer than idleTimeoutMs, counted while somebody reads', async () => {
    const clock = world.clock();
    const { client, simulator } = await open([{ kind: 'silence', afterChunks: 2 }], { clock, idleTimeoutMs: 3_000 });
    const stream = await client.chat(askStream());
    const failing = readToFailure(stream);
    await clock.advance(3_000);
    expect((await failing).error).toMatchObject({ class: 'timeout', message: expect.stringContaining("'idleTimeoutMs' is 3000") });
    await simulator.until(({ inFlight }) => inFlight === 0);
  });
});

test('a stream without its first content in firstTokenTimeoutMs is tried again', async () => {
  const clock = world.clock();
  const { client, simulator } = await open([{ kind: 'silence', afterChunks: 1 }], { clock, firstTokenTimeoutMs: 2_000 });
  const call = client.chat(askStream());
  await simulator.until(({ byStatus }) => byStatus[200] === 1);
  await clock.advance(2_000);
  await clock.advance(0);
  const stream = await call;
  expect(await readAll(stream)).toBe(TEXT);
  expect(attemptsOf(await stream.reply())).toEqual(['a timeout retry', 'a ok answer']);
});

test('break aborts the request and settles the lease; the reply says that its reader left', async () => {
  const { client, simulator } = await open([{ kind: 'silence', afterChunks: 3 }]);
  const stream = await client.chat(askStream());
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
  await simulator.until(({ inFlight }) => inFlight === 0);
  expect(client.keys.get('a')).toMatchObject({ inFlight: 0, state: 'ready', holds: [] });
  expect(simulator.stats()).toMatchObject({ abortedStreams: 1 });
  const error = await errorOf(stream.reply(), StreamInterruptedError);
  expect(error).toMatchObject({ class: 'aborted', partial: { choices: [{ message: { content: TEXT.slice(0, 11) } }] } });
});

test('a stream that nobody reads for a minute is aborted and settled', async () => {
  const clock = world.clock();
  const { client, simulator } = await open([{ kind: 'silence', afterChunks: 3 }], { clock });
  const stream = await client.chat(askStream());
  await clock.advance(59_999);
  expect(client.keys.get('a')?.inFlight).toBe(1);
  await clock.advance(1);
  await simulator.until(({ inFlight }) => inFlight === 0);
  expect([client.keys.get('a')?.inFlight, clock.pending, clock.pendingBackground]).toEqual([0, 0, 0]);
  await expect(readAll(stream)).rejects.toMatchObject({ code: 'stream_interrupted', class: 'aborted' });
});

test('a reader who comes back within the minute goes on', async () => {
  const clock = world.clock();
  const { client } = await open([], { clock });
  const stream = await client.chat(askStream());
  let text = '';
  for await (const { choices } of stream) {
    text += choices[0]?.delta.content ?? '';
    await clock.advance(50_000);
  }
  expect(text).toBe(TEXT);
});

test('a server that answers a streamed request with plain JSON is read all the same', async () => {
  const server = await world.server((_request, response) =>
    json(response, 200, {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    }),
  );
  const client = world.client(at({ baseURL: server.url }, 'a'));
  const stream = await client.chat(askStream());
  expect(await readAll(stream)).toBe(TEXT);
  expect((await stream.reply()).usage).toMatchObject({ total_tokens: 3 });
});

test('a provider that breaks every stream early is given up with what it was', async () => {
  const { client, simulator } = await open([{ kind: 'cut', afterChunks: 1, times: 10 }]);
  const error = await errorOf(client.chat(askStream()), ProviderError);
  expect(error).toMatchObject({ class: 'network', message: expect.stringContaining('terminal marker') });
  expect(simulator.stats().received).toBe(4);
});

test('tool calls come through a stream as through a plain call', async () => {
  const reply = () => ({
    toolCalls: [
      { name: 'weather', arguments: '{"city":"Zürich"}' },
      { name: 'time', arguments: '{}' },
    ],
  });
  const simulator = await world.simulator({ groups: [group('a')], reply });
  const client = world.client(at(simulator, 'a'));
  const [plain, stream] = await Promise.all([client.chat(ask()), client.chat(askStream())]);
  const streamed = await stream.reply();
  const calls = (reply: typeof plain) => reply.choices[0]?.message.tool_calls?.map((call) => call.function);
  expect(calls(streamed)).toEqual(calls(plain));
  expect(calls(plain)).toEqual(reply().toolCalls);
});

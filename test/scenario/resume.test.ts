import { describe, expect, test } from 'vitest';
import {
  type CallOptions,
  type ChatChunk,
  type ChatRequest,
  type ChatStream,
  type ClientOptions,
  DeadlineError,
  StreamInterruptedError,
} from '../../src/index.ts';
import type { Fault, SimulatorOptions } from '../../src/simulator/index.ts';
import { errorOf, group, key, useWorld } from '../support/world.ts';

const world = useWorld();

const TEXT = 'the wheel turns and every key has its day';
const CUT: Fault = { kind: 'cut', afterChunks: 4 };

/** A server whose provider continues an assistant's message: it says the rest of the text after what is there. */
async function open(
  faults: readonly Fault[] = [CUT],
  options: Partial<SimulatorOptions> = {},
  provider = 'vllm',
  more: ClientOptions = {},
) {
  const simulator = await world.simulator({
    groups: [group('a'), group('b')],
    stream: { chunks: 8 },
    faults,
    reply: ({ body }) => {
      const last = (body as unknown as ChatRequest).messages.at(-1);
      return last?.role === 'assistant' && typeof last.content === 'string' ? TEXT.slice(last.content.length) : TEXT;
    },
    ...options,
  });
  const client = world.client({ providers: { [provider]: { baseURL: simulator.baseURL, keys: [key('a'), key('b')] } }, ...more });
  const ask = (request: Partial<ChatRequest> = {}, resume = true, call: CallOptions = {}): Promise<ChatStream> =>
    client.chat(
      { model: `${provider}/some-model`, messages: [{ role: 'user', content: 'Hi' }], ...request, stream: true },
      { ...call, resume },
    );
  return { simulator, client, ask };
}

async function read(stream: AsyncIterable<ChatChunk>): Promise<{ readonly text: string; readonly chunks: readonly ChatChunk[] }> {
  const chunks: ChatChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { text: chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''), chunks };
}

describe('a stream of plain text that breaks off', () => {
  test('goes on with what was said so far, and the report says so', async () => {
    const { ask, simulator } = await open();
    const stream = await ask();
    const { text, chunks } = await read(stream);
    expect(text).toBe(TEXT);
    expect(chunks.filter(({ choices }) => choices[0]?.delta.role !== undefined)).toHaveLength(1);
    const reply = await stream.reply();
    expect(reply.text).toBe(TEXT);
    expect(reply.report.resumed).toBe(1);
    expect(reply.report.attempts.map(({ class: failure, action }) => `${failure} ${action}`)).toEqual(['network resume', 'ok answer']);
    expect(reply.choices[0]?.finish_reason).toBe('stop');
    // Half of the tokens are nobody's to know.
    expect(reply.usage ?? null).toBeNull();
    const [, second] = simulator.requests();
    expect(second?.body).toMatchObject({ messages: [{ role: 'user' }, { role: 'assistant' }] });
  });

  test('wherever it breaks', async () => {
    for (const afterChunks of [2, 3, 5, 7, 8]) {
      const { ask } = await open([{ kind: 'cut', afterChunks }]);
      expect((await read(await ask())).text).toBe(TEXT);
    }
  });

  test('up to three times', async () => {
    const { ask } = await open([{ kind: 'cut', afterChunks: 3, times: 3 }]);
    const stream = await ask();
    expect((await read(stream)).text).toBe(TEXT);
    expect((await stream.reply()).report.resumed).toBe(3);
  });

  test('and breaks for good with everything that the reader got', async () => {
    const { ask } = await open([{ kind: 'cut', afterChunks: 3, times: 10 }]);
    const stream = await ask();
    const error = await errorOf(read(stream), StreamInterruptedError);
    expect(error.partial.choices[0]?.message.content).toBe(TEXT.slice(0, error.partial.choices[0]?.message.content?.length));
    expect(error.report?.resumed).toBe(3);
    await errorOf(stream.reply(), StreamInterruptedError);
  });

  test('is left alone unless the call asks for it', async () => {
    const { ask, simulator } = await open();
    await errorOf(read(await ask({}, false)), StreamInterruptedError);
    expect(simulator.stats().received).toBe(1);
  });

  test.each<readonly [string, Partial<ChatRequest>]>([
    ['tools', { tools: [{ type: 'function', function: { name: 'look_up' } }] }],
    ['a form that the text must have', { response_format: { type: 'json_object' } }],
    ['several choices', { n: 2 }],
  ])('is never continued with %s', async (_name, more) => {
    const { ask, simulator } = await open();
    await errorOf(read(await ask(more)), StreamInterruptedError);
    expect(simulator.stats().received).toBe(1);
  });

  test('is not continued where the provider cannot', async () => {
    const { ask, simulator } = await open([CUT], {}, 'openai');
    await errorOf(read(await ask()), StreamInterruptedError);
    expect(simulator.stats().received).toBe(1);
  });

  test('a continuation that is refused leaves the break as it was', async () => {
    const { ask } = await open([{ kind: 'status', status: 400, after: 1 }, CUT]);
    const error = await errorOf(read(await ask()), StreamInterruptedError);
    expect(error.class).toBe('network');
    expect(error.cause).toMatchObject({ name: 'RequestError', status: 400 });
  });

  test('an abort while a continuation begins is the reader’s own', async () => {
    const { ask, simulator } = await open([{ kind: 'hang', after: 1 }, CUT]);
    const controller = new AbortController();
    const reading = read(await ask({}, true, { signal: controller.signal }));
    const failed = reading.catch((error: unknown) => error);
    await simulator.until(({ received }) => received === 2);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await failed).toBe(reason);
  });

  test('the time of the call that passes while a continuation begins is told as such', async () => {
    const clock = world.clock();
    const { ask, simulator } = await open([{ kind: 'hang', after: 1 }, CUT], {}, 'vllm', { clock });
    const reading = read(await ask({}, true, { timeoutMs: 5_000 }));
    const failed = errorOf(reading, DeadlineError);
    await simulator.until(({ received }) => received === 2);
    await clock.advance(5_000);
    expect((await failed).report?.attempts.map(({ class: failure }) => failure)).toEqual(['network', 'aborted']);
  });

  test('a reader who leaves a continuation ends it', async () => {
    const { ask, simulator } = await open([CUT], { stream: { chunks: 8 } });
    const stream = await ask();
    let seen = 0;
    for await (const { choices } of stream) if ((choices[0]?.delta.content ?? '') !== '' && (seen += 1) === 5) break;
    expect(simulator.stats().received).toBe(2);
    await errorOf(stream.reply(), StreamInterruptedError);
  });
});

import type { LanguageModelV3, LanguageModelV3Content, LanguageModelV3Message, LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { describe, expect, test } from 'vitest';
import { createKeywheel } from '../../src/ai-sdk/index.ts';
import type { ClientOptions } from '../../src/index.ts';
import type { ReplyFunction, SimulatorOptions } from '../../src/simulator/index.ts';
import { groupOf, type Speech, speaking, SPEECHES, useWorld } from '../support/world.ts';
import { call, readParts } from './support.ts';

// The models over a real client and a provider on loopback, in every protocol. The AI SDK itself asks them in test/peers.

const world = useWorld();

const LOOK = {
  type: 'function' as const,
  name: 'look',
  inputSchema: { type: 'object' as const, properties: { at: { type: 'string' as const } } },
};
const CALLS = [
  { name: 'look', arguments: '{"at":"Lisbon"}' },
  { name: 'look', arguments: '{"at":"Porto"}' },
];

/** Thinks and calls tools, then thinks and answers. */
const reply: ReplyFunction = ({ body }) =>
  JSON.stringify(body).includes('24 degrees')
    ? { reasoning: 'Warm.', content: 'A T-shirt, ✓.' }
    : { reasoning: 'I must look.', content: 'Let me look.', toolCalls: CALLS };

async function setUp(speech: Speech, more: Partial<SimulatorOptions> = {}, options: Partial<ClientOptions> = {}) {
  const simulator = await world.simulator({ groups: [groupOf(speech, 'a'), groupOf(speech, 'b')], reply, ...more });
  const client = world.client({ ...speaking(speech, simulator, 'a', 'b'), ...options });
  const keywheel = createKeywheel(client);
  return { simulator, client, keywheel, model: keywheel(`p/${speech.model}`) };
}

/** What a stream said, as a whole reply says it. */
function toContent(parts: readonly LanguageModelV3StreamPart[]): readonly unknown[] {
  const said: { type: string; text: string; id: string; metadata?: unknown }[] = [];
  const others: unknown[] = [];
  for (const part of parts) {
    if (part.type === 'text-start' || part.type === 'reasoning-start')
      said.push({ type: part.type.replace('-start', ''), text: '', id: part.id });
    const open = said.find(({ id }) => 'id' in part && id === part.id);
    if (part.type === 'text-delta' || part.type === 'reasoning-delta') Object.assign(open ?? {}, { text: `${open?.text}${part.delta}` });
    if (part.type === 'text-end' || part.type === 'reasoning-end') Object.assign(open ?? {}, { metadata: part.providerMetadata });
    if (part.type === 'tool-call') others.push(part);
  }
  return [
    ...said.map(({ type, text, metadata }) => ({ type, text, ...(metadata === undefined ? {} : { providerMetadata: metadata }) })),
    ...others,
  ];
}

/** Everything but what differs from call to call. */
function withoutIds(content: readonly unknown[]): unknown {
  return JSON.parse(JSON.stringify(content, (name, value: unknown) => (/^(toolCallId|id)$|signature|data/i.test(name) ? 'x' : value)));
}

async function ask(model: LanguageModelV3, stream: boolean, prompt: LanguageModelV3Message[]): Promise<readonly LanguageModelV3Content[]> {
  const asked = { prompt, tools: [LOOK] };
  // Made of the same parts.
  return stream
    ? (toContent(await readParts((await model.doStream(asked)).stream)) as LanguageModelV3Content[])
    : (await model.doGenerate(asked)).content;
}

/** As the AI SDK gives an answer back. */
function toMessages(content: readonly LanguageModelV3Content[]): LanguageModelV3Message[] {
  const parts = content.map(({ providerMetadata, ...part }) => ({
    ...part,
    ...(part.type === 'tool-call' ? { input: JSON.parse(part.input) as unknown } : {}),
    ...(providerMetadata === undefined ? {} : { providerOptions: providerMetadata }),
  }));
  const results = content.flatMap((part) =>
    part.type === 'tool-call'
      ? [
          {
            type: 'tool-result' as const,
            toolCallId: part.toolCallId,
            toolName: part.toolName,
            output: { type: 'text' as const, value: '24 degrees' },
          },
        ]
      : [],
  );
  // The same parts in the shape of a prompt.
  return [
    { role: 'assistant', content: parts as never },
    { role: 'tool', content: results },
  ];
}

describe.each(SPEECHES)('$title', (speech) => {
  const question: LanguageModelV3Message = { role: 'user', content: [{ type: 'text', text: 'What shall I wear?' }] };

  test('says the same whole and streamed, in parts that begin and end once', async () => {
    const { model } = await setUp(speech);
    const { stream } = await model.doStream({ prompt: [question], tools: [LOOK] });
    const parts = await readParts(stream);
    expect(withoutIds(toContent(parts))).toEqual(withoutIds(await ask(model, false, [question])));
    const types = parts.map(({ type }) => type);
    expect([types[0], types[1], types.at(-1)]).toEqual(['stream-start', 'response-metadata', 'finish']);
    for (const type of ['stream-start', 'response-metadata', 'finish'] as const)
      expect(types.filter((each) => each === type)).toHaveLength(1);
    const ids = (...named: readonly string[]) => parts.flatMap((part) => (named.includes(part.type) && 'id' in part ? [part.id] : []));
    expect(ids('text-end', 'reasoning-end', 'tool-input-end')).toEqual(ids('text-start', 'reasoning-start', 'tool-input-start'));
    expect(parts.at(-1)).toMatchObject({
      finishReason: { unified: 'tool-calls' },
      providerMetadata: { keywheel: { report: { key: expect.stringMatching(/^[ab]$/) as unknown, attempts: [{ class: 'ok' }] } } },
    });
  });

  // The simulator refuses a conversation whose reasoning comes back changed, where the protocol signs it.
  test.each([false, true])('two turns with results of tools, streamed: %s', async (stream) => {
    const { model, simulator } = await setUp(speech);
    const first = await ask(model, stream, [question]);
    expect(first.filter(({ type }) => type === 'tool-call')).toMatchObject(
      CALLS.map(({ name, arguments: input }) => ({ toolName: name, input })),
    );
    const second = await ask(model, stream, [question, ...toMessages(first)]);
    expect(second).toMatchObject([
      { type: 'reasoning', text: 'Warm.' },
      { type: 'text', text: 'A T-shirt, ✓.' },
    ]);
    expect(simulator.requests().map(({ status }) => status)).toEqual([200, 200]);
  });

  test.each([false, true])('an exhausted key first: the other one answers, and none is left without both, streamed: %s', async (stream) => {
    const { model, simulator } = await setUp(speech);
    simulator.key('a').set('spent');
    expect((await ask(model, stream, [question])).map(({ type }) => type)).toContain('tool-call');
    expect((await ask(model, stream, [question])).map(({ type }) => type)).toContain('tool-call');
    simulator.key('b').set('spent');
    const asked = simulator.requests().length;
    await expect(ask(model, stream, [question])).rejects.toMatchObject({
      name: 'AI_APICallError',
      isRetryable: false,
      statusCode: 429,
      data: { code: 'keys_exhausted' },
    });
    expect(simulator.requests().length - asked).toBeLessThanOrEqual(2);
  });

  test('a stream that fails before its first output is asked for elsewhere', async () => {
    const { model, simulator } = await setUp(speech);
    simulator.fail({ kind: 'stream_error' });
    expect((await ask(model, true, [question])).map(({ type }) => type)).toContain('tool-call');
    expect(simulator.requests()).toHaveLength(2);
  });

  test('a stream that breaks off after it: an error that is not repeated, then its finish', async () => {
    const { model, simulator } = await setUp(speech, { reply: () => 'the wheel turns and turns' });
    simulator.fail({ kind: 'cut', afterChunks: 3 });
    const parts = await readParts((await model.doStream(call())).stream);
    expect(parts.slice(-2)).toMatchObject([
      { type: 'error', error: { name: 'AI_APICallError', isRetryable: false, data: { code: 'stream_interrupted' } } },
      { type: 'finish', finishReason: { unified: 'error' } },
    ]);
    expect(simulator.requests()).toHaveLength(1);
  });

  test('a stream that is left, or aborted, ends its call', async () => {
    const { model, client, simulator } = await setUp(speech, { reply: () => 'the wheel turns and turns' });
    simulator.fail({ kind: 'silence', afterChunks: 3, times: 2 });
    const controller = new AbortController();
    const left = (await model.doStream(call())).stream.getReader();
    const aborted = (await model.doStream(call({ abortSignal: controller.signal }))).stream.getReader();
    for (const reader of [left, aborted]) expect((await reader.read()).value).toEqual({ type: 'stream-start', warnings: [] });
    const reason = new Error('mine');
    controller.abort(reason);
    await left.cancel();
    const readToEnd = async (): Promise<void> => {
      for (let read = await aborted.read(); !read.done; read = await aborted.read()) continue;
    };
    await expect(readToEnd()).rejects.toBe(reason);
    expect(client.keys.list().map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });

  test('settings that its models may not have are left out, or sent', async () => {
    const { model, simulator } = await setUp(speech);
    await model.doGenerate(
      call({ seed: 1, presencePenalty: 0.1, frequencyPenalty: 0.1, topP: 0.5, stopSequences: ['x'], maxOutputTokens: 100 }),
    );
    expect(simulator.requests().map(({ status }) => status)).toEqual([200]);
  });
});

describe.each(SPEECHES.filter(({ embedModel }) => embedModel !== undefined))('embeddings of $title', (speech) => {
  test('come for each value', async () => {
    const { keywheel } = await setUp(speech);
    const answer = await keywheel.embeddingModel(`p/${speech.embedModel}`).doEmbed({ values: ['a', 'b', 'c'] });
    expect(answer.embeddings.map((vector) => vector.every(Number.isFinite))).toEqual([true, true, true]);
    expect(answer.providerMetadata).toMatchObject({ keywheel: { report: { operation: 'embed' } } });
  });
});

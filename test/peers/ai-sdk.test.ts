import * as ai6 from 'ai';
import * as ai7 from 'ai-7';
import { createKeywheel, type KeywheelProvider } from 'keywheel/ai-sdk';
import type { ReplyFunction } from 'keywheel/simulator';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { groupOf, record, type Speech, speaking, SPEECHES, useWorld } from '../support/world.ts';

// AI SDK 6 and 7 ask keywheel's models, in every protocol.

const world = useWorld();

/** Both take them, to the compiler too. */
const accepted = (keywheel: KeywheelProvider) => ({
  six: [keywheel('m'), keywheel.embeddingModel('m'), keywheel] satisfies [ai6.LanguageModel, ai6.EmbeddingModel, ai6.Provider],
  seven: [keywheel('m'), keywheel.embeddingModel('m'), keywheel] satisfies [ai7.LanguageModel, ai7.EmbeddingModel, ai7.Provider],
});

// What is used here of the one is the same in the other.
const AIS = [
  ['6', ai6],
  ['7', ai7 as unknown as typeof ai6],
] as const;

const Weather = z.object({ city: z.string(), degrees: z.number() });
const WEATHER = { city: 'Lisbon', degrees: 24 };

/** Thinks, calls two tools at once, answers when it has their results, and gives JSON where it is asked for it. */
const reply: ReplyFunction = ({ prompt, body }) => {
  const asked = JSON.stringify(body);
  if (asked.includes('24 degrees')) return { reasoning: 'Warm.', content: 'A T-shirt, ✓.' };
  if (prompt.includes('wear')) {
    return {
      reasoning: 'I must look.',
      content: 'Let me look.',
      toolCalls: ['Lisbon', 'Porto'].map((city) => ({ name: 'temperature', arguments: JSON.stringify({ city }) })),
    };
  }
  // Some protocols have no word for JSON, and are given a tool that takes it: the simulator calls it by itself.
  if (prompt.includes('JSON')) return JSON.stringify(WEATHER);
  return { reasoning: 'It turns.', content: 'the wheel turns, größer als ✓', cachedTokens: 1 };
};

async function setUp(speech: Speech) {
  const simulator = await world.simulator({ groups: [groupOf(speech, 'a'), groupOf(speech, 'b')], reply });
  const client = world.client(speaking(speech, simulator, 'a', 'b'));
  const keywheel = createKeywheel(client);
  return { simulator, client, keywheel, model: keywheel(`p/${speech.model}`), started: record(client, 'call-started') };
}

/** All that the model and its tools said: AI SDK 7 calls it otherwise. */
async function toMessages(answer: {
  readonly response: PromiseLike<Said> | Said;
  readonly responseMessages?: unknown;
}): Promise<ai6.ModelMessage[]> {
  // As its own types say.
  const { responseMessages } = answer as { readonly responseMessages?: PromiseLike<ai6.ModelMessage[]> | ai6.ModelMessage[] };
  return (await responseMessages) ?? [...(await answer.response).messages];
}

interface Said {
  readonly messages: readonly ai6.ModelMessage[];
}

test('both take the models and the provider, by their types', async () => {
  const { keywheel } = await setUp(first);
  expect(Object.keys(accepted(keywheel))).toEqual(['six', 'seven']);
});

const [first = SPEECHES[0] as Speech] = SPEECHES;
const rows = AIS.flatMap(([version, ai]) => SPEECHES.map((speech) => ({ version, ai, speech, title: speech.title })));

describe.each(rows)('AI SDK $version, $title', ({ ai, speech }) => {
  const measured: string[] = [];
  const temperature = ai.tool({
    description: 'The temperature in a city',
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      measured.push(city);
      return { city, temperature: '24 degrees' };
    },
  });

  test('generateText and streamText: reasoning, text, usage, metadata', async () => {
    const { model } = await setUp(speech);
    const whole = await ai.generateText({ model, prompt: 'Hi' });
    const streamed = ai.streamText({ model, prompt: 'Hi' });
    let pieces = '';
    for await (const piece of streamed.textStream) pieces += piece;
    expect(pieces).toBe(whole.text);
    const metadata = { keywheel: { report: { operation: 'chat', attempts: [{ class: 'ok' }] } } };
    expect(whole).toMatchObject({
      text: 'the wheel turns, größer als ✓',
      reasoningText: 'It turns.',
      finishReason: 'stop',
      providerMetadata: metadata,
    });
    expect(await streamed.reasoningText).toBe(whole.reasoningText);
    expect(await streamed.finishReason).toBe('stop');
    expect(await streamed.usage).toEqual(whole.usage);
    expect(await streamed.providerMetadata).toMatchObject(metadata);
    expect((await streamed.response).id).toEqual(expect.any(String));
    expect(whole.usage.totalTokens).toBe((whole.usage.inputTokens ?? 0) + (whole.usage.outputTokens ?? 0));
    expect(await streamed.warnings).toEqual([]);
  });

  test.each(['generateText', 'streamText'] as const)('%s: two tools at once, and the answer that their results give', async (name) => {
    const { model, simulator } = await setUp(speech);
    measured.length = 0;
    const asked = { model, prompt: 'What shall I wear?', tools: { temperature }, stopWhen: ai.stepCountIs(3) };
    const answer = name === 'generateText' ? await ai.generateText(asked) : ai.streamText(asked);
    expect(await answer.text).toBe('A T-shirt, ✓.');
    const steps = await answer.steps;
    expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
    expect(measured).toEqual(['Lisbon', 'Porto']);
    // Where the protocol signs reasoning the simulator refuses a conversation in which it comes back changed.
    expect(simulator.requests().map(({ status }) => status)).toEqual([200, 200]);
    // What a user keeps of it goes on as well.
    const messages = await toMessages(answer);
    const next = await ai.generateText({
      model,
      messages: [{ role: 'user', content: 'What shall I wear?' }, ...messages, { role: 'user', content: 'Sure?' }],
    });
    expect(next.text).toBe('A T-shirt, ✓.');
  });

  test('structured output: generateObject, and Output.object whole and streamed', async () => {
    const { model } = await setUp(speech);
    const output = ai.Output.object({ schema: Weather });
    expect((await ai.generateText({ model, prompt: 'As JSON', output })).output).toEqual(WEATHER);
    expect(await ai.streamText({ model, prompt: 'As JSON', output }).output).toEqual(WEATHER);
    expect((await ai.generateObject({ model, prompt: 'As JSON', schema: Weather })).object).toEqual(WEATHER);
  });

  test.skipIf(speech.embedModel === undefined)('embed and embedMany', async () => {
    const { keywheel } = await setUp(speech);
    const model = keywheel.embeddingModel(`p/${speech.embedModel}`);
    const { embedding } = await ai.embed({ model, value: 'a' });
    const { embeddings } = await ai.embedMany({ model, values: ['a', 'b', 'c'] });
    expect(embeddings).toHaveLength(3);
    expect(embeddings[0]).toEqual(embedding);
  });

  test.each(['generateText', 'streamText'] as const)('%s: an exhausted key is passed over', async (name) => {
    const { model, simulator } = await setUp(speech);
    simulator.key('a').set('spent');
    for (let turn = 0; turn < 2; turn += 1) {
      const answer = name === 'generateText' ? await ai.generateText({ model, prompt: 'Hi' }) : ai.streamText({ model, prompt: 'Hi' });
      expect(await answer.text).toContain('the wheel turns');
    }
  });

  test('a stream that fails before its first output is asked for elsewhere', async () => {
    const { model, simulator, started } = await setUp(speech);
    simulator.fail({ kind: 'stream_error' });
    expect(await ai.streamText({ model, prompt: 'Hi' }).text).toContain('the wheel turns');
    expect(simulator.requests()).toHaveLength(2);
    expect(started).toHaveLength(1);
  });

  test('a failure for good is one error, and no second call', async () => {
    const { model, simulator, started } = await setUp(speech);
    simulator.key('a').set('spent');
    simulator.key('b').set('spent');
    const error: unknown = await ai.generateText({ model, prompt: 'Hi' }).catch((thrown: unknown) => thrown);
    expect([ai.APICallError.isInstance(error), ai.RetryError.isInstance(error), started.length]).toEqual([true, false, 1]);
    expect(error).toMatchObject({ statusCode: 429, isRetryable: false, data: { code: 'keys_exhausted' } });
    const errors: unknown[] = [];
    const streamed = ai.streamText({ model, prompt: 'Hi', onError: (event) => void errors.push(event.error) });
    await streamed.consumeStream();
    expect(errors.map((each) => ai.APICallError.isInstance(each))).toEqual([true]);
    expect(started).toHaveLength(2);
  });

  test('a stream that breaks off: an error, the text so far, and the end "error"', async () => {
    const { model, simulator, started } = await setUp(speech);
    simulator.fail({ kind: 'cut', afterChunks: 4 });
    const streamed = ai.streamText({ model, prompt: 'Hi', onError: () => {} });
    const parts: { readonly type: string; readonly error?: unknown; readonly finishReason?: string }[] = [];
    for await (const part of streamed.fullStream) parts.push(part);
    expect(parts.filter(({ type }) => type === 'error')).toMatchObject([
      { error: { name: 'AI_APICallError', data: { code: 'stream_interrupted' } } },
    ]);
    expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: 'error' });
    expect(started).toHaveLength(1);
  });

  test('an abort: the reason of the caller, and nothing is left in flight', async () => {
    const { model, simulator, client } = await setUp(speech);
    simulator.fail({ kind: 'hang', stream: false });
    simulator.fail({ kind: 'silence', afterChunks: 4, stream: true });
    const controller = new AbortController();
    const whole = ai.generateText({ model, prompt: 'Hi', abortSignal: controller.signal }).catch((thrown: unknown) => thrown);
    const parts: string[] = [];
    const streamed = ai.streamText({ model, prompt: 'Hi', abortSignal: controller.signal, onError: () => {} });
    for await (const part of streamed.fullStream) {
      parts.push(part.type);
      if (part.type === 'text-delta' || part.type === 'reasoning-delta') controller.abort();
    }
    expect(await whole).toBe(controller.signal.reason);
    expect(parts.at(-1)).toBe('abort');
    expect(client.keys.list().map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });
});

describe.each(AIS)('AI SDK %s', (_, ai) => {
  test('finds the models in a registry and in a provider of aliases', async () => {
    const { keywheel } = await setUp(first);
    const registry = ai.createProviderRegistry({ keywheel });
    const model = registry.languageModel(`keywheel:p/${first.model}`);
    expect((await ai.generateText({ model, prompt: 'Hi' })).text).toContain('the wheel turns');
    const embedding = registry.embeddingModel(`keywheel:p/${first.embedModel}`);
    expect((await ai.embed({ model: embedding, value: 'a' })).embedding.length).toBeGreaterThan(0);
    const custom = ai.customProvider({ languageModels: { fast: keywheel(`p/${first.model}`) }, fallbackProvider: keywheel });
    for (const id of ['fast', `p/${first.model}`])
      expect((await ai.generateText({ model: custom.languageModel(id), prompt: 'Hi' })).text).toContain('the wheel turns');
    expect(() => registry.imageModel('keywheel:x')).toThrow(expect.objectContaining({ name: 'AI_NoSuchModelError' }));
  });

  test('wraps the models in its middleware', async () => {
    const { model } = await setUp(first);
    const wrapped = ai.wrapLanguageModel({ model, middleware: ai.defaultSettingsMiddleware({ settings: { maxOutputTokens: 50 } }) });
    expect((await ai.generateText({ model: wrapped, prompt: 'Hi' })).text).toContain('the wheel turns');
  });

  test('sends images and documents', async () => {
    const { model, simulator } = await setUp(first);
    const image = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
    const content = [
      { type: 'text' as const, text: 'Hi' },
      { type: 'file' as const, data: image, mediaType: 'image/png' },
      { type: 'file' as const, data: Buffer.from('%PDF-1.7'), mediaType: 'application/pdf', filename: 'a.pdf' },
    ];
    await ai.generateText({ model, messages: [{ role: 'user', content }] });
    expect(simulator.requests()[0]?.body).toMatchObject({
      messages: [
        {
          content: [
            { type: 'text' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${image.toString('base64')}` } },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0xLjc=' } },
          ],
        },
      ],
    });
  });

  test('passes options of a call on', async () => {
    const { model, simulator } = await setUp(first);
    const { providerMetadata } = await ai.generateText({
      model,
      prompt: 'Hi',
      providerOptions: { keywheel: { tags: { feature: 'x' }, reasoningEffort: 'low' }, p: { service_tier: 'flex' } },
    });
    expect(providerMetadata).toMatchObject({ keywheel: { report: { tags: { feature: 'x' } } } });
    expect(simulator.requests()[0]?.body).toMatchObject({ reasoning_effort: 'low', service_tier: 'flex' });
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChatMessage } from '../../src/index.ts';
import { toInputMessages, toOutputMessages } from '../../src/otel/content.ts';
import { ask, askStream, at, group, readAll, useWorld } from '../support/world.ts';
import { useTelemetry } from './support.ts';

const world = useWorld();
const telemetry = useTelemetry();

function parsed(messages: readonly ChatMessage[]): unknown {
  return JSON.parse(toInputMessages({ messages }) ?? 'null');
}

describe('prompts and answers', () => {
  test('stand in the span when they are asked for, of plain calls and of streams', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    telemetry.instrument(client, { captureContent: true });
    const reply = await client.chat(ask('What is it?', { model: 'openai/plain' }));
    const stream = await client.chat(askStream('And now?', { model: 'openai/streamed' }));
    const text = await readAll(stream);
    const of = (name: string, attribute: string): unknown => JSON.parse(String(telemetry.span(name).attributes[attribute]));
    expect(of('chat plain', 'gen_ai.input.messages')).toEqual([{ role: 'user', parts: [{ type: 'text', content: 'What is it?' }] }]);
    expect(of('chat plain', 'gen_ai.output.messages')).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: reply.text }], finish_reason: 'stop' },
    ]);
    expect(of('chat streamed', 'gen_ai.output.messages')).toMatchObject([{ parts: [{ type: 'text', content: text }] }]);
  });

  test('are nowhere when nobody asks', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    telemetry.instrument(client);
    const { text } = await client.chat(ask('Nobody may know this'));
    const told = JSON.stringify([
      telemetry.spans().map(({ attributes, events }) => [attributes, events]),
      [...(await telemetry.metrics())],
    ]);
    expect(told).not.toContain('Nobody may know this');
    expect(told).not.toContain(text);
  });
});

describe('a message in the words of the conventions', () => {
  test('with tools', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } } as const;
    const broken = { ...call, id: 'c2', function: { name: 'weather', arguments: '{"city":' } };
    expect(
      parsed([
        { role: 'system', content: 'Be brief' },
        { role: 'assistant', content: null, tool_calls: [call, broken] },
        { role: 'tool', tool_call_id: 'c1', content: 'rain' },
      ]),
    ).toEqual([
      { role: 'system', parts: [{ type: 'text', content: 'Be brief' }] },
      {
        role: 'assistant',
        parts: [
          { type: 'tool_call', id: 'c1', name: 'weather', arguments: { city: 'Oslo' } },
          { type: 'tool_call', id: 'c2', name: 'weather', arguments: '{"city":' },
        ],
      },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'rain' }] },
    ]);
  });

  test('with pictures and files: no bytes, and no query that may hold a signature', () => {
    const content = [
      { type: 'text', text: 'See' },
      { type: 'image_url', image_url: { url: 'https://u:pw@cdn.test/a.png?signature=abc#x' } },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(1_000)}` } },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
      { type: 'file', file: { file_id: 'file-1' } },
      { type: 'file', file: { file_data: 'AAAA' } },
    ] as const;
    expect(parsed([{ role: 'user', content }])).toEqual([
      {
        role: 'user',
        parts: [
          { type: 'text', content: 'See' },
          { type: 'uri', modality: 'image', uri: 'https://cdn.test/a.png' },
          { type: 'blob', modality: 'image', mime_type: 'image/png', content: '' },
          { type: 'blob', modality: 'audio', mime_type: 'audio/wav', content: '' },
          { type: 'file', modality: 'document', file_id: 'file-1' },
          { type: 'file' },
        ],
      },
    ]);
  });

  test('of an answer: reasoning, refusal, tools, and why it ended', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const choices = [
      { message: { role: 'assistant', content: 'A', reasoning_content: 'why' }, finish_reason: 'length' },
      { message: { role: 'assistant', content: null, refusal: 'No', tool_calls: [call] }, finish_reason: 'tool_calls' },
    ];
    expect(JSON.parse(toOutputMessages({ choices }) ?? '')).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'why' },
          { type: 'text', content: 'A' },
        ],
        finish_reason: 'length',
      },
      {
        role: 'assistant',
        parts: [
          { type: 'refusal', content: 'No' },
          { type: 'tool_call', id: 'c1', name: 'f', arguments: {} },
        ],
        finish_reason: 'tool_call',
      },
    ]);
  });
});

describe('the bounds', () => {
  test('a long text is cut, a long conversation loses its oldest messages', () => {
    const messages = Array.from({ length: 10 }, (_, index) => ({ role: 'user', content: `${index}${'x'.repeat(20_000)}` }) as const);
    const text = toInputMessages({ messages }) ?? '';
    const kept = JSON.parse(text) as { readonly parts: readonly [{ readonly content: string }] }[];
    expect(kept.map(({ parts: [{ content }] }) => content.slice(0, 2))).toEqual(['7x', '8x', '9x']);
    expect(kept[0]?.parts[0].content).toHaveLength(16_385);
  });

  test('a single message that is too long keeps the parts that fit, from its beginning', () => {
    const content = Array.from({ length: 10 }, (_, index) => ({ type: 'text', text: `${index}${'x'.repeat(16_000)}` }));
    const [message] = JSON.parse(toInputMessages({ messages: [{ role: 'user', content }] }) ?? '') as {
      readonly parts: readonly unknown[];
    }[];
    expect(message).toMatchObject({
      role: 'user',
      parts: ['0', '1', '2', '3'].map((start) => ({ content: expect.stringMatching(`^${start}x`) })),
    });
    expect(message?.parts).toHaveLength(4);
  });

  test('whatever a request or an answer is, what is recorded is JSON of a bounded length', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.array(fc.string({ maxLength: 40_000 }), { maxLength: 10 }), (some, other, texts) => {
        const message = { role: some, content: [other, { type: 'text', text: some }], tool_calls: [other], reasoning_content: some };
        const messages = [message, other, ...texts.map((content) => ({ role: 'user', content }))];
        for (const written of [toInputMessages({ messages }), toOutputMessages({ choices: [{ message }, other] })]) {
          expect(() => JSON.parse(written ?? '') as unknown).not.toThrow();
          expect(written?.length).toBeLessThan(66_000);
        }
      }),
      { numRuns: 200 },
    );
  });
});

import { describe, expectTypeOf, test } from 'vitest';
import type { ChatChunk, ChatReply, ChatRequest, ChatStream, Client, EmbedReply } from '../../src/index.ts';

// Nothing here runs: `npm run types` checks it, and vitest only shows that the file loads.
declare const client: Client;
declare const messages: ChatRequest['messages'];
const never = (unrun: () => unknown): void => void unrun.name;

describe('chat', () => {
  test('with a literal `stream: true` is a stream', () => {
    never(async () => {
      const stream = await client.chat({ model: 'm', messages, stream: true });
      expectTypeOf(stream).toEqualTypeOf<ChatStream>();
      for await (const chunk of stream) expectTypeOf(chunk).toEqualTypeOf<ChatChunk>();
      expectTypeOf(stream.reply()).toEqualTypeOf<Promise<ChatReply>>();
    });
  });

  test('without it, or with false or null, is a whole reply', () => {
    never(async () => {
      expectTypeOf(await client.chat({ model: 'm', messages })).toEqualTypeOf<ChatReply>();
      expectTypeOf(await client.chat({ model: 'm', messages, stream: false })).toEqualTypeOf<ChatReply>();
      expectTypeOf(await client.chat({ model: 'm', messages, stream: null }, { timeoutMs: 5 })).toEqualTypeOf<ChatReply>();
    });
  });

  test('with a boolean that is known later is either', () => {
    never(async () => {
      expectTypeOf(await client.chat({ model: 'm', messages, stream: Math.PI > 3 })).toEqualTypeOf<ChatReply | ChatStream>();
      expectTypeOf(await client.chat({ model: 'm', messages } as ChatRequest)).toEqualTypeOf<ChatReply | ChatStream>();
    });
  });

  test('a reply is read as OpenAI shapes it', () => {
    never(async () => {
      const reply = await client.chat({ model: 'm', messages });
      expectTypeOf(reply.text).toEqualTypeOf<string>();
      expectTypeOf(reply.choices[0]?.message.content).toEqualTypeOf<string | null | undefined>();
      expectTypeOf(reply.usage?.total_tokens).toEqualTypeOf<number | undefined>();
      expectTypeOf(reply.report.attempts[0]?.key).toEqualTypeOf<string | undefined>();
      expectTypeOf(reply.raw).toEqualTypeOf<unknown>();
    });
  });
});

describe('a request', () => {
  test('takes what OpenAI takes', () => {
    never(() =>
      client.chat({
        model: 'openai/gpt-5-mini',
        messages: [
          { role: 'developer', content: 'Be brief' },
          { role: 'system', content: [{ type: 'text', text: 'Be kind' }] },
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'low' } }], name: 'ada' },
          { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }] },
          { role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] },
          { role: 'assistant', content: null, tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{}' } }] },
          { role: 'assistant', content: 'x', reasoning_content: 'y' },
          { role: 'tool', tool_call_id: 't', content: '5' },
        ],
        tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } }],
        tool_choice: { type: 'function', function: { name: 'f' } },
        response_format: { type: 'json_schema', json_schema: { name: 's', schema: {}, strict: true } },
        max_completion_tokens: 5,
        temperature: 0,
        stop: ['a'],
        seed: 1,
        reasoning_effort: 'low',
        logit_bias: { 5: -1 },
        service_tier: 'flex',
        web_search_options: {},
        providerOptions: { openai: { store: true } },
        dropUnsupported: ['seed'],
      }),
    );
  });

  test('does not take what is wrong', () => {
    never(() => {
      // @ts-expect-error: no model
      void client.chat({ messages });
      // @ts-expect-error: no messages
      void client.chat({ model: 'm' });
      // @ts-expect-error: no such role
      void client.chat({ model: 'm', messages: [{ role: 'bot', content: 'x' }] });
      // @ts-expect-error: a tool message answers a call
      void client.chat({ model: 'm', messages: [{ role: 'tool', content: 'x' }] });
      // @ts-expect-error: a user says something
      void client.chat({ model: 'm', messages: [{ role: 'user', content: null }] });
      // @ts-expect-error: a number
      void client.chat({ model: 'm', messages, temperature: '0' });
      // @ts-expect-error: options of providers, by provider
      void client.chat({ model: 'm', messages, providerOptions: { openai: 'flex' } });
    });
  });
});

test('embed takes texts or tokens and answers embeddings', () => {
  never(async () => {
    expectTypeOf(await client.embed({ model: 'm', input: 'x' })).toEqualTypeOf<EmbedReply>();
    void client.embed({ model: 'm', input: ['x', 'y'], dimensions: 5, encoding_format: 'base64' });
    void client.embed({ model: 'm', input: [[1, 2], [3]] });
    // @ts-expect-error: no input
    void client.embed({ model: 'm' });
    // @ts-expect-error: text and tokens do not mix
    void client.embed({ model: 'm', input: ['x', 5] });
  });
});

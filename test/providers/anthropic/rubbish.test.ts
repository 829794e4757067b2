import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Collector } from '../../../src/chat/collect.ts';
import { validateChat } from '../../../src/chat/validate.ts';
import { RequestError } from '../../../src/errors.ts';
import { anthropic } from '../../../src/providers/anthropic/anthropic.ts';
import { cohere } from '../../../src/providers/cohere/cohere.ts';
import { chunksOf, aContext, aProvider } from '../support.ts';

// Words of both protocols, so that rubbish gets past the first checks.
const WORDS = [
  'type',
  'index',
  'delta',
  'message',
  'content',
  'content_block',
  'text',
  'thinking',
  'signature',
  'tool_use',
  'input',
  'usage',
  'stop_reason',
  'id',
  'name',
  'function',
  'arguments',
  'tool_calls',
  'tool_plan',
  'citations',
  'role',
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
  'text_delta',
  'input_json_delta',
  'thinking_delta',
  'citations_delta',
  'citation',
  'message-start',
  'content-start',
  'content-delta',
  'tool-call-start',
  'tool-call-delta',
  'tool-call-end',
  'tool-plan-delta',
  'citation-start',
  'message-end',
  'finish_reason',
  'constructor',
  '__proto__',
  'sources',
  'meta',
  'embeddings',
  'data',
  'models',
  'iterations',
  'compaction',
  'stop_details',
  'refusal',
  'error',
  'json_schema',
  'json_object',
  'schema',
  'enabled',
  'none',
  'required',
  'high',
];
const word = fc.constantFrom(...WORDS);
const { rubbish } = fc.letrec((tie) => ({
  rubbish: fc.oneof(
    { maxDepth: 5, depthSize: 'medium' },
    word,
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie('rubbish'), { maxLength: 4 }),
    fc.dictionary(word, tie('rubbish'), { maxKeys: 6 }),
  ),
}));

describe.each([anthropic, cohere])('$name takes rubbish', (protocol) => {
  test('for answers', () => {
    const asked = [
      { operation: 'chat', request: { model: 'm', messages: [], response_format: { type: 'json_object' } } },
      { operation: 'embed', request: { model: 'm', input: 'a' } },
      { operation: 'models', request: { model: '' } },
    ] as const;
    fc.assert(
      fc.property(fc.constantFrom(...asked), rubbish, (asked, body) => {
        const decoded = protocol.decodeWhole(body, aContext({ asked }));
        expect(Object.keys(decoded)).toHaveLength(1);
      }),
    );
  });

  test('for streams', () => {
    fc.assert(
      fc.property(fc.array(rubbish, { maxLength: 8 }), (events) => {
        const decoder = protocol.startStream(aContext());
        const collector = new Collector();
        for (const event of events) {
          const decoded = decoder.decode({ event: undefined, data: JSON.stringify(event) });
          for (const chunk of chunksOf(decoded)) collector.add(chunk);
        }
        expect(collector.reply().object).toBe('chat.completion');
      }),
    );
  });

  test('for requests, or refuses them', () => {
    const part = fc.oneof(
      rubbish,
      fc.record({
        type: fc.constantFrom('text', 'image_url', 'file', 'input_audio', 'document'),
        text: fc.string(),
        image_url: rubbish,
        file: rubbish,
      }),
    );
    const message = fc.record(
      {
        role: fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool', 'function'),
        content: fc.oneof(fc.string(), fc.array(part, { maxLength: 3 })),
        tool_calls: fc.array(rubbish, { maxLength: 2 }),
        tool_call_id: fc.string(),
        reasoning_details: rubbish,
        content_blocks: rubbish,
      },
      { requiredKeys: ['role', 'content', 'tool_call_id'] },
    );
    const request = fc.record(
      {
        model: fc.constant('m'),
        messages: fc.array(message, { minLength: 1, maxLength: 4 }),
        tools: fc.array(
          fc.oneof(
            rubbish,
            fc.record({ type: fc.constant('function'), function: fc.record({ name: word, parameters: rubbish, strict: fc.boolean() }) }),
          ),
          { maxLength: 2 },
        ),
        tool_choice: rubbish,
        response_format: fc.oneof(
          rubbish,
          fc.record({
            type: fc.constantFrom('json_schema', 'json_object'),
            json_schema: fc.oneof(rubbish, fc.record({ name: rubbish, schema: rubbish })),
          }),
        ),
        stop: rubbish,
        thinking: rubbish,
        reasoning_effort: rubbish,
        metadata: rubbish,
        temperature: rubbish,
        max_tokens: rubbish,
      },
      { requiredKeys: ['model', 'messages'] },
    );
    fc.assert(
      fc.property(request, fc.constantFrom('claude-opus-4-6', 'claude-3-haiku', 'm'), (body, model) => {
        expect(
          outcomeOf(() =>
            protocol.encode({
              asked: { operation: 'chat', request: validateChat(body) },
              model,
              stream: false,
              provider: aProvider({ protocol }),
            }),
          ),
        ).toBe('fine');
      }),
      { numRuns: 150 },
    );
  });
});

function outcomeOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error instanceof RequestError ? 'fine' : error;
  }
  return 'fine';
}

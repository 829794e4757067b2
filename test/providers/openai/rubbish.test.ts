import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Asked } from '../../../src/chat/asked.ts';
import { RequestError } from '../../../src/errors.ts';
import { dialects } from '../../../src/providers/openai/dialects.ts';
import { createOpenAI } from '../../../src/providers/openai/openai.ts';
import { aContext, aProvider } from '../support.ts';

const json = fc.jsonValue({ maxDepth: 3 });
/** JSON whose fields have the names that protocols read, so that it reaches every branch. */
const NAMES = [
  'role',
  'content',
  'type',
  'text',
  'tool_calls',
  'function',
  'name',
  'arguments',
  'id',
  'index',
  'image_url',
  'file',
  'input_audio',
];
const MORE = [
  'reasoning',
  'reasoning_details',
  'format',
  'prefix',
  'thinking',
  'url',
  'annotations',
  'refusal',
  'delta',
  'message',
  'finish_reason',
];
const WORDS = [
  'assistant',
  'user',
  'tool',
  'developer',
  'text',
  'thinking',
  'image_url',
  'file',
  'input_audio',
  'function',
  'json_schema',
  '',
];
const near = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, json, fc.constantFrom(...WORDS), tie('object'), fc.array(tie('value'), { maxLength: 3 })),
  object: fc.dictionary(fc.constantFrom(...NAMES, ...MORE), tie('value'), { maxKeys: 5 }),
}));
const FIELDS = [
  'messages',
  'tools',
  'tool_choice',
  'response_format',
  'thinking',
  'reasoning_effort',
  'max_tokens',
  'n',
  'seed',
  'stop',
  'input',
];
const body = fc.dictionary(
  fc.constantFrom(...FIELDS, 'choices', 'usage', 'citations', 'search_results', 'data', 'error', 'x_groq'),
  near.value,
);

describe('rubbish', () => {
  test.each(Object.keys(dialects) as (keyof typeof dialects)[])('is refused or sent by %s, and read as an error or an answer', (name) => {
    const protocol = createOpenAI(dialects[name]);
    const provider = aProvider({ name, protocol });
    fc.assert(
      fc.property(body, fc.constantFrom('chat', 'embed'), fc.boolean(), (fields, operation, stream) => {
        // What validation would refuse is tried, too.
        const asked = { operation, request: { model: 'm', ...fields } } as unknown as Asked;
        expect(thrownBy(() => protocol.encode({ asked, model: 'm', stream, provider }))).toSatisfy(
          (error) => error === undefined || error instanceof RequestError,
        );
        const context = aContext({ asked });
        protocol.decodeWhole(fields, context);
        const decoder = protocol.startStream(context);
        for (const data of [JSON.stringify(fields), JSON.stringify({ choices: fields['messages'] }), '[DONE]'])
          decoder.decode({ event: undefined, data });
        expect(decoder.complete).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

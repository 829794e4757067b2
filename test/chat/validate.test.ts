import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateChat, validateEmbed } from '../../src/chat/validate.ts';
import { RequestError } from '../../src/errors.ts';

const hello = [{ role: 'user', content: 'Hi' }];

const named = { name: 'f' };
const called = { name: 'f', arguments: '{}' };

/** Fields that protocols look into. */
const LOOKED_INTO: readonly (readonly [object, string])[] = [
  [{ tools: ['f'] }, `'tools[0]' must be an object with a 'type': current value is "f"`],
  [{ tools: [{ type: 'function' }] }, "'tools[0].function' must be an object: current value is undefined"],
  [
    { tools: [{ type: 'web_search' }, { type: 'function', function: {} }] },
    "'tools[1].function.name' must be a string: current value is undefined",
  ],
  [{ tools: [{ type: 'function', function: { ...named, description: 5 } }] }, "'tools[0].function.description' must be a string"],
  [{ tools: [{ type: 'function', function: { ...named, parameters: 'x' } }] }, "'tools[0].function.parameters' must be an object"],
  [{ tool_choice: 5 }, "'tool_choice' must be a string or an object with a 'type': current value is 5"],
  [{ tool_choice: { type: 'function' } }, "'tool_choice.function' must be an object with a 'name': current value is undefined"],
  [{ tool_choice: { type: 'function', function: { name: 5 } } }, "'tool_choice.function.name' must be a string: current value is 5"],
  [{ response_format: 'json' }, `'response_format' must be an object with a 'type': current value is "json"`],
  [{ response_format: { type: 'json_schema' } }, "'response_format.json_schema' must be an object: current value is undefined"],
  [
    { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: 'y' } } },
    `'response_format.json_schema.schema' must be an object: current value is "y"`,
  ],
  [{ thinking: true }, "'thinking' must be an object with a 'type': current value is true"],
  [{ thinking: { type: 'enabled', budget_tokens: '5' } }, `'thinking.budget_tokens' must be a number: current value is "5"`],
  [{ max_tokens: '5' }, `'max_tokens' must be a number: current value is "5"`],
  [{ metadata: 'x' }, `'metadata' must be an object: current value is "x"`],
  [{ user: 5 }, "'user' must be a string: current value is 5"],
  [{ stop: 5 }, "'stop' must be a string or an array of strings: current value is 5"],
  [{ stop: ['a', 5] }, "'stop[1]' must be a string: current value is 5"],
  [
    { schema: () => 1, response_format: { type: 'json_object' } },
    "'schema' says what 'response_format' would say: leave one of them out: current value is a function",
  ],
];

/** Parts of a user's message. */
const PARTS: readonly (readonly [object, string])[] = [
  [
    { type: 'image_url', image_url: 'https://x' },
    `'messages[0].content[0].image_url' must be an object with a 'url': current value is "https://x"`,
  ],
  [{ type: 'image_url', image_url: {} }, "'messages[0].content[0].image_url.url' must be a string: current value is undefined"],
  [{ type: 'input_audio', input_audio: { format: 'wav' } }, "'messages[0].content[0].input_audio.data' must be a string"],
  [{ type: 'file', file: { file_data: 5 } }, "'messages[0].content[0].file.file_data' must be a string: current value is 5"],
];

/** What an assistant said. */
const SAID: readonly (readonly [object, string])[] = [
  [{ tool_calls: [null] }, "'messages[0].tool_calls[0]' must be an object: current value is null"],
  [{ tool_calls: [{ function: called }] }, "'messages[0].tool_calls[0].id' must be a string: current value is undefined"],
  [{ tool_calls: [{ id: 'c' }] }, "'messages[0].tool_calls[0].function' must be an object: current value is undefined"],
  [{ tool_calls: [{ id: 'c', function: { arguments: '' } }] }, "'messages[0].tool_calls[0].function.name' must be a string"],
  [
    { tool_calls: [{ id: 'c', function: { name: 'f', arguments: {} } }] },
    "'messages[0].tool_calls[0].function.arguments' must be a string of JSON: current value is an object",
  ],
  [{ tool_calls: [{ id: 'c', function: called, extra_content: 'x' }] }, "'messages[0].tool_calls[0].extra_content' must be an object"],
  [{ refusal: 5 }, "'messages[0].refusal' must be a string: current value is 5"],
  [{ reasoning_details: {} }, "'messages[0].reasoning_details' must be an array: current value is an object"],
  [{ reasoning_details: [{}, 'x'] }, `'messages[0].reasoning_details[1]' must be an object: current value is "x"`],
];

/** The message of a request that was refused as one that never left the program. */
function messageOf(run: () => unknown): string {
  try {
    run();
    return 'nothing was thrown';
  } catch (error) {
    const refused =
      error instanceof RequestError && error.class === 'bad_request' && error.code === 'invalid_request' && error.status === undefined;
    return refused ? error.message : `another error: ${String(error)}`;
  }
}

describe('validateChat', () => {
  test.each([
    [{ model: 'm', messages: hello }],
    [
      {
        model: 'm',
        messages: [
          { role: 'system', content: 's' },
          { role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'of the provider' }] },
        ],
      },
    ],
    [
      {
        model: 'm',
        messages: [
          { role: 'assistant', tool_calls: [] },
          { role: 'assistant', content: null },
          { role: 'tool', tool_call_id: 'c', content: '1' },
        ],
      },
    ],
    [
      {
        model: 'm',
        messages: [
          {
            role: 'user',
            content: [
              { type: 'image_url', image_url: { url: 'data:,' } },
              { type: 'file', file: { file_id: 'f' } },
            ],
          },
          {
            role: 'assistant',
            refusal: null,
            reasoning_details: [{ type: 'reasoning.text', text: 'x' }],
            tool_calls: [
              { id: 'a', type: 'function', function: called, extra_content: { google: {} } },
              { id: 'b', type: 'custom', custom: { name: 'f', input: 'x' } },
            ],
          },
        ],
        tools: [{ type: 'function', function: { ...named, parameters: {} } }, { type: 'web_search_preview' }],
        tool_choice: { type: 'allowed_tools' },
        response_format: { type: 'grammar', grammar: 'x' },
        thinking: { type: 'adaptive' },
        metadata: null,
        stop: ['a'],
        max_tokens: null,
      },
    ],
    [{ model: 'm', messages: hello, schema: Object.assign(() => 1, { '~standard': {} }), response_format: null }],
    [{ model: 'm', messages: hello, stream: null, unknown: { field: 1 }, temperature: undefined, providerOptions: { openai: {} } }],
  ])('lets %j through as it is', (request) => {
    expect(validateChat(request)).toBe(request);
  });

  test.each([
    [undefined, 'it must be an object: current value is undefined'],
    [[], 'it must be an object: current value is an array of 0'],
    [{ messages: hello }, "'model' must be a non-empty string: current value is undefined"],
    [{ model: ' ', messages: hello }, `'model' must be a non-empty string: current value is ""`],
    [{ model: 'm' }, "'messages' must be a non-empty array: current value is undefined"],
    [{ model: 'm', messages: [] }, "'messages' must be a non-empty array: current value is an array of 0"],
    [{ model: 'm', messages: 'Hi' }, `'messages' must be a non-empty array: current value is "Hi"`],
    [{ model: 'm', messages: ['Hi'] }, `'messages[0]' must be an object: current value is "Hi"`],
    [{ model: 'm', messages: [...hello, { content: 'x' }] }, "'messages[1].role' must be a string: current value is undefined"],
    [
      { model: 'm', messages: [{ role: 'human', content: 'x' }] },
      `must be one of system, developer, user, assistant, tool, function: current value is "human"`,
    ],
    [
      { model: 'm', messages: [{ role: 'user', content: null }] },
      "'messages[0].content' must be a string or an array of parts: current value is null",
    ],
    [
      { model: 'm', messages: [{ role: 'user', content: 4 }] },
      "'messages[0].content' must be a string or an array of parts: current value is 4",
    ],
    [
      { model: 'm', messages: [{ role: 'user', content: ['x'] }] },
      `'messages[0].content[0]' must be an object with a 'type': current value is "x"`,
    ],
    [
      { model: 'm', messages: [{ role: 'user', content: [{ type: 'text' }] }] },
      "'messages[0].content[0].text' must be a string: current value is undefined",
    ],
    [{ model: 'm', messages: [{ role: 'tool', content: 'x' }] }, "'messages[0].tool_call_id' must be a string: current value is undefined"],
    [{ model: 'm', messages: hello, stream: 'yes' }, `'stream' must be a boolean: current value is "yes"`],
    [{ model: 'm', messages: hello, tools: {} }, "'tools' must be an array: current value is an object"],
    [{ model: 'm', messages: hello, seed: 1n }, "'seed' must be JSON: current value is 1"],
    [{ model: 'm', messages: hello, tool_choice: () => 1 }, "'tool_choice' must be JSON: current value is a function"],
    [{ model: 'm', messages: hello, temperature: Number.NaN }, "'temperature' must be a finite number: current value is NaN"],
    [
      { model: 'm', messages: hello, providerOptions: { openai: 'flex' } },
      `'providerOptions.openai' must be an object: current value is "flex"`,
    ],
  ])('refuses request %#', (request, message) => {
    expect(messageOf(() => validateChat(request))).toContain(message);
    expect(messageOf(() => validateChat(request))).toMatch(/^Cannot send the chat request as /);
  });

  test('throws nothing but a RequestError, whatever comes', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (messages, part) => {
        for (const request of [
          messages,
          { model: 'm', messages },
          { model: 'm', messages: [messages] },
          { model: 'm', messages: [{ role: 'user', content: [part] }] },
        ]) {
          expect(messageOf(() => validateChat(request))).toMatch(/^(Cannot send the chat request as|nothing was thrown)/);
        }
      }),
    );
  });
});

describe('validateChat looks as deep as protocols read', () => {
  const cases: readonly (readonly [string, object])[] = [
    ...LOOKED_INTO.map(([more, message]) => [message, { model: 'm', messages: hello, ...more }] as const),
    ...PARTS.map(([part, message]) => [message, { model: 'm', messages: [{ role: 'user', content: [part] }] }] as const),
    ...SAID.map(([more, message]) => [message, { model: 'm', messages: [{ role: 'assistant', content: 'x', ...more }] }] as const),
  ];

  test.each(cases)('%s', (message, request) => {
    expect(messageOf(() => validateChat(request))).toContain(message);
  });
});

describe('validateEmbed', () => {
  test.each([['a'], [['a', 'b']], [[1, 2]], [[[1], [2]]]])('lets %j through', (input) => {
    expect(validateEmbed({ model: 'm', input })).toEqual({ model: 'm', input });
  });

  test.each([[''], [[]], [undefined], [{}], [['a', null]]])('refuses %j', (input) => {
    expect(messageOf(() => validateEmbed({ model: 'm', input }))).toMatch(/^Cannot send the embeddings request as 'input/);
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateChat, validateEmbed } from '../../src/chat/validate.ts';
import { RequestError } from '../../src/errors.ts';

const hello = [{ role: 'user', content: 'Hi' }];

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

describe('validateEmbed', () => {
  test.each([['a'], [['a', 'b']], [[1, 2]], [[[1], [2]]]])('lets %j through', (input) => {
    expect(validateEmbed({ model: 'm', input })).toEqual({ model: 'm', input });
  });

  test.each([[''], [[]], [undefined], [{}], [['a', null]]])('refuses %j', (input) => {
    expect(messageOf(() => validateEmbed({ model: 'm', input }))).toMatch(/^Cannot send the embeddings request as 'input/);
  });
});

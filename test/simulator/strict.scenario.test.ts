import { expect, test } from 'vitest';
import type { SimulatedProtocol } from '../../src/simulator/index.ts';
import { hear, speakerOf } from './speakers.ts';
import { start } from './support.ts';

const text = 'Hello';
const signed = (thinking: string) => ({ type: 'thinking', thinking, signature: 'c2ltdWxhdG9yOjA=' });
const use = { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} };
const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: '42' };
const claude = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: text }] };
const gemini = { contents: [{ role: 'user', parts: [{ text }] }] };
const call = { functionCall: { name: 'f', args: {} } };
const command = { model: 'm', messages: [{ role: 'user', content: text }] };
const converse = { messages: [{ role: 'user', content: [{ text }] }] };
const toolUse = { toolUse: { toolUseId: 't1', name: 'f', input: {} } };
const schema = { inputSchema: { json: { type: 'object' } } };

/** Requests that a strict server refuses, each with what its answer says. */
const rows: readonly (readonly [SimulatedProtocol, string, unknown, RegExp])[] = [
  ['anthropic', 'no limit', { ...claude, max_tokens: undefined }, /max_tokens: Field required/],
  ['anthropic', 'a field of OpenAI', { ...claude, n: 1 }, /n: Extra inputs are not permitted/],
  ['anthropic', 'a system message', { ...claude, messages: [{ role: 'system', content: text }] }, /Unexpected role "system"/],
  ['anthropic', 'a message without content', { ...claude, messages: [{ role: 'user', content: [] }] }, /must have non-empty content/],
  ['anthropic', 'an empty text', { ...claude, messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }, /must be non-empty/],
  ['anthropic', 'a part of OpenAI', { ...claude, messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, /Input tag 'image_url'/],
  [
    'anthropic',
    'an open tool call',
    { ...claude, messages: [...claude.messages, { role: 'assistant', content: [use] }] },
    /without `tool_result` blocks/,
  ],
  ['anthropic', 'an answer to nothing', { ...claude, messages: [{ role: 'user', content: [result] }] }, /unexpected `tool_use_id`/],
  [
    'anthropic',
    'a forged thought',
    { ...claude, messages: [...claude.messages, { role: 'assistant', content: [signed('mine')] }] },
    /Invalid `signature`/,
  ],
  ['anthropic', 'a small budget', { ...claude, thinking: { type: 'enabled', budget_tokens: 5 } }, /budget_tokens/],
  ['anthropic', 'a tool without a schema', { ...claude, tools: [{ name: 'f' }] }, /input_schema: Field required/],
  ['anthropic', 'metadata of its own', { ...claude, metadata: { team: 'x' } }, /metadata.team/],
  ['anthropic', 'much heat', { ...claude, temperature: 1.5 }, /temperature: range: 0..1/],
  ['google', 'a field of OpenAI', { ...gemini, messages: [] }, /Unknown name "messages"/],
  ['google', 'nothing', { contents: [] }, /contents is not specified/],
  ['google', 'a role of OpenAI', { contents: [{ role: 'assistant', parts: [{ text }] }] }, /Please use a valid role/],
  ['google', 'a part without data', { contents: [{ parts: [{ thought: true }] }] }, /required oneof field 'data'/],
  ['google', 'an open call', { contents: [...gemini.contents, { role: 'model', parts: [call] }] }, /number of function response parts/],
  ['google', 'a forged signature', { contents: [{ parts: [{ text, thoughtSignature: 'bWluZQ==' }] }] }, /signature is not valid/],
  ['google', 'a schema without its media type', { ...gemini, generationConfig: { responseSchema: {} } }, /response mime type/],
  [
    'google',
    'words that its schemas lack',
    {
      ...gemini,
      generationConfig: { responseMimeType: 'application/json', responseSchema: { properties: { a: { additionalProperties: false } } } },
    },
    /Unknown name "additionalProperties" at 'generation_config.response_schema.properties\['a'\]'/,
  ],
  ['google', 'a limit of nothing', { ...gemini, generationConfig: { maxOutputTokens: 0 } }, /max_output_tokens/],
  ['cohere', 'a field of OpenAI', { ...command, top_p: 1 }, /unknown field: parameter 'top_p'/],
  ['cohere', 'a role that is none', { ...command, messages: [{ role: 'developer', content: text }] }, /invalid role 'developer'/],
  [
    'cohere',
    'an answer to nothing',
    { ...command, messages: [{ role: 'tool', tool_call_id: 'x', content: text }] },
    /does not match a tool call/,
  ],
  ['cohere', 'a choice of OpenAI', { ...command, tool_choice: 'auto' }, /tool_choice must be one of/],
  ['cohere', 'much heat', { ...command, temperature: 2 }, /temperature must be between 0 and 1/],
  ['bedrock', 'a field of OpenAI', { ...converse, max_tokens: 1 }, /extraneous key \[max_tokens\]/],
  ['bedrock', 'content as text', { messages: [{ role: 'user', content: text }] }, /content field .* is empty/],
  ['bedrock', 'a blank text', { messages: [{ role: 'user', content: [{ text: ' ' }] }] }, /is blank/],
  ['bedrock', 'an answer first', { messages: [{ role: 'assistant', content: [{ text }] }] }, /must start with a user message/],
  ['bedrock', 'the same role twice', { messages: [...converse.messages, ...converse.messages] }, /must alternate/],
  [
    'bedrock',
    'an open call',
    { messages: [...converse.messages, { role: 'assistant', content: [toolUse] }] },
    /Expected toolResult blocks/,
  ],
  ['bedrock', 'no tools', { ...converse, toolConfig: { tools: [] } }, /toolConfig.tools/],
  ['bedrock', 'a bad name', { ...converse, toolConfig: { tools: [{ toolSpec: { name: 'a b', ...schema } }] } }, /toolSpec.name/],
];

test.each(rows)('%s refuses %s', async (protocol, _name, body, message) => {
  const simulator = await start();
  const { status, json } = await hear(simulator, speakerOf(protocol), { body });
  expect([status, json.error?.message ?? json.message]).toEqual([400, expect.stringMatching(message)]);
  expect(simulator.stats()).toMatchObject({ rejected: 1, served: 0 });
});

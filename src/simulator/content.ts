import type { Random } from '../clock.ts';
import { isObject } from './check.ts';
import type { Use } from './quota.ts';
import { clipTokens, countPromptTokens, estimateTokens, readChoices, readOutputLimit, readPrompt, type WireBody } from './request.ts';

/** What a `reply` function is told. */
export interface ReplyRequest {
  readonly model: string;
  /** The text of the last message. */
  readonly prompt: string;
  /** The whole body as it came. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The id of the key, `undefined` without one. */
  readonly key: string | undefined;
  readonly group: string;
  /** Which request this is for the simulator, from 1. */
  readonly number: number;
  /** Which choice is asked for, from 0. */
  readonly choice: number;
}

/** Writes the answers of a simulator. */
export type ReplyFunction = (request: ReplyRequest) => Reply;

/** An answer: a text, or more than that. */
export type Reply = string | SimulatedMessage;

/** An answer that is more than a text. */
export interface SimulatedMessage {
  /** Default: null. */
  readonly content?: string | null;
  /** Default: null. */
  readonly refusal?: string | null;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[];
  /** Default: `tool_calls` with tool calls, `length` when the text was clipped to the request's limit, else `stop`. */
  readonly finishReason?: string;
}

/** One choice, ready to be written in either form. */
export interface Choice {
  readonly content: string | null;
  readonly refusal: string | null;
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly finishReason: string;
}

/** All choices and what they used. */
export interface Content {
  readonly choices: readonly Choice[];
  readonly use: Use;
}

const WORDS = 'the wheel turns and every key has its day quota comes back while callers wait quietly'.split(' ');

/** Writes the answer to a request: by the user's function, or by itself. */
export function composeContent(asked: Omit<ReplyRequest, 'choice'>, reply: ReplyFunction | undefined, random: Random): Content {
  const { body } = asked;
  const limit = readOutputLimit(body) ?? Infinity;
  const choices = Array.from({ length: readChoices(body) }, (_, choice): Choice => {
    const written = reply === undefined ? improvise(body, random) : reply({ ...asked, choice });
    return finish(typeof written === 'string' ? { content: written } : written, limit, `call_${asked.number}_${choice}`);
  });
  const output = choices.reduce((sum, choice) => sum + countOutputTokens(choice), 0);
  return { choices, use: { input: countPromptTokens('chat', body), output } };
}

function finish(message: SimulatedMessage, limit: number, idBase: string): Choice {
  const content = message.content ?? null;
  const clipped = content === null || limit === Infinity ? content : clipTokens(content, limit);
  const toolCalls = (message.toolCalls ?? []).map((call, index) => ({ ...call, id: `${idBase}_${index}` }));
  const usual = toolCalls.length > 0 ? 'tool_calls' : clipped === content ? 'stop' : 'length';
  return { content: clipped, refusal: message.refusal ?? null, toolCalls, finishReason: message.finishReason ?? usual };
}

function countOutputTokens(choice: Choice): number {
  const calls = choice.toolCalls.map((call) => call.name + call.arguments);
  return estimateTokens([choice.content ?? '', choice.refusal ?? '', ...calls].join(''));
}

/** What the model would say: a tool call where one is demanded, JSON where JSON is demanded, else small talk. */
function improvise(body: WireBody, random: Random): SimulatedMessage {
  const tool = demandedTool(body);
  if (tool !== undefined) return { toolCalls: [{ name: tool.name, arguments: JSON.stringify(sampleSchema(tool.parameters)) }] };
  const format = isObject(body['response_format']) ? body['response_format'] : {};
  if (format['type'] === 'json_object') return { content: JSON.stringify({ answer: readPrompt(body) }) };
  const wrapper = format['json_schema'];
  if (format['type'] === 'json_schema' && isObject(wrapper)) return { content: JSON.stringify(sampleSchema(wrapper['schema'])) };
  const length = 12 + Math.floor(random() * 24);
  const words = Array.from({ length }, () => WORDS[Math.floor(random() * WORDS.length)]);
  return { content: `${words.join(' ')}.` };
}

function demandedTool(body: WireBody): { readonly name: string; readonly parameters: unknown } | undefined {
  const choice = body['tool_choice'];
  const named = isObject(choice) && isObject(choice['function']) ? choice['function']['name'] : undefined;
  if (choice !== 'required' && named === undefined) return undefined;
  const tools: readonly unknown[] = Array.isArray(body['tools']) ? body['tools'] : [];
  const functions = tools.map((tool) => (isObject(tool) ? tool['function'] : undefined)).filter(isObject);
  const found = functions.find(({ name }) => named === undefined || name === named);
  return typeof found?.['name'] === 'string' ? { name: found['name'], parameters: found['parameters'] } : undefined;
}

/** The plainest value that fits a JSON schema, as far as schemas of tools usually go. */
function sampleSchema(schema: unknown): unknown {
  if (!isObject(schema)) return {};
  const choices: unknown = schema['enum'];
  if (Array.isArray(choices)) return choices[0];
  if ('const' in schema) return schema['const'];
  const type: unknown = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return [];
  }
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, sampleSchema(inner)]));
}

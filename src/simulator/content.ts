import type { Random } from '../clock.ts';
import { isObject } from './check.ts';
import type { Use } from './quota.ts';
import { clipTokens, countChatTokens, estimateTokens, readPrompt } from './tokens.ts';
import type { SimulatedProtocol } from './protocol.ts';
import type { Question } from './question.ts';

/** What a `reply` function is told. */
export interface ReplyRequest {
  /** The protocol that the request came in. */
  readonly protocol: SimulatedProtocol;
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
  /**
   * What the model thought before. Protocols that sign reasoning sign it, and refuse a conversation in which it comes back changed.
   * Default: null.
   */
  readonly reasoning?: string | null;
  /** Arguments are the JSON text of an object. */
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[];
  /**
   * In OpenAI's words, or in the protocol's own. Default: `tool_calls` with tool calls, `length` when the text was clipped to the
   * request's limit, else `stop`.
   */
  readonly finishReason?: string;
  /** How many of the prompt's tokens came from the cache; of several choices the first one says. Default: 0. */
  readonly cachedTokens?: number;
  /** How many of them were written to it. Default: 0. */
  readonly cacheWriteTokens?: number;
}

/** One choice, ready to be written in either form. */
export interface Choice {
  readonly content: string | null;
  readonly refusal: string | null;
  readonly reasoning: string | null;
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly finishReason: string;
}

/** All choices and what they used. */
export interface Content {
  readonly choices: readonly Choice[];
  readonly use: Use;
  /** Parts of the use: of the input what the cache gave and took, of the output what was thought. */
  readonly tokens: { readonly cached: number; readonly cacheWrite: number; readonly reasoning: number };
}

const WORDS = 'the wheel turns and every key has its day quota comes back while callers wait quietly'.split(' ');

/** Writes the answer to a request: by the user's function, or by itself. */
export function composeContent(
  asked: Omit<ReplyRequest, 'choice'>,
  question: Question,
  reply: ReplyFunction | undefined,
  random: Random,
): Content {
  const limit = question.outputLimit ?? Infinity;
  const messages = Array.from({ length: question.choices }, (_, choice): SimulatedMessage => {
    const written = reply === undefined ? improvise(question, random) : reply({ ...asked, choice });
    return typeof written === 'string' ? { content: written } : written;
  });
  const choices = messages.map((message, choice) => finish(message, limit, `call_${asked.number}_${choice}`));
  const reasoning = choices.reduce((sum, choice) => sum + estimateTokens(choice.reasoning ?? ''), 0);
  const output = reasoning + choices.reduce((sum, choice) => sum + countOutputTokens(choice), 0);
  const input = countChatTokens(question);
  const cached = Math.min(input, messages[0]?.cachedTokens ?? 0);
  const cacheWrite = Math.min(input - cached, messages[0]?.cacheWriteTokens ?? 0);
  return { choices, use: { input, output }, tokens: { cached, cacheWrite, reasoning } };
}

function finish(message: SimulatedMessage, limit: number, idBase: string): Choice {
  const content = message.content ?? null;
  const clipped = content === null || limit === Infinity ? content : clipTokens(content, limit);
  const toolCalls = (message.toolCalls ?? []).map((call, index) => ({ ...call, id: `${idBase}_${index}` }));
  const usual = toolCalls.length > 0 ? 'tool_calls' : clipped === content ? 'stop' : 'length';
  const { refusal = null, reasoning = null, finishReason = usual } = message;
  return { content: clipped, refusal, reasoning, toolCalls, finishReason };
}

function countOutputTokens(choice: Choice): number {
  const calls = choice.toolCalls.map((call) => call.name + call.arguments);
  return estimateTokens([choice.content ?? '', choice.refusal ?? '', ...calls].join(''));
}

/** What the model would say: a tool call where one is demanded, JSON where JSON is demanded, else small talk. */
function improvise(question: Question, random: Random): SimulatedMessage {
  const { tool, json } = question;
  if (tool !== undefined) return { toolCalls: [{ name: tool.name, arguments: JSON.stringify(sampleSchema(tool.parameters)) }] };
  if (json !== undefined) {
    return { content: JSON.stringify(json.schema === undefined ? { answer: readPrompt(question) } : sampleSchema(json.schema)) };
  }
  const length = 12 + Math.floor(random() * 24);
  const words = Array.from({ length }, () => WORDS[Math.floor(random() * WORDS.length)]);
  return { content: `${words.join(' ')}.` };
}

/** The plainest value that fits a JSON schema, as far as schemas of tools usually go. Google's dialect shouts its types. */
function sampleSchema(schema: unknown): unknown {
  if (!isObject(schema)) return {};
  const choices: unknown = schema['enum'];
  if (Array.isArray(choices)) return choices[0];
  if ('const' in schema) return schema['const'];
  const type: unknown = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (typeof type === 'string' ? type.toLowerCase() : type) {
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

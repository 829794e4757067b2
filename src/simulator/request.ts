import { isObject } from './check.ts';
import type { Use } from './quota.ts';

/** A body as it came: nothing in it is to be trusted. */
export type WireBody = Readonly<Record<string, unknown>>;

/** What a request wants, as far as it can be told. */
export type Wanted = 'chat' | 'embeddings' | 'models';

/** Why a body is refused: the parts of OpenAI's error that differ. */
export interface Complaint {
  readonly message: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** Characters in one token: OpenAI's rule of thumb for English, and what its limiter is said to estimate with. */
const CHARS_PER_TOKEN = 4;

/** A body that is a JSON object, or `undefined`. */
export function parseBody(text: string): WireBody | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The model named in a body, or an empty text. */
export function readModel(body: WireBody | undefined): string {
  const model = body?.['model'];
  return typeof model === 'string' ? model : '';
}

/** What is wrong with a body; `undefined` when it can be answered. */
export function findComplaint(wanted: Wanted, body: WireBody | undefined): Complaint | undefined {
  if (body === undefined) {
    return { message: `We could not parse the JSON body of your request. The OpenAI API expects a JSON payload.`, param: null, code: null };
  }
  if (readModel(body) === '') return { message: 'you must provide a model parameter', param: null, code: null };
  if (wanted === 'embeddings') return readInputs(body).length > 0 ? undefined : missing('input', body['input']);
  const messages = body['messages'];
  if (!Array.isArray(messages)) return missing('messages', messages);
  if (messages.length === 0) {
    const message = `Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.`;
    return { message, param: 'messages', code: 'empty_array' };
  }
  const wrong = messages.findIndex((entry) => !isObject(entry) || typeof entry['role'] !== 'string');
  if (wrong !== -1) return missing(`messages[${wrong}].role`, undefined);
  return findBadNumber(body, 'n', 1, 128) ?? findBadNumber(body, 'max_tokens', 1) ?? findBadNumber(body, 'max_completion_tokens', 1);
}

function missing(param: string, value: unknown): Complaint {
  if (value === undefined) return { message: `Missing required parameter: '${param}'.`, param, code: 'missing_required_parameter' };
  return { message: `Invalid type for '${param}'.`, param, code: 'invalid_type' };
}

function findBadNumber(body: WireBody, param: string, from: number, to = Infinity): Complaint | undefined {
  const value = body[param] ?? from;
  if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) return undefined;
  const message = `Invalid value for '${param}': expected an integer from ${from}${to === Infinity ? '' : ` to ${to}`}.`;
  return { message, param, code: 'invalid_value' };
}

/** Tokens of a text: a quarter of its characters, rounded up. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** A text of at most so many tokens. */
export function clipTokens(text: string, tokens: number): string {
  return text.slice(0, tokens * CHARS_PER_TOKEN);
}

/** Tokens of the prompt: a quarter of the characters of all message texts (or embedding inputs), rounded up. */
export function countPromptTokens(wanted: Wanted, body: WireBody): number {
  if (wanted === 'chat') return estimateTokens(readTexts(body).join(''));
  // Inputs given as token numbers are counted as such.
  return readInputs(body).reduce((sum, input) => sum + (typeof input === 'string' ? estimateTokens(input) : input.length), 0);
}

/** The texts of all messages. */
function readTexts(body: WireBody): readonly string[] {
  const messages: unknown = body['messages'];
  return Array.isArray(messages) ? messages.map((message: unknown) => readText(message)) : [];
}

/** The text of the last message: what tells one call of a test from another. */
export function readPrompt(body: WireBody | undefined): string {
  return body === undefined ? '' : (readTexts(body).at(-1) ?? '');
}

function readText(message: unknown): string {
  const content = isObject(message) ? message['content'] : undefined;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: unknown) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('');
}

/** The inputs of an embeddings request: texts, or lists of token numbers. */
export function readInputs(body: WireBody): readonly (string | readonly number[])[] {
  const input = body['input'];
  if (typeof input === 'string') return [input];
  if (!Array.isArray(input)) return [];
  const entries: readonly unknown[] = input;
  if (entries.length > 0 && entries.every(isNumber)) return [entries];
  return entries.filter(isInput);
}

function isInput(value: unknown): value is string | readonly number[] {
  return typeof value === 'string' || (Array.isArray(value) && value.every(isNumber));
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

/** The most tokens that one choice may have; `undefined` when the request does not say. */
export function readOutputLimit(body: WireBody): number | undefined {
  const limit = body['max_completion_tokens'] ?? body['max_tokens'];
  return typeof limit === 'number' ? limit : undefined;
}

/** How many choices are asked for. */
export function readChoices(body: WireBody): number {
  return typeof body['n'] === 'number' ? body['n'] : 1;
}

/**
 * What admission reserves: the prompt, and the output limit for each choice. Without a limit only the prompt, as
 * nobody knows more; the rest is taken when the answer ends.
 */
export function estimateUse(wanted: Wanted, body: WireBody): Use {
  const output = wanted === 'chat' ? (readOutputLimit(body) ?? 0) * readChoices(body) : 0;
  return { input: countPromptTokens(wanted, body), output };
}

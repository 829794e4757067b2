import { isObject } from '../../check.ts';
import type { Question, WireBody } from '../../question.ts';
import type { Complaint, Incoming, Route } from '../tongue.ts';

/** What a body asks, whatever else is wrong with it. */
export function read({ body = {} }: Incoming, route: Route | undefined): Question {
  const chat = route?.wanted === 'chat';
  return {
    model: readModel(body),
    stream: body['stream'] === true,
    texts: route?.wanted === 'embeddings' ? readInputs(body) : readTexts(body),
    outputLimit: readNumber(body, 'max_completion_tokens') ?? readNumber(body, 'max_tokens'),
    choices: readNumber(body, 'n') ?? 1,
    tool: chat ? readDemandedTool(body) : undefined,
    json: chat ? readDemandedJson(body) : undefined,
  };
}

function readModel(body: WireBody): string {
  const model = body['model'];
  return typeof model === 'string' ? model : '';
}

function readNumber(body: WireBody, name: string): number | undefined {
  const value = body[name];
  return typeof value === 'number' ? value : undefined;
}

/** The texts of all messages. */
function readTexts(body: WireBody): readonly string[] {
  const messages: unknown = body['messages'];
  return Array.isArray(messages) ? messages.map((message: unknown) => readText(message)) : [];
}

function readText(message: unknown): string {
  const content = isObject(message) ? message['content'] : undefined;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: unknown) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('');
}

/** The inputs of an embeddings request: texts, or lists of token numbers. */
function readInputs(body: WireBody): readonly (string | readonly number[])[] {
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

function readDemandedTool(body: WireBody): Question['tool'] {
  const choice = body['tool_choice'];
  const named = isObject(choice) && isObject(choice['function']) ? choice['function']['name'] : undefined;
  if (choice !== 'required' && named === undefined) return undefined;
  const tools: readonly unknown[] = Array.isArray(body['tools']) ? body['tools'] : [];
  const functions = tools.map((tool) => (isObject(tool) ? tool['function'] : undefined)).filter(isObject);
  const found = functions.find(({ name }) => named === undefined || name === named);
  return typeof found?.['name'] === 'string' ? { name: found['name'], parameters: found['parameters'] } : undefined;
}

function readDemandedJson(body: WireBody): Question['json'] {
  const format = isObject(body['response_format']) ? body['response_format'] : {};
  if (format['type'] === 'json_object') return { schema: undefined };
  const wrapper = format['json_schema'];
  return format['type'] === 'json_schema' && isObject(wrapper) ? { schema: wrapper['schema'] ?? {} } : undefined;
}

/** What is wrong with a body; `undefined` when it can be answered. */
export function complain({ body }: Incoming, { wanted }: Route, question: Question): Complaint | undefined {
  if (body === undefined) {
    return { message: `We could not parse the JSON body of your request. The OpenAI API expects a JSON payload.` };
  }
  if (question.model === '') return { message: 'you must provide a model parameter' };
  if (wanted === 'embeddings') return question.texts.length > 0 ? undefined : missing('input', body['input']);
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

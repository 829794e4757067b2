import { isObject } from '../../check.ts';
import { findUnknown, first, firstOf, readNumber, readObject, readObjects, readText, show, words } from '../strict.ts';
import type { Question, WireBody } from '../../question.ts';
import type { Complaint, Incoming, Route } from '../tongue.ts';

/** What a body asks, whatever else is wrong with it. */
export function read({ body = {} }: Incoming, route: Route | undefined): Question {
  return {
    model: readText(body['model']),
    stream: body['stream'] === true,
    texts: route?.wanted === 'embeddings' ? readInputs(body) : readObjects(body['messages']).map(({ content }) => readContent(content)),
    outputLimit: readNumber(body['max_tokens']),
    choices: 1,
    tool: readDemandedTool(body),
    json: readDemandedJson(body),
  };
}

/** The text of a message, that of documents too, in which tools answer. */
function readContent(content: unknown): string {
  if (typeof content === 'string') return content;
  return readObjects(content)
    .map((part) => readText(part['text']) + readText(readObject(readObject(part['document'])['data'])['data']))
    .join('');
}

function readInputs(body: WireBody): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(body['texts']) ? body['texts'] : [];
  const inputs = readObjects(body['inputs']).map(({ content }) => readContent(content));
  return [...texts.map(readText), ...inputs];
}

function readDemandedTool(body: WireBody): Question['tool'] {
  if (body['tool_choice'] !== 'REQUIRED') return undefined;
  const found = readObject(readObjects(body['tools'])[0]?.['function']);
  return typeof found['name'] === 'string' ? { name: found['name'], parameters: found['parameters'] } : undefined;
}

function readDemandedJson(body: WireBody): Question['json'] {
  const format = readObject(body['response_format']);
  return format['type'] === 'json_object' ? { schema: format['json_schema'] ?? format['schema'] } : undefined;
}

const CHAT_FIELDS = words(`
  model messages stream tools strict_tools documents citation_options response_format safety_mode max_tokens
  stop_sequences temperature seed frequency_penalty presence_penalty k p logprobs tool_choice thinking priority
  raw_prompting
`);
const EMBED_FIELDS = words(`
  model texts inputs images input_type embedding_types output_dimension truncate max_tokens priority
`);
const ROLES = ['user', 'assistant', 'system', 'tool'];
const PARTS = ['text', 'image_url', 'document', 'thinking'];

type Message = string | undefined;

/** What Cohere would refuse, in its words. */
export function complain({ body }: Incoming, { wanted }: Route, question: Question): Complaint | undefined {
  const message = findFault(body, wanted, question);
  return message === undefined ? undefined : { message };
}

function findFault(body: WireBody | undefined, wanted: Route['wanted'], question: Question): Message {
  if (body === undefined) return 'invalid request: the body must be a JSON object';
  const unknown = findUnknown(body, wanted === 'chat' ? CHAT_FIELDS : EMBED_FIELDS);
  if (unknown !== undefined) return `invalid request: unknown field: parameter '${unknown}' is not a valid field`;
  if (question.model === '') return 'invalid request: model is required';
  if (wanted === 'embeddings') return checkInputs(body, question);
  const messages = readObjects(body['messages']);
  if (messages.length === 0) return 'invalid request: messages must be at least 1 token long.';
  return first(
    () => firstOf(messages, checkMessage),
    () => checkPairs(messages),
    () => checkNumbers(body),
    () => checkTools(body),
  );
}

function checkInputs(body: WireBody, { texts }: Question): Message {
  if (texts.length === 0 && body['images'] === undefined)
    return 'invalid request: at least one of texts, inputs or images must be provided';
  if (texts.length > 96) return `invalid request: total number of texts must be at most 96 - received ${texts.length}`;
  return readText(body['input_type']) === '' ? 'invalid request: valid input_type must be provided with the provided model' : undefined;
}

function checkMessage(message: WireBody, index: number): Message {
  const role = readText(message['role']);
  const { content } = message;
  if (!ROLES.includes(role)) return `invalid request: invalid role '${role}' in message at position ${index}`;
  const calls = readObjects(message['tool_calls']);
  if (calls.some((call) => !isObject(call['function']) || readText(call['id']) === '')) {
    return `invalid request: all elements in tool_calls must have an id and a function at position ${index}`;
  }
  if (role === 'tool' && readText(message['tool_call_id']) === '') return `invalid request: tool_call_id is required at position ${index}`;
  if (role === 'assistant' && (calls.length > 0 || message['tool_plan'] !== undefined) && content === undefined) return undefined;
  if (typeof content === 'string')
    return content === '' && role === 'user' ? `invalid request: message at position ${index} has no content` : undefined;
  if (!Array.isArray(content) || content.length === 0) return `invalid request: message at position ${index} has no content`;
  const odd = readObjects(content).find((part) => !PARTS.includes(readText(part['type'])));
  return odd === undefined ? undefined : `invalid request: content type '${readText(odd['type'])}' is not supported`;
}

/** Tools answer calls that were made, each of them. */
function checkPairs(messages: readonly WireBody[]): Message {
  const made = messages.flatMap((message) => readObjects(message['tool_calls']).map(({ id }) => id));
  const answered = messages.filter(({ role }) => role === 'tool').map((message) => message['tool_call_id']);
  const stray = answered.find((id) => !made.includes(id));
  if (stray !== undefined) return `invalid request: tool_call_id '${show(stray)}' does not match a tool call`;
  const open = made.find((id) => !answered.includes(id));
  return open === undefined ? undefined : `invalid request: missing tool result for tool call '${show(open)}'`;
}

function checkNumbers(body: WireBody): Message {
  const limit = body['max_tokens'] ?? 1;
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1)
    return 'invalid request: max_tokens must be greater than or equal to 1.';
  const heat = readNumber(body['temperature']) ?? 0;
  return heat < 0 || heat > 1 ? 'invalid request: temperature must be between 0 and 1.0 inclusive.' : undefined;
}

function checkTools(body: WireBody): Message {
  const choice = body['tool_choice'];
  if (choice !== undefined && choice !== 'REQUIRED' && choice !== 'NONE')
    return 'invalid request: tool_choice must be one of REQUIRED, NONE';
  if (choice === 'REQUIRED' && readObjects(body['tools']).length === 0) return 'invalid request: tool_choice requires tools';
  const type = readObject(body['response_format'])['type'] ?? 'text';
  if (type !== 'text' && type !== 'json_object') return `invalid request: response_format type must be one of text, json_object`;
  const odd = readObjects(body['tools']).find(
    (tool) => tool['type'] !== 'function' || readText(readObject(tool['function'])['name']) === '',
  );
  return odd === undefined ? undefined : 'invalid request: tools must be functions with a name';
}

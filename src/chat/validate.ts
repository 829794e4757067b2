import { RequestError } from '../errors.ts';
import { toShown } from '../printable.ts';
import type { ChatRequest, EmbedRequest } from './request.ts';

type Loose = Readonly<Record<string, unknown>>;

/** `function` is OpenAI's older name for `tool`. */
const ROLES = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);
/** Messages that may say nothing themselves: an assistant's that only calls tools. */
const MAY_BE_EMPTY = new Set(['assistant', 'function']);

/**
 * The request, when it has the shape of one; throws `RequestError` naming field, reason and current value. It looks at each message
 * and each field once and goes no deeper: what is no JSON further down is found when the request is written.
 */
export function validateChat(request: unknown): ChatRequest {
  const fail = failing('the chat request');
  const fields = checkFields(request, fail);
  const { messages, stream } = fields;
  if (!Array.isArray(messages) || messages.length === 0) fail('messages', 'must be a non-empty array', messages);
  (messages as unknown[]).forEach((message, index) => checkMessage(message, index, fail));
  if (stream != null && typeof stream !== 'boolean') fail('stream', 'must be a boolean', stream);
  if (fields['tools'] !== undefined && !Array.isArray(fields['tools'])) fail('tools', 'must be an array', fields['tools']);
  // Checked above as far as keywheel relies on it; the rest is the provider's to judge.
  return fields as unknown as ChatRequest;
}

/** As `validateChat`, for embeddings. */
export function validateEmbed(request: unknown): EmbedRequest {
  const fail = failing('the embeddings request');
  const fields = checkFields(request, fail);
  const { input } = fields;
  if (typeof input === 'string') {
    if (input === '') fail('input', 'must not be empty', input);
  } else if (!Array.isArray(input) || input.length === 0) {
    fail('input', 'must be a text or a non-empty array', input);
  } else {
    const wrong = (input as unknown[]).findIndex((item) => typeof item !== 'string' && typeof item !== 'number' && !Array.isArray(item));
    if (wrong >= 0) fail(`input[${wrong}]`, 'must be a text, a token or an array of tokens', (input as unknown[])[wrong]);
  }
  // As above.
  return fields as unknown as EmbedRequest;
}

type Fail = (field: string, reason: string, value: unknown) => never;

function failing(what: string): Fail {
  return (field, reason, value) => {
    const subject = field === '' ? 'it' : `'${field}'`;
    throw new RequestError(`Cannot send ${what} as ${subject} ${reason}: current value is ${toShown(value)}`, { class: 'bad_request' });
  };
}

function checkFields(request: unknown, fail: Fail): Loose {
  if (!isLoose(request)) return fail('', 'must be an object', request);
  const { model } = request;
  if (typeof model !== 'string' || model.trim() === '') fail('model', 'must be a non-empty string', model);
  for (const name of Object.keys(request)) {
    const value = request[name];
    // JSON would drop the first three silently and write the last ones as null: another request than the one that was meant.
    if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') fail(name, 'must be JSON', value);
    if (typeof value === 'number' && !Number.isFinite(value)) fail(name, 'must be a finite number', value);
  }
  const { providerOptions, dropUnsupported } = request;
  if (providerOptions !== undefined && !isLoose(providerOptions)) fail('providerOptions', 'must be an object', providerOptions);
  for (const [name, options] of Object.entries(isLoose(providerOptions) ? providerOptions : {})) {
    if (options !== undefined && !isLoose(options)) fail(`providerOptions.${name}`, 'must be an object', options);
  }
  if (dropUnsupported !== undefined && !Array.isArray(dropUnsupported))
    fail('dropUnsupported', 'must be an array of field names', dropUnsupported);
  return request;
}

function checkMessage(message: unknown, index: number, fail: Fail): void {
  const at = `messages[${index}]`;
  if (!isLoose(message)) return fail(at, 'must be an object', message);
  const { role, content } = message;
  if (typeof role !== 'string') return fail(`${at}.role`, 'must be a string', role);
  if (!ROLES.has(role)) return fail(`${at}.role`, `must be one of ${[...ROLES].join(', ')}`, role);
  if (role === 'tool' && typeof message['tool_call_id'] !== 'string')
    fail(`${at}.tool_call_id`, 'must be a string', message['tool_call_id']);
  if (role === 'assistant' && message['tool_calls'] != null && !Array.isArray(message['tool_calls'])) {
    fail(`${at}.tool_calls`, 'must be an array', message['tool_calls']);
  }
  if (typeof content === 'string' || (content == null && MAY_BE_EMPTY.has(role))) return;
  if (!Array.isArray(content)) return fail(`${at}.content`, 'must be a string or an array of parts', content);
  (content as unknown[]).forEach((part, position) => {
    if (!isLoose(part) || typeof part['type'] !== 'string')
      return fail(`${at}.content[${position}]`, "must be an object with a 'type'", part);
    checkPart(part, `${at}.content[${position}]`, fail);
  });
}

/** The parts that keywheel itself looks into, to estimate what they cost; other parts are between caller and provider. */
function checkPart(part: Loose, at: string, fail: Fail): void {
  if (part['type'] === 'text' && typeof part['text'] !== 'string') fail(`${at}.text`, 'must be a string', part['text']);
  if (part['type'] === 'input_audio' && !isLoose(part['input_audio'])) fail(`${at}.input_audio`, 'must be an object', part['input_audio']);
  if (part['type'] === 'file' && !isLoose(part['file'])) fail(`${at}.file`, 'must be an object', part['file']);
}

function isLoose(value: unknown): value is Loose {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

import { checkObject, checkText, type Fail, isLoose, type Loose } from './checks.ts';

/** `function` is OpenAI's older name for `tool`. */
const ROLES = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);
/** Messages that may say nothing themselves: an assistant's that only calls tools. */
const MAY_BE_EMPTY = new Set(['assistant', 'function']);

/** As far as protocols rely on it, so that none of them must look again. */
export function checkMessage(message: unknown, index: number, fail: Fail): void {
  const at = `messages[${index}]`;
  if (!isLoose(message)) return fail(at, 'must be an object', message);
  const { role, content } = message;
  if (typeof role !== 'string') return fail(`${at}.role`, 'must be a string', role);
  if (!ROLES.has(role)) return fail(`${at}.role`, `must be one of ${[...ROLES].join(', ')}`, role);
  if (role === 'tool' && typeof message['tool_call_id'] !== 'string')
    fail(`${at}.tool_call_id`, 'must be a string', message['tool_call_id']);
  if (role === 'assistant') checkSaid(message, at, fail);
  if (typeof content === 'string' || (content == null && MAY_BE_EMPTY.has(role))) return;
  if (!Array.isArray(content)) return fail(`${at}.content`, 'must be a string or an array of parts', content);
  (content as unknown[]).forEach((part, position) => {
    if (!isLoose(part) || typeof part['type'] !== 'string')
      return fail(`${at}.content[${position}]`, "must be an object with a 'type'", part);
    checkPart(part, `${at}.content[${position}]`, fail);
  });
}

/** The parts that are known; other parts are between caller and provider. */
function checkPart(part: Loose, at: string, fail: Fail): void {
  switch (part['type']) {
    case 'text':
      if (typeof part['text'] !== 'string') fail(`${at}.text`, 'must be a string', part['text']);
      return;
    case 'image_url':
      return checkImage(part['image_url'], `${at}.image_url`, fail);
    case 'input_audio':
      return checkAudio(part['input_audio'], `${at}.input_audio`, fail);
    case 'file':
      return checkFile(part['file'], `${at}.file`, fail);
    default:
  }
}

function checkImage(image: unknown, at: string, fail: Fail): void {
  if (!isLoose(image)) return fail(at, "must be an object with a 'url'", image);
  if (typeof image['url'] !== 'string') fail(`${at}.url`, 'must be a string', image['url']);
}

function checkAudio(audio: unknown, at: string, fail: Fail): void {
  if (!isLoose(audio)) return fail(at, 'must be an object', audio);
  for (const name of ['data', 'format']) if (typeof audio[name] !== 'string') fail(`${at}.${name}`, 'must be a string', audio[name]);
}

function checkFile(file: unknown, at: string, fail: Fail): void {
  if (!isLoose(file)) return fail(at, 'must be an object', file);
  for (const name of ['file_data', 'file_id', 'filename']) checkText(file[name], `${at}.${name}`, fail);
}

/** What a model said before: a reply that is given back, or one that the caller wrote. */
function checkSaid(message: Loose, at: string, fail: Fail): void {
  const { tool_calls: calls, reasoning_details: details } = message;
  for (const name of ['refusal', 'reasoning_content']) checkText(message[name], `${at}.${name}`, fail);
  if (calls != null) {
    if (!Array.isArray(calls)) return fail(`${at}.tool_calls`, 'must be an array', calls);
    (calls as unknown[]).forEach((call, position) => checkCall(call, `${at}.tool_calls[${position}]`, fail));
  }
  if (details == null) return;
  if (!Array.isArray(details)) return fail(`${at}.reasoning_details`, 'must be an array', details);
  const wrong = (details as unknown[]).findIndex((detail) => !isLoose(detail));
  if (wrong >= 0) fail(`${at}.reasoning_details[${wrong}]`, 'must be an object', (details as unknown[])[wrong]);
}

/** Calls of other types (`custom`) are between caller and provider. */
function checkCall(call: unknown, at: string, fail: Fail): void {
  if (!isLoose(call)) return fail(at, 'must be an object', call);
  const { id, type = 'function', function: called } = call;
  if (typeof id !== 'string') fail(`${at}.id`, 'must be a string', id);
  checkObject(call['extra_content'], `${at}.extra_content`, fail);
  if (type !== 'function') return checkText(type, `${at}.type`, fail);
  if (!isLoose(called)) return fail(`${at}.function`, 'must be an object', called);
  if (typeof called['name'] !== 'string') fail(`${at}.function.name`, 'must be a string', called['name']);
  if (typeof called['arguments'] !== 'string') fail(`${at}.function.arguments`, 'must be a string of JSON', called['arguments']);
}

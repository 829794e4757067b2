import { RequestError } from '../errors.ts';
import { toShown } from '../printable.ts';
import { checkChatFields } from './check-fields.ts';
import { checkMessage } from './check-message.ts';
import { type Fail, isLoose, type Loose } from './checks.ts';
import type { ChatRequest, EmbedRequest } from './request.ts';

/**
 * The request, when it has the shape of one; throws `RequestError` naming field, reason and current value. It looks at each message and
 * each field once, as deep as protocols read: what is no JSON further down is found when the request is written.
 */
export function validateChat(request: unknown): ChatRequest {
  const fail = failing('the chat request');
  // A schema is keywheel's own: it may be a function, and is never sent as it is.
  const fields = checkFields(request, fail, 'schema');
  const { messages } = fields;
  if (!Array.isArray(messages) || messages.length === 0) fail('messages', 'must be a non-empty array', messages);
  (messages as unknown[]).forEach((message, index) => checkMessage(message, index, fail));
  checkChatFields(fields, fail);
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

function failing(what: string): Fail {
  return (field, reason, value) => {
    const subject = field === '' ? 'it' : `'${field}'`;
    throw new RequestError(`Cannot send ${what} as ${subject} ${reason}: current value is ${toShown(value)}`, { class: 'bad_request' });
  };
}

function checkFields(request: unknown, fail: Fail, own?: string): Loose {
  if (!isLoose(request)) return fail('', 'must be an object', request);
  const { model } = request;
  if (typeof model !== 'string' || model.trim() === '') fail('model', 'must be a non-empty string', model);
  for (const name of Object.keys(request)) {
    const value = name === own ? undefined : request[name];
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

import type { ContentPart, ResponseFormat } from '../chat/request.ts';
import { RequestError } from '../errors.ts';
import { toShown } from '../printable.ts';
import type { WireEvent } from '../wire/types.ts';

/** The data of a `data:` URL. `data` is base64, whatever encoding the URL uses. */
export interface DataUrl {
  readonly mediaType: string;
  readonly data: string;
}

/** `undefined` for a URL that a provider would have to download. */
export function readDataUrl(url: string): DataUrl | undefined {
  const comma = /^data:/i.test(url) ? url.indexOf(',') : -1;
  if (comma < 0) return undefined;
  const [mediaType = '', ...parameters] = url.slice(5, comma).split(';');
  const text = url.slice(comma + 1);
  const isBase64 = parameters.some((parameter) => parameter.trim().toLowerCase() === 'base64');
  return { mediaType: mediaType.trim().toLowerCase() || 'text/plain', data: isBase64 ? unescape(text) : toBase64(unescape(text)) };
}

/** True for an address of any scheme: data has no colon. */
export function isAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(text);
}

/** Percent escapes undone; as it is where they are none. Long base64 has none and is not searched twice. */
function unescape(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** The text of base64 data. */
export function fromBase64(data: string): string {
  return Buffer.from(data, 'base64').toString('utf8');
}

/** The text of a message's content: what its parts say, refusals too, joined; parts of other kinds say nothing here. */
export function textOf(content: string | readonly ContentPart[] | null | undefined): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  return (content as readonly unknown[]).map(textOfPart).join('');
}

function textOfPart(part: unknown): string {
  if (!isObject(part)) return '';
  const { type, text, refusal } = part;
  const said = type === 'text' ? text : type === 'refusal' ? refusal : '';
  return typeof said === 'string' ? said : '';
}

/** A tool call's arguments as the object that they write; `''` is one without fields, `undefined` what is no JSON object. */
export function parseArguments(text: unknown): Readonly<Record<string, unknown>> | undefined {
  // Some callers keep them parsed.
  if (isObject(text)) return text;
  if (typeof text !== 'string') return text === null || text === undefined ? {} : undefined;
  if (text.trim() === '') return {};
  const parsed = parseJson(text);
  if (isObject(parsed)) return parsed;
  // Cohere writes `null` for a call without arguments.
  return parsed === null ? {} : undefined;
}

/** For what has not the shape that is documented: no provider could express it, so `dropUnsupported` does not help. */
export function toWrong(at: string, reason: string, value: unknown, what = 'the chat request'): RequestError {
  return new RequestError(`Cannot send ${what} as '${at}' ${reason}: current value is ${toShown(value)}`, {
    class: 'bad_request',
  });
}

/** For arguments of a call that are no object, mostly as the answer was cut off: nobody takes such a call back. `at`: of the call. */
export function toCut(at: string, value: unknown): RequestError {
  const help = 'a call that was cut off cannot be sent: repair its arguments, or leave out the message and the results of its calls';
  return toWrong(`${at}.function.arguments`, `must be a JSON object, as ${help}`, value);
}

/** A schema is an object, or is left out. */
export function checkSchema(format: ResponseFormat | undefined): void {
  const wanted: unknown = format?.type === 'json_schema' ? format.json_schema : {};
  if (!isObject(wanted)) throw toWrong('response_format.json_schema', 'must be an object', wanted);
  const { schema } = wanted;
  if (schema !== undefined && !isObject(schema)) throw toWrong('response_format.json_schema.schema', 'must be an object', schema);
}

/** What one event carries. Providers that end a stream in OpenAI's way as well send a `[DONE]`, which is nothing here. */
export type EventBody =
  | { readonly kind: 'object'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'error'; readonly body: unknown };

/** The object of an event. One that is no JSON is an error: a cut one tells its code yet, if it is the provider's and not the model's words. */
export function readEvent({ event, data, unterminated }: WireEvent): EventBody {
  const text = data.trim();
  if (text === '' || text === '[DONE]') return { kind: 'nothing' };
  const parsed = parseJson(text);
  // Without its blank line an event may be cut: only an object that closes is whole, as a number may go on.
  if (unterminated === true && !isObject(parsed)) return { kind: 'nothing' };
  if (isObject(parsed)) return { kind: 'object', body: parsed };
  if (parsed !== undefined) return event === 'error' ? { kind: 'error', body: parsed } : { kind: 'nothing' };
  const isError = event === 'error' || (/^[{[]/.test(text) && /"error"\s*:/.test(text) && !MODEL_WORDS.test(text));
  const message = `The stream has an event that is no JSON, of ${text.length} characters`;
  return { kind: 'error', body: isError ? text : { error: { type: 'malformed_event', message } } };
}

/** Fields of chunks: what stands beside them was generated, and a story about rate limits is none. */
const MODEL_WORDS = /"(choices|delta|content_block|candidates|content)"\s*:/;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

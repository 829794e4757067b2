import type { FetchRequest } from '../chat/fetched.ts';
import { toShown } from '../printable.ts';
import { readBody, readJson, readRequestBody, type ReadBody } from './body.ts';
import { type Keyless, toKeylessUrl, withoutKey } from './caller-key.ts';
import { readPurpose } from './endpoint.ts';
import type { Match } from './match.ts';
import { isSignal } from './signals.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The arguments of a fetch, `init` over `input`, as far as they can be read at once. */
export interface Arguments {
  readonly url: URL;
  /** As the caller wrote it. */
  readonly method: string;
  /** The caller's own, with their key. */
  readonly headers: Headers;
  readonly signal: AbortSignal | undefined;
  /** The caller wants to see redirects. */
  readonly manual: boolean;
  readonly input: string | URL | Request;
  readonly init: RequestInit;
}

/** Throws `TypeError` as fetch does. No message shows a URL or a header, as a key may stand in both. */
export function readArguments(input: string | URL | Request, given: RequestInit | null | undefined): Arguments {
  const init = given ?? {};
  const request = toRequest(input);
  return {
    url: readUrl(request?.url ?? input),
    method: init.method ?? request?.method ?? 'GET',
    headers: readHeaders(init.headers ?? request?.headers),
    signal: readSignal(init.signal === undefined ? request?.signal : init.signal),
    manual: (init.redirect ?? request?.redirect) === 'manual',
    input,
    init,
  };
}

/** The request as it is sent. Throws and rejects with `TypeError` as fetch does, before anything is sent. */
export function readRequest(given: Arguments, match: Match): FetchRequest | Promise<FetchRequest> {
  const { url, init } = given;
  const request = toRequest(given.input);
  if (url.username !== '' || url.password !== '')
    throw new TypeError('Cannot send the request as its URL must not hold a user or a password');
  const method = readMethod(given.method);
  const hasBody = init.body != null || request?.body != null;
  if (hasBody && (method === 'GET' || method === 'HEAD')) throw new TypeError(`Cannot send the request as ${method} has no body`);
  const body = init.body == null && request !== undefined ? readRequestBody(request) : readBody(init.body);
  // Before the body is waited for: the headers are the caller's own, who may go on to change them.
  const keyless = withoutKey(given.headers, match.provider);
  const toWhole = (read: ReadBody): FetchRequest => assemble(url, match, method, keyless, read);
  return body instanceof Promise ? body.then(toWhole) : toWhole(body);
}

function assemble(
  url: URL,
  { provider, rest }: Match,
  method: string,
  { headers, keyPlace }: Keyless,
  { body, contentType, form }: ReadBody,
): FetchRequest {
  const type = headers['content-type'] ?? contentType;
  const json = readJson(body, type);
  const { endpoint, model } = readPurpose({ method, rest, search: url.search, json, form });
  return {
    model,
    method,
    url: toKeylessUrl(url, provider),
    headers: type === undefined ? headers : { ...headers, 'content-type': type },
    body,
    endpoint,
    keyPlace,
    json,
  };
}

/** A `Request` of whatever library: the runtime's own class need not have made it. Not everybody is checked by types. */
function toRequest(input: string | URL | Request | null | undefined): Request | undefined {
  return typeof input === 'object' && input !== null && 'url' in input && 'headers' in input ? input : undefined;
}

function readUrl(input: unknown): URL {
  const text: unknown = typeof input === 'object' && input !== null ? Reflect.get(input, 'href') : input;
  try {
    if (typeof text === 'string') return new URL(text);
  } catch {
    // Its own error quotes the text.
  }
  throw new TypeError('Cannot send the request as its URL must be absolute');
}

/** `Headers` quotes a value that it does not take, and that may be a key. */
function readHeaders(given: RequestInit['headers']): Headers {
  // Only read here: SDKs have them already, and a copy of a dozen takes microseconds.
  if (given instanceof Headers) return given;
  try {
    return new Headers(given);
  } catch {
    throw new TypeError('Cannot send the request as its headers must be names and values that HTTP can carry');
  }
}

function readSignal(given: AbortSignal | null | undefined): AbortSignal | undefined {
  if (given == null || isSignal(given)) return given ?? undefined;
  throw new TypeError(`Cannot send the request as its signal must be an AbortSignal: current value is ${toShown(given)}`);
}

function readMethod(given: string): string {
  const method = given.toUpperCase();
  if (METHODS.includes(method)) return method;
  throw new TypeError(`Cannot send the request as its method must be one of ${METHODS.join(', ')}: current value is ${toShown(given)}`);
}

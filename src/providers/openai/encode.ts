import type { Asked } from '../../chat/asked.ts';
import { RequestError } from '../../errors.ts';
import { toShown } from '../../printable.ts';
import type { WireRequest } from '../../wire/types.ts';
import type { Provider } from '../provider.ts';
import { VERSION } from '../version.ts';

const PATHS = { chat: '/chat/completions', embed: '/embeddings' } as const;
const WORDS = { chat: 'the chat request', embed: 'the embeddings request' } as const;

/** keywheel's own fields: they say how to send a request and are no part of it. */
const OWN_FIELDS = new Set(['providerOptions', 'dropUnsupported', 'stream', 'stream_options', 'model']);
/** Names that would change the object instead of a field of it. */
const UNSAFE_FIELDS = new Set(['__proto__', 'constructor', 'prototype']);
/** Headers that describe the exchange: they belong to who makes it. */
const WIRE_HEADERS = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'content-type', 'accept']);
const USER_AGENT = `keywheel/${VERSION}`;

/**
 * The exchange for one target. The protocol expresses every field of the request, so `dropUnsupported` has nothing to drop.
 * `providerOptions` go last, but cannot make a plain call a stream: the reader of the answer must know which it is.
 */
export function encode(input: {
  readonly asked: Asked;
  readonly model: string;
  readonly stream: boolean;
  readonly provider: Provider;
}): WireRequest {
  const { asked, model, provider } = input;
  const stream = input.stream && asked.operation === 'chat';
  return {
    method: 'POST',
    url: `${provider.baseURL}${PATHS[asked.operation]}${toSearch(provider.query)}`,
    headers: toHeaders(provider, stream),
    body: toJson(toBody(asked, model, stream, provider.name), asked.operation),
  };
}

function toBody(asked: Asked, model: string, stream: boolean, provider: string): Record<string, unknown> {
  const { request } = asked;
  const body: Record<string, unknown> = { model };
  copyFields(request, body, OWN_FIELDS);
  if (stream) body['stream_options'] = toStreamOptions(request['stream_options']);
  const options =
    request.providerOptions !== undefined && Object.hasOwn(request.providerOptions, provider)
      ? request.providerOptions[provider]
      : undefined;
  if (options !== undefined) copyFields(options, body, stream ? STREAM_FIELD : STREAM_FIELDS);
  if (stream) body['stream'] = true;
  return body;
}

const STREAM_FIELD = new Set(['stream']);
const STREAM_FIELDS = new Set(['stream', 'stream_options']);

/** The usage comes only when asked for; a caller who does not want it says so. */
function toStreamOptions(asked: unknown): Record<string, unknown> {
  return { include_usage: true, ...(asked !== null && typeof asked === 'object' ? asked : {}) };
}

function copyFields(from: Readonly<Record<string, unknown>>, into: Record<string, unknown>, without: ReadonlySet<string>): void {
  for (const name of Object.keys(from)) {
    if (!without.has(name) && !UNSAFE_FIELDS.has(name) && from[name] !== undefined) into[name] = from[name];
  }
}

/** The caller's headers go last, but for those of the exchange, and for the key's place: only a keyless provider's caller fills it. */
function toHeaders(provider: Provider, stream: boolean): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: stream ? 'text/event-stream' : 'application/json',
    'user-agent': USER_AGENT,
  };
  const place = provider.protocol.auth.header.toLowerCase();
  for (const [name, value] of Object.entries(provider.headers)) {
    const lower = name.toLowerCase();
    if (!WIRE_HEADERS.has(lower) && !UNSAFE_FIELDS.has(lower) && (provider.keyless || lower !== place)) headers[lower] = value;
  }
  return headers;
}

function toSearch(query: Readonly<Record<string, string>>): string {
  const search = new URLSearchParams(query).toString();
  return search === '' ? '' : `?${search}`;
}

/** Values that are no JSON are found here, where they are written anyway, instead of by a walk before every call. */
function toJson(body: Readonly<Record<string, unknown>>, operation: Asked['operation']): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    const field = Object.keys(body).find((name) => !isJson(body[name])) ?? 'request';
    const message = `Cannot send ${WORDS[operation]} as '${field}' must be JSON, without cycles and BigInt: current value is ${toShown(body[field])}`;
    throw new RequestError(message, { class: 'bad_request', cause });
  }
}

function isJson(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}

import type { Asked } from '../chat/asked.ts';
import { RequestError } from '../errors.ts';
import { toShown } from '../printable.ts';
import type { WireRequest } from '../wire/types.ts';
import { isLoose } from './loose.ts';
import type { Provider } from './provider.ts';
import { VERSION } from './version.ts';

/** What messages call the operations. */
const WORDS = { chat: 'the chat request', embed: 'the embeddings request', models: 'the request for models' } as const;

/** keywheel's own fields: they say how to send a request and are no part of it. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['providerOptions', 'dropUnsupported', 'stream', 'stream_options', 'model']);
/** Names that would change the object instead of a field of it. */
const UNSAFE_FIELDS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
/** Headers that describe the exchange: they belong to who makes it. */
const WIRE_HEADERS: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'content-type', 'accept']);
const USER_AGENT = `keywheel/${VERSION}`;

type Body = Record<string, unknown>;

/** The exchange for `body`, with the caller's headers and query. `path` follows the base URL; `own` are the protocol's own headers. */
export function toWireRequest(
  provider: Provider,
  exchange: {
    readonly path: string;
    readonly operation: Asked['operation'];
    /** `undefined`: a GET. */
    readonly body: Readonly<Body> | undefined;
    readonly accept?: string;
    readonly own?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string>> | undefined;
  },
): WireRequest {
  const { path, operation, body, accept = 'application/json', own, query } = exchange;
  const hasBody = body !== undefined;
  const { method, url, headers } =
    query === undefined ? headOf(provider, path, accept, own, hasBody) : toHead(provider, { path, accept, own, query, hasBody });
  return { method, url, headers, body: body === undefined ? undefined : toJson(body, operation) };
}

/** All of a request but its body, and what it was made of. */
interface Head extends Pick<WireRequest, 'method' | 'url' | 'headers'> {
  readonly path: string;
  readonly accept: string;
  readonly own: Readonly<Record<string, string>> | undefined;
}

/** A provider's calls have few heads between them: the latest, as to make and check one took longer than all else but the body. */
const HEADS = new WeakMap<Provider, Head[]>();
const MOST_HEADS = 8;

function headOf(provider: Provider, path: string, accept: string, own: Head['own'], hasBody: boolean): Head {
  let heads = HEADS.get(provider);
  if (heads === undefined) HEADS.set(provider, (heads = []));
  const method = hasBody ? 'POST' : 'GET';
  for (const head of heads) if (head.path === path && head.accept === accept && head.own === own && head.method === method) return head;
  const head = toHead(provider, { path, accept, own, hasBody });
  if (heads.length >= MOST_HEADS) heads.length = 0;
  heads.push(head);
  return head;
}

function toHead(
  provider: Provider,
  {
    path,
    accept,
    own,
    query,
    hasBody,
  }: Pick<Head, 'path' | 'accept' | 'own'> & { readonly hasBody: boolean; readonly query?: Readonly<Record<string, string>> },
): Head {
  const headers = toHeaders(provider, hasBody ? { accept, 'content-type': 'application/json' } : { accept }, own);
  return {
    path,
    accept,
    own,
    method: hasBody ? 'POST' : 'GET',
    url: `${provider.baseURL}${path}${toSearch(query === undefined ? provider.query : { ...query, ...provider.query })}`,
    // Calls share them.
    headers: Object.freeze(headers),
  };
}

/** The caller's headers go last, but for those of the exchange, and for the key's place: only a keyless provider's caller fills it. */
function toHeaders(provider: Provider, common: Readonly<Record<string, string>>, own: Readonly<Record<string, string>> | undefined) {
  const headers: Record<string, string> = { ...common, ...own, 'user-agent': USER_AGENT };
  const custom = Object.entries(provider.headers);
  if (custom.length === 0) return headers;
  const places = keyHeaders(provider);
  for (const [name, value] of custom) {
    const lower = name.toLowerCase();
    if (!WIRE_HEADERS.has(lower) && !UNSAFE_FIELDS.has(lower) && (provider.keyless || !places.includes(lower))) headers[lower] = value;
  }
  return headers;
}

function keyHeaders({ auth }: Provider): readonly string[] {
  if (auth.kind === 'aws') return ['authorization', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256'];
  return [auth.header, ...(auth.unless ?? []).map(({ header }) => header)].map((header) => header.toLowerCase());
}

function toSearch(query: Readonly<Record<string, string>>): string {
  return Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query).toString()}`;
}

/** The fields of a request that are for the provider. */
export function copyRequest(request: Readonly<Body>, into: Body): void {
  copyFields(request, into, OWN_FIELDS);
}

/** The caller's options for this provider, merged last; `without` are fields that they cannot change. */
export function mergeOptions(body: Body, request: Asked['request'], provider: Provider, without: ReadonlySet<string>): void {
  const options = optionsOf(request, provider.name);
  if (options !== undefined) copyFields(options, body, without);
}

/** The caller's options for the provider of this name. */
export function optionsOf({ providerOptions }: Asked['request'], provider: string): Readonly<Body> | undefined {
  return providerOptions !== undefined && Object.hasOwn(providerOptions, provider) ? providerOptions[provider] : undefined;
}

/** Both as one: fields of `more` go before those of `fields`. Names that would change the object are in neither. */
export function joinFields(fields: Readonly<Body>, more: Readonly<Body>): Body {
  const joined: Body = {};
  for (const from of [fields, more]) copyFields(from, joined, NO_FIELDS);
  return joined;
}

const NO_FIELDS: ReadonlySet<string> = new Set();

function copyFields(from: Readonly<Body>, into: Body, without: ReadonlySet<string>): void {
  for (const name of Object.keys(from)) {
    if (!without.has(name) && !UNSAFE_FIELDS.has(name) && from[name] !== undefined) into[name] = from[name];
  }
}

/** What a protocol does with what it cannot express. */
export interface Unsupported {
  /**
   * Throws a `RequestError` that names `field`, unless `dropUnsupported` lists it: then it returns, and the caller leaves it out.
   * `name` is what `dropUnsupported` calls it (`logit_bias`, `input_audio`); `at` where it stands (`messages[2].content[0]`).
   */
  refuse(name: string, value: unknown, at?: string, why?: string): void;
}

/** For one request to one provider. */
export function refusing(asked: Asked, provider: Provider): Unsupported {
  const { operation, request } = asked;
  return {
    refuse(field, value, at = field, why = 'cannot be expressed there') {
      // In the words of the caller, who wrote no `response_format`.
      const isSchema = field === 'response_format' && asked.operation === 'chat' && asked.hasSchema === true;
      const [name, place] = isSchema ? ['schema', 'schema'] : [field, at];
      if (request.dropUnsupported?.includes(name) === true || request.dropUnsupported?.includes(field) === true) return;
      throw new RequestError(
        `Cannot send ${WORDS[operation]} to '${provider.name}' as '${place}' ${why} (leave it out, or list '${name}' in 'dropUnsupported'): current value is ${toShown(value)}`,
        { class: 'bad_request' },
      );
    },
  };
}

/**
 * Refuses every field of the request that is not in `known`. Values that say nothing (`null`, `n: 1`, `logprobs: false`, `stop: []`,
 * `response_format: { type: 'text' }`) are no requests.
 */
export function refuseUnknown(request: Readonly<Body>, known: ReadonlySet<string>, unsupported: Unsupported): void {
  for (const name of Object.keys(request)) {
    if (known.has(name) || OWN_FIELDS.has(name) || UNSAFE_FIELDS.has(name) || saysNothing(name, request[name])) continue;
    unsupported.refuse(name, request[name]);
  }
}

function saysNothing(name: string, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (name === 'n') return value === 1;
  if (name === 'frequency_penalty' || name === 'presence_penalty' || name === 'top_logprobs') return value === 0;
  if (name === 'response_format') return (value as { readonly type?: unknown }).type === 'text';
  if (name === 'stop' || name === 'tools') return Array.isArray(value) && value.length === 0;
  if (name === 'metadata' || name === 'logit_bias') return isLoose(value) && Object.keys(value).length === 0;
  return name === 'logprobs' && value === false;
}

/** Values that are no JSON are found here, where they are written anyway, instead of by a walk before every call. */
function toJson(body: Readonly<Body>, operation: Asked['operation']): string {
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

import { ConfigError, RequestError } from '../errors.ts';
import { toShown } from '../printable.ts';
import { Secret } from '../secret.ts';
import { isAwsKey, readAwsKey, type AwsKey } from './aws-key.ts';
import type { Scrubber } from './scrub.ts';
import type { AnyRequest, AuthPlace, Credential, OnceBody, RequestBody } from './types.ts';

/** A request with its secret in place. It never leaves `wire/`. */
export interface Outgoing<Body extends RequestBody = RequestBody> {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body: Body;
  /** For what others say of the request. */
  readonly scrubber: Scrubber;
  /** Set where the secret is not shown but signs the request, which is then still to be done. */
  readonly signing?: { readonly key: AwsKey; readonly region: string; readonly service: string };
}

// What HTTP calls a field value: tab, printable ASCII and the upper half of Latin-1.
const UNSENDABLE = /[^\t\u0020-\u007e\u0080-\u00ff]/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i;

/** Puts the secret in its place. Throws a `ConfigError` for what no header can carry, before any network use. */
export function toOutgoing(request: AnyRequest, credential: Credential | undefined, scrubber: Scrubber): Outgoing {
  const url = urlOf(request.url);
  assertSendable(request.headers);
  const headers: Record<string, string> = { ...request.headers };
  const outgoing = { method: request.method, url, headers, body: request.body, scrubber };
  if (credential === undefined) return outgoing;
  const { secret, auth } = credential;
  const text = Secret.reveal(secret);
  if (UNSENDABLE.test(text)) throw toUnsendable(`the secret of key ${secret.label}`, text);
  if (auth.kind === 'aws' && isAwsKey(text)) {
    if (isOnce(request.body)) throw toUnsignable();
    const { region, service } = auth;
    // To sign respells the query: on a copy of its own.
    return { ...outgoing, url: new URL(url), signing: { key: toAwsKey(text, secret.label), region, service } };
  }
  const { header, prefix } = placeOf(credential, text);
  headers[header] = prefix + text;
  return outgoing;
}

/** Headers that were found sendable: a provider's calls share them. */
const SENDABLE = new WeakSet<AnyRequest['headers']>();

function assertSendable(headers: AnyRequest['headers']): void {
  if (SENDABLE.has(headers)) return;
  for (const [name, value] of Object.entries(headers)) {
    if (!NAME.test(name)) {
      throw new ConfigError(`Cannot send the request as the name of a header must be a token of HTTP: current value is ${toShown(name)}`);
    }
    if (UNSENDABLE.test(value)) throw toUnsendable(`header '${name}'`, value);
  }
  if (Object.isFrozen(headers)) SENDABLE.add(headers);
}

/** Calls go to few addresses, and to parse one took longer than all else that is done for a request here. */
const URLS = new Map<string, URL>();
const MOST_URLS = 200;

function urlOf(text: string): URL {
  const known = URLS.get(text);
  if (known !== undefined) return known;
  const url = toUrl(text);
  if (URLS.size >= MOST_URLS) URLS.clear();
  URLS.set(text, url);
  ADDRESSES.set(url, toAddress(url));
  return url;
}

/** An address as undici wants it. */
interface Address {
  readonly origin: string;
  /** With the query. */
  readonly path: string;
}

const ADDRESSES = new WeakMap<URL, Address>();

export function addressOf(url: URL): Address {
  return ADDRESSES.get(url) ?? toAddress(url);
}

function toAddress({ origin, pathname, search }: URL): Address {
  return { origin, path: pathname + search };
}

function toUrl(text: string): URL {
  const url = parseUrl(text);
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new ConfigError(`Cannot send the request as its URL must be absolute, with http or https: current value is ${toShown(text)}`);
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** Never sent as it is: a secret that signs is not for the server to see, also where it is misspelt. */
function toAwsKey(text: string, label: string): AwsKey {
  const key = readAwsKey(text);
  if (key !== undefined) return key;
  const form = 'ACCESS_KEY_ID:SECRET_ACCESS_KEY or ACCESS_KEY_ID:SECRET_ACCESS_KEY:SESSION_TOKEN';
  throw new ConfigError(`Cannot send the request as the secret of key ${label} must be ${form}: current value is another text`);
}

function placeOf({ auth, place }: Credential, text: string): AuthPlace {
  if (auth.kind === 'aws') return place ?? { header: 'authorization', prefix: 'Bearer ' };
  return auth.unless?.find(({ looks }) => looks.test(text)) ?? place ?? auth;
}

/** True for a body that can be sent once alone. */
export function isOnce(body: RequestBody): body is OnceBody {
  return typeof body === 'object' && 'open' in body;
}

/** A signature holds the hash of the whole body, which would have to be read before it is sent. */
function toUnsignable(): RequestError {
  const rule = 'a request that AWS keys sign needs a body of text or bytes: current value is one that can be read once';
  return new RequestError(`Cannot send the request as ${rule}`, { class: 'bad_request' });
}

/** The value may be a secret, so only its length is told. */
function toUnsendable(what: string, { length }: string): ConfigError {
  const rule = 'must hold no line break or other character that no header can carry';
  return new ConfigError(`Cannot send the request as ${what} ${rule}: current value is ${length} characters long`);
}

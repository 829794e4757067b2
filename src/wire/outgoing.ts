import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import { Secret } from '../secret.ts';
import type { Scrubber } from './scrub.ts';
import type { Auth, AuthPlace, Credential, WireRequest } from './types.ts';

/** A request with its secret in place. It never leaves `wire/`. */
export interface Outgoing {
  readonly method: WireRequest['method'];
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
  /** For what others say of the request. */
  readonly scrubber: Scrubber;
}

// What HTTP calls a field value: tab, printable ASCII and the upper half of Latin-1.
const UNSENDABLE = /[^\t\u0020-\u007e\u0080-\u00ff]/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i;

/** Puts the secret in its place. Throws a `ConfigError` for what no header can carry, before any network use. */
export function toOutgoing(request: WireRequest, credential: Credential | undefined, scrubber: Scrubber): Outgoing {
  const url = toUrl(request.url);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (!NAME.test(name)) {
      throw new ConfigError(`Cannot send the request as the name of a header must be a token of HTTP: current value is ${toShown(name)}`);
    }
    if (UNSENDABLE.test(value)) throw toUnsendable(`header '${name}'`, value);
    headers[name] = value;
  }
  if (credential !== undefined) putCredential(headers, credential);
  return { method: request.method, url, headers, body: request.body, scrubber };
}

function toUrl(text: string): URL {
  const url = parseUrl(text);
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new ConfigError(`Cannot send the request as its URL must be absolute, with http or https: current value is ${toShown(text)}`);
}

/** Parsed once, as this is done for each attempt. */
function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function putCredential(headers: Record<string, string>, { secret, auth }: Credential): void {
  const text = Secret.reveal(secret);
  if (UNSENDABLE.test(text)) throw toUnsendable(`the secret of key ${secret.label}`, text);
  const { header, prefix } = placeOf(auth, text);
  headers[header] = prefix + text;
}

function placeOf(auth: Auth, text: string): AuthPlace {
  if (auth.kind === 'aws') return { header: 'authorization', prefix: 'Bearer ' };
  return auth.unless?.find(({ looks }) => looks.test(text)) ?? auth;
}

/** The value may be a secret, so only its length is told. */
function toUnsendable(what: string, { length }: string): ConfigError {
  const rule = 'must hold no line break or other character that no header can carry';
  return new ConfigError(`Cannot send the request as ${what} ${rule}: current value is ${length} characters long`);
}

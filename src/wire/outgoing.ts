import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import { Secret } from '../secret.ts';
import { isAwsKey, readAwsKey, type AwsKey } from './aws-key.ts';
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
  /** Set where the secret is not shown but signs the request, which is then still to be done. */
  readonly signing?: { readonly key: AwsKey; readonly region: string; readonly service: string };
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
  const outgoing = { method: request.method, url, headers, body: request.body, scrubber };
  if (credential === undefined) return outgoing;
  const { secret, auth } = credential;
  const text = Secret.reveal(secret);
  if (UNSENDABLE.test(text)) throw toUnsendable(`the secret of key ${secret.label}`, text);
  if (auth.kind === 'aws' && isAwsKey(text)) {
    const { region, service } = auth;
    return { ...outgoing, signing: { key: toAwsKey(text, secret.label), region, service } };
  }
  const { header, prefix } = placeOf(auth, text);
  headers[header] = prefix + text;
  return outgoing;
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

/** Never sent as it is: a secret that signs is not for the server to see, also where it is misspelt. */
function toAwsKey(text: string, label: string): AwsKey {
  const key = readAwsKey(text);
  if (key !== undefined) return key;
  const form = 'ACCESS_KEY_ID:SECRET_ACCESS_KEY or ACCESS_KEY_ID:SECRET_ACCESS_KEY:SESSION_TOKEN';
  throw new ConfigError(`Cannot send the request as the secret of key ${label} must be ${form}: current value is another text`);
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

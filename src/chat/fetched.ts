import { credentialsIn, isCredential } from '../credential.ts';

/** The body of a request that the caller wrote themselves. */
export type FetchBody =
  | { readonly kind: 'none' }
  /** Can be sent again: text, mostly JSON. */
  | { readonly kind: 'text'; readonly text: string }
  /** Can be sent again. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Can be sent once: forms and streams. `bytes` is its length where that is known. */
  | { readonly kind: 'once'; readonly open: () => AsyncIterable<Uint8Array>; readonly bytes: number | undefined };

/** What a URL of a provider is for, as far as its path tells. */
export interface Endpoint {
  /** `chat` and `embed` are repeatable and worth keeping, as `client.chat` and `client.embed` are. */
  readonly kind: 'chat' | 'embed' | 'other';
  /** Whose words request and answer are in; `undefined` where nobody is known to speak so (images, files, batches). */
  readonly protocol: 'openai' | 'anthropic' | 'google' | 'cohere' | 'bedrock' | undefined;
  /** The caller wants a stream. */
  readonly stream: boolean;
}

/** Where the caller's own key stood, and the leased one goes: `authorization` with `Bearer `, or a header of its own. */
export interface KeyPlace {
  /** Lower-case. */
  readonly header: string;
  readonly prefix: string;
}

/** A request of `client.fetch`, ready to be sent with any key of its provider: the caller's own key is gone from it. */
export interface FetchRequest {
  /** As the body or the path names it; `''` where none does. */
  readonly model: string;
  /** Upper-case. */
  readonly method: string;
  /** Absolute, without a key. */
  readonly url: string;
  /** Lower-case names, without the caller's key and without what is about the connection that they had in mind. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: FetchBody;
  readonly endpoint: Endpoint;
  /** `undefined`: the caller set no key, or a query parameter; it goes where the provider's keys usually go. */
  readonly keyPlace: KeyPlace | undefined;
  /** What the body says, parsed where it is JSON: for the cache's key and the size. */
  readonly json: unknown;
}

/** Bodies that can be read once, of which somebody has begun to read. */
const SPENT = new WeakSet<FetchBody>();

/** Opens a body that can be read once; from then on it is spent. */
export function spend(body: FetchBody & { readonly kind: 'once' }): AsyncIterable<Uint8Array> {
  SPENT.add(body);
  return body.open();
}

/** True for a request that cannot be sent any more: its body is gone. */
export function isSpent({ body }: FetchRequest): boolean {
  return SPENT.has(body);
}

/** True when it may be sent again although a server may have acted on it. */
export function isSafeToRepeat({ method, endpoint, body }: FetchRequest): boolean {
  if (body.kind === 'once') return false;
  return method === 'GET' || method === 'HEAD' || endpoint.kind !== 'other';
}

/** How a first attempt ended that was no success. */
export interface FetchFailed {
  /** The request may have been read. */
  readonly reached: boolean;
  /** The provider refused it for its key: it did nothing of what was asked. */
  readonly refused: boolean;
}

/** Whether a request that failed may be sent again. */
export function mayAskAgain(request: FetchRequest, { reached, refused }: FetchFailed): boolean {
  if (isSpent(request)) return false;
  return !reached || refused || isSafeToRepeat(request);
}

/**
 * A request as listeners may see it. Whoever asks a provider without keys shows it their own, and gateways are shown tokens: none of that is
 * in it, nor the body, which is not theirs to read where it can be read once.
 */
export function toSeen({ model, method, url, headers, endpoint, json }: FetchRequest): unknown {
  const plain = Object.entries(headers).filter(([name]) => !isCredential(name));
  return { model, method, url: withoutCredentials(url), headers: Object.fromEntries(plain), endpoint, json };
}

/** What a server might tell of the caller's own credentials. */
export function credentialsOf({ headers, url }: FetchRequest): readonly string[] {
  const parameters = url.includes('?') ? Object.fromEntries(new URL(url).searchParams) : {};
  return [...credentialsIn(headers), ...credentialsIn(parameters)];
}

function withoutCredentials(address: string): string {
  if (!address.includes('?')) return address;
  const url = new URL(address);
  for (const name of new Set(url.searchParams.keys())) if (isCredential(name)) url.searchParams.delete(name);
  return url.href;
}

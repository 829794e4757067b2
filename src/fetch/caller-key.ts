import type { KeyPlace } from '../chat/fetched.ts';
import type { Provider } from '../providers/provider.ts';
import { PROVIDER_HEADER } from './match.ts';

/** Headers in which SDKs show a key. */
const KEYS = new Set(['authorization', 'api-key', 'x-api-key', 'x-goog-api-key']);

/** What a signature of AWS signs beside `authorization`: it holds for the caller's key and instant alone. */
const SIGNED = new Set(['x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256']);

/** They are about one connection, or follow from what is sent; `accept-encoding` says what our own reader can unpack. */
const OF_CONNECTION = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Parameters in which keys stand; `x-amz-…` are those of a signed URL. */
const KEY_PARAMETER = /^(key|api[-_]?key|access[-_]token|x-amz-.*)$/i;

/** The headers that are sent, and where the caller's key stood among them. */
export interface Keyless {
  readonly headers: Readonly<Record<string, string>>;
  readonly keyPlace: KeyPlace | undefined;
}

/** Takes the caller's key off the headers, which a provider without keys may need, and what is not theirs to say. */
export function withoutKey(given: Headers, { auth, keyless }: Provider): Keyless {
  const named =
    given
      .get('connection')
      ?.toLowerCase()
      .split(/[\s,]+/) ?? [];
  const places: KeyPlace[] = [];
  const kept: Record<string, string> = {};
  for (const [name, value] of given) {
    if (OF_CONNECTION.has(name) || named.includes(name) || name === PROVIDER_HEADER) continue;
    const shows = !keyless && KEYS.has(name);
    if (shows && (name !== 'authorization' || /^bearer\b/i.test(value))) places.push({ header: name, prefix: toPrefix(name) });
    else if (keyless || !(shows || SIGNED.has(name))) kept[name] = value;
  }
  const usual = auth.kind === 'header' ? places.find(({ header }) => header === auth.header) : undefined;
  // Keys of AWS sign, or stand where they always do.
  return { headers: kept, keyPlace: auth.kind === 'aws' ? undefined : (usual ?? places[0]) };
}

function toPrefix(header: string): string {
  return header === 'authorization' ? 'Bearer ' : '';
}

/** Without hash and without the caller's key. The rest of the query stays as it is written, as some servers read only one spelling. */
export function toKeylessUrl({ origin, pathname, search }: URL, { keyless }: Pick<Provider, 'keyless'>): string {
  if (keyless || search === '') return origin + pathname + search;
  const kept = search
    .slice(1)
    .split('&')
    .filter((parameter) => !KEY_PARAMETER.test(decode(parameter.split('=', 1)[0] ?? '')));
  return origin + pathname + (kept.length === 0 ? '' : `?${kept.join('&')}`);
}

function decode(name: string): string {
  return [...new URLSearchParams(`${name}=`).keys()][0] ?? name;
}

import type { FetchRequest } from '../chat/fetched.ts';
import type { AnyRequest, RequestBody } from '../wire/types.ts';
import type { Estimate, Provider } from './provider.ts';

/** Of the caller's connection, which is not ours; the encodings of the answer are the wire's to choose. */
const OURS = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A request that the caller wrote: it passes as it is. The provider's own headers and query are added where it has none of the name. */
export function encodeFetched({ method, url, headers, body }: FetchRequest, provider: Provider): AnyRequest {
  const own = Object.fromEntries(Object.entries(headers).filter(([name]) => !OURS.has(name)));
  return { method, url: withQuery(url, provider.query), headers: { ...provider.headers, ...own }, body: toBody(body) };
}

function toBody(body: FetchRequest['body']): RequestBody {
  switch (body.kind) {
    case 'none':
      return undefined;
    case 'text':
      return body.text;
    case 'bytes':
      return body.bytes;
    case 'once':
      return body;
  }
}

function withQuery(address: string, query: Provider['query']): string {
  const added = Object.entries(query);
  if (added.length === 0) return address;
  const url = new URL(address);
  // Written by hand, as to append one would respell the others.
  const missing = added.filter(([name]) => !url.searchParams.has(name));
  if (missing.length === 0) return address;
  const text = new URLSearchParams(missing).toString();
  url.search = url.search === '' ? text : `${url.search}&${text}`;
  return url.href;
}

/** Tokens by the length of the body, as nobody knows its words: four bytes a token. */
export function estimateFetched({ body }: FetchRequest): Estimate {
  const bytes = body.kind === 'text' ? body.text.length : body.kind === 'bytes' ? body.bytes.byteLength : 0;
  return { input: Math.ceil(bytes / 4), output: undefined };
}

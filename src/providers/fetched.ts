import type { FetchRequest } from '../chat/fetched.ts';
import type { WireRequest } from '../wire/types.ts';
import type { Estimate, Provider } from './provider.ts';

/** A request that the caller wrote: it passes as it is, with the provider's own headers and query beside it. */
export function encodeFetched({ method, url, headers, body }: FetchRequest, provider: Provider): WireRequest {
  return {
    method: method === 'GET' ? 'GET' : 'POST',
    url,
    headers: { ...provider.headers, ...headers },
    body: body.kind === 'text' ? body.text : undefined,
  };
}

/** Tokens by the length of the body, as nobody knows its words: four bytes a token. */
export function estimateFetched({ body }: FetchRequest): Estimate {
  const bytes = body.kind === 'text' ? body.text.length : body.kind === 'bytes' ? body.bytes.byteLength : 0;
  return { input: Math.ceil(bytes / 4), output: undefined };
}

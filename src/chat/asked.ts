import type { FetchRequest } from './fetched.ts';
import type { ChatRequest, EmbedRequest, ModelsRequest } from './request.ts';

/** What was asked: one operation with its request. Later operations join the union. */
export type Asked =
  | {
      readonly operation: 'chat';
      readonly request: ChatRequest;
      /** The caller wrote `schema`, of which `response_format` was made. */
      readonly hasSchema?: boolean;
    }
  | { readonly operation: 'embed'; readonly request: EmbedRequest }
  | { readonly operation: 'models'; readonly request: ModelsRequest };

/** A request that the caller wrote themselves, with a provider's SDK or by hand: no protocol encodes it, it passes as it is. */
export interface Passing {
  readonly operation: 'fetch';
  readonly request: FetchRequest;
}

import type { Asked } from '../chat/asked.ts';
import type { ChatChunk } from '../chat/chunk.ts';
import type { ChatCompletion, Embeddings, Usage } from '../chat/reply.ts';
import type { BucketReading, Verdict } from '../failure.ts';
import type { Secret } from '../secret.ts';
import type { AuthPlace, WireEvent, WireFailure, WireHeaders, WireRequest } from '../wire/types.ts';

/** Names of the protocols that keywheel speaks. More come with the next providers. */
export type ProtocolName = 'openai';

/** What an attempt is expected to cost in a provider's buckets, in tokens. */
export interface Estimate {
  readonly input: number;
  readonly output: number;
}

/** What one streamed event turned out to be. */
export type Decoded =
  | { readonly kind: 'chunk'; readonly chunk: ChatChunk }
  /** The terminal marker: nothing follows. */
  | { readonly kind: 'end' }
  /** An error inside the stream, in the provider's own shape, for `classify`. */
  | { readonly kind: 'error'; readonly body: unknown }
  | { readonly kind: 'nothing' };

/** Turns one stream's events into chunks. Made anew for each stream, as tool calls and ids need memory. */
export interface StreamDecoder {
  decode(event: WireEvent): Decoded;
  /** True when a body that ends now is complete: the terminal marker came, or what the protocol takes for one. */
  readonly complete: boolean;
}

/** How a family of providers speaks: pure functions, no I/O, no secret. One folder each. */
export interface Protocol {
  readonly name: ProtocolName;
  readonly auth: AuthPlace;
  /**
   * The exchange for one target. Throws `RequestError` (without status) naming the field for what the protocol cannot express,
   * unless `request.dropUnsupported` lists it.
   */
  encode(input: { readonly asked: Asked; readonly model: string; readonly stream: boolean; readonly provider: Provider }): WireRequest;
  /** A whole answer with status 200; `{ error }` when the body is an error nevertheless. */
  decodeWhole(asked: Asked, body: unknown): { readonly whole: ChatCompletion | Embeddings } | { readonly error: unknown };
  startStream(): StreamDecoder;
  /** What a failure means. Pure: `now` (epoch ms) turns delays into instants. */
  classify(failure: WireFailure, provider: Provider, now: number): Verdict;
  /** Limits told by the headers of any answer. */
  readLimits(headers: WireHeaders): readonly BucketReading[];
  /** The provider's id of the exchange and of the organisation, where headers tell. `clean` is for the values that are used. */
  readIds(headers: WireHeaders, clean?: (text: string) => string): { readonly requestId?: string; readonly organization?: string };
  /** What the provider will charge at admission, before it is known. */
  estimate(asked: Asked): Estimate;
  readUsage(whole: ChatCompletion | Embeddings): Usage | undefined;
}

/** One configured provider: a protocol at an address. */
export interface Provider {
  /** The name in the client's options. */
  readonly name: string;
  readonly protocol: Protocol;
  /** Without a trailing slash. */
  readonly baseURL: string;
  /** The caller's own headers and query, sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Credentials among them: scrubbed from whatever the provider says. Absent when there are none. */
  readonly hidden?: readonly Secret[];
  /** No key is needed: a local server. */
  readonly keyless: boolean;
}

import type { Charging } from '../charging.ts';
import type { Asked } from '../chat/asked.ts';
import type { ChatChunk } from '../chat/chunk.ts';
import type { Whole } from '../chat/reply.ts';
import type { BucketReading, Verdict } from '../failure.ts';
import type { Secret } from '../secret.ts';
import type { Auth, WireEvent, WireFailure, WireHeaders, WireRequest } from '../wire/types.ts';
import type { Capabilities } from './capabilities.ts';
import type { UserRule } from './rules/rule.ts';

/** Names of the protocols that keywheel speaks. */
export type ProtocolName = 'openai' | 'anthropic' | 'google' | 'cohere' | 'bedrock';

/** The size of what is asked, in tokens, before anything was learned of the model. */
export interface Estimate {
  readonly input: number;
  /** The most that the answer may have; `undefined` when the caller named no limit. */
  readonly output: number | undefined;
}

/** What one streamed event turned out to be. */
export type Decoded =
  | { readonly kind: 'chunk'; readonly chunk: ChatChunk }
  /** The terminal marker: nothing follows, but for what it says itself. */
  | { readonly kind: 'end'; readonly chunks?: readonly ChatChunk[] }
  /** An error inside the stream, in the provider's own shape, for `classify`. */
  | { readonly kind: 'error'; readonly body: unknown }
  | { readonly kind: 'nothing' };

/** Turns one stream's events into chunks. Made anew for each stream, as tool calls and ids need memory. */
export interface StreamDecoder {
  decode(event: WireEvent): Decoded;
  /** True when a body that ends now is complete: the terminal marker came, or what the protocol takes for one. */
  readonly complete: boolean;
}

/** What is asked of one target. */
export interface EncodeInput {
  readonly asked: Asked;
  readonly model: string;
  readonly stream: boolean;
  readonly provider: Provider;
}

/** What a decoder knows beside the answer: protocols whose answers name no model or time take them from here. */
export interface DecodeContext {
  readonly asked: Asked;
  /** The provider's name, under which the caller's options for it stand. */
  readonly provider: string;
  /** The target's model, as it was asked for. */
  readonly model: string;
  /** When the answer came, epoch ms. */
  readonly now: number;
  /** From the headers, where the body has no id. */
  readonly requestId?: string | undefined;
}

/** The provider's ids of the exchange, and of the account behind the key. */
export interface Ids {
  readonly requestId?: string;
  /** Ties groups for holds of the whole organisation. */
  readonly organization?: string;
  /** Project, workspace or team: keys of one project share their limits. */
  readonly project?: string;
}

/** How a family of providers speaks: pure functions, no I/O, no secret. One folder each. */
export interface Protocol {
  readonly name: ProtocolName;
  /** How its providers are usually shown the key. A provider's row may say otherwise. */
  readonly auth: Auth;
  /** What its providers usually can do. */
  readonly capabilities: Capabilities;
  /**
   * The exchange for one target. Throws `RequestError` (without status) naming the field for what the protocol cannot express,
   * unless `request.dropUnsupported` lists it.
   */
  encode(input: EncodeInput): WireRequest;
  /** A whole answer with status 200, in OpenAI's shape; `{ error }` when the body is an error nevertheless. Never throws. */
  decodeWhole(body: unknown, context: DecodeContext): { readonly whole: Whole } | { readonly error: unknown };
  startStream(context: DecodeContext): StreamDecoder;
  /** What a failure means. Pure: `now` (epoch ms) turns delays into instants. */
  classify(failure: WireFailure, provider: Provider, now: number): Verdict;
  /** Limits told by the headers of any answer. `now`: epoch ms, for resets that are instants. */
  readLimits(headers: WireHeaders, now: number): readonly BucketReading[];
  /** What headers tell of them. `clean` is for the values that are used. */
  readIds(headers: WireHeaders, clean?: (text: string) => string): Ids;
  /** The size of what is asked. Cheap, as each call is measured; what the pool learned of the model makes a cost of it. */
  estimate(asked: Asked): Estimate;
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
  /** How it is shown the key. */
  readonly auth: Auth;
  readonly capabilities: Capabilities;
  /** What it counts against its limits. */
  readonly charging: Charging;
  /** The user's own rules for its failures, before all others. */
  readonly rules: readonly UserRule[];
  /** As configured; for protocols that have it. */
  readonly apiVersion?: string | undefined;
}

import type { Random } from '../../clock.ts';
import type { BucketCounts } from '../buckets.ts';
import type { Content } from '../content.ts';
import type { SimulatedProtocol } from '../protocol.ts';
import type { Question, WireBody } from '../question.ts';
import type { Readings, Use } from '../quota.ts';
import type { GroupSettings, Hints } from '../settings.ts';

export type Headers = Readonly<Record<string, string>>;

/** A request, read to its end. */
export interface Incoming {
  readonly method: string;
  /** As it was sent, with its query: what signatures cover. */
  readonly target: string;
  /** Without the query, and without the protocol's name in front where there was one. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Headers;
  /** `undefined` when it was too long to be kept. */
  readonly text: string | undefined;
  /** `undefined` when it was no JSON object. */
  readonly body: WireBody | undefined;
}

/** What a path is for. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly wanted: 'chat' | 'embeddings' | 'models';
  /** Named in the path, by protocols that do. */
  readonly model?: string;
  readonly stream?: boolean;
  /** The form of the exchange, where a path has several for one purpose. */
  readonly form?: string;
}

/** A key as a request shows it. */
export interface ShownKey {
  /** The key, or the name under which a signature's key is known. */
  readonly text: string;
  /** True when the request was signed with this secret. Only for signed requests. */
  readonly isSignedWith?: (secret: string) => boolean;
}

/** What is wrong with a request; `param` and `code` for protocols that tell them. */
export interface Complaint {
  readonly message: string;
  readonly param?: string | null;
  readonly code?: string | null;
}

/** A limit that was met, really or in a script. */
export interface RateLimit {
  readonly kind: 'rate_limit';
  readonly group: GroupSettings;
  readonly model: string;
  readonly counts: BucketCounts;
  readonly unit: 'min' | 'hour' | 'day';
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  /** `Infinity` when the request will never fit. */
  readonly waitMs: number;
  readonly hints: Hints;
}

/** Why a request gets no answer. */
export type Failure =
  | { readonly kind: 'missing_key' | 'forbidden_key' | 'spent_key' | 'body_too_long' }
  | { readonly kind: 'invalid_key'; readonly shown: string; readonly badSignature: boolean }
  | { readonly kind: 'model_unknown' | 'model_forbidden'; readonly model: string; readonly group: GroupSettings }
  | { readonly kind: 'path_unknown' | 'method_not_allowed'; readonly method: string; readonly path: string }
  | { readonly kind: 'bad_request'; readonly complaint: Complaint }
  | { readonly kind: 'concurrency'; readonly group: GroupSettings; readonly model: string }
  | RateLimit
  | { readonly kind: 'overloaded'; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'reply_failed'; readonly message: string };

/** A refusal, ready to be sent. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers: Headers;
}

/** What all parts of an answer repeat. */
export interface Envelope {
  readonly id: string;
  /** In epoch ms. */
  readonly at: number;
  readonly model: string;
}

/** One event of a stream. A text is sent as it is. */
export interface StreamEvent {
  readonly event?: string;
  readonly data: object | string;
  /** An event that says that the stream failed, where frames tell. */
  readonly exception?: boolean;
}

/** What is sent at once: first what comes before any content, then one piece of content each, last what ends the stream. */
export type Chunks = readonly (readonly StreamEvent[])[];

/** A streamed answer. */
export interface Script {
  readonly contentType: string;
  readonly chunks: Chunks;
  /** How many of the last chunks a stream needs to be complete. */
  readonly closing: number;
  /** Events as they go over the wire, a chunk each. */
  readonly frame: (chunks: Chunks) => readonly (string | Uint8Array)[];
}

/** What every answer tells of itself. `latencyMs` is of answers alone. */
export interface AnswerFacts {
  readonly requestId: string;
  readonly group: GroupSettings | undefined;
  readonly latencyMs: number | undefined;
}

/** How a provider speaks: reads requests, and writes answers, streams and errors in its own shape and words. */
export interface Tongue {
  readonly name: SimulatedProtocol;
  /** `undefined` for a path that does not exist. */
  route(incoming: Incoming): Route | undefined;
  readKey(incoming: Incoming): ShownKey | undefined;
  read(incoming: Incoming, route: Route | undefined): Question;
  /** What a strict server would refuse; `undefined` when it can be answered. */
  complain(incoming: Incoming, route: Route, question: Question): Complaint | undefined;

  requestId(random: Random): string;
  replyId(random: Random, requestId: string): string;
  /** Headers of every answer. */
  headers(facts: AnswerFacts): Headers;
  /** What the buckets say; nothing for providers that keep it to themselves. */
  rateHeaders(readings: Readings, now: number): Headers;

  refuse(failure: Failure, requestId: string): ErrorAnswer;
  /** A 200 whose JSON is an error; `error` replaces the usual one. */
  okError(error: WrittenError | undefined): object;
  /** What a stream sends when it fails. */
  streamError(error: WrittenError | undefined): Chunks;

  writeChat(envelope: Envelope, content: Content, incoming: Incoming): object;
  writeStream(envelope: Envelope, content: Content, incoming: Incoming, pieces: number): Script;
  writeEmbeddings(envelope: Envelope, incoming: Incoming, question: Question, use: Use, route: Route): object;
  writeModels(names: readonly string[]): object;
}

/** An error as a fault's author wrote it. */
export type WrittenError = Readonly<Record<string, unknown>>;

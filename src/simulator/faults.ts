import type { SimulatedProtocol } from './protocol.ts';

/** Which requests a fault meets, and how often. Every field given must fit. */
export interface FaultMatch {
  /** How often it happens. Default: 1; without end when `probability` or `untilMs` is given. */
  readonly times?: number;
  /** The chance that it happens to a request it fits, 0 to 1, from the simulator's seed. Default: 1. */
  readonly probability?: number;
  /** So many requests that fit are let through first. Default: 0. */
  readonly after?: number;
  /** It begins so many ms after the simulator's start. Default: 0. */
  readonly fromMs?: number;
  /** It ends so many ms after the simulator's start: with `fromMs` an outage. Default: never. */
  readonly untilMs?: number;
  /** Waits so many ms before it happens, in place of the usual latency. Default: the latency for what changes an answer, else 0. */
  readonly delayMs?: number;
  /** The id of a key, or its secret. */
  readonly key?: string;
  /** The id of a group. */
  readonly group?: string;
  /** The model asked for; `*` stands for any text. */
  readonly model?: string;
  /** The path asked for, without its query, as in `/v1/chat/completions`; `*` stands for any text. */
  readonly path?: string;
  /** Only streamed requests, or only plain ones. */
  readonly stream?: boolean;
  /** Only requests of one protocol. */
  readonly protocol?: SimulatedProtocol;
}

/** An answer with a status and body of your own. */
export interface StatusFault {
  readonly kind: 'status';
  readonly status: number;
  /** An object is sent as JSON, a text as it is. Default: an error in the protocol's shape. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A 429 as a real limit gives it, whatever the limits say. */
export interface RateLimitFault {
  readonly kind: 'rate_limit';
  /** What the hints say. Default: 1000. */
  readonly retryAfterMs?: number;
  /** Where they are, of the places that the protocol has. Default: `both`. */
  readonly hints?: 'header' | 'body' | 'both' | 'none';
  /** Default: `requests`. */
  readonly counts?: 'requests' | 'tokens';
  /** The window that the message names. Default: `min`. */
  readonly per?: 'min' | 'day';
}

/** What an overloaded provider says: a 503, Anthropic's 529. */
export interface OverloadedFault {
  readonly kind: 'overloaded';
  /** Sent where the protocol has a place for it: `retry-after(-ms)`, Gemini's `RetryInfo`. Default: no hint. */
  readonly retryAfterMs?: number;
}

/** Accepts the request and never says a word. */
export interface HangFault {
  readonly kind: 'hang';
}

/** Resets the connection before the first header, or after the last one. */
export interface ResetFault {
  readonly kind: 'reset' | 'reset_after_headers';
}

/** Ends an answer early: a stream without its finish and terminal marker, a plain body half way. */
export interface CutFault {
  readonly kind: 'cut';
  /** Chunks a stream sends before; the first is what comes before any content. Default: 2. */
  readonly afterChunks?: number;
  /**
   * `end` ends the HTTP message as if all were well, `destroy` drops the connection. Default: `end` for streams, `destroy`
   * for plain bodies.
   */
  readonly how?: 'end' | 'destroy';
}

/** Stops sending in the middle of an answer and leaves the connection open. */
export interface SilenceFault {
  readonly kind: 'silence';
  /** Chunks a stream sends before; the first is what comes before any content. A plain body stops half way. Default: 2. */
  readonly afterChunks?: number;
}

/** An error inside a stream, as the protocol tells it there. Happens to streams only. */
export interface StreamErrorFault {
  readonly kind: 'stream_error';
  /** Chunks sent before; 0 makes it the first one, 1 puts it behind what comes before any content, 2 behind the first content. Default: 0. */
  readonly afterChunks?: number;
  /** What the error says, in the protocol's own fields. Default: an error of the server. */
  readonly error?: Readonly<Record<string, unknown>>;
}

/** A 200 whose JSON is an error. */
export interface OkErrorFault {
  readonly kind: 'ok_error';
  /** What the error says, in the protocol's own fields. Default: an error of the server. */
  readonly error?: Readonly<Record<string, unknown>>;
}

/** A 200 with broken JSON: the whole body, or the first content of a stream. */
export interface MalformedFault {
  readonly kind: 'malformed';
}

/** A page as a proxy in between sends it. */
export interface HtmlFault {
  readonly kind: 'html';
  /** Default: 502. */
  readonly status?: number;
}

/** A right answer, one byte at a time. */
export interface DripFault {
  readonly kind: 'drip';
  /** The pause between two bytes. Default: 1. */
  readonly everyMs?: number;
}

/** Sends the client elsewhere. */
export interface RedirectFault {
  readonly kind: 'redirect';
  readonly location: string;
  /** 300 to 399. Default: 307, which asks for the body to be sent again. */
  readonly status?: number;
}

/** Nothing: takes the turn of one request in a script. */
export interface PassFault {
  readonly kind: 'pass';
}

/** What happens instead of an answer: the limits never hear of the request. */
export type FrontFault =
  | StatusFault
  | RateLimitFault
  | OverloadedFault
  | HangFault
  | HtmlFault
  | RedirectFault
  | (ResetFault & { readonly kind: 'reset' });

/** What happens to an answer: the limits let the request in and charge it. */
export type AnswerFault =
  | CutFault
  | SilenceFault
  | StreamErrorFault
  | OkErrorFault
  | MalformedFault
  | DripFault
  | (ResetFault & { readonly kind: 'reset_after_headers' });

/** Something that goes wrong. */
export type FaultAction = FrontFault | AnswerFault | PassFault;

/** Something that goes wrong, and when. */
export type Fault = FaultAction & FaultMatch;

/** The names of all faults. */
export type FaultKind = FaultAction['kind'];

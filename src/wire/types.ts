import type { Secret } from '../secret.ts';

/** What a protocol asks the wire to send. It names where the secret goes and never holds it. */
export interface WireRequest<Body extends RequestBody = string | undefined> {
  /** Upper-case. */
  readonly method: string;
  /** Absolute, without the secret. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** Protocols write text; callers who write their requests themselves may send anything. */
export type RequestBody = string | Uint8Array | OnceBody | undefined;

/** A body that can be read once. Nobody opens it before its first byte goes onto a socket. */
export interface OnceBody {
  readonly open: () => AsyncIterable<Uint8Array>;
  /** Its length, where that is known. */
  readonly bytes: number | undefined;
}

/** What the wire sends. */
export type AnyRequest = WireRequest<RequestBody>;

/** A header that carries the secret: `{ header: 'authorization', prefix: 'Bearer ' }`. */
export interface AuthPlace {
  readonly header: string;
  readonly prefix: string;
}

/**
 * How a provider wants to be shown the secret. `unless`: secrets that look different go elsewhere, the first that fits
 * (an OAuth token beside API keys). `aws`: a secret `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]` signs the request
 * (Signature Version 4), any other is a bearer key.
 */
export type Auth =
  | (AuthPlace & { readonly kind: 'header'; readonly unless?: readonly (AuthPlace & { readonly looks: RegExp })[] })
  | { readonly kind: 'aws'; readonly region: string; readonly service: string };

/** The secret and how it is shown; `undefined` for a keyless provider. */
export interface Credential {
  readonly secret: Secret;
  readonly auth: Auth;
  /** Where the caller's own client shows its keys: there instead, unless the secret signs or its looks send it elsewhere. */
  readonly place?: AuthPlace | undefined;
}

/** Response headers, lower-case names. Repeated ones are joined by a comma. */
export type WireHeaders = Readonly<Record<string, string>>;

/** The beginning of an answer. */
export interface WireHead {
  readonly status: number;
  readonly headers: WireHeaders;
}

/** One server-sent event, or one message of AWS's binary event stream. */
export interface WireEvent {
  /** The `event:` field; of a binary message its `:event-type`, or its `:exception-type`. */
  readonly event: string | undefined;
  readonly data: string;
  /** A binary message that says that the stream failed. */
  readonly exception?: true;
  /** The body ended before the event's blank line: it may be cut. */
  readonly unterminated?: true;
}

/** Events of one body, in batches: all of a piece are at hand when it has come. */
export interface EventReader {
  /** The next event at hand, without waiting. Throws a `WireError` for one that is too long or damaged. */
  take(): WireEvent | undefined;
  /** Waits for bytes; `false` when the body is over and only what is at hand is left. */
  fill(): Promise<boolean>;
}

/** A failed exchange as `classify` reads it: an HTTP answer, or an error inside a stream that began with 200. */
export interface WireFailure {
  readonly status: number;
  readonly headers: WireHeaders;
  /** Parsed where it is JSON, else the text; secrets are already scrubbed. */
  readonly body: unknown;
  /** The failure came inside a 200. */
  readonly inBand: boolean;
}

import type { Secret } from '../secret.ts';

/** What a protocol asks the wire to send. It names where the secret goes and never holds it. */
export interface WireRequest {
  readonly method: 'POST' | 'GET';
  /** Absolute, without the secret. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Where a protocol wants the secret: `{ header: 'authorization', prefix: 'Bearer ' }`. */
export interface AuthPlace {
  readonly header: string;
  readonly prefix: string;
}

/** The secret and its place; `undefined` for a keyless provider. */
export interface Credential {
  readonly secret: Secret;
  readonly place: AuthPlace;
}

/** Response headers, lower-case names. Repeated ones are joined by a comma. */
export type WireHeaders = Readonly<Record<string, string>>;

/** One server-sent event. */
export interface WireEvent {
  readonly event: string | undefined;
  readonly data: string;
  /** The body ended before the event's blank line: it may be cut. */
  readonly unterminated?: true;
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

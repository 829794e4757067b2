import { toPrintable } from '../printable.ts';

/** What went wrong between the socket and the first readable byte of an answer. */
export type WireFailureKind =
  /** The connection did not open in time. */
  | 'connect_timeout'
  /** The connection could not be opened, or broke. */
  | 'network'
  /** The server answered with a redirect. */
  | 'redirect'
  /** More bytes than allowed, an encoding that nobody asked for, or bytes that do not decode. */
  | 'unreadable';

/** A failed exchange. `detail` is printable and holds no secret. */
export class WireError extends Error {
  readonly kind: WireFailureKind;
  /** The end of a sentence: `the connection broke: ECONNRESET`. */
  readonly detail: string;
  /** `false` only where it is certain that no byte of the request was written. */
  readonly reached: boolean;

  constructor(kind: WireFailureKind, detail: string, options: { readonly reached: boolean; readonly cause?: unknown }) {
    super(`Cannot finish the exchange as ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'WireError';
    this.kind = kind;
    this.detail = detail;
    this.reached = options.reached;
  }
}

/** Codes of connections that never opened. Of other failures nobody can tell whether the request was read. */
const NEVER_OPENED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** True when the error, or what caused it, says that the connection never opened. */
export function neverOpened(error: unknown): boolean {
  return causes(error).some(({ code }) => NEVER_OPENED.has(code));
}

/** A socket's error in our words. `reached` as far as the owner of the socket knows. */
export function toNetworkError(error: unknown, reached: boolean): WireError {
  return new WireError('network', toNetworkDetail(error, reached), { reached, cause: error });
}

/** `the connection broke: ECONNRESET read ECONNRESET` */
export function toNetworkDetail(error: unknown, reached: boolean): string {
  const found = causes(error);
  // `fetch failed` and an AggregateError say nothing; what they wrap does.
  const telling = found.find((cause) => cause.code !== '') ?? found[0];
  const shown = telling === undefined ? 'unknown' : [telling.code, telling.message].filter((part) => part !== '').join(' ');
  return `${reached ? 'the connection broke' : 'the connection could not be opened'}: ${toPrintable(shown, 200)}`;
}

interface Cause {
  readonly code: string;
  readonly message: string;
}

/** The error and what it wraps, outermost first. */
function causes(error: unknown): Cause[] {
  const found: Cause[] = [];
  let left: unknown[] = [error];
  // Wrapped errors of fetch are two deep; the bound is for a cause that is its own cause.
  for (let depth = 0; depth < 4; depth += 1) {
    const errors = left.filter((one): one is Error => one instanceof Error);
    found.push(...errors.map((one) => ({ code: 'code' in one && typeof one.code === 'string' ? one.code : '', message: one.message })));
    left = errors.flatMap((one) => (one instanceof AggregateError ? (one.errors as unknown[]) : [one.cause]));
  }
  return found;
}

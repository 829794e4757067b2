import { toPrintable } from '../printable.ts';
import type { Scrubber } from './scrub.ts';
import type { WireHead } from './types.ts';

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
  readonly #head: WireHead | undefined;

  constructor(
    kind: WireFailureKind,
    detail: string,
    options: { readonly reached: boolean; readonly cause?: unknown; readonly head?: WireHead | undefined },
  ) {
    super(`Cannot finish the exchange as ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'WireError';
    this.kind = kind;
    this.detail = detail;
    this.reached = options.reached;
    this.#head = options.head;
  }

  /** What the server answered, where it was refused for its head alone. Not scrubbed, so that no way to print the error shows it. */
  static headOf(error: WireError): WireHead | undefined {
    return error.#head;
  }
}

/** For whoever holds on to an exchange that nobody waits for any more: undici, a socket, a fetch. Our caller never sees it. */
export function toOver(): Error {
  return new Error('Cannot go on with the exchange as nobody waits for it');
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

/**
 * A stranger's error in our words, with a plain one for its cause: theirs may carry the request, or an answer that repeats it, as
 * undici's parser errors do. `reached` as far as the owner of the socket knows.
 */
export function toNetworkError(error: unknown, reached: boolean, scrubber: Scrubber): WireError {
  const { code, message } = toTelling(error, scrubber);
  const shown = [code, message].filter((part) => part !== '').join(' ');
  const detail = `${reached ? 'the connection broke' : 'the connection could not be opened'}: ${shown === '' ? 'unknown' : shown}`;
  return new WireError('network', detail, { reached, cause: toPlain({ code, message }) });
}

/** An error of a decoder of ours, with nothing of what it decoded. */
export function toPlainError(error: unknown, scrubber: Scrubber): Error {
  return toPlain(toTelling(error, scrubber));
}

/** `ECONNRESET` and `read ECONNRESET`: printable, and without secrets. Scrubbed before it is cut, as half a secret is not found. */
function toTelling(error: unknown, scrubber: Scrubber): Cause {
  const found = causes(error);
  // `fetch failed` and an AggregateError say nothing; what they wrap does.
  const { code, message } = found.find((cause) => cause.code !== '') ?? found[0] ?? { code: '', message: '' };
  return { code: toPrintable(scrubber.text(code), 60), message: toPrintable(scrubber.text(message), 200) };
}

function toPlain({ code, message }: Cause): Error {
  return code === '' ? new Error(message) : Object.assign(new Error(message), { code });
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

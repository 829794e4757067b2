import type { Budgeted } from './budget.ts';
import type { ChatCompletion } from './chat/reply.ts';
import type { FailureClass } from './failure.ts';
import type { CallReport } from './report.ts';

/** Stable codes of keywheel's errors. */
export type ErrorCode =
  | 'invalid_config'
  | 'invalid_request'
  | 'request_rejected'
  | 'provider_failed'
  | 'keys_exhausted'
  | 'budget_exceeded'
  | 'deadline_exceeded'
  | 'stream_interrupted'
  | 'invalid_output'
  | 'cache_miss'
  | 'client_closed';

/** Every error that keywheel throws, but for an abort, which rejects with the caller's own reason. */
export abstract class KeywheelError extends Error {
  /** Stable: compare this, not the message. */
  abstract readonly code: ErrorCode;
  /** What the call did until it failed. Absent where no call was made. */
  declare readonly report?: CallReport;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
  }

  static {
    name(this, 'KeywheelError');
  }
}

/** A wrong option, provider or key; thrown before any network use. */
export class ConfigError extends KeywheelError {
  readonly code = 'invalid_config';

  static {
    name(this, 'ConfigError');
  }
}

/** The request is wrong, too long or refused for its content. Without a `status` it never left the program. */
export class RequestError extends KeywheelError {
  /** `invalid_request` when it never left the program. */
  readonly code: 'invalid_request' | 'request_rejected';
  /** `bad_request`, `request_too_large`, `context_length` or `content_filtered`. */
  readonly class: FailureClass;
  /** Of the provider's answer. */
  readonly status: number | undefined;
  /** The provider's answer, without secrets. */
  readonly body: unknown;

  constructor(
    message: string,
    details: { readonly class: FailureClass; readonly status?: number | undefined; readonly body?: unknown; readonly cause?: unknown },
  ) {
    super(message, details);
    this.code = details.status === undefined ? 'invalid_request' : 'request_rejected';
    this.class = details.class;
    this.status = details.status;
    this.body = details.body;
  }

  static {
    name(this, 'RequestError');
  }
}

/** The provider failed after every attempt. Several targets stand in `cause`, an `AggregateError`. */
export class ProviderError extends KeywheelError {
  readonly code = 'provider_failed';
  /** What the last failure was taken for. */
  readonly class: FailureClass;
  /** Of the last answer; `undefined` when none came. */
  readonly status: number | undefined;
  /** The last answer, without secrets. */
  readonly body: unknown;

  constructor(
    message: string,
    details: { readonly class: FailureClass; readonly status?: number | undefined; readonly body?: unknown; readonly cause?: unknown },
  ) {
    super(message, details);
    this.class = details.class;
    this.status = details.status;
    this.body = details.body;
  }

  static {
    name(this, 'ProviderError');
  }
}

/** Why one key cannot serve. */
export interface ExhaustedKey {
  readonly id: string;
  readonly state: 'ready' | 'cooling' | 'exhausted' | 'invalid' | 'disabled' | 'expired';
  /** Epoch ms; absent when only a person can change it. */
  readonly until: number | undefined;
  readonly reason: string;
}

/** No key can serve within the caller's time. */
export class KeysExhaustedError extends KeywheelError {
  readonly code = 'keys_exhausted';
  /** The earliest time at which a key could serve, epoch ms; `undefined` when only calls in flight or a person decide that. */
  readonly retryAt: number | undefined;
  /**
   * Every key of the targets that were asked for. Of a provider with more than 500 keys the 500 that may serve first; the message says how
   * many it has, and how many are in each state.
   */
  readonly keys: readonly ExhaustedKey[];

  constructor(
    message: string,
    details: { readonly retryAt: number | undefined; readonly keys: readonly ExhaustedKey[]; readonly cause?: unknown },
  ) {
    super(message, details);
    this.retryAt = details.retryAt;
    this.keys = details.keys;
  }

  static {
    name(this, 'KeysExhaustedError');
  }
}

/** The budget of the call's tenant, or of one of its tags, is spent. Nothing was sent. */
export class BudgetError extends KeywheelError {
  readonly code = 'budget_exceeded';
  readonly budget: Budgeted;
  /** When its period ends; now where calls under way may leave some of it, epoch ms. */
  readonly retryAt: number;

  constructor(message: string, details: { readonly budget: Budgeted; readonly retryAt: number; readonly cause?: unknown }) {
    super(message, details);
    this.budget = details.budget;
    this.retryAt = details.retryAt;
  }

  static {
    name(this, 'BudgetError');
  }
}

/** The call's own time (`timeoutMs`) is over. */
export class DeadlineError extends KeywheelError {
  readonly code = 'deadline_exceeded';

  static {
    name(this, 'DeadlineError');
  }
}

/** A stream ended without its terminal marker, or failed after its first content. */
export class StreamInterruptedError extends KeywheelError {
  readonly code = 'stream_interrupted';
  /** What broke it off. */
  readonly class: FailureClass;
  /** What was received until then. */
  readonly partial: ChatCompletion;

  constructor(message: string, details: { readonly class: FailureClass; readonly partial: ChatCompletion; readonly cause?: unknown }) {
    super(message, details);
    this.class = details.class;
    this.partial = details.partial;
  }

  static {
    name(this, 'StreamInterruptedError');
  }
}

/** What a schema found wrong in an answer, and where. */
export interface OutputIssue {
  readonly message: string;
  readonly path: readonly (string | number)[];
}

/**
 * An answer that is not what `schema` asked for: not JSON, not valid, refused by the model or cut off. Several targets stand in
 * `cause`, an `AggregateError`.
 */
export class OutputError extends KeywheelError {
  readonly code = 'invalid_output';
  readonly class: FailureClass = 'bad_output';
  /** The first ones of the last answer; none where there was nothing to validate. */
  readonly issues: readonly OutputIssue[];
  /** The beginning of the last answer's text, printable. */
  readonly text: string;

  constructor(message: string, details: { readonly issues: readonly OutputIssue[]; readonly text: string; readonly cause?: unknown }) {
    super(message, details);
    this.issues = details.issues;
    this.text = details.text;
  }

  static {
    name(this, 'OutputError');
  }
}

/** `cache: 'only'` found nothing. */
export class CacheMissError extends KeywheelError {
  readonly code = 'cache_miss';

  static {
    name(this, 'CacheMissError');
  }
}

/** The client was closed. */
export class ClosedError extends KeywheelError {
  readonly code = 'client_closed';

  static {
    name(this, 'ClosedError');
  }
}

/**
 * The same error with its call's report. Callers that share one flight each get their own copy, as each has a report of its own.
 */
export function withReport<E extends KeywheelError>(error: E, report: CallReport): E {
  const own = error.report === undefined ? error : copyError(error);
  // Not enumerable: a printed error stays readable, the report is there for who asks.
  Object.defineProperty(own, 'report', { value: report, enumerable: false, configurable: true });
  return own;
}

/** The same error as an object of its own: for callers that share one failure. */
export function copyError<E extends KeywheelError>(error: E): E {
  // A true error, which `Object.create` would not make: newer Nodes keep the stack inside, and tools ask for the inside too.
  const twin = Object.setPrototypeOf(new Error(error.message), Object.getPrototypeOf(error) as object) as E;
  const { stack: _, ...own } = Object.getOwnPropertyDescriptors(error);
  Object.defineProperties(twin, own);
  Object.defineProperty(twin, 'stack', { value: error.stack, writable: true, enumerable: false, configurable: true });
  return twin;
}

/** On the prototype, so that stacks begin with it, and by its text: a bundler may shorten the names of classes. */
function name(of: { readonly prototype: Error }, text: string): void {
  Object.defineProperty(of.prototype, 'name', { value: text, writable: true, enumerable: false, configurable: true });
}

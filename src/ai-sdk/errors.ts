import type { ErrorCode } from '../errors.ts';
import { isLoose } from './json.ts';

/** How the AI SDK tells its errors across copies of its packages. */
const ANY_ERROR: unique symbol = Symbol.for('vercel.ai.error');
const API_CALL: unique symbol = Symbol.for('vercel.ai.error.AI_APICallError');
const NO_SUCH_MODEL: unique symbol = Symbol.for('vercel.ai.error.AI_NoSuchModelError');
const UNSUPPORTED: unique symbol = Symbol.for('vercel.ai.error.AI_UnsupportedFunctionalityError');

/** By their codes, as the client may be of another copy of the package. Those that tell a status by themselves say so. */
const CODES: Readonly<Record<ErrorCode, number | undefined>> = {
  invalid_config: undefined,
  invalid_request: undefined,
  request_rejected: undefined,
  provider_failed: undefined,
  keys_exhausted: 429,
  budget_exceeded: 429,
  deadline_exceeded: undefined,
  stream_interrupted: undefined,
  invalid_output: undefined,
  cache_miss: undefined,
  client_closed: undefined,
};

/** An error of keywheel's as it is read here. */
interface Failure extends Error {
  readonly code: ErrorCode;
  readonly class?: unknown;
  readonly status?: unknown;
  readonly body?: unknown;
  readonly retryAt?: unknown;
  readonly report?: unknown;
  readonly partial?: unknown;
}

function isFailure(error: unknown): error is Failure {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && Object.hasOwn(CODES, error.code);
}

/**
 * A failed call as `APICallError.isInstance` knows it. It says that it is not to be repeated: keywheel has done that. `cause` is keywheel's own
 * error, `data` its code, class and `retryAt`.
 */
class CallError extends Error {
  readonly [ANY_ERROR] = true;
  readonly [API_CALL] = true;
  readonly url: string;
  readonly statusCode: number | undefined;
  readonly responseBody: string | undefined;
  readonly isRetryable = false;
  readonly data: { readonly code: ErrorCode; readonly class?: unknown; readonly retryAt?: unknown };
  declare readonly requestBodyValues: unknown;
  declare readonly report?: unknown;

  constructor(failure: Failure, model: string, request: unknown) {
    super(failure.message, { cause: failure });
    this.url = `keywheel:${model}`;
    this.statusCode = typeof failure.status === 'number' ? failure.status : CODES[failure.code];
    this.responseBody = toText(failure.body);
    this.data = {
      code: failure.code,
      ...(failure.class === undefined ? {} : { class: failure.class }),
      ...(failure.retryAt === undefined ? {} : { retryAt: failure.retryAt }),
    };
    // There for who asks; a printed error does not repeat the prompt.
    Object.defineProperty(this, 'requestBodyValues', { value: request, enumerable: false });
    Object.defineProperty(this, 'report', { value: failure.report, enumerable: false });
  }

  static {
    name(this, 'AI_APICallError');
  }
}

function toText(body: unknown): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
}

/** What the AI SDK is thrown. An abort, and what is none of keywheel's errors, stays what it is. */
export function toCallError(error: unknown, model: string, request: unknown): unknown {
  return isFailure(error) ? new CallError(error, model, request) : error;
}

/** As `NoSuchModelError.isInstance` knows it. */
class NoSuchModel extends Error {
  readonly [ANY_ERROR] = true;
  readonly [NO_SUCH_MODEL] = true;
  readonly modelId: string;
  readonly modelType: string;

  constructor(modelId: string, modelType: string) {
    super(`No such ${modelType}: ${modelId}`);
    this.modelId = modelId;
    this.modelType = modelType;
  }

  static {
    name(this, 'AI_NoSuchModelError');
  }
}

export function noSuchModel(modelId: string, modelType: string): Error {
  return new NoSuchModel(modelId, modelType);
}

/** As `UnsupportedFunctionalityError.isInstance` knows it. */
class Unsupported extends Error {
  readonly [ANY_ERROR] = true;
  readonly [UNSUPPORTED] = true;
  readonly functionality: string;

  constructor(functionality: string) {
    super(`'${functionality}' functionality not supported.`);
    this.functionality = functionality;
  }

  static {
    name(this, 'AI_UnsupportedFunctionalityError');
  }
}

/** For content that would be missing from the prompt: a warning would let the model answer another question. */
export function unsupported(functionality: string): Error {
  return new Unsupported(functionality);
}

/** What a broken stream had said, as far as it is needed here. */
export function readPartial(error: unknown): { readonly usage?: unknown } {
  return isFailure(error) && isLoose(error.partial) ? error.partial : {};
}

/** On the prototype, so that stacks begin with it. */
function name(of: { readonly prototype: Error }, text: string): void {
  Object.defineProperty(of.prototype, 'name', { value: text, writable: true, enumerable: false, configurable: true });
}

import type { Target } from '../../call.ts';
import { type KeywheelError, KeysExhaustedError, OutputError, ProviderError, RequestError } from '../../errors.ts';
import { AttemptError, type FailureClass, type Verdict } from '../../failure.ts';
import { toPrintable, toTargetName } from '../../printable.ts';
import type { AttemptReport } from '../../report.ts';
import { isInexpressible, isRequestFailure, isSickness, type Refusal } from './verdicts.ts';

/** What one target said last. */
export interface Failed {
  readonly target: Target;
  readonly error: Refusal;
}

/**
 * The one error of a call that no target took. A sick provider is the news; then keys that may serve later, as the caller can wait for
 * them; then what was refused for good; and where no target could be asked at all, why the first could not. Several targets all stand in
 * `cause`.
 */
export function conclude(failed: readonly [Failed, ...Failed[]], attempts: readonly AttemptReport[]): KeywheelError {
  const publics = failed.map(({ target, error }) => (error instanceof AttemptError ? toPublic(target, error, attempts) : error));
  const cause = publics.length > 1 ? new AggregateError(publics, 'Every target failed') : undefined;
  const asked = failed.filter(({ error }) => !isInexpressible(error));
  const [first] = failed;
  if (asked.length === 0 && first.error instanceof RequestError) return withCause(first.error, cause);
  const exhausted = asked.filter(isExhausted);
  const worst = asked.findLast(isSickFailed) ?? (exhausted.length === 0 ? (asked.findLast(isKeyFailed) ?? asked[0]) : undefined);
  if (worst?.error instanceof AttemptError) return toPublic(worst.target, worst.error, attempts, cause);
  return merge(exhausted, cause);
}

function withCause(error: RequestError, cause: AggregateError | undefined): RequestError {
  return cause === undefined ? error : new RequestError(error.message, { class: error.class, cause });
}

type Exhausted = Failed & { readonly error: KeysExhaustedError };

const isExhausted = (failed: Failed): failed is Exhausted => failed.error instanceof KeysExhaustedError;
const isSickFailed = ({ error }: Failed): boolean => isSickness(error);
const isKeyFailed = ({ error }: Failed): boolean => error instanceof AttemptError && !isRequestFailure(error.verdict.class);

/** The error that a caller sees for one failed attempt. `AttemptError` itself stays inside; what the wire threw is the cause. */
export function toPublic(target: Target, error: AttemptError, attempts: readonly AttemptReport[], cause?: AggregateError): KeywheelError {
  const { verdict } = error;
  if (error.cause instanceof OutputError) return cause === undefined ? error.cause : toOutputError(error.cause, cause);
  const details = { class: verdict.class, status: verdict.status, body: verdict.body, cause: cause ?? error.cause };
  const message = toMessage(target, verdict, attempts);
  // A RequestError without a status says that it never left the program.
  const isRequest = isRequestFailure(verdict.class) && (verdict.status !== undefined || !error.reached);
  return isRequest ? new RequestError(message, details) : new ProviderError(message, details);
}

function toOutputError({ message, issues, text }: OutputError, cause: AggregateError): OutputError {
  return new OutputError(message, { issues, text, cause });
}

const REASONS: Readonly<Record<FailureClass, string>> = {
  rate_limited: 'every key that was tried is rate limited',
  quota_exhausted: 'the quota of every key that was tried is used up',
  key_invalid: 'the provider does not accept the key',
  key_forbidden: 'the key is not allowed to',
  model_unavailable: 'the model is not available',
  overloaded: 'the provider is overloaded',
  server_error: 'the provider failed',
  timeout: 'the provider took too long',
  network: 'the connection failed',
  bad_request: 'the provider refused the request',
  request_too_large: 'the request is larger than a limit',
  context_length: 'the request is longer than the model reads',
  content_filtered: 'the provider refused the content',
  bad_output: 'the answer could not be read',
  aborted: 'the attempt was aborted',
};

function toMessage(target: Target, verdict: Verdict, attempts: readonly AttemptReport[]): string {
  const made = attempts.filter(({ provider, model }) => provider === target.provider.name && model === target.model).length;
  const count = made > 1 ? ` (${made} attempts)` : '';
  return `Cannot answer with ${toName(target)} as ${REASONS[verdict.class]}: ${toDetail(verdict)}${count}`;
}

/** `503 server_is_overloaded "Try again later"`, as far as the provider said so. */
function toDetail({ status, code, message, why }: Verdict): string {
  const said = [status, code, message && `"${toPrintable(message, 200)}"`].filter((part) => part !== undefined && part !== '');
  return said.length > 0 ? said.join(' ') : toPrintable(why, 200);
}

function toName({ provider, model }: Target): string {
  return toTargetName(provider.name, model);
}

/** The refusal of an only target passes as it is; several become one that names every key and the earliest time. */
function merge(exhausted: readonly Exhausted[], cause: AggregateError | undefined): KeysExhaustedError {
  const [first] = exhausted;
  if (first !== undefined && exhausted.length === 1) {
    const { message, retryAt, keys } = first.error;
    return cause === undefined ? first.error : new KeysExhaustedError(message, { retryAt, keys, cause });
  }
  const times = exhausted.flatMap(({ error }) => error.retryAt ?? []);
  const retryAt = times.length === 0 ? undefined : Math.min(...times);
  const keys = new Map(exhausted.flatMap(({ error }) => error.keys).map((key) => [key.id, key]));
  const when = retryAt === undefined ? 'none names a time' : `the first may at ${new Date(retryAt).toISOString()}`;
  const names = exhausted.map(({ target }) => toName(target)).join(', ');
  return new KeysExhaustedError(`Cannot answer with ${names} as no key can serve in time: ${when}`, {
    retryAt,
    keys: [...keys.values()],
    cause,
  });
}

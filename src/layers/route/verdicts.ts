import type { End } from '../../call.ts';
import { DeadlineError, KeysExhaustedError, OutputError, RequestError } from '../../errors.ts';
import { AttemptError, type FailureClass, isRotatable, isSick, type Verdict } from '../../failure.ts';
import type { AttemptReport } from '../../report.ts';
import type { Health } from './breaker.ts';

/** A target's failure that leaves another target a chance. */
export type Refusal = AttemptError | KeysExhaustedError | RequestError;

/** True when another target may take the call. Bugs, aborts and wrong requests end it. */
export function isRefusal(error: unknown): error is Refusal {
  if (error instanceof KeysExhaustedError || isInexpressible(error)) return true;
  return error instanceof AttemptError && mayFallBack(error.verdict);
}

/** True when the target's protocol has no words for the request: nothing was sent, and another one may have them. */
export function isInexpressible(error: unknown): error is RequestError {
  return error instanceof RequestError && error.status === undefined;
}

/** Refused for the key, the account or the model, whatever the refusal is about: another provider has others. */
function isKeyFailure(failure: FailureClass): boolean {
  return failure === 'key_invalid' || failure === 'key_forbidden' || failure === 'quota_exhausted' || failure === 'model_unavailable';
}

function mayFallBack(verdict: Verdict): boolean {
  const { class: failure } = verdict;
  if (isSick(verdict) || isRotatable(verdict) || isKeyFailure(failure)) return true;
  // Another target may have a larger window or limit, or write better JSON; none makes a wrong request right.
  return failure === 'request_too_large' || failure === 'context_length' || failure === 'bad_output';
}

/** True when a target was asked and is sick, after every retry. */
export function isSickness(error: unknown): error is AttemptError {
  return error instanceof AttemptError && isSick(error.verdict);
}

/** What a failed call says about its route. A refused request or an answer of no use shows that the provider is there; a refused key says nothing. */
export function toHealth(error: unknown): Health {
  if (error instanceof OutputError) return 'well';
  if (!(error instanceof AttemptError)) return 'nothing';
  if (isSick(error.verdict)) return toSickness(error.verdict);
  // One that was refused here never got there.
  return error.reached && (isRequestFailure(error.verdict.class) || error.verdict.class === 'bad_output') ? 'well' : 'nothing';
}

/** An attempt that was silent for so long when the caller's time ended: a shorter time says more of the caller. */
const SILENT_MS = 1_000;

/**
 * What it says of a route when the caller's time ended during a call there. One that hangs would never be found out otherwise, where nobody
 * gives attempts a time of their own. `last` is the latest attempt, which ended with the call.
 */
export function toHealthAtDeadline(reason: unknown, last: AttemptReport | undefined): Health {
  const isSilent = last?.class === 'aborted' && last.status === undefined && last.durationMs >= SILENT_MS;
  return reason instanceof DeadlineError && isSilent ? 'sick' : 'nothing';
}

/** What an answer's end says about its route. A reader who leaves has seen it work. */
export function toHealthAtEnd(end: End): Health {
  if (end.status !== 'failed') return 'well';
  return end.verdict !== undefined && isSick(end.verdict) ? toSickness(end.verdict) : 'nothing';
}

/** A route whose upstream limits it is answering: it is left for a while as a sick one is, but a limit is no sickness. */
function toSickness({ class: failure }: Verdict): Health {
  return failure === 'rate_limited' ? 'nothing' : 'sick';
}

/** True for failures of what was asked rather than of who was asked. */
export function isRequestFailure(failure: FailureClass): boolean {
  return failure === 'bad_request' || failure === 'request_too_large' || failure === 'context_length' || failure === 'content_filtered';
}

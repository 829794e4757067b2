import type { Answer, Call } from './call.ts';
import type { FailureClass } from './failure.ts';
import type { AttemptReport } from './report.ts';

/** How a call ended: with an answer, or with what its failure was taken for. */
export type Ended = 'ok' | FailureClass;

/**
 * Whoever keeps account of calls and attempts. Told in the call's own turn, each time once, so that it is cheap and never throws.
 * Arguments rather than an event object, as nothing is made for who does not look.
 */
export interface Watcher {
  /** An attempt is over, whichever way; its price is in it where it is known. */
  attempted(call: Call, attempt: AttemptReport): void;
  /** A call is over. `answer` where there was one, `error` where it was thrown one; neither for a reader who left. */
  ended(call: Call, as: Ended, answer: Answer | undefined, error: unknown): void;
}

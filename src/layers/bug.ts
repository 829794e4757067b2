import { KeywheelError } from '../errors.ts';
import { AttemptError } from '../failure.ts';

/** True for what no provider, key or limit explains: a bug, ours or the caller's, where the call was not aborted. */
export function isBug(error: unknown): boolean {
  return !(error instanceof KeywheelError || error instanceof AttemptError);
}

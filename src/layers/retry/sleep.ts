import type { Clock } from '../../clock.ts';
import type { Deadline } from '../../deadline.ts';

/** Resolves after `ms`; rejects at once with the caller's own reason when the call ends first, and leaves no timer. */
export function sleep(clock: Clock, ms: number, deadline: Deadline): Promise<void> {
  return new Promise((resolve, reject) => {
    if (deadline.ended !== undefined) return reject(deadline.ended.reason);
    const timer = clock.after(ms, () => {
      stopListening();
      resolve();
    });
    const stopListening = deadline.listen((reason) => {
      timer.cancel();
      reject(reason);
    });
  });
}

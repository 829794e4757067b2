import type { Answer, Layer, Leased, Send } from '../call.ts';
import type { Throttled } from '../pool/lease.ts';
import type { Limiters } from './throttle/limiters.ts';

/**
 * Holds a place in its group's concurrency and spacing from the start of an attempt to the end of its answer.
 * Groups without such limits pass untouched.
 */
export function throttle(limiters: Limiters): Layer<Leased> {
  return (next) => (call) => {
    const { throttled } = call.lease;
    return throttled === undefined ? next(call) : takePlace(limiters, throttled, next, call);
  };
}

function takePlace(limiters: Limiters, throttled: Throttled, next: Send<Leased>, call: Leased): Promise<Answer> {
  const { clock } = limiters;
  const since = clock.now();
  const noteWait = (): void => void (call.trace.waitedMs += clock.now() - since);
  return new Promise((resolve, reject) => {
    if (call.deadline.ended !== undefined) return reject(call.deadline.ended.reason);
    let stopListening = (): void => {};
    const refuse = (error: unknown): void => {
      stopListening();
      noteWait();
      reject(error);
    };
    const begin = async (): Promise<void> => {
      stopListening();
      noteWait();
      const answer = (async () => next(call))();
      // The caller gets it now; the place is free when it has ended.
      resolve(answer);
      await answer.then(
        ({ done }) => done,
        () => undefined,
      );
    };
    const leave = limiters.of(throttled).enter(begin, refuse);
    stopListening = call.deadline.listen((reason) => {
      if (leave()) refuse(reason);
    });
  });
}

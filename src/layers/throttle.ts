import type { Answer, Layer, Leased, Send } from '../call.ts';
import type { Clock } from '../clock.ts';
import type { Throttled } from '../pool/lease.ts';
import { Limiters } from './throttle/limiters.ts';

export interface ThrottleOptions {
  readonly clock: Clock;
  /** How many groups' limiters are kept before idle ones are removed. @default 100 */
  readonly maxIdle?: number;
}

/** Concurrency and spacing of all groups that set them. */
export interface Throttle {
  /** Holds a place of the lease's group from the start of the attempt to the end of its answer. Other groups pass untouched. */
  readonly layer: Layer<Leased>;
  /** Calls that wait here. The pool counts the same limits before it leases, so at rest there are none. */
  readonly queued: number;
  readonly running: number;
  /** Groups that have a limiter. */
  readonly size: number;
  /** Refuses the calls that wait; those that have begun go on. */
  close(): void;
}

export function createThrottle({ clock, maxIdle }: ThrottleOptions): Throttle {
  const limiters = new Limiters(clock, maxIdle);
  return {
    layer: (next) => (call) => {
      const { throttled } = call.lease;
      return throttled === undefined ? next(call) : takePlace(limiters, throttled, next, call);
    },
    get queued() {
      return limiters.queued;
    },
    get running() {
      return limiters.running;
    },
    get size() {
      return limiters.size;
    },
    close: () => limiters.close(),
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

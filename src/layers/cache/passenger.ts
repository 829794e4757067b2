import type { Call } from '../../call.ts';
import type { Deadline } from '../../deadline.ts';

/** Less than this is what adding times up in another order makes of the same patience. */
const MORE_MS = 1;

/** A call aboard a flight that has not been answered yet. */
export class Passenger {
  readonly call: Call;
  readonly #since: number;
  /** What the flight had waited for keys before it came. */
  readonly #flightWaitedMs: number;
  #refuse: (error: unknown) => void = () => {};

  constructor(call: Call, since: number, flightWaitedMs: number) {
    this.call = call;
    this.#since = since;
    this.#flightWaitedMs = flightWaitedMs;
  }

  /** How the flight landed, or how it ended for this call. */
  land<T>(landing: Promise<T>): Promise<T> {
    const own = new Promise<T>((resolve, reject) => {
      this.#refuse = reject;
      landing.then(resolve, reject);
    });
    return orEnded(this.call.deadline, own);
  }

  /** The flight goes on without it. */
  refuse(error: unknown): void {
    this.#refuse(error);
  }

  /** What it waited for keys aboard: the flight's waits since it came, without the time of attempts. */
  waitedMs(flightWaitedMs: number, now: number): number {
    return Math.min(now - this.#since, flightWaitedMs - this.#flightWaitedMs);
  }
}

/** By when a call that has waited for `waitedMs` must have a key, epoch ms: the pool refuses it by the same terms. */
export function patienceOf({ deadline, settings, startBy }: Call, waitedMs: number, now: number): number {
  return Math.min(deadline.at, startBy, now + settings.maxWaitMs - waitedMs);
}

/** Whether a patience is truly longer than another; never for two that have no end. */
export function isLonger(patience: number, than: number): boolean {
  return patience - than >= MORE_MS;
}

/** `work`, unless the call ends before: then its own reason, at once. */
export function orEnded<T>(deadline: Deadline, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const unlisten = deadline.listen(reject);
    work.then(
      (result) => {
        unlisten();
        resolve(result);
      },
      (error: unknown) => {
        unlisten();
        reject(error);
      },
    );
  });
}

import type { Call, CallSettings } from '../../call.ts';
import { isLonger, Passenger, patienceOf } from './passenger.ts';

/** Who waits aboard a flight, and who of them leads it: its call is the one that is sent. */
export class Crew {
  readonly #passengers = new Set<Passenger>();
  /** The flight must have a key by then, whatever its leader's patience. */
  readonly #startBy: number;
  #leader: Call;
  /** What earlier leaders waited for keys. */
  #waitedMs = 0;
  /** What the leader had waited when it began to lead. */
  #leaderWaitedMs: number;
  /** The flight's deadline when it was sent last: the pool reads it then. */
  #sentUntil = Infinity;

  constructor(leader: Call, startBy: number) {
    this.#leader = leader;
    this.#startBy = startBy;
    this.#leaderWaitedMs = leader.trace.waitedMs;
  }

  get leader(): Call {
    return this.#leader;
  }

  welcome(call: Call, now: number): Passenger {
    const passenger = new Passenger(call, now, this.#flownWaitingMs());
    this.#passengers.add(passenger);
    return passenger;
  }

  delete(passenger: Passenger): void {
    this.#passengers.delete(passenger);
  }

  /** What the flight is sent with: the leader's settings, and the highest priority and longest attempts of all who are aboard by now. */
  send(deadlineAt: number): CallSettings {
    this.#sentUntil = deadlineAt;
    const { settings } = this.#leader;
    let { priority } = settings;
    let attemptTimeoutMs = attemptLimitOf(this.#leader);
    for (const { call } of this.#passengers) {
      priority = Math.max(priority, call.settings.priority);
      attemptTimeoutMs = Math.max(attemptTimeoutMs, attemptLimitOf(call));
    }
    return { ...settings, priority, attemptTimeoutMs };
  }

  /**
   * The flight was refused for want of time: whether somebody with more patience than it had leads it on. That is the most patient of
   * all, so that a thousand set out once more and not one by one. The others who have more stay aboard, the rest is told `error`.
   * It ends, as a leader who was refused never leads again.
   */
  handOver(error: unknown, now: number): boolean {
    const patient: Passenger[] = [];
    const rest: Passenger[] = [];
    const refusedAt = Math.min(this.#sentUntil, this.#startBy, now + this.#leader.settings.maxWaitMs - this.#leader.trace.waitedMs);
    for (const passenger of this.#passengers) {
      const goesOn = passenger.call !== this.#leader && isLonger(this.#patienceOf(passenger, now), refusedAt);
      (goesOn ? patient : rest).push(passenger);
    }
    const [first, ...others] = patient;
    if (first === undefined) return false;
    this.#follow(
      others.reduce((best, other) => (this.#patienceOf(other, now) > this.#patienceOf(best, now) ? other : best), first),
      now,
    );
    for (const passenger of rest) passenger.refuse(error);
    return true;
  }

  /** The leader alone is told `error`: whoever came next leads it on. Returns false when nobody is left. */
  succeed(error: unknown, now: number): boolean {
    for (const passenger of this.#passengers) {
      const isHeir = passenger.call !== this.#leader && passenger.call.deadline.ended === undefined;
      if (passenger.call === this.#leader) {
        // At once, or it would be asked again before it has left.
        this.#passengers.delete(passenger);
        passenger.refuse(error);
      } else if (isHeir) {
        this.#follow(passenger, now);
        return true;
      }
    }
    return false;
  }

  #follow(heir: Passenger, now: number): void {
    const { trace } = heir.call;
    const flownMs = this.#flownWaitingMs();
    trace.cache = 'miss';
    // It waited as long as if it had stood in the queue itself.
    trace.waitedMs += heir.waitedMs(flownMs, now);
    this.#leader = heir.call;
    this.#waitedMs = flownMs;
    this.#leaderWaitedMs = trace.waitedMs;
  }

  /** Until when a passenger would wait for a key; over for one that has ended but not left yet. */
  #patienceOf(passenger: Passenger, now: number): number {
    const { call } = passenger;
    if (call.deadline.ended !== undefined) return -Infinity;
    return Math.min(this.#startBy, patienceOf(call, call.trace.waitedMs + passenger.waitedMs(this.#flownWaitingMs(), now), now));
  }

  #flownWaitingMs(): number {
    return this.#waitedMs + this.#leader.trace.waitedMs - this.#leaderWaitedMs;
  }
}

/** A limit that a call's own time makes needless is none: the flight may have more time than the call, and ends by its deadline. */
function attemptLimitOf({ settings, deadline, trace }: Call): number {
  return settings.attemptTimeoutMs >= deadline.at - trace.startedAt ? Infinity : settings.attemptTimeoutMs;
}

import { type Answer, atEnd, atTarget, type Call, type Layer, type Routed, type Send, type Target } from '../call.ts';
import type { Clock } from '../clock.ts';
import { KeysExhaustedError } from '../errors.ts';
import { AttemptError } from '../failure.ts';
import { type Balancer, whyFirst } from './route/balance.ts';
import type { Health, Passage } from './route/breaker.ts';
import type { Breakers } from './route/breakers.ts';
import { conclude, type Failed, toPublic } from './route/conclude.ts';
import { isInexpressible, isRefusal, isSickness, type Refusal, toHealth, toHealthAtDeadline, toHealthAtEnd } from './route/verdicts.ts';

export interface RouteOptions {
  /** How long a target may take to start while another one is left. */
  readonly fallbackAfterMs: number;
  readonly breakers: Breakers;
  readonly clock: Clock;
  /** Says who is asked first, for aliases that balance; without one targets are asked as they stand. */
  readonly balancer?: Balancer | undefined;
}

/**
 * Takes a call to its targets in order: to the next one when this cannot start soon, is sick, refuses, or cannot express what is asked.
 * What comes out is an answer or an error of the family.
 */
export function route(options: RouteOptions): Layer<Call, Routed> {
  return (next) => (call) => {
    try {
      return new Walk(options, next, call).run();
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

/** Most calls fail nowhere: two maps of its own were 370 bytes of each that waits. */
const NOBODY: ReadonlyMap<Target, never> = new Map<Target, never>();

/** One call on its way past its targets. */
class Walk {
  readonly #options: RouteOptions;
  readonly #next: Send<Routed>;
  readonly #call: Call;
  /** What each target said last. */
  #failed: ReadonlyMap<Target, Refusal> = NOBODY;
  /** Targets that could start later than we wanted, but in the caller's time. */
  #waitable: ReadonlyMap<Target, number> = NOBODY;
  #last: Refusal | undefined;

  constructor(options: RouteOptions, next: Send<Routed>, call: Call) {
    this.#options = options;
    this.#next = next;
    this.#call = call;
  }

  run(): Promise<Answer> {
    const { targets, startBy } = this.#call;
    const [only] = targets;
    if (only === undefined || targets.length > 1) return this.#walk(this.#usable());
    // Nowhere to go on to, as for most calls: no walk then, which is memory that each call that waits would hold.
    const passage = this.#options.breakers.enter(only);
    return passage === undefined ? this.#rest() : this.#pass(only, passage, startBy, () => this.#rest());
  }

  async #walk(usable: readonly Target[]): Promise<Answer> {
    const { clock, fallbackAfterMs } = this.#options;
    const { startBy } = this.#call;
    // The targets that are not ejected. While there is something else to try or to wait for, each must start soon.
    for (const target of usable) {
      const alone = target === usable.at(-1) && this.#waitable.size === 0;
      const answer = await this.#tryAt(target, alone ? startBy : Math.min(startBy, clock.now() + fallbackAfterMs));
      if (answer !== undefined) return answer;
    }
    return this.#rest();
  }

  /** Nobody answered: whoever may all the same, else the error of the call. */
  async #rest(): Promise<Answer> {
    const answer = (await this.#whoCanWait()) ?? (await this.#lastResort());
    if (answer !== undefined) return answer;
    this.#call.deadline.throwIfEnded();
    throw conclude(this.#failures(), this.#call.trace.attempts);
  }

  /** The targets that are not ejected, who is asked first in front. */
  #usable(): readonly Target[] {
    const { breakers, balancer } = this.#options;
    const admitted = this.#call.targets.filter((target) => breakers.admits(target));
    const usable = balancer?.order(this.#call, admitted) ?? admitted;
    const [first] = usable;
    if (first?.balanced !== undefined) this.#call.trace.whyTarget = whyFirst(first, usable.length);
    return usable;
  }

  /** Nobody starts soon: wait where the wait is shortest. */
  async #whoCanWait(): Promise<Answer | undefined> {
    const waitable = [...this.#waitable].sort(([, a], [, b]) => a - b);
    for (const [target] of waitable) {
      const answer = await this.#tryAt(target, this.#call.startBy);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /**
   * Ejected targets are better than none: the last route is never ejected. One that is still sick ends the walk, so that a
   * full outage costs one attempt a call.
   */
  async #lastResort(): Promise<Answer | undefined> {
    const { breakers } = this.#options;
    const left = this.#call.targets.filter((target) => !this.#failed.has(target));
    for (const target of left.sort((a, b) => breakers.opensAt(a) - breakers.opensAt(b))) {
      if ([...this.#failed.values()].some(isSickness)) return undefined;
      const answer = await this.#pass(target, breakers.force(target), this.#call.startBy, nothing);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** `undefined` when the target refused, or is ejected by now. */
  #tryAt(target: Target, startBy: number): Promise<Answer | undefined> | undefined {
    const passage = this.#options.breakers.enter(target);
    return passage === undefined ? undefined : this.#pass(target, passage, startBy, nothing);
  }

  /** `otherwise`: what comes where the target refused. */
  #pass<Other>(target: Target, passage: Passage, startBy: number, otherwise: () => Other | Promise<Other>): Promise<Answer | Other> {
    const { ended } = this.#call.deadline;
    const told = target.balanced === undefined ? nothing : this.#options.balancer?.asked(this.#call, target);
    const takeBack = ended === undefined ? this.#noteFallback(target) : nothing;
    const passed = ended === undefined ? this.#next(atTarget(this.#call, target, startBy)) : Promise.reject<Answer>(ended.reason);
    return passed.then(
      (answer) => {
        told?.();
        return this.#answered(target, passage, answer);
      },
      (error: unknown) => {
        told?.(error);
        this.#options.breakers.leave(target, passage, this.#healthOf(target, error));
        // It cannot be asked, so that nothing led here.
        if (isInexpressible(error)) takeBack();
        this.#remember(target, error, startBy);
        return otherwise();
      },
    );
  }

  #healthOf({ provider, model }: Target, error: unknown): Health {
    const ended = this.#call.deadline.ended?.reason;
    if (ended === undefined || error !== ended) return toHealth(error);
    const last = this.#call.trace.attempts.at(-1);
    return toHealthAtDeadline(ended, last?.provider === provider.name && last.model === model ? last : undefined);
  }

  #answered(target: Target, passage: Passage, answer: Answer): Answer {
    const { breakers } = this.#options;
    // A probe has found out with the first content; a long answer would keep everybody else from the route until its end.
    if (passage.as === 'probe') breakers.leave(target, passage, 'well');
    else atEnd(answer, (end) => breakers.leave(target, passage, toHealthAtEnd(end)));
    return answer;
  }

  /** Keeps a refusal; throws what no other target can change. */
  #remember(target: Target, error: unknown, startBy: number): void {
    const { deadline, trace, startBy: callers } = this.#call;
    if (!isRefusal(error)) {
      deadline.throwIfEnded();
      throw error instanceof AttemptError ? toPublic(target, error, trace.attempts) : error;
    }
    this.#failed = new Map(this.#failed).set(target, error);
    this.#last = error;
    trace.whyTarget = undefined;
    this.#waitable = new Map([...this.#waitable].filter(([other]) => other !== target));
    if (!(error instanceof KeysExhaustedError) || startBy >= callers) return;
    // Without a time the pool may still learn one, when a slot becomes free: it comes last.
    const at = error.retryAt ?? Infinity;
    if (error.retryAt === undefined || (at <= callers && at < deadline.at)) this.#waitable = new Map(this.#waitable).set(target, at);
  }

  /**
   * The attempt that the last refusal tells of led here, where it was made at another target: a second one beside it may be the latest.
   * Returns the way to take that back.
   */
  #noteFallback(target: Target): () => void {
    if (this.#last === undefined) return nothing;
    const last = this.#call.trace.attemptOf(this.#last);
    if (last === undefined) return nothing;
    if (last.provider === target.provider.name && last.model === target.model) return nothing;
    const { action } = last;
    last.action = 'fallback';
    return () => {
      if (action !== undefined) last.action = action;
    };
  }

  /** In the order of the call's targets. */
  #failures(): readonly [Failed, ...Failed[]] {
    const failed = this.#call.targets.flatMap((target) => {
      const error = this.#failed.get(target);
      return error === undefined ? [] : [{ target, error }];
    });
    const [first, ...rest] = failed;
    if (first === undefined) throw new TypeError('Cannot route a call as it has no target');
    return [first, ...rest];
  }
}

function nothing(): undefined {}

import { type Answer, atEnd, atTarget, type Call, type Layer, type Routed, type Send, type Target } from '../call.ts';
import type { Clock } from '../clock.ts';
import { KeysExhaustedError } from '../errors.ts';
import { AttemptError } from '../failure.ts';
import type { Passage } from './route/breaker.ts';
import type { Breakers } from './route/breakers.ts';
import { conclude, type Failed, toPublic } from './route/conclude.ts';
import { isInexpressible, isRefusal, isSickness, type Refusal, toHealth, toHealthAtEnd } from './route/verdicts.ts';

export interface RouteOptions {
  /** How long a target may take to start while another one is left. */
  readonly fallbackAfterMs: number;
  readonly breakers: Breakers;
  readonly clock: Clock;
}

/**
 * Takes a call to its targets in order: to the next one when this cannot start soon, is sick, refuses, or cannot express what is asked.
 * What comes out is an answer or an error of the family.
 */
export function route(options: RouteOptions): Layer<Call, Routed> {
  return (next) => (call) => new Walk(options, next, call).run();
}

/** One call on its way past its targets. */
class Walk {
  readonly #options: RouteOptions;
  readonly #next: Send<Routed>;
  readonly #call: Call;
  /** What each target said last. */
  readonly #failed = new Map<Target, Refusal>();
  /** Targets that could start later than we wanted, but in the caller's time. */
  readonly #waitable = new Map<Target, number>();

  constructor(options: RouteOptions, next: Send<Routed>, call: Call) {
    this.#options = options;
    this.#next = next;
    this.#call = call;
  }

  async run(): Promise<Answer> {
    const { breakers } = this.#options;
    const usable = this.#call.targets.filter((target) => breakers.admits(target));
    const answer = (await this.#inOrder(usable)) ?? (await this.#whoCanWait()) ?? (await this.#lastResort());
    if (answer !== undefined) return answer;
    this.#call.deadline.throwIfEnded();
    throw conclude(this.#failures(), this.#call.trace.attempts);
  }

  /** The targets that are not ejected. While there is something else to try or to wait for, each must start soon. */
  async #inOrder(usable: readonly Target[]): Promise<Answer | undefined> {
    for (const target of usable) {
      const alone = target === usable.at(-1) && this.#waitable.size === 0;
      const soon = Math.min(this.#call.startBy, this.#options.clock.now() + this.#options.fallbackAfterMs);
      const answer = await this.#tryAt(target, alone ? this.#call.startBy : soon);
      if (answer !== undefined) return answer;
    }
    return undefined;
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
      const answer = await this.#pass(target, breakers.force(target), this.#call.startBy);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** `undefined` when the target refused, or is ejected by now. */
  #tryAt(target: Target, startBy: number): Promise<Answer | undefined> | undefined {
    const passage = this.#options.breakers.enter(target);
    return passage === undefined ? undefined : this.#pass(target, passage, startBy);
  }

  async #pass(target: Target, passage: Passage, startBy: number): Promise<Answer | undefined> {
    const { breakers } = this.#options;
    let takeBack = nothing;
    try {
      this.#call.deadline.throwIfEnded();
      takeBack = this.#noteFallback(target);
      const answer = await this.#next(atTarget(this.#call, target, startBy));
      // A probe has found out with the first content; a long answer would keep everybody else from the route until its end.
      if (passage.as === 'probe') breakers.leave(target, passage, 'well');
      else atEnd(answer, (end) => breakers.leave(target, passage, toHealthAtEnd(end)));
      return answer;
    } catch (error) {
      breakers.leave(target, passage, toHealth(error));
      // It cannot be asked, so that nothing led here.
      if (isInexpressible(error)) takeBack();
      this.#remember(target, error, startBy);
      return undefined;
    }
  }

  /** Keeps a refusal; throws what no other target can change. */
  #remember(target: Target, error: unknown, startBy: number): void {
    const { deadline, trace, startBy: callers } = this.#call;
    if (!isRefusal(error)) {
      deadline.throwIfEnded();
      throw error instanceof AttemptError ? toPublic(target, error, trace.attempts) : error;
    }
    this.#failed.set(target, error);
    this.#waitable.delete(target);
    if (!(error instanceof KeysExhaustedError) || startBy >= callers) return;
    // Without a time the pool may still learn one, when a slot becomes free: it comes last.
    const at = error.retryAt ?? Infinity;
    if (error.retryAt === undefined || (at <= callers && at < deadline.at)) this.#waitable.set(target, at);
  }

  /** The last attempt led here, where it was made at another target. Returns the way to take that back. */
  #noteFallback(target: Target): () => void {
    const last = this.#call.trace.attempts.at(-1);
    if (last === undefined || this.#failed.size === 0) return nothing;
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

function nothing(): void {}

import pRetry from 'p-retry';
import { type Answer, atEnd, type Layer, type Routed, type Send } from '../call.ts';
import type { Clock, Random } from '../clock.ts';
import { AttemptError } from '../failure.ts';
import type { Trace } from '../trace.ts';
import type { Purse, RetryBudgets } from './retry/budget.ts';
import { afterRepeat, type Bounds, isRepeatable, maxRepeats, planRepeats, type Repeat, type Tried } from './retry/plan.ts';
import { sleep } from './retry/sleep.ts';

export interface RetryOptions {
  /** Attempts at one sick target in all, from 1. */
  readonly attempts: number;
  readonly budgets: RetryBudgets;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Repeats an attempt at a target that is sick (overloaded, 5xx, timeout, network), after a back-off, while its route can pay.
 * Everything else passes as it is, the very same object.
 */
export function retry(options: RetryOptions): Layer<Routed> {
  const { clock, budgets } = options;
  // Copies of one call share their trace: it stands for the call across targets.
  const timeoutRepeated = new WeakSet<Trace>();
  const answered = (call: Routed, answer: Answer, paidFrom: Purse | undefined): Answer => {
    // An answer that breaks off later was no success: its end tells.
    atEnd(answer, (end) => {
      if (end.status !== 'failed') budgets.earn(call.target.route, paidFrom);
    });
    return answer;
  };
  return (next) => (call) => {
    const startWithinMs = call.startBy - clock.now();
    return next(call).then(
      (answer) => answered(call, answer, undefined),
      async (error: unknown) => {
        const retrying = new Retrying(options, next, call, { timeoutRepeated, startWithinMs });
        const answer = await retrying.after(error);
        return answered(call, answer, retrying.paidFrom);
      },
    );
  };
}

/** p-retry must not see what it would wrap (no Error) or swallow (TypeError): such ends pass it as results. */
type Try = { readonly answer: Answer } | { readonly thrown: unknown };

/** What a call brings to its repeats. */
interface Patience {
  readonly timeoutRepeated: WeakSet<Trace>;
  /** How long a lease may take to start: every attempt gets as long as the first. */
  readonly startWithinMs: number;
}

/** One call at one target whose first attempt failed. */
class Retrying {
  readonly #options: RetryOptions;
  readonly #next: Send<Routed>;
  readonly #call: Routed;
  readonly #patience: Patience;
  #tried: Tried = { retries: 0, reconnects: 0 };
  /** What the last repeat was paid from. */
  paidFrom: Purse | undefined;

  constructor(options: RetryOptions, next: Send<Routed>, call: Routed, patience: Patience) {
    this.#options = options;
    this.#next = next;
    this.#call = call;
    this.#patience = patience;
  }

  /** p-retry is entered with the failure of the first attempt: a call that is answered at once pays nothing for it (7 % of a plain call). */
  async after(failure: unknown): Promise<Answer> {
    if (!this.#mayRepeat(failure)) throw failure;
    const tried = await pRetry((attempt) => (attempt === 1 ? Promise.reject(failure) : this.#try()), {
      // A ceiling only; the plan decides. The delays are ours too: p-retry's jitter is not full, and its `signal` waits for the attempt.
      retries: maxRepeats(this.#options.attempts),
      minTimeout: 0,
      onFailedAttempt: ({ error }) => this.#backOff(error),
    });
    if ('thrown' in tried) throw tried.thrown;
    return tried.answer;
  }

  async #try(): Promise<Try> {
    try {
      return { answer: await this.#next(this.#again()) };
    } catch (error) {
      if (this.#mayRepeat(error)) throw error;
      return { thrown: error };
    }
  }

  /** The patience for a start counts from the attempt: a first one that took long must not forbid the second. */
  #again(): Routed {
    return { ...this.#call, startBy: this.#options.clock.now() + this.#patience.startWithinMs };
  }

  #mayRepeat(error: unknown): error is AttemptError {
    return error instanceof AttemptError && isRepeatable(this.#call.asked, error.reached);
  }

  /** Returns when the next attempt is due; throws what ends the call here. */
  async #backOff(error: Error): Promise<void> {
    const { trace, deadline } = this.#call;
    deadline.throwIfEnded();
    const repeat = error instanceof AttemptError ? this.#choose(error) : undefined;
    if (repeat === undefined) throw error;
    const attempt = trace.attemptOf(error);
    if (attempt !== undefined) attempt.action = 'retry';
    const since = this.#options.clock.now();
    try {
      await sleep(this.#options.clock, repeat.delayMs, deadline);
    } finally {
      trace.waitedMs += this.#options.clock.now() - since;
    }
  }

  /** The best repeat that the route can pay for, paid and counted. */
  #choose(error: AttemptError): Repeat | undefined {
    const { budgets, random } = this.#options;
    const { target, trace } = this.#call;
    const repeat = planRepeats(error, this.#tried, this.#bounds(), random).find(({ purse }) => budgets.pay(target.route, purse));
    if (repeat === undefined) return undefined;
    this.paidFrom = repeat.purse;
    this.#tried = afterRepeat(this.#tried, repeat.purse);
    if (error.verdict.class === 'timeout' && repeat.purse === 'retries') this.#patience.timeoutRepeated.add(trace);
    return repeat;
  }

  #bounds(): Bounds {
    const { deadline, trace, settings } = this.#call;
    const { startWithinMs, timeoutRepeated } = this.#patience;
    const now = this.#options.clock.now();
    return {
      attempts: this.#options.attempts,
      timeoutRepeated: timeoutRepeated.has(trace),
      elsewhere: startWithinMs !== Infinity,
      now,
      // Where something else is on offer (`startBy`), it takes over sooner than a back-off longer than that patience would end.
      patienceMs: Math.min(deadline.at - now, settings.maxWaitMs - trace.waitedMs, startWithinMs),
    };
  }
}

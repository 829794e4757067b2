import pRetry from 'p-retry';
import type { Answer, Layer, Routed, Send } from '../call.ts';
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
  // Copies of one call share their trace: it stands for the call across targets.
  const timeoutRepeated = new WeakSet<Trace>();
  return (next) => (call) => new Retrying(options, next, call, timeoutRepeated).run();
}

/** p-retry must not see what it would wrap (no Error) or swallow (TypeError): such ends pass it as results. */
type Try = { readonly answer: Answer } | { readonly thrown: unknown };

/** One call at one target. */
class Retrying {
  readonly #options: RetryOptions;
  readonly #next: Send<Routed>;
  readonly #call: Routed;
  readonly #timeoutRepeated: WeakSet<Trace>;
  /** How long a lease may take to start: every attempt gets as long as the first. */
  readonly #startWithinMs: number;
  #tried: Tried = { retries: 0, reconnects: 0 };
  #paidFrom: Purse | undefined;

  constructor(options: RetryOptions, next: Send<Routed>, call: Routed, timeoutRepeated: WeakSet<Trace>) {
    this.#options = options;
    this.#next = next;
    this.#call = call;
    this.#timeoutRepeated = timeoutRepeated;
    this.#startWithinMs = call.startBy - options.clock.now();
  }

  async run(): Promise<Answer> {
    const tried = await pRetry(() => this.#try(), {
      // A ceiling only; the plan decides. The delays are ours too: p-retry's jitter is not full, and its `signal` waits for the attempt.
      retries: maxRepeats(this.#options.attempts),
      minTimeout: 0,
      onFailedAttempt: ({ error }) => this.#backOff(error),
    });
    if ('thrown' in tried) throw tried.thrown;
    this.#settle(tried.answer);
    return tried.answer;
  }

  async #try(): Promise<Try> {
    const call = this.#paidFrom === undefined ? this.#call : this.#again();
    try {
      return { answer: await this.#next(call) };
    } catch (error) {
      if (error instanceof AttemptError && this.#mayRepeat(error)) throw error;
      return { thrown: error };
    }
  }

  /** The patience for a start counts from the attempt: a first one that took long must not forbid the second. */
  #again(): Routed {
    return { ...this.#call, startBy: this.#options.clock.now() + this.#startWithinMs };
  }

  #mayRepeat(error: AttemptError): boolean {
    return !error.reached || isRepeatable(this.#call.asked);
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
    this.#paidFrom = repeat.purse;
    this.#tried = afterRepeat(this.#tried, repeat.purse);
    if (error.verdict.class === 'timeout' && repeat.purse === 'retries') this.#timeoutRepeated.add(trace);
    return repeat;
  }

  #bounds(): Bounds {
    const { deadline, trace, settings } = this.#call;
    const now = this.#options.clock.now();
    return {
      attempts: this.#options.attempts,
      timeoutRepeated: this.#timeoutRepeated.has(trace),
      elsewhere: this.#startWithinMs !== Infinity,
      now,
      // Where something else is on offer (`startBy`), it takes over sooner than a back-off longer than that patience would end.
      patienceMs: Math.min(deadline.at - now, settings.maxWaitMs - trace.waitedMs, this.#startWithinMs),
    };
  }

  /** An answer that breaks off later was no success: its end tells. */
  #settle(answer: Answer): void {
    const { budgets } = this.#options;
    const { route } = this.#call.target;
    void answer.done.then((end) => {
      if (end.status !== 'failed') budgets.earn(route, this.#paidFrom);
    });
  }
}

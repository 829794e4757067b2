import type { Answer, Layer, Routed, Send } from '../call.ts';
import type { Clock } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import type { Trace } from '../trace.ts';
import { isBug } from './bug.ts';
import { isRepeatable } from './retry/plan.ts';
import { LostRace, markLost } from './hedge/lost.ts';

/**
 * Sends a call a second time when its first attempt has not begun to answer after `hedge.afterMs`: at most once, in another group, and
 * only with capacity that nobody waits for. Whoever begins to answer first wins; the other one is aborted, and stays charged for what
 * was sent. Off unless the call asks for it, as it costs a second request.
 */
export function hedge({ clock }: { readonly clock: Clock }): Layer<Routed> {
  return (next) => (call) => {
    const { hedgeAfterMs } = call.settings;
    return hedgeAfterMs === Infinity || !isRepeatable(call.asked, true) ? next(call) : new Race(next, call, clock).run(hedgeAfterMs);
  };
}

type Finish = { readonly answer: Answer } | { readonly error: unknown };

/** An attempt's line in the report. */
type Line = Trace['attempts'][number];

/** One of the two on its way. */
class Runner {
  readonly deadline: Deadline;
  readonly end: Promise<Finish>;
  #attempt: Line | undefined;
  #lost = false;

  constructor(next: Send<Routed>, call: Routed) {
    const deadline = call.deadline.fork();
    this.deadline = deadline;
    this.end = next({ ...call, deadline, onAnswer: (attempt) => this.#answered(attempt) }).then(
      (answer): Finish => ({ answer }),
      (error: unknown): Finish => ({ error }),
    );
  }

  /** The other one answered first. Both may have answered in the same tick. */
  lose(): void {
    this.#lost = true;
    if (this.#attempt !== undefined) markLost(this.#attempt);
    this.deadline.end(new LostRace());
    void this.end.then((late) => {
      if ('answer' in late && late.answer.kind !== 'whole') void late.answer.parts.return?.();
    });
  }

  #answered(attempt: Line): void {
    this.#attempt = attempt;
    if (this.#lost) markLost(attempt);
  }
}

class Race {
  readonly #next: Send<Routed>;
  readonly #call: Routed;
  readonly #clock: Clock;

  constructor(next: Send<Routed>, call: Routed, clock: Clock) {
    this.#next = next;
    this.#call = call;
    this.#clock = clock;
  }

  async run(afterMs: number): Promise<Answer> {
    const before = this.#call.trace.attempts.length;
    const first = new Runner(this.#next, this.#call);
    const early = await this.#within(first, afterMs);
    if (early !== undefined) return this.#take(first, early);
    const group = this.#groupUnderWay(before);
    // Without an attempt under way it waits for a key: another call would only wait beside it.
    if (group === undefined) return this.#take(first, await first.end);
    return this.#race(first, new Runner(this.#next, { ...this.#call, besides: group }));
  }

  /** `undefined` when it takes longer. */
  #within(runner: Runner, ms: number): Promise<Finish | undefined> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(ms, () => resolve(undefined));
      void runner.end.then((end) => {
        timer.cancel();
        resolve(end);
      });
    });
  }

  #groupUnderWay(before: number): string | undefined {
    const { attempts } = this.#call.trace;
    const last = attempts.length > before ? attempts.at(-1) : undefined;
    return last?.action === undefined ? last?.group : undefined;
  }

  async #race(first: Runner, second: Runner): Promise<Answer> {
    const [winner, loser, end] = await Promise.race([
      first.end.then((done) => [first, second, done] as const),
      second.end.then((done) => [second, first, done] as const),
    ]);
    if ('answer' in end) {
      loser.lose();
      return this.#take(winner, end);
    }
    winner.deadline.close();
    const last = await loser.end;
    if ('answer' in last) return this.#take(loser, last);
    loser.deadline.close();
    return this.#take(first, await this.#failed(first, second));
  }

  /** The second was an extra: what became of the call is what became of the first, but a bug must be seen. */
  async #failed(first: Runner, second: Runner): Promise<Finish> {
    const [one, other] = await Promise.all([first.end, second.end]);
    const isNews = 'error' in other && isBug(other.error) && this.#call.deadline.ended === undefined;
    return isNews && 'error' in one && !isBug(one.error) ? other : one;
  }

  #take(runner: Runner, end: Finish): Answer {
    if ('error' in end) {
      runner.deadline.close();
      throw end.error;
    }
    void end.answer.done.then(() => runner.deadline.close());
    return end.answer;
  }
}

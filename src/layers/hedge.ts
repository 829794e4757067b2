import type { Answer, Layer, Routed, Send } from '../call.ts';
import type { Clock } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import { LostRace } from './hedge/lost.ts';

/**
 * Sends a call a second time when its first attempt has not begun to answer after `hedge.afterMs`: at most once, in another group, and
 * only with capacity that nobody waits for. Whoever begins to answer first wins; the other one is aborted, and stays charged for what
 * was sent. Off unless the call asks for it, as it costs a second request.
 */
export function hedge({ clock }: { readonly clock: Clock }): Layer<Routed> {
  return (next) => (call) => {
    const { hedgeAfterMs } = call.settings;
    return hedgeAfterMs === Infinity ? next(call) : new Race(next, call, clock).run(hedgeAfterMs);
  };
}

/** One of the two on its way. */
interface Runner {
  readonly deadline: Deadline;
  readonly end: Promise<Finish>;
}

type Finish = { readonly answer: Answer } | { readonly error: unknown };

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
    const first = this.#start(this.#call);
    const early = await this.#within(first, afterMs);
    if (early !== undefined) return this.#take(first, early);
    const group = this.#groupUnderWay(before);
    // Without an attempt under way it waits for a key: another call would only wait beside it.
    if (group === undefined) return this.#take(first, await first.end);
    return this.#race(first, this.#start({ ...this.#call, besides: group }));
  }

  #start(call: Routed): Runner {
    const deadline = call.deadline.fork();
    const end = this.#next({ ...call, deadline }).then(
      (answer): Finish => ({ answer }),
      (error: unknown): Finish => ({ error }),
    );
    return { deadline, end };
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
      loser.deadline.end(new LostRace());
      // Both may have answered in the same tick.
      void loser.end.then((late) => leave(late));
      return this.#take(winner, end);
    }
    winner.deadline.close();
    const last = await loser.end;
    if ('answer' in last) return this.#take(loser, last);
    loser.deadline.close();
    // The second was an extra: what became of the call is what became of the first.
    return this.#take(first, await first.end);
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

function leave(end: Finish): void {
  if ('answer' in end && end.answer.kind === 'parts') void end.answer.parts.return?.();
}

import type { Clock, Timer } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import type { Stop } from '../wire/index.ts';

type Listener = (reason: unknown) => void;

/** What may end one attempt early: the call's deadline, and the attempt's own time. */
export class Attempt implements Stop {
  readonly #clock: Clock;
  readonly #deadline: Deadline;
  readonly #timers = new Set<Timer>();
  readonly #listeners = new Set<Listener>();
  #unlisten: (() => void) | undefined;
  #ended: { readonly reason: unknown } | undefined;
  #byCaller = false;

  constructor(clock: Clock, deadline: Deadline) {
    this.#clock = clock;
    this.#deadline = deadline;
    this.#unlisten = deadline.listen((reason) => {
      this.#byCaller = true;
      this.end(reason);
    });
  }

  get ended(): { readonly reason: unknown } | undefined {
    return this.#ended;
  }

  /** The caller ended it: the reason is theirs, and says nothing of the provider. */
  get endedByCaller(): boolean {
    return this.#byCaller;
  }

  listen(listener: Listener): () => void {
    if (this.#ended !== undefined) {
      listener(this.#ended.reason);
      return () => {};
    }
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Ends the attempt with `reason` after `ms`; `Infinity` is never. Returns the way to stop waiting.
   * No timer where the call's own time is over by then, as is by default: its deadline ends the attempt, also one that moves later.
   */
  limit(ms: number, toReason: () => unknown): () => void {
    if (ms === Infinity || this.#clock.now() + ms >= this.#deadline.at) return () => {};
    const timer = this.#clock.after(ms, () => this.end(toReason()));
    this.#timers.add(timer);
    return () => {
      timer.cancel();
      this.#timers.delete(timer);
    };
  }

  /** Ends the attempt; whoever listens is told at once. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    const listeners = [...this.#listeners];
    this.close();
    for (const listener of listeners) listener(reason);
  }

  /** The attempt is over: lets go of the deadline and the timers. */
  close(): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#listeners.clear();
  }
}

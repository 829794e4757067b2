import { Listeners } from '../abort.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import type { Stop } from '../wire/index.ts';

type Listener = (reason: unknown) => void;

/** What may end one attempt early: the call's deadline, and the attempt's own time. */
export class Attempt implements Stop {
  readonly #clock: Clock;
  readonly #deadline: Deadline;
  #listeners: Listeners | undefined;
  #timers: Timer[] | undefined;
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
    return (this.#listeners ??= new Listeners()).add(listener);
  }

  /**
   * Ends the attempt after `ms`, unless `lift` comes before; `Infinity` is never.
   * No timer where the call's own time is over by then, as is by default: its deadline ends the attempt, also one that moves later.
   */
  limit(ms: number, toReason: () => unknown): void {
    if (ms === Infinity || this.#clock.now() + ms >= this.#deadline.at) return;
    (this.#timers ??= []).push(this.#clock.after(ms, () => this.end(toReason())));
  }

  /** Takes all limits away. */
  lift(): void {
    for (const timer of this.#timers ?? []) timer.cancel();
    this.#timers = undefined;
  }

  /** Ends the attempt; whoever listens is told at once. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    const listeners = this.#listeners;
    this.close();
    listeners?.tell(reason);
  }

  /** The attempt is over: lets go of the deadline, the timers and whoever listens. */
  close(): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.#listeners = undefined;
    this.lift();
  }
}

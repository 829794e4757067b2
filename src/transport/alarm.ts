import type { Clock, Timer } from '../clock.ts';

/**
 * A time-out that moves with every chunk: moving it later costs no timer, as the one that is running looks again when it fires.
 * Runs in the background: while it matters, a socket keeps the process alive.
 */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #at = Infinity;
  #timer: Timer | undefined;
  #firesAt = Infinity;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `at`, epoch ms, unless it is moved before; `Infinity` is never. */
  set(at: number): void {
    this.#at = at;
    if (at === Infinity || this.#firesAt <= at) return;
    this.#timer?.cancel();
    this.#start();
  }

  /** Does not ring; the timer may still run. */
  mute(): void {
    this.#at = Infinity;
  }

  /** The end of it. */
  cancel(): void {
    this.#at = Infinity;
    this.#firesAt = Infinity;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #start(): void {
    this.#firesAt = this.#at;
    this.#timer = this.#clock.after(this.#at - this.#clock.now(), () => this.#fire(), { background: true });
  }

  #fire(): void {
    this.#timer = undefined;
    this.#firesAt = Infinity;
    if (this.#at === Infinity) return;
    if (this.#clock.now() < this.#at) this.#start();
    else this.#ring();
  }
}

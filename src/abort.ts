/** Called once with the signal's reason. */
export type AbortListener = (reason: unknown) => void;

/**
 * Listens to each signal once, however many calls share it, and fans the abort out.
 * Node removes listeners one by one in linear time, so 60,000 of them on one signal took most of a minute to abort.
 */
export class SignalHub {
  readonly #fans = new WeakMap<AbortSignal, Fan>();

  /** Calls `listener` when `signal` aborts; at once when it has. Returns the way to stop listening. */
  listen(signal: AbortSignal, listener: AbortListener): () => void {
    if (signal.aborted) {
      listener(signal.reason);
      return () => {};
    }
    let fan = this.#fans.get(signal);
    if (fan === undefined) {
      fan = new Fan(signal);
      this.#fans.set(signal, fan);
    }
    return fan.add(listener);
  }
}

class Fan {
  readonly #signal: AbortSignal;
  readonly #listeners = new Set<AbortListener>();
  readonly #fire = (): void => {
    // Over the live set: who stops listening while others are told is not called any more.
    for (const listener of this.#listeners) {
      this.#listeners.delete(listener);
      listener(this.#signal.reason);
    }
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(listener: AbortListener): () => void {
    // A function passed twice must count twice, so each entry is its own.
    const entry: AbortListener = (reason) => listener(reason);
    if (this.#listeners.size === 0) this.#signal.addEventListener('abort', this.#fire, { once: true });
    this.#listeners.add(entry);
    return () => {
      if (this.#listeners.delete(entry) && this.#listeners.size === 0) this.#signal.removeEventListener('abort', this.#fire);
    };
  }
}

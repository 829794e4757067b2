/** Called once with the signal's reason. */
export type AbortListener = (reason: unknown) => void;

/** A function passed twice counts twice, so each entry is its own. */
interface Entry {
  readonly listener: AbortListener;
}

/** Who is told of an end, once. Mostly there is one listener, and then there is no set: three of them were a kilobyte of each call. */
export class Listeners {
  #first: Entry | undefined;
  #others: Set<Entry> | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined && (this.#others === undefined || this.#others.size === 0);
  }

  /** Returns the way to stop listening, which says whether it was still to be told. */
  add(listener: AbortListener): () => boolean {
    const entry: Entry = { listener };
    if (this.isEmpty) this.#first = entry;
    else (this.#others ??= new Set()).add(entry);
    return () => this.#delete(entry);
  }

  tell(reason: unknown): void {
    const first = this.#first;
    this.#first = undefined;
    first?.listener(reason);
    // Over the live set: who stops listening while others are told is not called any more.
    for (const entry of this.#others ?? []) if (this.#delete(entry)) entry.listener(reason);
  }

  #delete(entry: Entry): boolean {
    if (this.#first !== entry) return this.#others?.delete(entry) ?? false;
    this.#first = undefined;
    return true;
  }
}

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
  readonly #listeners = new Listeners();
  readonly #fire = (): void => this.#listeners.tell(this.#signal.reason);

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(listener: AbortListener): () => void {
    if (this.#listeners.isEmpty) this.#signal.addEventListener('abort', this.#fire, { once: true });
    const stop = this.#listeners.add(listener);
    return () => {
      if (stop() && this.#listeners.isEmpty) this.#signal.removeEventListener('abort', this.#fire);
    };
  }
}

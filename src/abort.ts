/** Called once with the signal's reason. */
export type AbortListener = (reason: unknown) => void;

/** Who is told itself, without a function of its own: four of them were 300 bytes of each call that waits. It can be in one place once. */
export interface EndListener {
  onEnd(reason: unknown): void;
}

/** Who is told of an end, once. Mostly there is one listener, and then there is no set: three of them were a kilobyte of each call. */
export class Listeners {
  #first: EndListener | undefined;
  #others: Set<EndListener> | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined && (this.#others === undefined || this.#others.size === 0);
  }

  /** Returns the way to stop listening, which says whether it was still to be told. */
  add(listener: AbortListener): () => boolean {
    // A function passed twice counts twice, so each entry is its own.
    const entry: EndListener = { onEnd: listener };
    this.join(entry);
    return () => this.leave(entry);
  }

  join(listener: EndListener): void {
    if (this.isEmpty) this.#first = listener;
    else (this.#others ??= new Set()).add(listener);
  }

  /** True when it was still to be told. */
  leave(listener: EndListener): boolean {
    if (this.#first !== listener) return this.#others?.delete(listener) ?? false;
    this.#first = undefined;
    return true;
  }

  tell(reason: unknown): void {
    const first = this.#first;
    this.#first = undefined;
    first?.onEnd(reason);
    // Over the live set: who stops listening while others are told is not called any more.
    for (const listener of this.#others ?? []) if (this.leave(listener)) listener.onEnd(reason);
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
    const entry: EndListener = { onEnd: listener };
    const joined = this.join(signal, entry);
    return () => joined?.leave(entry);
  }

  /** Tells `listener` when `signal` aborts; at once when it has. Returns what to leave. */
  join(signal: AbortSignal, listener: EndListener): Leavable | undefined {
    if (signal.aborted) {
      listener.onEnd(signal.reason);
      return undefined;
    }
    let fan = this.#fans.get(signal);
    if (fan === undefined) {
      fan = new Fan(signal);
      this.#fans.set(signal, fan);
    }
    fan.join(listener);
    return fan;
  }
}

/** Where a listener is until it leaves or was told. */
export interface Leavable {
  leave(listener: EndListener): unknown;
}

class Fan implements Leavable {
  readonly #signal: AbortSignal;
  readonly #listeners = new Listeners();
  readonly #fire = (): void => this.#listeners.tell(this.#signal.reason);

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  join(listener: EndListener): void {
    if (this.#listeners.isEmpty) this.#signal.addEventListener('abort', this.#fire, { once: true });
    this.#listeners.join(listener);
  }

  leave(listener: EndListener): void {
    if (this.#listeners.leave(listener) && this.#listeners.isEmpty) this.#signal.removeEventListener('abort', this.#fire);
  }
}

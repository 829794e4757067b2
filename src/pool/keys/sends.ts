/** Sends are remembered for so long, and so many of them however old they are. */
const KEPT_MS = 30_000;
const KEPT = 32;

/** When requests of one key for one model left, those left out that the server did not count. Instants are epoch ms. */
export class SendLog {
  /** When it was begun: it knows nothing of what was sent before. */
  readonly since: number;
  #instants: number[] = [];
  #first = 0;
  /** How many were forgotten. */
  #before = 0;

  constructor(since: number) {
    this.since = since;
  }

  add(now: number): void {
    this.#instants.push(now);
    const oldest = this.#instants[this.#first] ?? now;
    if (oldest > now - KEPT_MS || this.#instants.length - this.#first <= KEPT) return;
    this.#first += 1;
    // Dropping the spent head only now and then keeps forgetting cheap.
    if (this.#first <= KEPT) return;
    this.#instants = this.#instants.slice(this.#first);
    this.#before += this.#first;
    this.#first = 0;
  }

  /** The server refused what was sent then, and does not count it. */
  takeBack(sentAt: number): void {
    const index = this.#instants.lastIndexOf(sentAt);
    if (index >= this.#first) this.#instants.splice(index, 1);
  }

  /** From when on it remembers each. */
  get from(): number {
    return this.#before + this.#first === 0 ? this.since : (this.#instants[this.#first] ?? this.since);
  }

  /** How many were sent until `instant`. */
  until(instant: number): number {
    let [low, high] = [this.#first, this.#instants.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#instants[middle] ?? Infinity) <= instant) low = middle + 1;
      else high = middle;
    }
    return this.#before + low;
  }
}

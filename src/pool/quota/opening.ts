/** So many at once a quota gets that has told nothing yet. */
const FIRST = 4;
/**
 * Each answer widens it by so much, so that it grows by a fifth in the time of an answer: a server near by is at full speed at once, one
 * far away in a few seconds. Where there is a limit, as many are refused as are sent before the first refusal is here.
 */
const PER_ANSWER = 3 / 16;
/** Beyond this many at once nothing is learned by going slowly. */
const MANY = 512;
/** Whatever is out, one more may start after so long, the first ones more slowly: answers may take long, and only a full bucket wastes quota. */
const STEP_MS = 50;
const FIRST_STEPS = 10;
const FIRST_STEP_MS = 100;

/** How a quota is opened of which nothing is known: a few calls, then more, never the whole queue at once. */
export class Opening {
  #starts = 0;
  #lastAt = -Infinity;
  #width = FIRST;
  /** Mean pace of the latest starts, per ms. */
  #paceAt = 0;
  #paced = 0;

  get wide(): boolean {
    return this.#width >= MANY;
  }

  /** When one more may start while `out` are out: `now` or before, or in a moment. */
  startsAt(out: number): number {
    if (out < this.#width) return 0;
    return this.#lastAt + (this.#starts < FIRST_STEPS + FIRST ? FIRST_STEP_MS : STEP_MS);
  }

  started(now: number): void {
    this.#starts += 1;
    this.#lastAt = now;
    if (now - this.#paceAt > 2000) {
      this.#paceAt = now - 1000;
      this.#paced = Math.min(this.#paced / 2, 1000 / STEP_MS);
    }
    this.#paced += 1;
  }

  /** How many were started of late, per ms. */
  paceAt(now: number): number {
    return this.#paced / Math.max(500, now - this.#paceAt);
  }

  answered(): void {
    const width = this.#width + PER_ANSWER;
    this.#width = width >= MANY ? Infinity : width;
  }

  /** Two turned out to be one. */
  absorb(other: Opening): void {
    this.#width = Math.min(this.#width, other.#width);
    this.#starts += other.#starts;
    this.#lastAt = Math.max(this.#lastAt, other.#lastAt);
  }
}

/** Lines that wait for a destination that is slower than the calls. What does not fit is counted, and told in the next line. */
export class Backlog {
  readonly #most: { readonly lines: number; readonly characters: number };
  #lines: string[] = [];
  #next = 0;
  #characters = 0;
  #dropped = 0;

  constructor(most: { readonly lines: number; readonly characters: number }) {
    this.#most = most;
  }

  get size(): number {
    return this.#lines.length - this.#next;
  }

  /** Nothing is to be written, not even how many were left out. */
  get isEmpty(): boolean {
    return this.size === 0 && this.#dropped === 0;
  }

  add(line: string): void {
    if (this.size >= this.#most.lines || this.#characters + line.length > this.#most.characters) {
      this.#dropped += 1;
      return;
    }
    this.#lines.push(line);
    this.#characters += line.length;
  }

  /** So many lines were lost on their way. */
  lose(count: number): void {
    this.#dropped += count;
  }

  /** How many were left out since it was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  take(): string | undefined {
    const line = this.#lines[this.#next];
    if (line === undefined) return undefined;
    this.#next += 1;
    this.#characters -= line.length;
    // Not shifted one by one: a thousand lines would be moved for each.
    if (this.#next * 2 >= this.#lines.length) {
      this.#lines = this.#lines.slice(this.#next);
      this.#next = 0;
    }
    return line;
  }
}

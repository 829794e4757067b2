import { MOST_NAMES, Window } from './window.ts';

/** The lengths of windows. */
export type Per = 'minute' | 'hour' | 'day';

/** A window that is over is added to the one of the next length that it lies in. Days are those of UTC. */
const LENGTHS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
const KEPT = { minute: 60, hour: 48, day: 31 } as const;

/** What all windows that are over may take together, in cells: some 15 MB. */
const MOST_CELLS = 40_000;

/** Names of a dimension that are left of the oldest windows when they take more. */
const FEW_NAMES = 20;

/** A stretch of time: what was counted in it, in parts. */
export interface Stretch {
  readonly at: number;
  readonly parts: readonly Window[];
}

/** Windows of one length. */
class Span {
  readonly per: Per;
  readonly ms: number;
  /** By their beginnings. */
  over: Window[] = [];
  /** Under way, and without what shorter ones under way still count. */
  current: Window | undefined;

  constructor(per: Per) {
    this.per = per;
    this.ms = LENGTHS[per];
  }

  begin(at: number): number {
    return Math.floor(at / this.ms) * this.ms;
  }

  /** The beginning of the oldest window that is kept. */
  oldest(now: number): number {
    return this.begin(now) - KEPT[this.per] * this.ms;
  }
}

/** Minutes, hours and days of use. What is counted goes to the minute under way alone. */
export class History {
  readonly #minutes = new Span('minute');
  readonly #hours = new Span('hour');
  readonly #days = new Span('day');
  readonly #spans = [this.#minutes, this.#hours, this.#days] as const;
  readonly #began: number;

  constructor(now: number) {
    this.#began = now;
  }

  /** When counting began, epoch ms. */
  get began(): number {
    return this.#began;
  }

  /** Of windows that are over, in cells. */
  get size(): number {
    return this.#spans.reduce((sum, { over }) => sum + over.reduce((part, { size }) => part + size, 0), 0);
  }

  /** Where to count now. */
  current(now: number): Window {
    const { current } = this.#minutes;
    // A clock that goes back counts on in the window under way.
    if (current !== undefined && now < current.at + LENGTHS.minute) return current;
    this.#advance(now);
    return (this.#minutes.current = new Window(this.#minutes.begin(now)));
  }

  /** The finest windows that reach back to `since`. */
  finest(since: number, now: number): Per {
    if (since <= this.#began) return 'day';
    return this.#spans.find((span) => span.begin(since) >= span.oldest(now))?.per ?? 'day';
  }

  /** The beginning of the window that `since` lies in, or of the oldest one that is kept. */
  from(per: Per, since: number, now: number): number {
    const span = this.#spanOf(per);
    return Math.max(span.begin(Math.max(since, this.#began)), span.oldest(now));
  }

  /** From then on, by their beginnings; those without any use are left out. */
  stretches(per: Per, from: number, now: number): readonly Stretch[] {
    this.#advance(now);
    const span = this.#spanOf(per);
    const over = span.over.filter(({ at }) => at >= from).map((window) => ({ at: window.at, parts: [window] }));
    const parts = this.#spans.slice(0, this.#spans.indexOf(span) + 1).flatMap(({ current }) => current ?? []);
    const at = span.begin(Math.max(now, ...parts.map((part) => part.at)));
    return parts.length === 0 || at < from ? over : [...over, { at, parts }];
  }

  #spanOf(per: Per): Span {
    if (per === 'minute') return this.#minutes;
    return per === 'hour' ? this.#hours : this.#days;
  }

  /** Ends what is over by now, the shortest first. */
  #advance(now: number): void {
    for (const [level, span] of this.#spans.entries()) {
      const { current } = span;
      if (current !== undefined && current.at + span.ms <= now) {
        span.current = undefined;
        this.#end(level, current);
      }
      const oldest = span.oldest(now);
      if (span.over[0] !== undefined && span.over[0].at < oldest) span.over = span.over.filter(({ at }) => at >= oldest);
    }
    this.#shorten();
  }

  #end(level: number, window: Window): void {
    const next = this.#spans[level + 1];
    if (next !== undefined) (next.current ??= new Window(next.begin(window.at))).add(window);
    window.settle(MOST_NAMES);
    this.#spans[level]?.over.push(window);
  }

  /** The oldest minutes go first: their hours still have all names. */
  #shorten(): void {
    let size = this.size;
    for (const window of this.#spans.flatMap(({ over }) => over)) {
      if (size <= MOST_CELLS) return;
      size -= window.size;
      window.settle(FEW_NAMES);
      size += window.size;
    }
  }
}

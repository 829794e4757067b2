import type { Interval } from './bound.ts';
import type { KeyState } from './options.ts';

/** A key's state from an instant on. */
interface Change {
  readonly at: number;
  readonly state: KeyState;
}

/** What a key is made from; instants are in epoch ms. */
export interface KeySettings {
  readonly id: string;
  readonly secret: string;
  readonly state: KeyState;
  /** In ms since the start of the simulator, in order. */
  readonly changes: readonly { readonly atMs: number; readonly state: KeyState }[];
}

/** A key and all its states, past and to come. Asking the time is enough: no timer waits for a change. */
export class SimulatedKey {
  readonly id: string;
  readonly secret: string;
  #timeline: readonly Change[];

  constructor(settings: KeySettings, startedAt: number) {
    this.id = settings.id;
    this.secret = settings.secret;
    const planned = settings.changes.map(({ atMs, state }) => ({ at: startedAt + atMs, state }));
    this.#timeline = [{ at: -Infinity, state: settings.state }, ...planned];
  }

  stateAt(now: number): KeyState {
    return this.#timeline.findLast(({ at }) => at <= now)?.state ?? 'ok';
  }

  /** Changes the state from now on, until the next change that was planned. */
  set(state: KeyState, now: number): void {
    const before = this.#timeline.filter(({ at }) => at <= now);
    this.#timeline = [...before, { at: now, state }, ...this.#timeline.filter(({ at }) => at > now)];
  }

  /** When it was, or will be, `ok` within a stretch of time. */
  usableIn(stretch: Interval): readonly Interval[] {
    const usable: Interval[] = [];
    for (const [index, { at, state }] of this.#timeline.entries()) {
      const from = Math.max(at, stretch.from);
      const to = Math.min(this.#timeline[index + 1]?.at ?? Infinity, stretch.to);
      if (state === 'ok' && from < to) usable.push({ from, to });
    }
    return usable;
  }
}

/** Stretches joined where they touch or overlap, in order: when at least one key of several is usable. */
export function uniteIntervals(intervals: readonly Interval[]): readonly Interval[] {
  const united: Interval[] = [];
  for (const next of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = united.at(-1);
    if (last === undefined || next.from > last.to) united.push(next);
    else united[united.length - 1] = { from: last.from, to: Math.max(last.to, next.to) };
  }
  return united;
}

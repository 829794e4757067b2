import type { Clock } from '../clock.ts';
import { quietly } from '../events.ts';
import type { MapProgress } from '../options/map.ts';

/** Between two tellings, ms. */
const TOLD_EVERY_MS = 1000;

const SLOT_MS = 5000;
const SLOTS = 12;

/** How many items ended during the last minute, in slots of five seconds. */
export class Pace {
  readonly #slots: number[] = Array.from({ length: SLOTS }, () => 0);
  readonly #since: number;
  #slot: number;

  constructor(now: number) {
    this.#since = now;
    this.#slot = Math.floor(now / SLOT_MS);
  }

  note(now: number): void {
    this.#turn(now);
    const at = this.#slot % SLOTS;
    this.#slots[at] = (this.#slots[at] ?? 0) + 1;
  }

  /** `undefined` before any time has passed. */
  perMinute(now: number): number | undefined {
    this.#turn(now);
    const oldest = (this.#slot - SLOTS + 1) * SLOT_MS;
    const spanMs = now - Math.max(this.#since, oldest);
    if (spanMs <= 0) return undefined;
    return (this.#slots.reduce((sum, count) => sum + count, 0) * 60_000) / spanMs;
  }

  #turn(now: number): void {
    const slot = Math.floor(now / SLOT_MS);
    const passed = Math.min(SLOTS, slot - this.#slot);
    for (let step = 1; step <= passed; step += 1) this.#slots[(this.#slot + step) % SLOTS] = 0;
    this.#slot = Math.max(slot, this.#slot);
  }
}

/** Counts what became of the items, and tells whoever listens: not more often than a person can read. */
export class Progress {
  readonly #clock: Clock;
  readonly #tell: ((progress: MapProgress) => void) | undefined;
  readonly #total: number | undefined;
  readonly #pace: Pace;
  #done = 0;
  #failed = 0;
  #resumed = 0;
  #toldAt = -Infinity;
  #isNews = true;

  constructor(clock: Clock, total: number | undefined, tell: ((progress: MapProgress) => void) | undefined) {
    this.#clock = clock;
    this.#total = total;
    this.#tell = tell;
    this.#pace = new Pace(clock.now());
  }

  note(became: 'done' | 'failed' | 'resumed'): void {
    if (became === 'failed') this.#failed += 1;
    else this.#done += 1;
    if (became === 'resumed') this.#resumed += 1;
    if (this.#tell === undefined) return;
    const now = this.#clock.now();
    // What an earlier run did says nothing of how long the rest will take.
    if (became !== 'resumed') this.#pace.note(now);
    this.#isNews = true;
    if (now - this.#toldAt >= TOLD_EVERY_MS) this.#tellNow(now);
  }

  /** The last word. */
  end(): void {
    if (this.#tell !== undefined && this.#isNews) this.#tellNow(this.#clock.now());
  }

  #tellNow(now: number): void {
    const tell = this.#tell;
    if (tell === undefined) return;
    this.#toldAt = now;
    this.#isNews = false;
    const perMinute = this.#pace.perMinute(now);
    const left = this.#total === undefined ? undefined : Math.max(0, this.#total - this.#done - this.#failed);
    const leftMs = left === undefined ? undefined : timeFor(left, perMinute);
    const progress: MapProgress = {
      done: this.#done,
      failed: this.#failed,
      resumed: this.#resumed,
      ...(this.#total === undefined ? {} : { total: this.#total }),
      ...(perMinute === undefined ? {} : { perMinute }),
      ...(leftMs === undefined ? {} : { leftMs }),
    };
    quietly(() => tell(progress));
  }
}

function timeFor(left: number, perMinute: number | undefined): number | undefined {
  if (left === 0) return 0;
  return perMinute === undefined || perMinute === 0 ? undefined : Math.ceil((left / perMinute) * 60_000);
}

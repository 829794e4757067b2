import type { Counted } from '../failure.ts';
import { type Cost, costIn } from './quota/limits.ts';

/** Half of what is told is of the last 40 seconds or so. */
const MEMORY_MS = 60_000;

/** How fast one group's quota for one model is being used, and what a call uses: means that forget. */
export class Pace {
  #at = -Infinity;
  #since: number | undefined;
  #calls = 0;
  #input = 0;
  #output = 0;
  #busyMs = 0;

  /** An answer is here: what it used, and how long its place was taken. */
  note(used: Cost, busyMs: number, now: number): void {
    this.#since ??= now - busyMs;
    this.#forget(now);
    this.#calls += 1;
    this.#input += used.input;
    this.#output += used.output;
    this.#busyMs += busyMs;
  }

  /** Answers per minute, recently; 0 when nothing was asked. */
  perMinute(now: number): number {
    if (this.#since === undefined) return 0;
    this.#forget(now);
    // Before it has forgotten anything, all of it is of the time that has passed.
    const spanMs = MEMORY_MS * -Math.expm1(-(now - this.#since) / MEMORY_MS);
    return spanMs <= 0 ? 0 : (this.#calls * 60_000) / spanMs;
  }

  /** What a call takes of a bucket; `undefined` while no answer has told. */
  meanOf(counts: Counted): number | undefined {
    if (counts === 'requests') return 1;
    return this.#calls === 0 ? undefined : costIn(counts, { input: this.#input, output: this.#output }) / this.#calls;
  }

  /** How long a call takes its place, ms. */
  get meanMs(): number | undefined {
    return this.#calls === 0 ? undefined : this.#busyMs / this.#calls;
  }

  #forget(now: number): void {
    const left = now <= this.#at || this.#calls === 0 ? 1 : Math.exp(-(now - this.#at) / MEMORY_MS);
    this.#at = Math.max(now, this.#at);
    if (left === 1) return;
    this.#calls *= left;
    this.#input *= left;
    this.#output *= left;
    this.#busyMs *= left;
  }
}

/** Models of a client that are remembered, so that made-up names cost no memory. */
const REMEMBERED = 512;

/** The paces of all quotas, by the quota itself: one that is forgotten takes its pace along, one that moved begins a new one. */
export class Paces {
  readonly #paces = new WeakMap<object, Pace>();
  readonly #models = new Map<string, Used>();

  note(quota: object, asked: Used, used: Cost, busyMs: number, now: number): void {
    let pace = this.#paces.get(quota);
    if (pace === undefined) {
      pace = new Pace();
      this.#paces.set(quota, pace);
      this.#remember(asked);
    }
    pace.note(used, busyMs, now);
  }

  of(quota: object): Pace | undefined {
    return this.#paces.get(quota);
  }

  /** The models that were answered with. */
  used(): readonly Used[] {
    return [...this.#models.values()];
  }

  #remember({ provider, model }: Used): void {
    const name = `${provider}\n${model}`;
    if (model === '' || this.#models.has(name)) return;
    const oldest = this.#models.size < REMEMBERED ? undefined : this.#models.keys().next().value;
    if (oldest !== undefined) this.#models.delete(oldest);
    this.#models.set(name, { provider, model });
  }
}

/** A model of a provider. */
export interface Used {
  readonly provider: string;
  readonly model: string;
}

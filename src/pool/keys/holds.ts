import type { Random } from '../../clock.ts';
import { afterRefusal, afterServed, type Hold, type Refusal } from './hold.ts';

/**
 * Holds that are remembered, so that made-up model names cost no memory. Beyond it those that end first are forgotten, many at
 * once, so that one costs little.
 */
const REMEMBERED = 256;
const FORGOTTEN_AT_ONCE = 64;

/** Key of the hold for all models; no model has an empty name. */
const ALL = '';

/** The holds of one key, group, organisation or provider: one for all models and one per model. */
export class Holds {
  readonly #cells = new Map<string, Cell>();
  readonly #probes = new Map<object, readonly Cell[]>();

  /** When `model` may be used as far as these holds go: `now` or before when it may, epoch ms. */
  readyAt(model: string): number {
    if (this.#cells.size === 0) return 0;
    return Math.max(this.#cells.get(ALL)?.hold.until ?? 0, this.#cells.get(model)?.hold.until ?? 0);
  }

  /** True while a probe is under way that must answer first. */
  probing(model: string, now: number): boolean {
    if (this.#cells.size === 0) return false;
    return this.#cellsOf(model).some((cell) => cell.probe !== undefined && cell.hold.until <= now);
  }

  /** Takes the probe where a hold has ended but nobody has proved it. */
  startProbe(model: string, lease: object): void {
    if (this.#cells.size === 0) return;
    const proved = this.#cellsOf(model).filter((cell) => cell.hold.release === 'probe');
    for (const cell of proved) cell.probe = lease;
    if (proved.length > 0) this.#probes.set(lease, proved);
  }

  /** The probe ended without telling anything. */
  endProbe(lease: object): void {
    for (const cell of this.#probes.get(lease) ?? []) if (cell.probe === lease) cell.probe = undefined;
    this.#probes.delete(lease);
  }

  /** Returns the hold when this refusal began or changed one. */
  refuse(refusal: Refusal, random: Random): Hold | undefined {
    const name = refusal.model ?? ALL;
    const cell = this.#cells.get(name);
    const hold = afterRefusal(cell?.hold, refusal, random);
    if (hold === cell?.hold) return undefined;
    if (cell === undefined) this.#remember(name, { hold, probe: undefined });
    else cell.hold = hold;
    return hold;
  }

  /** Begins a hold that no attempt made. */
  set(hold: Hold): void {
    this.#remember(hold.model ?? ALL, { hold, probe: undefined });
  }

  /** Returns true when a hold that had ended is proved to be over. */
  serve(model: string, sentAt: number): boolean {
    if (this.#cells.size === 0) return false;
    let recovered = false;
    for (const name of [ALL, model]) {
      const cell = this.#cells.get(name);
      if (cell !== undefined && afterServed(cell.hold, sentAt) === undefined) recovered = this.#cells.delete(name);
    }
    return recovered;
  }

  /** The longest hold on `model` now, if any; `model` absent asks for holds on all models. */
  current(now: number, model?: string): Hold | undefined {
    const active = (model === undefined ? [this.#cells.get(ALL)] : [this.#cells.get(ALL), this.#cells.get(model)])
      .flatMap((cell) => (cell === undefined ? [] : [cell.hold]))
      .filter((hold) => hold.until > now);
    return active.reduce<Hold | undefined>(
      (longest, hold) => (longest === undefined || hold.until > longest.until ? hold : longest),
      undefined,
    );
  }

  /** The hold on all models, also one that has ended but that nobody has proved to be over. */
  unproved(): Hold | undefined {
    return this.#cells.get(ALL)?.hold;
  }

  active(now: number): readonly Hold[] {
    return [...this.#cells.values()].map((cell) => cell.hold).filter((hold) => hold.until > now);
  }

  /** Takes back a hold that turned out to be somebody else's fault. */
  acquit(): void {
    for (const [name, { hold }] of this.#cells)
      if (hold.class === 'key_invalid' || hold.class === 'key_forbidden') this.#cells.delete(name);
  }

  /** Those of a group that turned out to be this one. Of two the later end counts; a probe under way goes on. */
  absorb(other: Holds): void {
    const moved = new Map<Cell, Cell>();
    for (const [name, cell] of other.#cells) {
      const own = this.#cells.get(name);
      if (own === undefined) this.#remember(name, cell);
      else {
        const strikes = Math.max(own.hold.strikes, cell.hold.strikes);
        own.hold = { ...(cell.hold.until > own.hold.until ? cell.hold : own.hold), strikes };
        own.probe ??= cell.probe;
      }
      moved.set(cell, own ?? cell);
    }
    for (const [lease, cells] of other.#probes) {
      const own = this.#probes.get(lease) ?? [];
      this.#probes.set(lease, [...own, ...cells.flatMap((cell) => moved.get(cell) ?? [])]);
    }
    other.clear();
  }

  /** A person says that it may be used. */
  clear(): void {
    this.#cells.clear();
  }

  #cellsOf(model: string): readonly Cell[] {
    return [this.#cells.get(ALL), this.#cells.get(model)].filter((cell) => cell !== undefined);
  }

  #remember(name: string, cell: Cell): void {
    if (this.#cells.size >= REMEMBERED) this.#forget();
    this.#cells.set(name, cell);
  }

  /** Those under probe go last: the next call would not know that it has to wait for the answer. */
  #forget(): void {
    const rank = ({ hold, probe }: Cell): number => (probe === undefined ? hold.until : Infinity);
    const ofModels = [...this.#cells].filter(([name]) => name !== ALL);
    const order = ofModels.toSorted(([, a], [, b]) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
    for (const [name] of order.slice(0, FORGOTTEN_AT_ONCE)) this.#cells.delete(name);
  }
}

interface Cell {
  hold: Hold;
  /** The lease that tries whether the hold is over. */
  probe: object | undefined;
}

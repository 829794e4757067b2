import type { Random } from '../../clock.ts';
import type { Group } from '../keys/members.ts';
import { Roster } from './roster.ts';

/** Seats of all rosters of a provider: beyond it all begin anew, so that made-up model names cost no memory. */
const MOST_SEATS = 400_000;

/** Touches that are kept for rosters which have not looked, at least. */
const KEPT_TOUCHES = 1024;

/** A provider's rosters by model and size. Each is told of what changed when somebody asks for it: one that nobody asks costs nothing. */
export class Rosters {
  readonly #random: Random;
  readonly #mostSeats: number;
  readonly #rosters = new Map<string, Placed>();
  /** The latest groups that were touched; `#first` is the number of the first of these. */
  #touched: Group[] = [];
  #first = 0;

  constructor(random: Random, mostSeats = MOST_SEATS) {
    this.#random = random;
    this.#mostSeats = mostSeats;
  }

  touch(group: Group, groups: number): void {
    if (this.#rosters.size === 0) return;
    this.#touched.push(group);
    if (this.#touched.length > Math.max(KEPT_TOUCHES, groups)) this.#forgetTouched();
  }

  reset(): void {
    this.#rosters.clear();
    this.#touched = [];
  }

  /** `groups`: all of them, for one that begins. */
  of(name: string, groups: readonly Group[]): Roster {
    const placed = this.#rosters.get(name);
    if (placed === undefined || placed.seen < this.#first) return this.#begin(name, groups);
    const end = this.#first + this.#touched.length;
    for (; placed.seen < end; placed.seen += 1) {
      const group = this.#touched[placed.seen - this.#first];
      if (group !== undefined) placed.roster.touch(group);
    }
    return placed.roster;
  }

  #begin(name: string, groups: readonly Group[]): Roster {
    if ((this.#rosters.size + 1) * groups.length > this.#mostSeats) this.reset();
    const roster = new Roster(groups, this.#random);
    this.#rosters.set(name, { roster, seen: this.#first + this.#touched.length });
    return roster;
  }

  /** Who has not looked for so long begins anew. */
  #forgetTouched(): void {
    const gone = this.#touched.length >> 1;
    this.#touched = this.#touched.slice(gone);
    this.#first += gone;
  }
}

/** A roster, and how many touches of groups it has seen. */
interface Placed {
  readonly roster: Roster;
  seen: number;
}

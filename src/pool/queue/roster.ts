import type { Random } from '../../clock.ts';
import type { Ask } from '../ask.ts';
import type { Group } from '../keys/members.ts';
import { type Choice, type Claims, freeKey, isClaimed, rankOf } from './choose.ts';
import { Heap } from './heap.ts';
import { type First, isOpen, readyAt, startsAt } from './readiness.ts';

/** What a roster knows of one group. */
class Seat {
  readonly group: Group;
  rank: number;
  lot: number;
  /** When time lets it start, and when it could if no call were in flight; both never too late. Only of those that sleep. */
  startsAt = 0;
  readyAt = 0;
  place = -1;
  readyPlace = -1;

  constructor(group: Group, lot: number) {
    this.group = group;
    this.rank = rankOf(group);
    this.lot = lot;
  }
}

/**
 * Who of very many groups serves next, without looking at all: those that may be able to start, the best first, and those that cannot
 * before an instant. Every choice is checked exactly. Whatever may let a group start earlier must `touch` it; what delays it need not.
 * It holds for the asks of one model and of about one size: a smaller ask may sleep as long as a larger one of its roster.
 */
export class Roster {
  readonly #random: Random;
  readonly #seats = new Map<Group, Seat>();
  readonly #awake = new Heap<Seat>((a, b) => (a.rank === b.rank ? a.lot < b.lot : a.rank < b.rank), {
    get: ({ place }) => place,
    set: (seat, place) => (seat.place = place),
  });
  readonly #asleep = new Heap<Seat>((a, b) => a.startsAt < b.startsAt, {
    get: ({ place }) => place,
    set: (seat, place) => (seat.place = place),
  });
  readonly #hopes = new Heap<Seat>((a, b) => a.readyAt < b.readyAt, {
    get: ({ readyPlace }) => readyPlace,
    set: (seat, place) => (seat.readyPlace = place),
  });
  #round = 0;

  constructor(groups: Iterable<Group>, random: Random) {
    this.#random = random;
    for (const group of groups) {
      const seat = new Seat(group, this.#draw());
      this.#seats.set(group, seat);
      this.#awake.push(seat);
    }
  }

  /** It may be able to start earlier, or go before others or after them. */
  touch(group: Group): void {
    const seat = this.#seats.get(group);
    if (seat === undefined) return;
    const rank = rankOf(group);
    if (rank !== seat.rank) {
      seat.rank = rank;
      this.#awake.moved(seat);
    }
    this.#wake(seat);
  }

  pick(ask: Ask, now: number, claims: Claims | undefined): Choice | undefined {
    for (let seat = this.#asleep.peek(); seat !== undefined && seat.startsAt <= now; seat = this.#asleep.peek()) this.#wake(seat);
    const aside: Seat[] = [];
    let choice: Choice | undefined;
    for (let seat = this.#awake.peek(); seat !== undefined && choice === undefined; seat = this.#awake.peek()) {
      const { group } = seat;
      const key = isOpen(group, ask, now) ? freeKey(group, ask, now, this.#random) : undefined;
      if (key === undefined) this.#sleep(seat, ask, now);
      else if (claims !== undefined && isClaimed(group, ask, now, claims)) {
        this.#awake.delete(seat);
        aside.push(seat);
      } else {
        this.#round = Math.max(this.#round, seat.lot);
        choice = { group, key, among: this.#awake.size };
        seat.lot = this.#draw();
        this.#awake.moved(seat);
      }
    }
    for (const seat of aside) this.#awake.push(seat);
    return choice;
  }

  /** When time brings the next start, after a `pick` that found none. */
  nextAt(): number {
    return this.#asleep.peek()?.startsAt ?? Infinity;
  }

  /** The group that will start first by time alone. */
  next(): Group | undefined {
    return this.#asleep.peek()?.group;
  }

  /** As `firstReady`, after a `pick` that found none; never too late, but too early where an ask is larger than the one that looked before. */
  first(ask: Ask, now: number): First {
    const awake = this.#awake.peek();
    if (awake !== undefined) return { group: awake.group, at: now };
    for (let seat = this.#hopes.peek(); seat !== undefined; seat = this.#hopes.peek()) {
      const at = readyAt(seat.group, ask, now);
      const known = Math.max(now, seat.readyAt);
      if (at <= known) return { group: seat.group, at: known };
      seat.readyAt = at;
      this.#hopes.moved(seat);
    }
    return { group: undefined, at: Infinity };
  }

  #sleep(seat: Seat, ask: Ask, now: number): void {
    this.#awake.delete(seat);
    // What cannot start now and has no later instant waits to be touched.
    const at = startsAt(seat.group, ask, now);
    seat.startsAt = at > now ? at : Infinity;
    seat.readyAt = readyAt(seat.group, ask, now);
    this.#asleep.push(seat);
    this.#hopes.push(seat);
  }

  #wake(seat: Seat): void {
    if (!this.#asleep.has(seat)) return;
    this.#asleep.delete(seat);
    this.#hopes.delete(seat);
    this.#awake.push(seat);
  }

  /**
   * A lot that makes each of equals as likely to be next, however long it has waited: what is left of exponential times has no memory,
   * so that nothing needs to be drawn anew but the lot of who was served.
   */
  #draw(): number {
    return this.#round - Math.log(1 - this.#random());
  }
}

import type { Random } from '../../clock.ts';
import type { Ask } from '../ask.ts';
import type { Group } from '../keys/members.ts';
import { canStart, type Choice, type Claims, freeKey, isClaimed, rankOf } from './choose.ts';
import { Heap } from './heap.ts';
import { type First, firstReady, isOpen, readyAt, startsAt, waitsUntil } from './readiness.ts';

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
    const anybodys = withoutAvoid(ask);
    const aside: Seat[] = [];
    let choice: Choice | undefined;
    for (let seat = this.#awake.peek(); seat !== undefined && choice === undefined; seat = this.#awake.peek()) {
      const { group } = seat;
      const key = isOpen(group, ask, now) ? freeKey(group, ask, now, this.#random) : undefined;
      const isTaken = key === undefined && (anybodys === ask || !canStart(group, anybodys, now, undefined));
      if (isTaken) this.#sleep(seat, anybodys, now);
      else if (key === undefined || (claims !== undefined && isClaimed(group, ask, now, claims))) {
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

  /** After a `pick` that found none: the group that time alone lets start first, and when. */
  next(ask: Ask, now: number): First {
    let group: Group | undefined;
    let at = Infinity;
    for (const kept of this.#keptFrom(ask, now)) {
      const own = startsAt(kept, ask, now);
      if (own > now && own < at) [group, at] = [kept, own];
    }
    const first = firstIn(
      this.#asleep,
      at,
      (seat) => {
        if (ask.avoid.size === 0) return seat.startsAt;
        const own = startsAt(seat.group, ask, now);
        return own <= now ? seat.startsAt : own;
      },
      (seat) => seat.startsAt,
    );
    return first ?? { group, at };
  }

  /**
   * As `firstReady`, after a `pick` that found none; never too late, but too early where an ask is larger than the one that looked before.
   * Any group that is ready by `soon` will do.
   */
  first(ask: Ask, now: number, soon = now): First {
    const kept = firstReady(this.#keptFrom(ask, now), ask, now);
    if (kept.at <= now) return kept;
    const anybodys = withoutAvoid(ask);
    for (let seat = this.#hopes.peek(); seat !== undefined; seat = this.#hopes.peek()) {
      const at = readyAt(seat.group, anybodys, now);
      if (at <= Math.max(now, seat.readyAt)) break;
      seat.readyAt = at;
      this.#hopes.moved(seat);
      // Where all wait for about the same, each larger ask would move them all.
      if (anybodys === ask && at <= soon && at < Infinity) return { group: seat.group, at };
    }
    const known = (seat: Seat): number => Math.max(now, seat.readyAt);
    return firstIn(this.#hopes, kept.at, anybodys === ask ? known : ({ group }) => readyAt(group, ask, now), known) ?? kept;
  }

  /** Those that could start, but not by this ask: others claim them, or it avoids their keys. Whoever was woken for nothing sleeps again. */
  #keptFrom(ask: Ask, now: number): readonly Group[] {
    if (this.#awake.size === 0) return [];
    const anybodys = withoutAvoid(ask);
    const kept: Group[] = [];
    for (const seat of this.#awake.values()) {
      if (canStart(seat.group, anybodys, now, undefined)) kept.push(seat.group);
      else this.#sleep(seat, anybodys, now);
    }
    return kept;
  }

  #sleep(seat: Seat, ask: Ask, now: number): void {
    this.#awake.delete(seat);
    // What cannot start now and has no later instant waits to be touched.
    const until = waitsUntil(seat.group, ask, now);
    seat.startsAt = until.startsAt > now ? until.startsAt : Infinity;
    seat.readyAt = until.readyAt;
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

const NOTHING: ReadonlySet<string> = new Set();

/** What a call avoids is its own matter: a group that it leaves out must not sleep for others. */
function withoutAvoid(ask: Ask): Ask {
  return ask.avoid.size === 0 ? ask : { ...ask, avoid: NOTHING };
}

/**
 * The seat whose own instant is the first and before `limit`, of a heap whose order is by `believed`, which is never later than the own
 * one. Only seats that an ask avoids have another instant for it: mostly the first one is looked at.
 */
function firstIn(seats: Heap<Seat>, limit: number, own: (seat: Seat) => number, believed: (seat: Seat) => number): First | undefined {
  let first: { readonly group: Group; readonly at: number } | undefined;
  const aside: Seat[] = [];
  for (let seat = seats.peek(); seat !== undefined && believed(seat) < (first?.at ?? limit); seat = seats.peek()) {
    const at = own(seat);
    if (at < (first?.at ?? limit)) first = { group: seat.group, at };
    if (at <= believed(seat)) break;
    seats.delete(seat);
    aside.push(seat);
  }
  for (const seat of aside) seats.push(seat);
  return first;
}

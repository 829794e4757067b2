import type { Random } from '../../clock.ts';
import type { Grant } from '../grant.ts';
import type { KeyRing } from '../keys/ring.ts';
import type { Choice } from './choose.ts';
import { Finder } from './finder.ts';
import { type Home, Homes } from './homes.ts';
import { Lanes } from './lanes.ts';
import { Refusals } from './refusals.ts';
import { type Desk, Round } from './round.ts';
import type { Waiter } from './waiter.ts';

/** What serving needs of its pool. */
export interface ServingOwner {
  readonly ring: KeyRing;
  readonly random: Random;
  now(): number;
  grant(serving: Serving, waiter: Waiter, choice: Choice, now: number): Grant;
  /** A waiter has its lease now. */
  granted(grant: Grant, now: number): void;
  /** `wakesAt` is another one. */
  slept(): void;
}

/** Those who wait for one provider's keys, and when they are served. */
export class Serving implements Desk {
  readonly finder: Finder;
  readonly lanes: Lanes;
  readonly homes: Homes;
  readonly refusals: Refusals;
  readonly #owner: ServingOwner;
  #wakesAt = Infinity;
  /** Keys may be here soon: nobody is refused for having none meanwhile. */
  #expected = 0;
  #pumping = false;
  #again = false;

  constructor(owner: ServingOwner, provider: string) {
    this.#owner = owner;
    this.finder = new Finder(owner.ring, provider, owner.random);
    this.lanes = new Lanes(owner.ring, this.finder);
    this.homes = new Homes(this.finder, this.lanes);
    this.refusals = new Refusals(owner.ring, provider, this.finder);
  }

  /** When time brings the next change, epoch ms; `Infinity` when it brings none. */
  get wakesAt(): number {
    return this.#wakesAt;
  }

  get idle(): boolean {
    return this.lanes.size === 0;
  }

  get expecting(): boolean {
    return this.#expected > 0;
  }

  /** Keys may come until `arrival` settles: calls that have none wait for it, as far as their time goes. */
  expect(arrival: Promise<unknown>): void {
    this.#expected += 1;
    const over = (): void => {
      this.#expected -= 1;
      this.pump();
    };
    arrival.then(over, over);
  }

  enqueue(waiter: Waiter, home?: Home): void {
    if (home !== undefined) {
      this.homes.park(waiter, home);
      this.pump();
      return;
    }
    const lane = this.lanes.for(waiter.ask);
    lane.add(waiter);
    // Behind others nothing changes by it: ten thousand may come at once.
    if (lane.earliest === undefined || lane.head === waiter || waiter.limit < lane.earliest) this.pump();
    else if (waiter.limit < this.#wakesAt) this.#sleep(waiter.limit);
  }

  leave(waiter: Waiter): void {
    const lane = this.lanes.of(waiter);
    if (lane === undefined) return;
    const wasHead = lane.head === waiter;
    this.lanes.take(lane, waiter);
    this.homes.forget(waiter);
    if (this.#pumping) this.#again = true;
    else if (this.idle) this.#sleep(Infinity);
    // Who stood behind it may need less and start at once. Not from here: ten thousand may leave together.
    else if (wasHead) this.#sleep(this.#owner.now());
  }

  serve(waiter: Waiter, choice: Choice, now: number): void {
    const grant = this.#owner.grant(this, waiter, choice, now);
    waiter.grant(grant);
    // Told only when the lease has its owner: a listener may end the call.
    this.#owner.granted(grant, now);
  }

  close(): void {
    for (const waiter of this.lanes.takeAll()) {
      this.homes.forget(waiter);
      waiter.refuse(Infinity);
    }
    this.#sleep(Infinity);
  }

  /**
   * Serves whoever can be served, refuses whoever no longer can, and sleeps until the next change that time brings. Listeners are
   * told meanwhile, and whatever they change is seen by another round, not by one inside this.
   */
  pump(): void {
    if (this.idle && !this.#pumping) return;
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#again) {
        this.#again = false;
        const round = new Round(this, this.#owner.now());
        this.#sleep(round.run());
        this.#again ||= round.moved;
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** Keeps `pump` from serving until `resume`: a change is not served before it is whole, whatever listeners do in the middle of it. */
  hold(): boolean {
    const outer = this.#pumping;
    this.#pumping = true;
    this.finder.changing();
    return outer;
  }

  resume(outer: boolean): void {
    this.#pumping = outer;
    this.pump();
  }

  #sleep(until: number): void {
    if (this.#wakesAt === until) return;
    this.#wakesAt = until;
    this.#owner.slept();
  }
}

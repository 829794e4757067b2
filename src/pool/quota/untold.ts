import type { Counted } from '../../failure.ts';
import type { Mark } from './alignment.ts';
import { type Empty, firstGuess, givenGuess, type Guess, refuted, triedPerMs } from './blind.ts';
import { type Charge, type Law, RefillLaw } from './bucket.ts';
import type { BucketSpec } from './limits.ts';
import type { Meter } from './meter.ts';

/** How much faster than a given rate a bucket is spent of which nobody told how much it holds: what it holds is there to be spent. */
const HURRY = 1.6;
/** What may start at once then, as time at the given rate; and as much as a quota gets of which nothing is known. */
const AT_ONCE_MS = 400;
const AT_ONCE = 4;
/** A refused request found less than itself; that it found nothing, and came late, is the safe belief. */
const BELOW = 0.25;
/** More than any bucket holds. */
const PLENTY = 2 ** 40;
/** What a rate that nobody told is named by. */
const NAMED_WINDOW_MS = 60_000;

/** A refusal that no limit that the server tells explains. */
export interface Unexplained {
  /** What the refused attempt found; absent when it was sent before there was this meter. */
  readonly mark: Mark | undefined;
  readonly cost: number;
  readonly sentAt: number;
  /** When it would have been admitted, as far as the answer said so to the millisecond. */
  readonly inMs: number | undefined;
}

/** What a told limit means for one that was given. */
interface Told {
  readonly limit: number;
  readonly windowMs: number;
}

/**
 * A bucket that refills with a rate that was given, or guessed, and of whose burst nobody says anything: it is spent somewhat faster than
 * it refills until a refusal says that it is empty. From then on its level is known. A given rate is never exceeded in the long run.
 */
export class UntoldLaw implements Law {
  readonly kind = 'refill';
  /** Refills with the rate and knows of no burst: the account that marks are of. */
  readonly #account: RefillLaw;
  readonly #most: number;
  readonly #limit: number;
  readonly #windowMs: number;
  #pace: RefillLaw | undefined;
  #guess: Guess | undefined;
  /** Level less account, once a refusal told. */
  #offset: number | undefined;
  #cap = Infinity;
  #admitted = 0;
  #settled = 0;
  #heardAt = -Infinity;
  #told: Told | undefined;

  constructor(given: { readonly limit: number; readonly windowMs: number } | undefined, now: number) {
    this.#limit = given?.limit ?? PLENTY;
    this.#windowMs = given?.windowMs ?? NAMED_WINDOW_MS;
    this.#most = given === undefined ? Infinity : given.limit / given.windowMs;
    const perMs = given === undefined ? 1 : this.#most;
    this.#account = new RefillLaw({ limit: perMs, windowMs: 1, burst: this.#limit }, now);
    if (given === undefined) {
      this.#account.setLevel(0, now);
      return;
    }
    const burst = Math.max(Math.min(AT_ONCE, this.#limit), this.#most * AT_ONCE_MS);
    this.#pace = new RefillLaw({ limit: this.#most * HURRY, windowMs: 1, burst }, now);
  }

  get capacity(): number {
    return Math.min(this.#limit, this.#cap);
  }

  /** What is believed of the rate, per ms. */
  get perMs(): number {
    return this.#guess?.perMs ?? this.#most;
  }

  fitsAt(cost: number, now: number): number {
    // A server that tells of this limit knows better, and its word is kept elsewhere. One that allows more leaves this one a ceiling.
    if (this.#told !== undefined && this.#told.windowMs === this.#windowMs)
      return this.#told.limit <= this.#limit ? now : this.#account.fitsAt(cost, now);
    if (this.#guess === undefined) return Math.max(this.#account.fitsAt(cost, now), this.#pace?.fitsAt(cost, now) ?? now);
    const short = Math.min(cost, this.capacity) - this.#level(now);
    return short <= 1e-6 ? now : now + Math.ceil(short / this.#tried() - 1e-6);
  }

  take(cost: number, now: number): Charge {
    this.#admitted += cost;
    this.#pace?.take(cost, now);
    if (this.#guess !== undefined) {
      this.#level(now);
      this.#account.setRate(this.#tried(), now);
    }
    return this.#account.take(cost, now);
  }

  correct(charge: Charge, cost: number, now: number): void {
    const difference = charge.cost - cost;
    this.#admitted -= difference;
    this.#settled += difference;
    this.#pace?.give(difference, now);
    this.#account.correct(charge, cost, now);
  }

  remaining(now: number): number {
    return this.#guess === undefined ? this.#account.remaining(now) : this.#level(now);
  }

  resetAt(now: number): number {
    if (this.#guess === undefined) return this.#account.resetAt(now);
    return now + Math.max(0, (this.capacity - this.#level(now)) / this.#tried());
  }

  /** Call after each charge. */
  mark(now: number): Mark {
    return { level: this.#account.remaining(now), settled: this.#settled, admitted: this.#admitted };
  }

  /** A server tells of this limit. */
  overrule(told: Told | undefined): void {
    this.#told = told;
  }

  /** `pace`: what was sent of late, per ms. */
  refuse(refusal: Unexplained, pace: number, now: number): void {
    const { mark, cost, sentAt, inMs = 0 } = refusal;
    const before = mark?.admitted === undefined ? this.#admitted : mark.admitted - cost;
    const empty = { at: sentAt + inMs, admitted: before };
    if (this.#guess === undefined) this.#begin(empty, pace);
    else if (sentAt > this.#heardAt) this.#guess = refuted(this.#guess, empty, this.#most);
    if (sentAt > this.#heardAt) this.#heardAt = now;
    const account = mark === undefined ? this.#account.remaining(now) : mark.level + cost + Math.max(0, this.#settled - mark.settled);
    const value = inMs > 0 ? cost : -BELOW * cost;
    const offset = value - account - this.perMs * inMs;
    this.#offset = Math.min(this.#offset ?? Infinity, offset);
    this.#account.setRate(this.#tried(), now);
  }

  #begin(empty: Empty, pace: number): void {
    if (this.#most < Infinity) {
      this.#guess = givenGuess(empty, this.#most);
      // What was spent beyond the rate until then is what the bucket holds, or less.
      this.#cap = Math.max(1, this.#limit - this.#account.remaining(empty.at));
    } else {
      this.#guess = firstGuess(empty, pace);
      this.#cap = Math.max(4, empty.admitted / 2);
    }
    this.#pace = undefined;
  }

  #tried(): number {
    if (this.#guess === undefined) return this.#most;
    return triedPerMs(this.#guess, this.#admitted - this.#guess.last.admitted, this.#most);
  }

  /** A full bucket does not refill: what the account counts beyond it is taken off. */
  #level(now: number): number {
    const account = this.#account.remaining(now);
    const offset = this.#offset ?? 0;
    if (account + offset > this.#cap) this.#offset = this.#cap - account;
    return Math.min(this.#cap, account + offset);
  }
}

/** A limit of which the server does not tell: as it was given, or as refusals show it. */
export class UntoldMeter implements Meter {
  readonly counts: Counted;
  readonly model: string | undefined;
  readonly law: UntoldLaw;
  readonly slackMs = 0;
  readonly windowMs: number;
  readonly source: 'configured' | 'learned';
  readonly spec: BucketSpec | undefined;
  heir: Meter | undefined;

  constructor(counts: Counted, spec: BucketSpec | undefined, model: string | undefined, now: number) {
    this.counts = counts;
    this.spec = spec;
    this.model = model;
    this.source = spec === undefined ? 'learned' : 'configured';
    this.windowMs = spec?.windowMs ?? NAMED_WINDOW_MS;
    this.law = new UntoldLaw(spec, now);
  }

  get limit(): number {
    return this.spec?.limit ?? Math.max(1, Math.round(this.law.perMs * NAMED_WINDOW_MS));
  }

  mark(_cost: number, now: number): Mark {
    return this.law.mark(now);
  }
}

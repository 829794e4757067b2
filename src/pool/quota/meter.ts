import type { Counted } from '../../failure.ts';
import type { Mark } from './alignment.ts';
import { type Charge, FixedLaw, type Law, RefillLaw, SlidingLaw } from './bucket.ts';
import { type BucketSpec, type Cost, costIn } from './limits.ts';

/** One bucket of a group: a law with what it counts, for whom and who said so. */
export interface Meter {
  readonly counts: Counted;
  readonly source: 'configured' | 'learned';
  /** `undefined` when models share it. */
  readonly model: string | undefined;
  readonly limit: number;
  readonly windowMs: number;
  readonly law: Law;
  readonly slackMs: number;
  /** What it was configured by. */
  readonly spec?: BucketSpec | undefined;
  /** The meter that counts for it since their groups turned out to be one. */
  heir: Meter | undefined;
  /** What a charge of `cost` just found, for the answer to it to be compared with. */
  mark?(cost: number, now: number): Mark;
  /** A charge was corrected: so much less was used than reserved. */
  settled?(difference: number): void;
}

/** The meter that counts now what `meter` counted. */
export function heirOf(meter: Meter): Meter {
  return meter.heir === undefined ? meter : heirOf(meter.heir);
}

/** An attempt whose answer's headers are not here yet: the server may not have counted it when it spoke. */
export interface Unheard {
  readonly cost: Cost;
  readonly sentAt: number | undefined;
  /** Whose it is. */
  readonly key?: object;
  /** Its key turned out to draw on another quota: what it charged to this one is given back. */
  release?(now: number): void;
  /** What its charge to `meter` found. */
  markOf?(meter: Meter): Mark | undefined;
  /** What it would have found at `meter`, which counts now what it was charged to. */
  remark?(meter: Meter, mark: Mark): void;
  /** Takes over what was charged for it to a meter that it did not know of. */
  adopt?(taken: Taken): void;
  /** Charges it to a meter that came to bind its group while it was out. */
  reserve?(meter: Meter, now: number): void;
}

export function configuredMeter(spec: BucketSpec, model: string | undefined, now: number): Meter {
  const { counts, limit, windowMs } = spec;
  return { counts, source: 'configured', model, limit, windowMs, law: lawOf(spec, now), slackMs: 0, spec, heir: undefined };
}

function lawOf(spec: BucketSpec, now: number): Law {
  switch (spec.kind) {
    case 'refill':
      return new RefillLaw({ ...spec, burst: spec.burst ?? spec.limit }, now);
    case 'fixed':
      return new FixedLaw(spec, now);
    case 'sliding':
      return new SlidingLaw(spec);
  }
}

/** What one lease took from one meter. */
export interface Taken {
  readonly meter: Meter;
  readonly charge: Charge;
  /** Another one when its meter became another one. */
  mark: Mark | undefined;
}

export function take(meter: Meter, cost: Cost, now: number): Taken {
  const amount = costIn(meter.counts, cost);
  const charge = meter.law.take(amount, now);
  return { meter, charge, mark: meter.mark?.(amount, now) };
}

/** The true cost of what was taken is known. */
export function settle({ meter, charge }: Taken, amount: number, now: number): void {
  const heir = heirOf(meter);
  const difference = charge.cost - amount;
  if (difference === 0) return;
  heir.law.correct(charge, amount, now);
  heir.settled?.(difference);
}

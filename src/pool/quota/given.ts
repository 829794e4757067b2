import type { BucketSpec } from './limits.ts';
import { configuredMeter, type Meter } from './meter.ts';
import { UntoldMeter } from './untold.ts';

/** A limit of a longer window is an allowance, not a pace: it may be spent at once. */
const PACED_MS = 600_000;

/** The meter of a limit that somebody gave. Where it says nothing of the burst, that is found out. */
export function givenMeter(spec: BucketSpec, model: string | undefined, now: number): Meter {
  if (spec.kind !== 'refill' || spec.burst !== undefined || spec.windowMs > PACED_MS) return configuredMeter(spec, model, now);
  return new UntoldMeter(spec.counts, spec, model, now);
}

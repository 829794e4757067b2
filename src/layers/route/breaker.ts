import type { Random } from '../../clock.ts';

/** Calls that ended within one second. */
interface Second {
  readonly second: number;
  readonly calls: number;
  readonly failures: number;
}

/** A route's health. Plain values only, so that it can be stored. */
export type Breaker =
  /** `inARow`: calls that met a sick provider since the latest that did not. */
  | { readonly status: 'closed'; readonly since: number; readonly seconds: readonly Second[]; readonly inARow: number }
  /** Nobody enters before `until`. `sickAt`: when the latest call entered that is known to have met a sick provider. */
  | { readonly status: 'open'; readonly until: number; readonly sickAt: number }
  /** One call that entered at `probedAt` is on its way to find out. */
  | { readonly status: 'half-open'; readonly probedAt: number; readonly sickAt: number };

/** How and when a call got in: `forced` when nothing else was left, so that its end decides nothing. */
export interface Passage {
  readonly as: 'normal' | 'probe' | 'forced';
  readonly at: number;
}

/** What a call's end says about its route; `nothing` for keys that were refused or a caller who left. */
export type Health = 'well' | 'sick' | 'nothing';

const WINDOW_SECONDS = 10;
const MIN_CALLS = 10;
const SICK_SHARE = 0.5;
/** A sick route gets a call at least so often while calls come, also while an earlier one that should find out takes its time. */
const PROBE_EVERY_MS = 1_000;

export const NEW_BREAKER: Breaker = { status: 'closed', since: 0, seconds: [], inARow: 0 };

/** How a call may enter now; `undefined` when it may not. */
export function admit(breaker: Breaker, now: number): Passage | undefined {
  if (breaker.status === 'closed') return { as: 'normal', at: now };
  return now >= opensAt(breaker) ? { as: 'probe', at: now } : undefined;
}

/** When a call may enter again, epoch ms; for one that may now, the past. */
export function opensAt(breaker: Breaker): number {
  switch (breaker.status) {
    case 'closed':
      return 0;
    case 'open':
      return breaker.until;
    case 'half-open':
      return breaker.probedAt + PROBE_EVERY_MS;
  }
}

/** The state once a call has entered. */
export function afterEntry(breaker: Breaker, passage: Passage): Breaker {
  if (passage.as !== 'probe' || breaker.status === 'closed') return breaker;
  return { status: 'half-open', probedAt: passage.at, sickAt: breaker.sickAt };
}

/** The state once a call has ended. Only a probe's end moves a route that is not closed: the others left before they could know. */
export function afterEnd(breaker: Breaker, passage: Passage, health: Health, now: number, random: Random): Breaker {
  if (breaker.status === 'closed') return isNews(breaker, passage) && health !== 'nothing' ? sample(breaker, health, now, random) : breaker;
  // Probes overlap when they take long: one that entered before another that failed tells of how it was.
  if (passage.as !== 'probe' || passage.at < breaker.sickAt) return breaker;
  switch (health) {
    case 'well':
      return { status: 'closed', since: now, seconds: [], inARow: 0 };
    case 'sick':
      return eject(passage.at, breaker.status === 'open' ? breaker.until : probeAfter(breaker.probedAt, random));
    case 'nothing':
      // It found nothing out, so the next call may at once.
      return breaker.status === 'half-open' && breaker.probedAt === passage.at ? eject(breaker.sickAt, now) : breaker;
  }
}

/** Calls overlap: one that left before the route was ejected says nothing of the route that came back. */
function isNews(breaker: Breaker & { status: 'closed' }, passage: Passage): boolean {
  return passage.as === 'normal' && passage.at >= breaker.since;
}

function sample(breaker: Breaker & { status: 'closed' }, health: 'well' | 'sick', now: number, random: Random): Breaker {
  const seconds = count(breaker.seconds, Math.floor(now / 1_000), health === 'sick' ? 1 : 0);
  if (health === 'well') return { status: 'closed', since: breaker.since, seconds, inARow: 0 };
  const calls = seconds.reduce((sum, each) => sum + each.calls, 0);
  const failures = seconds.reduce((sum, each) => sum + each.failures, 0);
  const inARow = breaker.inARow + 1;
  // Only a failure can eject: a success in a bad window is no news of sickness. A busy route that fails at once has many good calls in its
  // window: half of them would have to fail before it shows in the share, so that nothing but failures counts by itself.
  const isDown = failures >= MIN_CALLS && inARow >= MIN_CALLS;
  if (isDown || (calls >= MIN_CALLS && failures >= calls * SICK_SHARE)) return eject(now, probeAfter(now, random));
  return { status: 'closed', since: breaker.since, seconds, inARow };
}

function count(seconds: readonly Second[], second: number, failures: 0 | 1): readonly Second[] {
  const last = seconds.at(-1);
  if (last?.second === second) {
    const counted = seconds.slice();
    counted[counted.length - 1] = { second, calls: last.calls + 1, failures: last.failures + failures };
    return counted;
  }
  return [...seconds.filter((each) => each.second > second - WINDOW_SECONDS), { second, calls: 1, failures }];
}

function eject(sickAt: number, until: number): Breaker {
  return { status: 'open', until, sickAt };
}

/** Up to a quarter sooner by chance, so that many clients do not come back together; never later. */
function probeAfter(at: number, random: Random): number {
  return at + PROBE_EVERY_MS * (1 - random() / 4);
}

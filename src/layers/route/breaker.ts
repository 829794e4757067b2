import type { Random } from '../../clock.ts';

/** Calls that ended within one second. */
interface Second {
  readonly second: number;
  readonly calls: number;
  readonly failures: number;
}

/**
 * A route's health. `strikes` counts the ejections in a row: each lasts twice as long.
 * Plain values only, so that it can be stored.
 */
export type Breaker =
  | { readonly status: 'closed'; readonly since: number; readonly strikes: number; readonly seconds: readonly Second[] }
  | { readonly status: 'open'; readonly until: number; readonly strikes: number }
  /** One call is on its way to find out. */
  | { readonly status: 'half-open'; readonly since: number; readonly strikes: number };

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
const FIRST_EJECTION_MS = 1_000;
const LONGEST_EJECTION_MS = 60_000;
/** A route that stayed well for so long starts again with a short ejection. */
const FORGET_STRIKES_MS = 60_000;
/** Long answers take minutes. A probe that has not ended by then lets another one go. */
const PROBE_MS = 10_000;

export const NEW_BREAKER: Breaker = { status: 'closed', since: 0, strikes: 0, seconds: [] };

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
      return breaker.since + PROBE_MS;
  }
}

/** The state once a call has entered. */
export function afterEntry(breaker: Breaker, passage: Passage): Breaker {
  return passage.as === 'probe' ? { status: 'half-open', since: passage.at, strikes: breaker.strikes } : breaker;
}

/** The state once a call has ended. Only a probe's end moves a route that is not closed: the others left before they could know. */
export function afterEnd(breaker: Breaker, passage: Passage, health: Health, now: number, random: Random): Breaker {
  if (breaker.status === 'closed') return isNews(breaker, passage) && health !== 'nothing' ? sample(breaker, health, now, random) : breaker;
  if (breaker.status === 'open' || passage.as !== 'probe') return breaker;
  switch (health) {
    case 'well':
      return { status: 'closed', since: now, strikes: breaker.strikes, seconds: [] };
    case 'sick':
      return eject(breaker.strikes, now, random);
    case 'nothing':
      // It found nothing out, so the next call may at once.
      return { status: 'open', until: now, strikes: breaker.strikes };
  }
}

/** Calls overlap: one that left before the route was ejected says nothing of the route that came back. */
function isNews(breaker: Breaker & { status: 'closed' }, passage: Passage): boolean {
  return passage.as === 'normal' && passage.at >= breaker.since;
}

function sample(breaker: Breaker & { status: 'closed' }, health: 'well' | 'sick', now: number, random: Random): Breaker {
  const seconds = count(breaker.seconds, Math.floor(now / 1_000), health === 'sick' ? 1 : 0);
  const calls = seconds.reduce((sum, each) => sum + each.calls, 0);
  const failures = seconds.reduce((sum, each) => sum + each.failures, 0);
  // Only a failure can eject: a success in a bad window is no news of sickness.
  if (health === 'sick' && calls >= MIN_CALLS && failures >= calls * SICK_SHARE) {
    return eject(now - breaker.since > FORGET_STRIKES_MS ? 0 : breaker.strikes, now, random);
  }
  return { ...breaker, seconds };
}

function count(seconds: readonly Second[], second: number, failures: 0 | 1): readonly Second[] {
  const last = seconds.at(-1);
  if (last?.second === second) return [...seconds.slice(0, -1), { second, calls: last.calls + 1, failures: last.failures + failures }];
  return [...seconds.filter((each) => each.second > second - WINDOW_SECONDS), { second, calls: 1, failures }];
}

/** Up to a quarter shorter by chance, so that many clients do not come back together; at the longest ejection too. */
function eject(strikes: number, now: number, random: Random): Breaker {
  const lastsMs = Math.min(LONGEST_EJECTION_MS, FIRST_EJECTION_MS * 2 ** strikes) * (1 - random() / 4);
  return { status: 'open', until: now + lastsMs, strikes: strikes + 1 };
}

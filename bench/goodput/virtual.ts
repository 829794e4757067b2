import { boundBy } from './bound.ts';
import type { Case, Told } from './case.ts';
import { createChance, seedOf } from './chance.ts';
import { createKeywheel } from './keywheel.ts';
import { startCallers, type Ask, type Seen } from './load.ts';
import { createFetch, firstWayMs } from './network.ts';
import { Provider, type Tally } from './provider.ts';
import { createVirtualTime } from './time.ts';

/** One run of one case. */
export interface Run extends Tally, Seen {
  readonly bound: number;
  /** In the caller's words of the table. */
  readonly goodputShare: number;
  readonly refusedShare: number;
  /** Real time that it took, ms. */
  readonly tookMs: number;
}

const BASE_URL = 'http://provider.invalid/v1';
/** 2026-01-01: the start of a minute and of a day. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

/** Runs keywheel through `row` in virtual time. */
export async function runVirtually(row: Case, told: Told, seed: number): Promise<Run> {
  const began = performance.now();
  const chanceOf = (what: string): (() => number) => createChance(seedOf(`${row.name}/${what}`, seed));
  const startAt = EPOCH_MS + row.phaseMs;
  const time = createVirtualTime(startAt, chanceOf('timers'));
  const provider = new Provider(row, chanceOf('provider'), startAt);
  const fetch = createFetch(provider, time, chanceOf('network'));
  const ask: Ask = await createKeywheel(row, told, { fetch, baseURL: BASE_URL, clock: time.clock, random: chanceOf('client') });
  const until = startAt + row.seconds * 1000;
  const seen = startCallers(row.load, ask, time, chanceOf('callers'), until);
  // What was admitted until then may be answered later.
  await time.run(until + 2 * row.manners.serviceMs[1] + 1000);
  return toRun(row, provider.tally(until), seen(), performance.now() - began);
}

export function toRun(row: Case, tally: Tally, seen: Seen, tookMs: number): Run {
  const bound = boundBy(row, firstWayMs, row.seconds * 1000);
  const answers = tally.answersMs.length;
  // One refusal is always free.
  const refusedShare = Math.max(0, tally.refused - 1) / Math.max(1, answers);
  return { ...tally, ...seen, bound, goodputShare: answers / bound, refusedShare, tookMs };
}

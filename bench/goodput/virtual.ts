import type { BaselineName } from './baselines.ts';
import { boundBy } from './bound.ts';
import type { Case, Told } from './case.ts';
import { createChance, seedOf } from './chance.ts';
import { startCallers, type Ask, type Seen } from './load.ts';
import { createFetch, firstWayMs } from './network.ts';
import { Provider, type Tally } from './provider.ts';
import { createVirtualTime, type VirtualTime } from './time.ts';

/** Who is measured. */
export type Subject = { readonly of: 'keywheel'; readonly told: Told } | { readonly of: 'baseline'; readonly name: BaselineName };

/** One run of one case. */
export interface Run extends Tally, Seen {
  readonly bound: number;
  /** Of the bound. */
  readonly goodputShare: number;
  /** For each answer; one refusal is always free. */
  readonly refusedShare: number;
}

const BASE_URL = 'http://provider.invalid/v1';
/** 2026-01-01: the start of a minute and of a day. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

/**
 * Runs a subject through `row` in virtual time.
 * @param enter Told of the time of this run before anything starts, for those who live in it by `fakeGlobals`.
 */
export async function runVirtually(row: Case, subject: Subject, seed: number, enter: (time: VirtualTime) => void = () => {}): Promise<Run> {
  const chanceOf = (what: string): (() => number) => createChance(seedOf(`${row.name}/${what}`, seed));
  const startAt = EPOCH_MS + row.phaseMs;
  const time = createVirtualTime(startAt, chanceOf('timers'));
  enter(time);
  const provider = new Provider(row, chanceOf('provider'), startAt);
  const fetch = createFetch(provider, time, chanceOf('network'));
  const ask = await open(row, subject, fetch, time, chanceOf('client'));
  const until = startAt + row.seconds * 1000;
  const seen = startCallers(row.load, ask, time, chanceOf('callers'), until);
  // What was admitted until then may be answered later.
  await time.run(until + 2 * row.manners.serviceMs[1] + 1000);
  return toRun(row, provider.tally(until), seen());
}

/** Neither is loaded where the other one runs. */
async function open(row: Case, subject: Subject, fetch: typeof globalThis.fetch, time: VirtualTime, random: () => number): Promise<Ask> {
  if (subject.of === 'keywheel') {
    const { createKeywheel } = await import('./keywheel.ts');
    return createKeywheel(row, subject.told, { fetch, baseURL: BASE_URL, clock: time.clock, random });
  }
  const { baselines } = await import('./baselines.ts');
  return baselines[subject.name]({ row, fetch, baseURL: BASE_URL, time });
}

export function toRun(row: Case, tally: Tally, seen: Seen): Run {
  const bound = boundBy(row, firstWayMs, row.seconds * 1000);
  const answers = tally.answersMs.length;
  return { ...tally, ...seen, bound, goodputShare: answers / bound, refusedShare: Math.max(0, tally.refused - 1) / Math.max(1, answers) };
}

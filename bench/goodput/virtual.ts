import type { Case } from './case.ts';
import { createChance, seedOf } from './chance.ts';
import { startLoad } from './load.ts';
import { createFetch } from './network.ts';
import { Provider } from './provider.ts';
import { toRun, type Run } from './score.ts';
import { openSubject, type Subject } from './subject.ts';
import { createVirtualTime, type VirtualTime } from './time.ts';

const BASE_URL = 'http://provider.invalid/v1';
/** 2026-01-01: the start of a minute and of a day. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

/**
 * What an attempt of a baseline costs its one thread, ms. As time passes, the openai SDK makes 23,000 to 34,000 attempts in 30 s on two
 * cores, one of them the provider's; the AI SDK costs a third more, and is granted the same. Without it their refusals have no end, as
 * virtual time passes only when nobody works. keywheel makes some forty a second, of which none would wait for another.
 */
const BASELINE_ATTEMPT_MS = 1;

/** What a run takes that is neither of the case nor of the subject. */
export interface Means {
  readonly seed: number;
  /** The entry point of keywheel, built. */
  readonly keywheel: string;
}

/**
 * Runs a subject through `row` in virtual time.
 * @param enter Told of the time of this run before anything starts, for those who live in it by `fakeGlobals`.
 */
export async function runVirtually(
  row: Case,
  subject: Subject,
  { seed, keywheel }: Means,
  enter: (time: VirtualTime) => void = () => {},
): Promise<Run> {
  const chanceOf = (what: string): (() => number) => createChance(seedOf(`${row.name}/${what}`, seed));
  const startAt = EPOCH_MS + row.phaseMs;
  const time = createVirtualTime(startAt, chanceOf('timers'));
  enter(time);
  const provider = new Provider(row, chanceOf('provider'), startAt);
  const fetch = createFetch(provider, time, {
    chance: chanceOf('network'),
    spreadMs: row.manners.jitterMs,
    attemptMs: subject.of === 'baseline' ? BASELINE_ATTEMPT_MS : 0,
  });
  const ask = await openSubject(row, subject, { fetch, baseURL: BASE_URL, clock: time.clock, time, random: chanceOf('client'), keywheel });
  const until = startAt + row.seconds * 1000;
  const seen = startLoad(row.load, ask, time, chanceOf('callers'), until);
  // What was admitted until then may be answered later.
  await time.run(until + 2 * row.manners.serviceMs[1] + 1000);
  return toRun(row, provider.tally(until), seen());
}

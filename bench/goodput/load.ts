import type { Arrivals, Load } from './case.ts';
import type { Time } from './time.ts';

/** One question of a caller. */
export interface Question {
  readonly content: string;
  readonly maxTokens: number;
}

/** How somebody answers questions: a client under test. */
export type Ask = (question: Question) => Promise<unknown>;

/** What the callers saw. */
export interface Seen {
  /** Calls that ended in an answer. */
  readonly served: number;
  /** Calls that ended in an error, by its name. */
  readonly failures: Readonly<Record<string, number>>;
}

/** After an error a caller takes breath, ms: without that a client that fails at once would be asked for ever at one instant. */
const BREATH_MS = 200;

/** Starts what `load` says, until `until` (epoch ms). The answer tells what was seen so far. */
export function startLoad(load: Load, ask: Ask, time: Time, chance: () => number, until: number): () => Seen {
  let served = 0;
  const failures: Record<string, number> = {};
  const callOnce = async (): Promise<boolean> => {
    try {
      await ask(toQuestion(load, chance));
      served += 1;
      return true;
    } catch (error) {
      const name = nameOf(error);
      failures[name] = (failures[name] ?? 0) + 1;
      return false;
    }
  };
  if (load.arrivals === undefined) startCallers(load.callers, callOnce, time, until);
  else startArrivals(load.arrivals, callOnce, time, until);
  return () => ({ served, failures });
}

/** Callers that ask again as soon as they have an answer. */
function startCallers(callers: number, callOnce: () => Promise<boolean>, time: Time, until: number): void {
  const turn = async (): Promise<void> => {
    while (time.now() < until) {
      if (!(await callOnce())) await new Promise<void>((resolve) => time.after(BREATH_MS, resolve));
    }
  };
  for (let caller = 0; caller < callers; caller++) void turn();
}

function startArrivals({ everyMs, calls }: Arrivals, callOnce: () => Promise<boolean>, time: Time, until: number): void {
  const come = (): void => {
    if (time.now() >= until) return;
    for (let call = 0; call < calls; call++) void callOnce();
    time.after(everyMs, come);
  };
  come();
}

function toQuestion({ promptChars: [least, most], maxTokens }: Load, chance: () => number): Question {
  const chars = Math.round(least + chance() * (most - least));
  return { content: WORDS.repeat(Math.ceil(chars / WORDS.length)).slice(0, chars), maxTokens };
}

const WORDS = 'How many requests does a minute have, and who may spend them? ';

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 60);
  return 'code' in error && typeof error.code === 'string' ? error.code : `${error.name}: ${error.message}`.slice(0, 60);
}

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Case } from './case.ts';
import { createChance, seedOf } from './chance.ts';
import { startLoad } from './load.ts';
import type { Tally } from './provider.ts';
import { openSubject, type Subject } from './subject.ts';
import { realTime } from './time.ts';
import type { Means } from './virtual.ts';
import { toRun, type Run } from './score.ts';
import { watchStrain, type Strain } from './strain.ts';

/** What two processes had to bear, the client's and the provider's. */
export interface RealRun extends Run {
  readonly strain: { readonly client: Strain; readonly provider: Strain };
}

/** Runs a subject through `row` as it passes, over loopback against the provider in a process of its own. */
export async function runReally(row: Case, subject: Subject, { seed, keywheel }: Means): Promise<RealRun> {
  const server = fork(fileURLToPath(new URL('server.ts', import.meta.url)), [], { execArgv: ['--import', 'tsx'] });
  try {
    const port = await new Promise<unknown>((resolve) => server.once('message', resolve));
    const origin = `http://127.0.0.1:${String(port)}`;
    const chanceOf = (what: string): (() => number) => createChance(seedOf(`${row.name}/${what}`, seed));
    const ask = await openSubject(row, subject, { baseURL: `${origin}/v1`, time: realTime, random: chanceOf('client'), keywheel });
    await fetch(`${origin}/bench/start?name=${row.name}&seed=${seed}`);
    const endStrain = watchStrain();
    const seen = startLoad(row.load, ask, realTime, chanceOf('callers'), realTime.now() + row.seconds * 1000);
    await new Promise<void>((resolve) => realTime.after(row.seconds * 1000 + 2 * row.manners.serviceMs[1] + 1000, resolve));
    // Ours: the server above wrote it.
    const tally = (await (await fetch(`${origin}/bench/tally`)).json()) as Tally & { readonly startAt: number; readonly strain: Strain };
    const strain = { client: endStrain(), provider: tally.strain };
    return { ...toRun({ ...row, phaseMs: tally.startAt }, tally, seen()), strain };
  } finally {
    server.kill();
  }
}

/** A few systems beside each other, for work on the hot path: `--only bare,keywheel`. */
import { startProvider, startWorker, type Worker } from './processes.ts';
import { runRounds, type Measured } from './rounds.ts';
import { toSpreadText } from './statistics.ts';
import { SUTS, type SutName } from './suts.ts';

export interface Comparison {
  readonly names: readonly SutName[];
  readonly rounds: number;
  readonly calls: number;
  readonly streams: boolean;
  readonly dist: string;
  readonly against: string;
  readonly profiles: string;
}

export async function compare({ names, rounds, calls, streams, dist, against, profiles }: Comparison): Promise<void> {
  const provider = await startProvider();
  const workers = new Map<SutName, Worker>();
  for (const name of names) workers.set(name, await startWorker(name, { origin: provider.origin, dist, against }, profiles));
  const often = { rounds, warmUps: 4 };
  print('calls', await runRounds(workers, 'bare', { turn: { kind: 'calls', total: calls, inFlight: 64 }, ...often }));
  if (streams) print('chunks', await runRounds(workers, 'bare', { turn: { kind: 'streams', total: 30, inFlight: 4 }, ...often }));
  for (const worker of workers.values()) worker.close();
  provider.close();
}

function print(what: string, measured: readonly Measured[]): void {
  console.log(`\n| | ${what}/s | share of bare | CPU µs each | times bare |\n|---|---|---|---|---|`);
  for (const { name, rate, cpuUs, rateShare, cpuTimes } of measured) {
    console.log(`| ${SUTS[name].title} | ${[rate, rateShare, cpuUs, cpuTimes].map(toSpreadText).join(' | ')} |`);
  }
}

/** `npm run bench:overhead`: what a call costs on top of the bare exchange. See README.md beside this file. */
import { resolve } from 'node:path';
import { cwd } from 'node:process';
import { parseArgs } from 'node:util';
import { startProvider, startWorker, type Worker } from './processes.ts';
import { runRounds, type Measured } from './rounds.ts';
import { toSpreadText } from './statistics.ts';
import { isSutName, SUTS, type SutName } from './suts.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'bare,keywheel' },
    rounds: { type: 'string', default: '15' },
    calls: { type: 'string', default: '1000' },
    dist: { type: 'string', default: 'dist' },
    against: { type: 'string', default: '' },
    profiles: { type: 'string', default: '' },
    streams: { type: 'boolean', default: false },
  },
});

const names = values.only.split(',').filter(isSutName);
const provider = await startProvider();
const workers = new Map<SutName, Worker>();
const against = values.against === '' ? '' : resolve(cwd(), values.against);
const surroundings = { origin: provider.origin, dist: resolve(cwd(), values.dist), against };
for (const name of names) workers.set(name, await startWorker(name, surroundings, values.profiles));
const rounds = { rounds: Number(values.rounds), warmUps: 4 };
print(await runRounds(workers, 'bare', { turn: { kind: 'calls', total: Number(values.calls), inFlight: 64 }, ...rounds }), 'calls');
if (values.streams) {
  print(await runRounds(workers, 'bare', { turn: { kind: 'streams', total: 30, inFlight: 4 }, ...rounds }), 'chunks');
}
for (const worker of workers.values()) worker.close();
provider.close();

function print(measured: readonly Measured[], what: string): void {
  console.log(`\n| | ${what}/s | share of bare | CPU µs each | times bare |\n|---|---|---|---|---|`);
  for (const { name, rate, cpuUs, rateShare, cpuTimes } of measured) {
    console.log(`| ${SUTS[name].title} | ${[rate, rateShare, cpuUs, cpuTimes].map(toSpreadText).join(' | ')} |`);
  }
}

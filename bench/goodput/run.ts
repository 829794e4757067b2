import { parseArgs } from 'node:util';
import { cases, toldOf } from './cases.ts';
import type { Case, Told } from './case.ts';
import { runVirtually, type Run } from './virtual.ts';

const { values } = parseArgs({
  options: {
    case: { type: 'string', multiple: true },
    limits: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    all: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

const chosen = cases.filter(({ name }) => values.all || values.case?.includes(name));
if (chosen.length === 0) {
  console.log(`Name a case (--case NAME) or all of them (--all): ${cases.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}
console.log('case                     limits     goodput % (min)   refused % (max)   bar          ');
for (const row of chosen) {
  for (const told of toldOf(row)) {
    if (values.limits !== undefined && values.limits !== told) continue;
    const runs: Run[] = [];
    for (let seed = 1; seed <= Number(values.seeds); seed++) runs.push(await runVirtually(row, told, seed));
    console.log(toLine(row, told, runs));
    if (values.verbose) for (const run of runs) console.log(`  ${toDetail(run)}`);
  }
}
process.exit(0);

function toLine(row: Case, told: Told, runs: readonly Run[]): string {
  const goodput = runs.map(({ goodputShare }) => goodputShare * 100).sort((a, b) => a - b);
  const refused = runs.map(({ refusedShare }) => refusedShare * 100).sort((a, b) => a - b);
  const [good, bad] = [median(goodput), median(refused)];
  const bar = row.bars[told];
  const verdict = bar === undefined ? '' : good >= bar.goodput && bad <= bar.refused ? 'pass' : 'MISS';
  return [
    row.name.padEnd(24),
    told.padEnd(10),
    `${good.toFixed(1)} (${(goodput[0] ?? 0).toFixed(1)})`.padEnd(17),
    `${bad.toFixed(2)} (${(refused.at(-1) ?? 0).toFixed(2)})`.padEnd(17),
    (bar === undefined ? '-' : `${bar.goodput} / ${bar.refused}`).padEnd(12),
    verdict,
  ].join(' ');
}

function toDetail({ answersMs, bound, refused, others, served, failures, tookMs }: Run): string {
  return `${answersMs.length} of ${bound}, refused ${refused}, other failures ${others}, callers served ${served} ${JSON.stringify(failures)}, ${Math.round(tookMs)} ms`;
}

function median(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

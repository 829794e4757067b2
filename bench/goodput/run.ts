import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { baselines, type BaselineName } from './baselines.ts';
import type { Case } from './case.ts';
import { cases, toldOf } from './cases.ts';
import { createCrew } from './jobs.ts';
import { headOf, toDetail, toLine, type Row } from './table.ts';
import type { Subject } from './virtual.ts';

const { values } = parseArgs({
  options: {
    case: { type: 'string', multiple: true },
    limits: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    all: { type: 'boolean', default: false },
    baselines: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

const chosen = cases.filter(({ name }) => values.all || values.case?.includes(name));
if (chosen.length === 0) {
  console.log(`Name a case (--case NAME) or all of them (--all): ${cases.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}
const crew = createCrew(availableParallelism());
console.log(headOf());
const rows = chosen.flatMap((row) => subjectsOf(row).map((subject) => measure(row, subject)));
for (const row of rows) {
  const measured = await row;
  console.log(toLine(measured));
  if (values.verbose) for (const run of measured.runs) console.log(`  ${toDetail(run)}`);
}
crew.close();

function subjectsOf(row: Case): readonly Subject[] {
  const told = toldOf(row).filter((one) => values.limits === undefined || values.limits === one);
  const names = values.baselines ? (Object.keys(baselines) as BaselineName[]) : [];
  return [...told.map((one) => ({ of: 'keywheel' as const, told: one })), ...names.map((name) => ({ of: 'baseline' as const, name }))];
}

async function measure(row: Case, subject: Subject): Promise<Row> {
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
  const results = await Promise.all(seeds.map((seed) => crew.run({ name: row.name, subject, seed })));
  return {
    row,
    subject,
    runs: results.map((result) => {
      if ('error' in result) throw new Error(`Cannot run ${row.name} as it failed: ${result.error}`);
      return { ...result.run, tookMs: result.tookMs };
    }),
  };
}

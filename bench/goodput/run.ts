/** `npm run bench:goodput`: see bench/README.md. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { baselineNames } from './baselines.ts';
import { buildKeywheel } from './build.ts';
import type { Case } from './case.ts';
import { cases, realCases, shortCases, toldOf } from './cases.ts';
import { furtherCases } from './further.ts';
import { Crew, type Mode } from './jobs.ts';
import { toPlot } from './plot.ts';
import { toPage } from './report.ts';
import type { Subject } from './subject.ts';
import { headOf, toDetail, toLine, type Row } from './table.ts';

const { values } = parseArgs({
  options: {
    case: { type: 'string', multiple: true },
    all: { type: 'boolean', default: false },
    further: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    real: { type: 'boolean', default: false },
    limits: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    baselines: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const named = [...cases, ...furtherCases].filter(
  ({ name }) => (values.further && furtherCases.some((row) => row.name === name)) || values.case?.includes(name),
);
const chosen = values.short ? shortCases : named.length > 0 || !values.all ? named : values.real ? realCases : cases;
if (chosen.length === 0) {
  console.error(`Name a case (--case NAME) or all of them (--all): ${cases.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const seeds = values.short ? 1 : Number(values.seeds);
/** Baselines refuse tens of attempts an answer, and do it again and again: one run says enough. */
const baselineSeeds = Number(values.baselines ?? (values.all && !values.short ? 1 : 0));

if (chosen.some((row) => subjectsOf(row).some(({ of }) => of === 'baseline'))) installPeers();
const began = performance.now();
const built = buildKeywheel();
process.on('exit', () => built.remove());
const width = values.short ? 1 : availableParallelism();
console.log(headOf());
const rows: Row[] = [];
// As time passes, keywheel leaves room for itself thrice; a baseline takes all that there is.
if (values.real) {
  await measureAll((subject) => subject.of === 'keywheel', 'real', 3);
  await measureAll((subject) => subject.of === 'baseline', 'real', 1);
} else {
  await Promise.all([
    measureAll((subject) => subject.of === 'keywheel', 'plain', width),
    measureAll((subject) => subject.of === 'baseline', 'faked', width),
  ]);
}
async function measureAll(isChosen: (subject: Subject) => boolean, mode: Mode, width: number): Promise<void> {
  const crew = new Crew(mode, width);
  const measured = chosen.flatMap((row) =>
    subjectsOf(row)
      .filter(isChosen)
      .map((subject) => measure(crew, row, subject)),
  );
  for (const row of measured) {
    const done = await row;
    rows.push(done);
    console.log(toLine(done));
    // As it grows: a run that is stopped leaves what it has.
    if (values.write && !values.short) write();
    if (values.verbose) for (const run of done.runs) console.log(`  ${toDetail(run)}`);
  }
  crew.close();
}

function subjectsOf(row: Case): readonly Subject[] {
  const told = toldOf(row).filter((one) => values.limits === undefined || values.limits === one);
  const names = baselineNames.filter((name) => row.baselines === 'all' || (row.baselines === 'sdk' && name.startsWith('openai')));
  return [
    ...told.map((one) => ({ of: 'keywheel' as const, told: one })),
    ...(baselineSeeds === 0 ? [] : names.map((name) => ({ of: 'baseline' as const, name }))),
  ];
}

async function measure(crew: Crew, row: Case, subject: Subject): Promise<Row> {
  const count = subject.of === 'keywheel' ? seeds : baselineSeeds;
  const jobs = Array.from({ length: count }, (_, index) => crew.run({ name: row.name, subject, seed: index + 1, keywheel: built.path }));
  const runs = (await Promise.all(jobs)).map((result) => {
    if ('error' in result) throw new Error(`Cannot run ${row.name} as it failed: ${result.error}`);
    return { ...result.run, tookMs: result.tookMs };
  });
  return { row, subject, runs };
}

/** Only for those who measure them. */
function installPeers(): void {
  if (existsSync(new URL('../node_modules/.package-lock.json', import.meta.url))) return;
  const bench = fileURLToPath(new URL('../', import.meta.url));
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: bench, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function write(): void {
  const results = new URL('../results/', import.meta.url);
  mkdirSync(new URL('goodput/', results), { recursive: true });
  const inOrder = chosen.flatMap((row) => rows.filter((measured) => measured.row === row));
  const page = toPage(inOrder, {
    title: values.real ? 'Goodput as time passes' : 'Goodput',
    command: `npm run bench:goodput${values.real ? ' -- --real' : ''}`,
    versions: versions(),
    date: new Date().toISOString().slice(0, 10),
    tookMs: performance.now() - began,
    plots: !values.real,
  });
  writeFileSync(new URL(values.real ? 'goodput-real.md' : 'goodput.md', results), page);
  if (values.real) return;
  for (const row of chosen) {
    writeFileSync(new URL(`goodput/${row.name}.svg`, results), toPlot(inOrder.filter((measured) => measured.row === row)));
  }
}

function versions(): Readonly<Record<string, string>> {
  const peers = ['openai', 'ai', '@ai-sdk/openai', 'ai-fallback', 'ai-retry'];
  const found = (path: string): string => {
    // Of npm: it has a version.
    const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { readonly version: string };
    return version;
  };
  return {
    keywheel: found('../../package.json'),
    ...Object.fromEntries(peers.map((name) => [name, found(`../node_modules/${name}/package.json`)])),
  };
}

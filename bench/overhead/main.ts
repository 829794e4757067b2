/** `npm run bench:overhead`: what a call costs on top of the bare exchange. README.md beside this file says how it is measured. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { version } from 'node:process';
import { parseArgs } from 'node:util';
import { toChart } from './chart.ts';
import { compare } from './compare.ts';
import { measure, type Results } from './measure.ts';
import { FULL, SHORT } from './plan.ts';
import { toReport, type Circumstances } from './report.ts';
import { isSutName } from './suts.ts';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: String(FULL.rounds) },
    calls: { type: 'string', default: String(FULL.calls) },
    streams: { type: 'boolean', default: false },
    dist: { type: 'string', default: 'dist' },
    against: { type: 'string', default: '' },
    profiles: { type: 'string', default: '' },
    root: { type: 'string', default: '.' },
    out: { type: 'string', default: '' },
  },
});

const root = resolve(values.root);
const bench = join(root, 'bench');
const dist = resolve(values.dist);

if (values.only === '') await everything();
else {
  const { against, profiles, streams } = values;
  const names = values.only.split(',').filter(isSutName);
  const other = against === '' ? '' : resolve(against);
  await compare({ names, rounds: Number(values.rounds), calls: Number(values.calls), streams, dist, against: other, profiles });
}

async function everything(): Promise<void> {
  const plan = values.short ? SHORT : { ...FULL, rounds: Number(values.rounds), calls: Number(values.calls) };
  const results = await measure(plan, { root, bench, dist }, (text) => console.error(`measuring ${text}`));
  const report = toReport(results, circumstances(plan.rounds));
  // A short run leaves nothing that somebody could quote, unless it is asked to.
  if (!values.short || values.out !== '') save(report, results);
  console.log(report);
}

function save(report: string, { calls, streams }: Results): void {
  const folder = values.out === '' ? join(bench, 'results') : resolve(values.out);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'overhead.md'), report);
  const chart = toChart([
    { title: 'CPU of a call, times bare undici (median; line: all rounds)', measured: calls, bar: 1.5 },
    { title: 'CPU of a stream, times undici with a bare parser', measured: streams, bar: 1.25 },
  ]);
  writeFileSync(join(folder, 'overhead.svg'), chart);
}

function circumstances(rounds: number): Circumstances {
  const date = new Date().toISOString().slice(0, 10);
  const installed = [
    'undici',
    'eventsource-parser',
    'openai',
    'ai',
    '@ai-sdk/openai',
    '@langchain/openai',
    '@langchain/core',
    '@portkey-ai/gateway',
  ];
  const versions = [
    ['keywheel', versionIn(root)],
    ...installed.map((name) => [name, versionOf(name)]),
  ] as const satisfies readonly (readonly string[])[];
  return {
    command: `npm run bench:overhead${values.short ? ' -- --short' : ''}`,
    date,
    node: version.slice(1),
    cores: availableParallelism(),
    rounds,
    versions: versions.flatMap(([name = '', found = '']) => (found === '' ? [] : [[name, found] as const])),
  };
}

function versionOf(name: string): string {
  // What keywheel depends on is measured as keywheel gets it.
  for (const folder of [root, bench]) {
    const found = versionIn(join(folder, 'node_modules', name));
    if (found !== '') return found;
  }
  return '';
}

function versionIn(folder: string): string {
  try {
    // A manifest has a version.
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version: string }).version;
  } catch {
    return '';
  }
}

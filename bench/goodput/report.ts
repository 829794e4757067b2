import { cpus } from 'node:os';
import { version } from 'node:process';
import { nameOf, summarise, summariseOutage, type Row } from './table.ts';

/** What the page says of how it came to be. */
export interface Circumstances {
  readonly title: string;
  readonly command: string;
  /** Peers and their versions. */
  readonly versions: Readonly<Record<string, string>>;
  readonly date: string;
  readonly tookMs: number;
  readonly plots: boolean;
}

/** The whole page of results. */
export function toPage(rows: readonly Row[], { title, command, versions, date, tookMs, plots }: Circumstances): string {
  const names = [...new Set(rows.map(({ row }) => row.name))];
  const peers = Object.entries(versions).map(([name, number]) => `${name} ${number}`);
  return [
    `# ${title}`,
    '',
    `\`${command}\`, ${date}, Node ${version.slice(1)}, ${cpus().length} cores, ${Math.round(tookMs / 1000)} s. ${peers.join(', ')}.`,
    '',
    'Goodput is per cent of the bound, the refused are attempts refused for quota or rate per 100 answers, one of them free: the median of',
    'the runs, in brackets the worst. The bar is that of the case, goodput / refused. What it all means stands in',
    '[`bench/README.md`](../README.md).',
    '',
    '| case | client | runs | goodput % | refused /100 | bar | |',
    '| --- | --- | ---: | ---: | ---: | --- | --- |',
    ...names.flatMap((name) => toLines(rows.filter((measured) => measured.row.name === name && !isOutage(measured)))),
    '',
    ...toOutage(rows.filter(isOutage)),
    ...toMisses(rows),
    ...(plots ? ['## Plots', '', ...names.flatMap((name) => [`![${name}](goodput/${name}.svg)`, ''])] : []),
  ].join('\n');
}

function toLines(rows: readonly Row[]): readonly string[] {
  return rows.map((measured, index) => {
    const { goodput, leastGoodput, refused, mostRefused, bar } = summarise(measured);
    return `| ${[
      index === 0 ? measured.row.name : '',
      nameOf(measured.subject),
      String(measured.runs.length),
      `${goodput.toFixed(1)} (${leastGoodput.toFixed(1)})`,
      `${refused.toFixed(2)} (${mostRefused.toFixed(2)})`,
      bar === undefined ? '' : `${bar.goodput} / ${bar.refused}`,
      verdictOf(measured, rows),
    ].join(' | ')} |`;
  });
}

/** Where there is no bar: a baseline is better that has a point more of goodput, or as much with fewer refused. */
export function verdictOf(measured: Row, rows: readonly Row[]): string {
  const own = summarise(measured);
  if (own.bar !== undefined) return own.verdict === 'pass' ? 'pass' : '**miss**';
  const rivals = rows.filter(({ subject }) => subject.of === 'baseline').map(summarise);
  if (measured.subject.of === 'baseline' || rivals.length === 0) return '';
  const isBetter = rivals.some(({ goodput, refused }) => goodput > own.goodput + 1 || (goodput > own.goodput - 1 && refused < own.refused));
  return isBetter ? '**not the best**' : 'best';
}

/** Goodput says nothing of it: who repeats for ever answers more late calls than who fails at once, and asks a sick provider all the time. */
function isOutage(measured: Row): boolean {
  return summariseOutage(measured) !== undefined;
}

function toOutage(rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) return [];
  return [
    '## Outage',
    '',
    'A minute without the provider, 50 calls a second. Attempts are those at the provider that is out, for each call that began then. The bar:',
    '1.1 attempts, a second. The baselines repeat without end, so that none of their calls fails.',
    '',
    '| client | attempts per call | first answer after its end, ms | calls that failed | |',
    '| --- | ---: | ---: | ---: | --- |',
    ...rows.map((row) => {
      const outage = summariseOutage(row);
      const numbers = [outage?.attemptsPerCall.toFixed(2), outage?.recoveredMs.toFixed(0), outage?.failed.toFixed(0)];
      return `| ${[nameOf(row.subject), ...numbers, row.subject.of === 'keywheel' ? outage?.verdict : ''].join(' | ')} |`;
    }),
    '',
  ];
}

function toMisses(rows: readonly Row[]): readonly string[] {
  const missed = rows.flatMap((measured) => {
    const { goodput, refused, bar } = summarise(measured);
    const verdict = verdictOf(
      measured,
      rows.filter(({ row }) => row.name === measured.row.name),
    );
    const reached = `${goodput.toFixed(1)} / ${refused.toFixed(2)}${bar === undefined ? '' : `, bar ${bar.goodput} / ${bar.refused}`}`;
    return verdict.startsWith('**') && !isOutage(measured) ? [`- ${measured.row.name}, ${nameOf(measured.subject)}: ${reached}`] : [];
  });
  return ['## Bars missed', '', ...(missed.length === 0 ? ['None.'] : missed), ''];
}

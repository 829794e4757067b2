/** The tables of a run, in Markdown. */
import { toBars } from './bars.ts';
import type { Results } from './measure.ts';
import type { Measured } from './rounds.ts';
import { toSpreadText, toText } from './statistics.ts';
import { SUTS } from './suts.ts';

/** Where and how it was measured; nothing that names a machine or its folders. */
export interface Circumstances {
  readonly command: string;
  readonly date: string;
  readonly node: string;
  readonly cores: number;
  readonly rounds: number;
  readonly versions: readonly (readonly [string, string])[];
}

export function toReport(results: Results, circumstances: Circumstances): string {
  const { command, date, node, cores, rounds, versions } = circumstances;
  const { calls, streams, cacheHit, waiting, order, held, pool, loads, sizes, missing } = results;
  const bare = held.find(({ name }) => name === 'bare')?.bytes ?? Number.NaN;
  return `# What a call costs

\`${command}\`, ${date}, Node ${node}, ${cores} cores, ${rounds} interleaved rounds. ${versions.map(([name, version]) => `${name} ${version}`).join(', ')}.
Each cell is smallest / **median** / largest over the rounds; shares and times compare with bare undici in the same round. How it is measured,
and what is not: [bench/overhead/README.md](../overhead/README.md).

![CPU of a call and of a stream beside bare undici](overhead.svg)

## The bars

${table(
  ['', 'bar', 'reached', ''],
  toBars(results).map(({ title, bar, reached, met }) => [title, bar, reached, met ? 'met' : '**missed**']),
)}

## Calls

2 KB of JSON there and 2 KB back, 64 in flight.

${table(['', 'calls/s', 'share of the bare rate', 'CPU µs a call', 'CPU, times bare'], calls.map(row))}
${missing.map(({ name, why }) => `\n${SUTS[name].title}: not measured. ${why}\n`).join('')}
A cache hit, one at a time: ${cacheHit === undefined ? '-' : `${toText(1e6 / cacheHit.rate.median)} µs (CPU ${toText(cacheHit.cpuUs.median)} µs)`}.

## Streams

Streams of 1001 chunks, sent in one piece, four at once. Bare is undici with \`eventsource-parser\` and \`JSON.parse\`.

${table(
  ['', 'chunks/s', 'share of the bare rate', 'CPU ms per 1000 chunks', 'CPU, times bare'],
  // A µs a chunk is a ms a thousand.
  streams.map(row),
)}

${table(
  ['heap of an open stream', 'KiB', 'beyond bare, KiB'],
  held.map(({ name, bytes }) => [SUTS[name].title, toText(bytes / 1_024), toText((bytes - bare) / 1_024)]),
)}

## Calls that wait

All wait for one key; ${order.inOrder ? 'they were served in the order in which they came' : '**they were not served in order**'}, ${toText(order.usEach)} µs each with an answer at hand.

${table(
  ['message', 'heap of a call beyond its request', 'one signal aborts them all', 'that got its reason'],
  waiting.map(({ length, bytes, abortMs, right }) => [
    `${toText(length)} characters`,
    `${toText(bytes / 1_024)} KiB`,
    `${toText(abortMs)} ms`,
    right.toLocaleString('en-GB'),
  ]),
)}

## Keys

Lease and settle of the pool alone, by its built internals, 8 leases out at any time.

${table(
  ['keys', 'µs', 'times 10 keys'],
  pool.map(({ keys, us, times }) => [keys.toLocaleString('en-GB'), toSpreadText(us), toSpreadText(times)]),
)}

## Import and size

${table(
  ['import in a fresh process', 'ms', 'times undici'],
  loads.map(({ title, ms, times }) => [title, toSpreadText(ms), toSpreadText(times)]),
)}

${table(
  ['on the disk after an install', 'MiB', 'packages'],
  sizes.map(({ title, kib, packages }) => [title, toText(kib / 1_024), String(packages)]),
)}
`;
}

const row = ({ name, rate, rateShare, cpuUs, cpuTimes }: Measured): readonly string[] => [
  SUTS[name].title,
  ...[rate, rateShare, cpuUs, cpuTimes].map(toSpreadText),
];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

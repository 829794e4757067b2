import type { Bar, Case } from './case.ts';
import type { RealRun } from './real.ts';
import type { Run } from './score.ts';
import type { Strain } from './strain.ts';
import type { Subject } from './subject.ts';

/** A run and what it took of real time. */
export interface TimedRun extends Run {
  readonly tookMs: number;
  /** Of a run in real time. */
  readonly strain?: RealRun['strain'];
}

/** What a subject did in a case. */
export interface Row {
  readonly row: Case;
  readonly subject: Subject;
  readonly runs: readonly TimedRun[];
}

/** The runs of a row in two numbers, each the median and the worst, in per cent. */
export interface Summary {
  readonly goodput: number;
  readonly leastGoodput: number;
  readonly refused: number;
  readonly mostRefused: number;
  readonly bar: Bar | undefined;
  readonly verdict: 'pass' | 'MISS' | '';
}

export function summarise({ row, subject, runs }: Row): Summary {
  const goodputs = sorted(runs.map(({ goodputShare }) => goodputShare * 100));
  const refusals = sorted(runs.map(({ refusedShare }) => refusedShare * 100));
  const [goodput, refused] = [median(goodputs), median(refusals)];
  const bar = subject.of === 'keywheel' ? row.bars[subject.told] : undefined;
  const held = bar !== undefined && goodput >= bar.goodput && refused <= bar.refused;
  return {
    goodput,
    refused,
    bar,
    leastGoodput: goodputs[0] ?? Number.NaN,
    mostRefused: refusals.at(-1) ?? Number.NaN,
    verdict: bar === undefined ? '' : held ? 'pass' : 'MISS',
  };
}

/** The run in the middle by its goodput. */
export function middleRun({ runs }: Row): TimedRun | undefined {
  return runs.toSorted((a, b) => a.goodputShare - b.goodputShare)[Math.floor((runs.length - 1) / 2)];
}

/** What an outage was like for a client: medians. */
export interface OutageSummary {
  /** Attempts at the provider that was out, for each call that began then. */
  readonly attemptsPerCall: number;
  /** From its end to the first answer, ms. */
  readonly recoveredMs: number;
  /** Calls that ended in an error. */
  readonly failed: number;
  readonly verdict: 'pass' | 'MISS';
}

export function summariseOutage({ row, runs }: Row): OutageSummary | undefined {
  const { arrivals } = row.load;
  const outage = row.mishaps.find((mishap) => mishap.of === 'outage');
  if (outage === undefined || arrivals === undefined) return undefined;
  const calls = ((outage.untilMs - outage.fromMs) / arrivals.everyMs) * arrivals.calls;
  const attemptsPerCall = median(sorted(runs.map(({ others }) => others / calls)));
  const recoveredMs = median(
    sorted(runs.map(({ answersMs }) => Math.min(...answersMs.filter((at) => at >= outage.untilMs)) - outage.untilMs)),
  );
  const failed = median(sorted(runs.map(({ failures }) => Object.values(failures).reduce((sum, count) => sum + count, 0))));
  return { attemptsPerCall, recoveredMs, failed, verdict: attemptsPerCall <= 1.1 && recoveredMs <= 1000 ? 'pass' : 'MISS' };
}

const WIDTHS = [24, 26, 17, 19, 12, 5];

export function headOf(): string {
  return toColumns(['case', 'client', 'goodput % (min)', 'refused /100 (max)', 'bar', '']);
}

export function toLine(measured: Row): string {
  const { goodput, leastGoodput, refused, mostRefused, bar, verdict } = summarise(measured);
  return toColumns([
    measured.row.name,
    nameOf(measured.subject),
    `${goodput.toFixed(1)} (${leastGoodput.toFixed(1)})`,
    `${refused.toFixed(2)} (${mostRefused.toFixed(2)})`,
    bar === undefined ? '' : `${bar.goodput} / ${bar.refused}`,
    verdict,
  ]);
}

export function nameOf(subject: Subject): string {
  return subject.of === 'keywheel' ? `keywheel, ${subject.told}` : subject.name;
}

export function toDetail({ answersMs, bound, refusedMs, others, served, failures, tookMs, strain }: TimedRun): string {
  const calls = `callers served ${served}, failures ${JSON.stringify(failures)}`;
  return `${answersMs.length} of ${bound}, refused ${refusedMs.length}${toWhen(refusedMs)}, other failures ${others}, ${calls}, took ${Math.round(tookMs)} ms${toStrain(strain)}`;
}

/** When the first of them were, in seconds. */
function toWhen(refusedMs: readonly number[]): string {
  if (refusedMs.length === 0) return '';
  const first = refusedMs.slice(0, 12).map((at) => (at / 1000).toFixed(2));
  return ` (at ${first.join(', ')}${refusedMs.length > first.length ? ', …' : ''} s)`;
}

function toStrain(strain: RealRun['strain'] | undefined): string {
  if (strain === undefined) return '';
  const one = ({ lateMs, waitedMs, cpuMs }: Strain): string =>
    `late ${lateMs.toFixed(1)} ms, waited ${Math.round(waitedMs)} ms, CPU ${Math.round(cpuMs)} ms`;
  return `; client ${one(strain.client)}; provider ${one(strain.provider)}`;
}

function toColumns(texts: readonly string[]): string {
  return texts
    .map((text, index) => text.padEnd(WIDTHS[index] ?? 0))
    .join(' ')
    .trimEnd();
}

function sorted(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((a, b) => a - b);
}

/** The middle one; of an even number the worse for neither: their mean. */
export function median(numbers: readonly number[]): number {
  const middle = numbers.length / 2;
  const [below, above] = [numbers[Math.ceil(middle) - 1], numbers[Math.floor(middle)]];
  return ((below ?? Number.NaN) + (above ?? Number.NaN)) / 2;
}

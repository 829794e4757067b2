import type { CallReport, FailureClass } from 'keywheel';
import type { Simulator } from 'keywheel/simulator';
import { type Paint, wrap } from './paint.ts';
import { type Tally, toDuration } from './tally.ts';
import { MODEL } from './world.ts';

const WORDS: Partial<Readonly<Record<FailureClass, string>>> = {
  rate_limited: 'rate limited',
  quota_exhausted: 'out of money',
  key_invalid: 'dead key',
};

/** The figures at the end. */
export function toSummary(tally: Tally, simulator: Simulator, paint: Paint): readonly string[] {
  const { elapsedMs, answeredCount, total, reused } = tally;
  const { served } = simulator.stats();
  const bound = simulator.bound({ durationMs: elapsedMs, model: MODEL }).requests;
  const refused = [...tally.refused].map(([failure, count]) => `${count} ${WORDS[failure] ?? failure}`);
  const refusals = [...tally.refused.values()].reduce((sum, count) => sum + count, 0);
  const figures = [
    ['calls answered', `${answeredCount} of ${total} in ${toDuration(elapsedMs)}`],
    ['goodput', `${served} answers by request, ${Math.round((100 * served) / bound)} % of what the limits allowed (${bound})`],
    ['cache hits', `${reused}: repeated questions that cost no request`],
    ['refused attempts', `${refusals}${refusals === 0 ? '' : ` (${refused.join(', ')})`}`],
    ['time per call', `p50 ${toDuration(tally.quantile(0.5))}, p95 ${toDuration(tally.quantile(0.95))}, with the wait for a key`],
  ] as const;
  return figures.map(([name, value]) => `${paint('bold', name.padEnd(18))}${value}`);
}

/** One report with all that it says. */
export function toReportLines(report: CallReport, columns: number, paint: Paint): readonly string[] {
  const width = Math.min(columns, 120) - 1;
  const { attempts, ...rest } = report;
  const title = `Every reply carries a report of what its call did and why. ${report.id} had to try most:`;
  return [
    ...wrap(title.split(' '), width).map((line) => paint('bold', line)),
    ...toFields(rest, '  ', width),
    ...attempts.flatMap(({ why, ...attempt }, index) => [
      paint('bold', `  attempt ${index + 1}`),
      ...toFields(attempt, '    ', width),
      ...wrap(`why: ${why}`.split(' '), width - 4).map((line) => paint('yellow', `    ${line}`)),
    ]),
  ];
}

function toFields(fields: object, indent: string, width: number): readonly string[] {
  const entries = Object.entries(fields);
  const texts = entries.map(([name, field]: [string, unknown], index) => {
    return `${name}: ${toText(name, field)}${index < entries.length - 1 ? ',' : ''}`;
  });
  return wrap(texts, width - indent.length).map((line) => indent + line);
}

function toText(name: string, field: unknown): string {
  // Instants are epoch ms.
  if (name.endsWith('At') && typeof field === 'number') return new Date(field).toISOString();
  return typeof field === 'string' ? field : JSON.stringify(field);
}

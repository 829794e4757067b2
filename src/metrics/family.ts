export type Labels = Readonly<Record<string, string>>;

/** One line of a metric. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** Of a line that is not called as its metric is: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string;
}

/** How the processes of a cluster are put together: prom-client's own words. */
export type Aggregator = 'sum' | 'max' | 'min';

/** What a metric is called and means. */
export interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly aggregator: Aggregator;
}

/** A metric with what it says now. */
export interface Family extends Described {
  readonly samples: readonly Sample[];
}

/** In Prometheus' text format 0.0.4. */
export function toText(families: readonly Family[]): string {
  return `${families.map(toLines).join('\n\n')}\n`;
}

function toLines({ name, help, type, samples }: Family): string {
  const lines = [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`];
  for (const { metricName = name, labels, value } of samples) lines.push(`${metricName}${toLabels(labels)} ${toNumber(value)}`);
  return lines.join('\n');
}

function toLabels(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', String.raw`\"`)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
}

function toNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

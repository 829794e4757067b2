/** A family of the text format, as a strict reader finds it. */
export interface ReadFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly ReadSample[];
}

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const VALUE = /^(?:NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const ENDINGS: Readonly<Record<string, readonly string[]>> = { histogram: ['_bucket', '_sum', '_count'] };

/** Reads Prometheus' text format 0.0.4 and refuses whatever a server may stumble over; blank lines are allowed. */
export function readExposition(text: string): readonly ReadFamily[] {
  if (!text.endsWith('\n')) throw new Error('The last line has no end');
  const families: { name: string; help: string; type: string; samples: ReadSample[] }[] = [];
  const seen = new Set<string>();
  let help: readonly [name: string, help: string] | undefined;
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const family = families.at(-1);
    if (line.startsWith('# HELP ')) {
      help = twoParts(line.slice(7));
    } else if (line.startsWith('# TYPE ')) {
      const [name, type] = twoParts(line.slice(7));
      if (help?.[0] !== name) throw new Error(`No help of ${name} stands before its type`);
      if (!['counter', 'gauge', 'histogram'].includes(type)) throw new Error(`No type: ${line}`);
      if (families.some((other) => other.name === name)) throw new Error(`Twice: ${name}`);
      families.push({ name, help: help[1], type, samples: [] });
    } else {
      const sample = readSample(line);
      const allowed = (ENDINGS[family?.type ?? ''] ?? ['']).map((ending) => `${family?.name}${ending}`);
      if (!allowed.includes(sample.name)) throw new Error(`Not of ${family?.name}: ${line}`);
      const identity = [
        sample.name,
        ...Object.entries(sample.labels)
          .map((label) => JSON.stringify(label))
          .toSorted((a, b) => (a < b ? -1 : 1)),
      ].join(' ');
      if (seen.has(identity)) throw new Error(`The same series twice: ${line}`);
      seen.add(identity);
      family?.samples.push(sample);
    }
  }
  return families;
}

function readSample(line: string): ReadSample {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined || value === undefined || !VALUE.test(value)) throw new Error(`No sample: ${line}`);
  return { name, labels: readLabels(labels), value: Number(value.replace('Inf', 'Infinity')) };
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== '';) {
    const [all, name, value] = LABEL.exec(rest) ?? [];
    if (all === undefined || name === undefined || value === undefined || name in labels) throw new Error(`No labels: ${text}`);
    labels[name] = value.replaceAll(/\\([\\"n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    rest = rest.slice(all.length);
  }
  return labels;
}

function twoParts(text: string): readonly [string, string] {
  const at = text.indexOf(' ');
  if (at < 0) throw new Error(`One word alone: ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** The value of the one series of a name that has these labels among its own; `undefined` where there is none. Throws for several. */
export function valueOf(families: readonly ReadFamily[], name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  const fitting = families
    .flatMap((family) => family.samples)
    .filter((sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value));
  if (fitting.length > 1) throw new Error(`Several series of ${name} fit: ${JSON.stringify(fitting)}`);
  return fitting[0]?.value;
}

import { boundBy } from './bound.ts';
import { middleRun, nameOf, type Row } from './table.ts';

const WIDTH = 800;
const HEIGHT = 400;
const LEFT = 64;
const TOP = 46;
const PLOT_WIDTH = 450;
const PLOT_HEIGHT = 290;
const STEPS = 150;

interface Scale {
  readonly x: (seconds: number) => number;
  readonly y: (answers: number) => number;
}

interface Line {
  readonly label: string;
  readonly style: string;
  /** Seconds and answers. */
  readonly points: readonly (readonly [number, number])[];
}

/** Answers over time of everybody who ran a case, below the bound. Legible on light and on dark pages. */
export function toPlot(rows: readonly Row[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const { row } = first;
  const times = Array.from({ length: STEPS + 1 }, (_, step) => (step / STEPS) * row.seconds);
  const use = middleRun(first)?.meanUse ?? { input: 0, output: 0 };
  const bound = times.map((at): readonly [number, number] => [at, boundBy(row, use, at * 1000)]);
  const lines: readonly Line[] = [
    { label: 'bound', style: 'bound', points: bound },
    ...rows.map((measured, index) => ({ label: nameOf(measured.subject), style: `s${index}`, points: pointsOf(measured, times) })),
  ];
  const top = niceAbove(Math.max(1, ...lines.map(({ points }) => points.at(-1)?.[1] ?? 0)));
  const scale: Scale = {
    x: (seconds) => LEFT + (seconds / row.seconds) * PLOT_WIDTH,
    y: (answers) => TOP + PLOT_HEIGHT - (answers / top) * PLOT_HEIGHT,
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>Answers over time: ${row.name}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text class="head" x="${LEFT}" y="26">${row.name}</text>`,
    ...axes(scale, row.seconds, top),
    ...lines.toReversed().map(({ style, points }) => `<polyline class="line ${style}" points="${toPath(points, scale)}"/>`),
    ...legend(lines),
    '</svg>',
    '',
  ].join('\n');
}

/** Of the run in the middle. */
function pointsOf(measured: Row, times: readonly number[]): Line['points'] {
  const answersMs = (middleRun(measured)?.answersMs ?? []).toSorted((a, b) => a - b);
  let count = 0;
  return times.map((at) => {
    while ((answersMs[count] ?? Infinity) <= at * 1000) count += 1;
    return [at, count];
  });
}

function toPath(points: Line['points'], { x, y }: Scale): string {
  return points.map(([at, answers]) => `${x(at).toFixed(1)},${y(answers).toFixed(1)}`).join(' ');
}

function axes({ x, y }: Scale, seconds: number, top: number): readonly string[] {
  const parts = [0, 0.25, 0.5, 0.75, 1];
  return [
    ...parts.flatMap((part) => [
      `<line class="grid" x1="${LEFT}" x2="${LEFT + PLOT_WIDTH}" y1="${y(part * top)}" y2="${y(part * top)}"/>`,
      `<text class="tick" text-anchor="end" x="${LEFT - 8}" y="${y(part * top) + 4}">${Math.round(part * top)}</text>`,
      `<text class="tick" text-anchor="middle" x="${x(part * seconds)}" y="${TOP + PLOT_HEIGHT + 18}">${part * seconds}</text>`,
    ]),
    `<text class="axis" text-anchor="middle" x="${LEFT + PLOT_WIDTH / 2}" y="${TOP + PLOT_HEIGHT + 40}">seconds</text>`,
    `<text class="axis" text-anchor="middle" transform="translate(16 ${TOP + PLOT_HEIGHT / 2}) rotate(-90)">answers</text>`,
  ];
}

function legend(lines: readonly Line[]): readonly string[] {
  const left = LEFT + PLOT_WIDTH + 24;
  return lines.flatMap(({ label, style, points }, index) => {
    const y = TOP + 14 + index * 26;
    const answers = Math.round(points.at(-1)?.[1] ?? 0);
    return [
      `<line class="line ${style}" x1="${left}" x2="${left + 26}" y1="${y - 4}" y2="${y - 4}"/>`,
      `<text class="label" x="${left + 34}" y="${y}">${label}: ${answers}</text>`,
    ];
  });
}

function niceAbove(most: number): number {
  const unit = 10 ** Math.floor(Math.log10(most));
  return ([1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5, 6, 8, 10].find((step) => step * unit >= most) ?? 10) * unit;
}

const STYLE = `
svg{font:13px system-ui,sans-serif}
.paper{fill:#fff}.head{font-weight:600;font-size:15px}.head,.axis,.label{fill:#1f2328}.tick{fill:#59636e;font-size:12px}
.grid{stroke:#d1d9e0;stroke-width:1}.line{fill:none;stroke-width:2}
.bound{stroke:#59636e;stroke-dasharray:5 4}
.s0{stroke:#0969da;stroke-width:3}.s1{stroke:#1a7f37}.s2{stroke:#bc4c00}.s3{stroke:#8250df}.s4{stroke:#bf3989}.s5{stroke:#9a6700}
@media (prefers-color-scheme:dark){
.paper{fill:#0d1117}.head,.axis,.label{fill:#f0f6fc}.tick{fill:#9198a1}.grid{stroke:#3d444d}
.bound{stroke:#9198a1}
.s0{stroke:#4493f8}.s1{stroke:#3fb950}.s2{stroke:#f0883e}.s3{stroke:#ab7df8}.s4{stroke:#db61a2}.s5{stroke:#d29922}
}`;

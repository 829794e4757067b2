/** One picture: CPU beside bare undici, of a call and of a chunk. */
import type { Measured } from './rounds.ts';
import { toText } from './statistics.ts';
import { SUTS, type SutName } from './suts.ts';

const WIDTH = 820;
const LEFT = 320;
const ROW = 26;
const BAR = 16;

export function toChart(
  panels: readonly { readonly title: string; readonly measured: readonly Measured[]; readonly bar: number }[],
): string {
  const drawn: string[] = [];
  let top = 14;
  for (const { title, measured, bar } of panels) {
    const longest = Math.max(...measured.map(({ cpuTimes }) => cpuTimes.max), bar);
    const scale = (WIDTH - LEFT - 60) / longest;
    drawn.push(`<text x="14" y="${top + 16}" class="title">${title}</text>`);
    top += 34;
    const rows = measured.map((one, index) => drawRow(one, top + index * ROW, scale));
    const x = LEFT + bar * scale;
    const bottom = top + measured.length * ROW;
    drawn.push(`<line x1="${x}" x2="${x}" y1="${top - 4}" y2="${bottom}" class="bar"/>`, ...rows);
    drawn.push(`<text x="${x}" y="${bottom + 13}" class="note" text-anchor="middle">bar: ${toText(bar)}</text>`);
    top = bottom + 32;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" font-family="system-ui, sans-serif" font-size="13">
<style>.title { font-weight: 600; font-size: 15px } .value { paint-order: stroke; stroke: #ffffff; stroke-width: 4 } .own { fill: #0f766e } .peer { fill: #94a3b8 } .bare { fill: #334155 } .spread { stroke: #1e293b; stroke-width: 1.2 } .bar { stroke: #dc2626; stroke-dasharray: 4 3 } .note { fill: #dc2626; font-size: 11px }</style>
<rect width="100%" height="100%" fill="#ffffff"/>
${drawn.join('\n')}
</svg>
`;
}

function drawRow({ name, cpuTimes: { min, median, max } }: Measured, y: number, scale: number): string {
  const middle = y + BAR / 2;
  return [
    `<text x="${LEFT - 10}" y="${y + 13}" text-anchor="end">${SUTS[name].title.replaceAll('`', '')}</text>`,
    `<rect x="${LEFT}" y="${y}" width="${round(median * scale)}" height="${BAR}" class="${kindOf(name)}"/>`,
    `<line x1="${round(LEFT + min * scale)}" x2="${round(LEFT + max * scale)}" y1="${middle}" y2="${middle}" class="spread"/>`,
    `<text class="value" x="${round(LEFT + max * scale + 7)}" y="${y + 13}">${toText(median)}</text>`,
  ].join('');
}

const round = (value: number): string => value.toFixed(1);

function kindOf(name: SutName): 'bare' | 'peer' | 'own' {
  if (name === 'bare') return 'bare';
  return SUTS[name].peer ? 'peer' : 'own';
}

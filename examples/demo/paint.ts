/** Colours of the demo. */
export type Colour = 'bold' | 'green' | 'yellow' | 'red' | 'grey';

/** Colours a text, or leaves it as it is where colours are not wanted. */
export type Paint = (colour: Colour, text: string) => string;

const CODES: Readonly<Record<Colour, number>> = { bold: 1, green: 32, yellow: 33, red: 31, grey: 90 };

export const plain: Paint = (_colour, text) => text;
export const coloured: Paint = (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;

/** A text of exactly `width` characters. */
export function spread(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const fitting = text.slice(0, width);
  return side === 'left' ? fitting.padEnd(width) : fitting.padStart(width);
}

/** A bar of at most `width` characters. */
export function toBar(share: number, width: number): string {
  const filled = share > 0 ? Math.max(1, Math.round(share * width)) : 0;
  return '█'.repeat(Math.min(filled, width));
}

/** Words (or what else must stay together) in lines of at most `width` characters. */
export function wrap(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

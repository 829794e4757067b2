/** Beyond what JSON escapes: DEL and C1, characters that hide or reorder text, and the line separators of Unicode. */
const UNSAFE = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Nearly all lines are of nothing else. */
const PLAIN = /^[ -~]*$/;

/** An object as one line of JSON that no terminal and no reader of lines can be misled by; `JSON.parse` reads back what was written. */
export function toLine(value: object): string {
  const text = JSON.stringify(value);
  return `${PLAIN.test(text) ? text : text.replace(UNSAFE, toEscapes)}\n`;
}

function toEscapes(char: string): string {
  return Array.from({ length: char.length }, (_, at) => String.raw`\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
}

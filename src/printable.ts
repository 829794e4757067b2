// C0 and C1 controls, DEL, and the characters that reorder or hide text: none of them may reach a terminal.
// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** A provider's text made safe for one line of a terminal or a log: no control characters, at most `longest` characters. */
export function toPrintable(text: string, longest = 500): string {
  const clean = text.slice(0, longest * 2).replace(UNPRINTABLE, ' ').trim();
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 1)}…`;
}

/** A current value as an error shows it: short, on one line, never a whole object. */
export function toShown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(toPrintable(value, 60));
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value !== null && typeof value === 'object') return 'an object';
  return String(value);
}

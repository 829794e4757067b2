// Controls, format characters (which hide or reorder text) and line separators: none of them may reach a terminal.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
/** Half of a character that lies beyond the first plane, left where a text was cut. */
const HALF = /[\ud800-\udbff]$/;

/** Printable ASCII, without a space at either end. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;

/** A provider's text made safe for one line of a terminal or a log: no control characters, at most `longest` characters. */
export function toPrintable(text: string, longest = 500): string {
  // Ids of every answer pass here, and nearly all are plain.
  if (text.length <= longest && PLAIN.test(text)) return text;
  const clean = text
    .slice(0, longest * 2)
    .replace(HALF, '')
    .replace(UNPRINTABLE, ' ')
    .trim();
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 1).replace(HALF, '')}…`;
}

/** A target as errors call it. The model is the caller's own word, and a list of models is asked of none. */
export function toTargetName(provider: string, model: string): string {
  return model === '' ? provider : `${provider}/${toPrintable(model, 200)}`;
}

/** A current value as an error shows it: short, on one line, never a whole object. */
export function toShown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(toPrintable(value, 60));
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value !== null && typeof value === 'object') return 'an object';
  return String(value);
}

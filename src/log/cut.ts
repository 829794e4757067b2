import { toPrintable } from '../printable.ts';

/** What secrets and their escapes are written in: whatever stands between two others is one run. */
const OF_SECRETS = /[!#-&*-;=?-Z\\^-z~]/;

/**
 * The beginning of a text, at most `longest` characters. It ends between two words, never within one: half a secret would not be
 * found any more.
 */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  let at = Math.max(0, longest);
  while (at > 0 && OF_SECRETS.test(text.charAt(at - 1)) && OF_SECRETS.test(text.charAt(at))) at -= 1;
  return text.slice(0, at).replace(/[\ud800-\udbff]$/, '');
}

/** A name or a sentence from outside: one line, bounded. */
export function toWords(text: string, longest = 200): string {
  const short = cut(text, longest);
  return toPrintable(short.length < text.length ? `${short}…` : short, longest + 1);
}

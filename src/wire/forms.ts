/** A pattern is built character by character: beyond this a secret is found in its plain forms alone. */
const LONGEST = 8192;

const NAMED: Readonly<Record<string, string>> = {
  '"': 'quot',
  '&': 'amp',
  "'": 'apos',
  '<': 'lt',
  '>': 'gt',
  '/': 'sol',
  '+': 'plus',
  '=': 'equals',
};

/** A secret as a provider may echo it: whole texts, and a pattern for the escapes, which writers choose character by character. */
export interface Forms {
  readonly texts: readonly string[];
  readonly pattern: RegExp | undefined;
}

/** Escaped for JSON, URLs or HTML, also twice, and as Base64 of either alphabet, with padding or without. */
export function toForms(secret: string): Forms {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64');
  const texts = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeSafely(secret),
    base64,
    base64.replace(/=+$/, ''),
    bytes.toString('base64url'),
  ];
  // Letters and digits are escaped by nobody.
  const isPlain = /^[a-z0-9]*$/i.test(secret) || secret.length > LONGEST;
  return { texts: [...new Set(texts)], pattern: isPlain ? undefined : toPattern(secret) };
}

/** Half a character cannot be encoded, and is in no key. */
function encodeSafely(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\u{fffd}'));
}

function toPattern(secret: string): RegExp {
  const known = new Map<string, string>();
  let source = '';
  for (const char of secret) {
    let form = known.get(char);
    if (form === undefined) known.set(char, (form = /[a-z0-9]/i.test(char) ? char : formOf(char)));
    source += form;
  }
  return new RegExp(source, 'g');
}

/** Every way to write one character. The counts are bounded, so that no text makes the search slow. */
function formOf(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const bytes = [...Buffer.from(char)].map((byte) => `%(?:25){0,3}${anyCase(byte.toString(16).padStart(2, '0'))}`);
  const units = Array.from(
    { length: char.length },
    (_, at) => String.raw`\\{1,4}u${anyCase(char.charCodeAt(at).toString(16).padStart(4, '0'))}`,
  );
  const named = NAMED[char];
  const entities = [`#[xX]0{0,4}${anyCase(code.toString(16))}`, `#0{0,4}${code}`, ...(named === undefined ? [] : [named])];
  const inJson = JSON.stringify(char).slice(1, -1).replace(/^\\/, '');
  return `(?:${[
    String.raw`\\{0,4}${escape(char)}`,
    ...(inJson === char ? [] : [String.raw`\\{1,4}${escape(inJson)}`]),
    bytes.join(''),
    units.join(''),
    `&(?:amp;){0,2}(?:${entities.join('|')});`,
    ...(char === ' ' ? [String.raw`\+`] : []),
  ].join('|')})`;
}

function anyCase(hex: string): string {
  return hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

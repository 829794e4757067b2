/** Texts are read to this length. */
const LONGEST_TEXT = 64_000;

/** `undefined` where it is none, or longer than an error is. */
export function parseJson(text: string): unknown {
  if (text.length > LONGEST_TEXT) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * What a gateway repeats of its upstream behind words of its own: `Error code: 429 - {"error": …}`, also as Python shows it. Only behind
 * such words: a wrong request is quoted in the same way.
 */
export function splitJson(text: string): { readonly before: string; readonly inner: unknown } {
  const start = text.length > LONGEST_TEXT ? -1 : text.indexOf('{');
  const end = text.lastIndexOf('}');
  const before = text.slice(0, Math.max(0, start));
  if (
    start < 1 ||
    end <= start ||
    !/(?:error|exception|upstream|provider|response|status|failed)(?: code)?\W{0,4}\d{0,3}\W{0,4}$/i.test(before.slice(-80))
  ) {
    return { before: text, inner: undefined };
  }
  const json = text.slice(start, end + 1);
  const parsed = parseJson(json) ?? Object.fromEntries(readFields(json.replaceAll("'", '"')).filter(([name]) => name !== 'error'));
  return { before: `${before}${text.slice(end + 1)}`, inner: parsed };
}

/** Fields of JSON that cannot be parsed, found by their names, wherever they are. */
export function readFields(text: string): readonly (readonly [name: string, value: string | number])[] {
  const found = text
    .slice(0, LONGEST_TEXT)
    .matchAll(/"(\w{1,40})"\s{0,9}:\s{0,9}(?:"((?:[^"\\]|\\.){0,4000})(?:"|\\?$)|(\d{1,15}(?:\.\d{1,15})?)(?=\s{0,9}[,}\]]|\s{0,9}$))/g);
  const fields: (readonly [string, string | number])[] = [];
  for (const [, name = '', quoted, number] of found) {
    if (number !== undefined) fields.push([name, Number(number)]);
    if (quoted !== undefined) fields.push([name, unquote(quoted)]);
  }
  return fields;
}

function unquote(text: string): string {
  const whole = parseJson(`"${text}"`);
  return typeof whole === 'string' ? whole : text;
}

export function looksTruncated(text: string): boolean {
  return /^(?:data:|event:|[{[])/.test(text.trimStart());
}

/** Elements of an error in XML that hold text, by the names that JSON has for them; nothing where it is a page or no XML. */
export function readXml(text: string): readonly (readonly [name: string, value: string])[] {
  if (!/^\s{0,99}<(?:\?xml|\w{0,40}(?:error|fault|exception|response|map)\w{0,40}[\s>])/i.test(text)) return [];
  const fields: (readonly [string, string])[] = [];
  for (const [, tag = '', value = ''] of text
    .slice(0, LONGEST_TEXT)
    .matchAll(/<(?:\w{1,20}:)?(\w{1,40})(?:\s[^<>]{0,300})?>([^<>]{1,4000})<\//g)) {
    const name = XML_NAMES[tag.toLowerCase()];
    if (name !== undefined) fields.push([name, value.trim()]);
  }
  return fields;
}

const XML_NAMES: Readonly<Record<string, string>> = {
  __proto__: null as never,
  code: 'code',
  errorcode: 'code',
  faultcode: 'code',
  type: 'type',
  status: 'status',
  message: 'message',
  error: 'error',
  faultstring: 'message',
  detail: 'detail',
  description: 'description',
  requestid: 'request_id',
};

/** A page, or what Cloudflare sends in its place to who does not read pages: `error code: 1015`. */
export function isHtml(text: string): boolean {
  const begins = text.slice(0, 4000).trim();
  if (/^error code: 1\d{3}$/.test(begins)) return true;
  return /^(?:<!doctype html|<html|<head|<\?xml|<!--)/i.test(begins) || /<(?:title|body)\b/i.test(text.slice(0, 2000));
}

/** The title and the first words of a page: enough to know whose page it is. */
export function readHtml(text: string): string {
  const words = withoutScripts(text.slice(0, 20_000))
    .slice(0, 4000)
    .replaceAll(/<[^<>]{0,500}>/g, ' ');
  return words
    .split(/\s/)
    .filter((word) => word !== '')
    .join(' ')
    .slice(0, 500);
}

/** By hand, as a pattern would look for the end of each of many scripts that have none. */
function withoutScripts(page: string): string {
  let kept = '';
  let rest = page;
  for (let opening = OPENING.exec(rest); opening !== null; opening = OPENING.exec(rest)) {
    kept += `${rest.slice(0, opening.index)} `;
    const script = rest.slice(opening.index);
    const end = script.search(opening[1] === undefined ? /<\/style\b/i : /<\/script\b/i);
    const close = end < 0 ? -1 : script.indexOf('>', end);
    // What is cut in a script has no words behind it.
    rest = close < 0 ? '' : script.slice(close + 1);
  }
  return kept + rest;
}

const OPENING = /<(?:(script)|style)\b/i;

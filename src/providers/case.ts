import type { BucketReading } from '../failure.ts';
import type { WireFailure, WireHeaders } from '../wire/types.ts';
import { readHints, type Hint } from './hints.ts';
import { readLimits, type AssumedWindows } from './limits.ts';
import { readQuantities, type Quantities } from './quantities.ts';
import { UNKNOWN, type Rule } from './rules/rule.ts';
import { readTold, type Told } from './told.ts';

const HOUR = 3_600_000;

/** An answer read once, for the rules to look at. */
export interface Case {
  /** The answer's status; inside a 200 the status that the error names, or `UNKNOWN`. */
  readonly status: number;
  readonly inBand: boolean;
  readonly told: Told;
  /** What rules for prose get: what stands in quotes in the refusal of a request is the caller's own text. */
  readonly prose: string;
  readonly quantities: Quantities;
  /** `undefined` inside a 200: its headers were written before the error. */
  readonly headers: WireHeaders | undefined;
  /** Limits that the headers tell. */
  readonly limits: readonly BucketReading[];
  readonly hints: readonly Hint[];
  /** Somebody names a delay within the hour, though not the reset of an empty bucket, which may be of another limit. */
  readonly brief: boolean;
}

export function readCase(failure: WireFailure, now: number, windows: AssumedWindows): Case {
  const inBand = failure.inBand || (failure.status >= 200 && failure.status < 300);
  const headers = inBand ? undefined : failure.headers;
  const told = readTold(failure.body, headers);
  const status = inBand ? (told.status ?? UNKNOWN) : failure.status;
  const limits = headers === undefined ? [] : readLimits(headers, now, windows);
  const prose = QUOTING.has(status) ? withoutQuotes(told.prose) : told.prose;
  const hints = readHints({ headers, limits, fields: told.hints, prose }, now);
  return {
    status,
    inBand,
    told,
    prose,
    quantities: readQuantities(prose, told.codes),
    headers,
    limits,
    hints,
    brief: hints.some(({ at, source }) => source !== 'bucket' && at - now < HOUR),
  };
}

/** True when a row is about this answer. */
export function fits(rule: Rule, { status, inBand, told, prose }: Case): boolean {
  if (rule.inBand === true && !inBand) return false;
  if (rule.status !== undefined && !rule.status.includes(status)) return false;
  const { code, says } = rule;
  if (code === undefined && says === undefined) return true;
  return (code !== undefined && told.codes.some((text) => code.test(text))) || says?.test(prose) === true;
}

/** Statuses with which a request is refused for what it says, and then quoted. */
const QUOTING = new Set([UNKNOWN, 400, 404, 409, 413, 415, 422]);

/** Quotes of three words and more go: names of models and parameters have fewer, and whoever quotes a text quotes more. */
const PAIRS: readonly (readonly [open: string, close: string])[] = [
  ["'", "'"],
  ['"', '"'],
  ['`', '`'],
  ['“', '”'],
  ['«', '»'],
  ['「', '」'],
];

function withoutQuotes(prose: string): string {
  return PAIRS.reduce((text, [open, close]) => withoutPair(text, open, close), prose);
}

/** A quote ends on its line. By hand, as a pattern would look for the end of each of many quotes that have none. */
function withoutPair(prose: string, open: string, close: string): string {
  let kept = '';
  let from = 0;
  for (let start = findOpening(prose, open, 0); start >= 0; start = findOpening(prose, open, from)) {
    const line = prose.indexOf('\n', start);
    const quote = prose.slice(start, line < 0 ? prose.length : line);
    const end = findClosing(quote, close);
    kept += prose.slice(from, start) + (end < 0 ? quote : toQuoted(quote.slice(0, end + 1)));
    from = start + (end < 0 ? quote.length : end + 1);
  }
  return kept + prose.slice(from);
}

/** An apostrophe is no quote: what opens stands before a word, and what closes behind one. */
function findOpening(prose: string, open: string, from: number): number {
  let at = prose.indexOf(open, from);
  if (open !== "'") return at;
  while (at > 0 && !/[\s([{=:,]/.test(prose.charAt(at - 1))) at = prose.indexOf(open, at + 1);
  return at;
}

function findClosing(quote: string, close: string): number {
  let at = quote.indexOf(close, 1);
  if (close !== "'") return at;
  while (at > 0 && /\w/.test(quote.charAt(at + 1))) at = quote.indexOf(close, at + 1);
  return at;
}

function toQuoted(quote: string): string {
  return /\S\s{1,20}\S{1,80}\s{1,20}\S/.test(quote) || quote.length > 60 ? '""' : quote;
}

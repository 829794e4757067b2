/** Milliseconds of each unit that providers write. */
const UNIT_MS = new Map(
  Object.entries({
    'milliseconds millisecond millis msecs msec ms': 1,
    'microseconds microsecond µs μs us': 1e-3,
    'nanoseconds nanosecond ns': 1e-6,
    'seconds second secs sec s': 1000,
    'minutes minute mins min m': 60_000,
    'hours hour hrs hr h': 3_600_000,
    'days day d': 86_400_000,
  }).flatMap(([words, ms]) => words.split(' ').map((word) => [word, ms] as const)),
);

const UNIT = [...UNIT_MS.keys()].join('|');
/** A letter after the unit would make it another word: `5 sessions` is not five seconds. */
const PIECE = `\\d{1,30}(?:\\.\\d{1,30})?\\s{0,3}(?:${UNIT})(?![a-zµμ])`;

/** Source of a regular expression for a duration: `1h53m56.832s`, `300ms`, `9 seconds`, `2 minutes and 5 seconds`. */
export const DURATION = `${PIECE}(?:[\\s,]{0,3}(?:and\\s)?\\s?${PIECE}){0,6}`;

const WHOLE = new RegExp(`^\\s{0,9}${DURATION}\\s{0,9}$`, 'i');
const PIECES = new RegExp(`(\\d{1,30}(?:\\.\\d{1,30})?)\\s{0,3}(${UNIT})(?![a-zµμ])`, 'gi');
const PLAIN = /^\s{0,9}\d{1,30}(?:\.\d{1,30})?\s{0,9}$/;

/** A duration with units in milliseconds; `undefined` for anything else, a plain number included. */
export function parseDuration(text: string): number | undefined {
  if (text.length > 100 || !WHOLE.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(PIECES)) {
    total += Number(amount) * (UNIT_MS.get(unit?.toLowerCase() ?? '') ?? Number.NaN);
  }
  return Number.isFinite(total) ? total : undefined;
}

/** As `parseDuration`, and a plain number is seconds, unless it is so large that it must be a point in time. */
export function parseDelay(text: string): number | undefined {
  const seconds = parsePlainNumber(text);
  if (seconds === undefined) return parseDuration(text);
  return seconds < 1e9 ? seconds * 1000 : undefined;
}

/** A number without a sign or a unit. */
export function parsePlainNumber(text: string): number | undefined {
  return PLAIN.test(text) ? Number(text) : undefined;
}

/** A point in time as epoch ms: unix seconds (10 digits), unix milliseconds (13), RFC 3339, an HTTP date. */
export function parseInstant(text: string): number | undefined {
  const number = parsePlainNumber(text);
  if (number !== undefined) {
    if (number < 1e9 || number > 1e14) return undefined;
    return number < 1e11 ? number * 1000 : number;
  }
  // `Date.parse` takes "-5" and "x 1" for dates; providers write none without a year.
  if (text.length > 60 || !/\d{4}/.test(text) || text.trimStart().startsWith('-')) return undefined;
  const at = Date.parse(text);
  return Number.isFinite(at) ? at : undefined;
}

/** Later than any provider's billing month, with room for time zones: a reset beyond it is a mistake. */
const LATEST_MS = 35 * 86_400_000;

/**
 * What a reset says as ms from `clock`: a duration (`6m0s`), plain seconds, unix seconds or milliseconds, RFC 3339, an HTTP date. The
 * size of a number tells a delay from an instant. `undefined` for rubbish, for what is over and for what is months away.
 */
export function parseResetMs(text: string | undefined, clock: number): number | undefined {
  if (text === undefined) return undefined;
  const delay = parseDelay(text);
  const at = delay === undefined ? parseInstant(text) : undefined;
  const ms = at === undefined ? delay : at - clock;
  return ms !== undefined && ms >= 0 && ms <= LATEST_MS ? ms : undefined;
}

import type { BucketReading, Counted } from '../failure.ts';

/** The window of the limit that an error names. */
export type Window = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month';

/** Numbers and windows that an error tells in prose or in its codes. Absent is not zero. */
export interface Quantities {
  readonly window: Window | undefined;
  readonly counts: Counted | undefined;
  /** As it was written: `requests per min`. */
  readonly named: string | undefined;
  readonly limit: number | undefined;
  readonly used: number | undefined;
  readonly requested: number | undefined;
}

const WINDOW_MS: Readonly<Record<Window, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 30 * 86_400_000,
};

const NUMBER = '(\\d[\\d,_]{0,20}(?:\\.\\d{1,20})?)';
const COUNTS = '((?:input |output |prompt |completion )?tokens?|(?:\\b\\w{1,30} )?(?:requests?|api calls?|calls?|queries)|images?)';
const PER = '\\s?(?:per|/|a|each)[\\s-]?(second|sec|minute|min|hour|day|week|month)\\b';

/** `requests per min (RPM)`, `tokens / day`. OpenAI's form, after "on", beats others, as a message may advertise other limits. */
const NAMED_WINDOWS = [new RegExp(`\\bon ${COUNTS}${PER}`, 'i'), new RegExp(`${COUNTS}${PER}`, 'i')];
/** `per-minute request limit`, `daily quota`, `free-models-per-day`. Minute first: where both are named, the short hold costs less if wrong. */
const LOOSE_WINDOWS: readonly (readonly [RegExp, Window])[] = [
  [/\bper[\s-]?second\b|\bRPS\b/i, 'second'],
  [/\bper[\s-]?min(?:ute)?\b|\b[RT]PM\b|ByMinute\b/i, 'minute'],
  [/\bper[\s-]?hour\b|\bhourly\b/i, 'hour'],
  [/\bper[\s-]?day\b|\bdaily\b|\b[RT]PD\b|\bfor today\b|\btoday's\b|\btomorrow\b|ByDay\b/i, 'day'],
  [/\bper[\s-]?week\b|\bweekly\b/i, 'week'],
  [/\bper[\s-]?month\b|\bmonthly\b|\bmensuel|\bmensual|\bmensal|\bmonatlich/i, 'month'],
];
/** Codes such as Google's `…RequestsPerDayPerProject…`. Day first: Google names both when the day is over. */
const CODE_WINDOWS: readonly (readonly [RegExp, Window])[] = [
  [/per_day|daily|_[rt]pd\b/, 'day'],
  [/per_week|weekly/, 'week'],
  [/per_month|monthly/, 'month'],
  [/per_hour|hourly/, 'hour'],
  [/per_minute|_[rt]pm\b/, 'minute'],
  [/per_second/, 'second'],
];

const LIMIT = new RegExp(`\\blimit:?\\s{1,3}${NUMBER}`, 'i');
const USED = new RegExp(`\\b(?:used|current(?:ly)?|consumed):?\\s{1,3}${NUMBER}`, 'i');
const REQUESTED = new RegExp(`\\brequested:?\\s{1,3}${NUMBER}`, 'i');
const ACTUAL_OF_LIMIT = new RegExp(`\\(actual/limit\\):?\\s{0,3}${NUMBER}\\s?/\\s?${NUMBER}`, 'i');
/** `limited to 40 API calls / minute`, `limit is 100000 tokens per minute`, `rate limit of 50 requests per minute`. */
const LIMIT_OF_WINDOW = new RegExp(`\\b(?:of|to|is)\\s${NUMBER}\\s${COUNTS}${PER}`, 'i');
/** `max RPM: 3`. */
const SHORT_FORM = /\b([RT])P([MD]):?\s{1,3}(\d[\d,]{0,12})\b/i;

/** Reads limit, used and requested amounts and the window that they belong to. */
export function readQuantities(prose: string, codes: readonly string[]): Quantities {
  const text = prose.slice(0, 4000);
  const named = NAMED_WINDOWS.map((pattern) => pattern.exec(text)).find((match) => match !== null);
  const short = SHORT_FORM.exec(text);
  const actual = ACTUAL_OF_LIMIT.exec(text);
  const ofWindow = LIMIT_OF_WINDOW.exec(text);
  return {
    window: toWindow(named?.[2]) ?? findWindow(CODE_WINDOWS, codes.join(' ')) ?? findWindow(LOOSE_WINDOWS, text),
    counts: toCounted(named?.[1] ?? short?.[1]),
    named: named?.[0].replace(/^on /i, ''),
    limit: toNumber(LIMIT.exec(text)?.[1] ?? actual?.[2] ?? ofWindow?.[1] ?? short?.[3]),
    used: toNumber(USED.exec(text)?.[1] ?? actual?.[1]),
    requested: toNumber(REQUESTED.exec(text)?.[1]),
  };
}

/** One call that is larger than the whole limit: waiting never helps. */
export function isOversize({ limit, requested }: Quantities): boolean {
  return limit !== undefined && requested !== undefined && limit > 0 && requested > limit;
}

/** A limit of zero is no limit to wait for: the model is not granted. `limit: 0.5` is not zero. */
export function saysZeroLimit(prose: string): boolean {
  return /\blimit(?::|\b.{0,40}\b(?:is|to|of))?\s{1,3}0(?:\.0{1,9})?(?![\d.,]{0,20}\d| (?:requests |tokens )?(?:remaining|left)\b)|\(actual\/limit\):?\s{0,3}[\d.]{1,20}\s?\/\s?0(?!\.?\d)|does(?:n't| not) have a free quota tier/i.test(
    prose,
  );
}

/** What the numbers tell of one bucket; nothing where window or unit are unknown. */
export function toReadings(told: Quantities): readonly BucketReading[] {
  const { counts, window, limit, used } = told;
  if (counts === undefined || window === undefined || limit === undefined || limit <= 0) return [];
  const windowMs = WINDOW_MS[window];
  const remaining = used === undefined ? {} : { remaining: Math.max(0, limit - used) };
  return [{ counts, slot: `${counts}/${windowMs}`, windowMs, limit, ...remaining }];
}

function toWindow(word: string | undefined): Window | undefined {
  if (word === undefined) return undefined;
  const lower = word.toLowerCase();
  if (lower.startsWith('sec')) return 'second';
  if (lower.startsWith('min')) return 'minute';
  return lower === 'hour' || lower === 'day' || lower === 'week' || lower === 'month' ? lower : undefined;
}

function findWindow(windows: readonly (readonly [RegExp, Window])[], text: string): Window | undefined {
  return windows.find(([pattern]) => pattern.test(text))?.[1];
}

function toCounted(word: string | undefined): Counted | undefined {
  if (word === undefined) return undefined;
  const lower = word.toLowerCase();
  if (lower.startsWith('image')) return undefined;
  if (lower.startsWith('input') || lower.startsWith('prompt')) return 'input';
  if (lower.startsWith('output') || lower.startsWith('completion')) return 'output';
  return lower === 't' || lower.includes('token') ? 'tokens' : 'requests';
}

function toNumber(text: string | undefined): number | undefined {
  const number = text === undefined ? Number.NaN : Number(text.replaceAll(/[,_]/g, ''));
  return Number.isFinite(number) ? number : undefined;
}

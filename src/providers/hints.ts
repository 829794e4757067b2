import type { BucketReading, HoldSource } from '../failure.ts';
import type { WireHeaders } from '../wire/types.ts';
import { parseDelay, parseDuration, parseInstant, parsePlainNumber } from './durations.ts';
import { readProseDates, readProseDelay } from './prose.ts';

/** One statement of when waiting ends. `at` is epoch ms, finite and not in the past. */
export interface Hint {
  readonly at: number;
  readonly source: HoldSource;
  /** What was read, for the sentence that explains the hold. */
  readonly said: string;
}

/** What an answer holds that may tell a delay. */
export interface HintSources {
  /** `undefined` where headers mean nothing: a `retry-after` on a 200 is not about the error inside it. */
  readonly headers: WireHeaders | undefined;
  /** Limits that the headers tell. */
  readonly limits: readonly BucketReading[];
  /** Fields of the body whose names speak of a retry or a reset, in the order in which they came. */
  readonly fields: readonly (readonly [name: string, value: string | number])[];
  readonly prose: string;
}

/**
 * All hints of an answer, the most trusted first: a named instant, the retry headers, a field of the body, prose, the reset of an
 * exhausted bucket. Rubbish, negative and past values are left out. How far a hint is believed depends on what the failure is, so
 * that is the classifier's to decide.
 */
export function readHints(from: HintSources, now: number): readonly Hint[] {
  const fields = from.fields.flatMap(([name, value]) => readField(name, value, now));
  const hints = [
    ...readProseDates(from.prose, now).map((date) => ({ at: date.at, source: 'reset-date' as const, said: date.said })),
    ...fields.filter(({ source }) => source === 'reset-date'),
    ...(from.headers === undefined ? [] : readPlanHints(from.headers, now)),
    ...(from.headers === undefined ? [] : readHeaderHints(from.headers, now)),
    ...fields.filter(({ source }) => source === 'body'),
    ...readProse(from.prose, now),
    ...readBucketHints(from.limits, now),
    ...(from.headers === undefined ? [] : readSharedReset(from.headers, now)),
  ];
  return hints.filter(({ at }) => Number.isFinite(at) && at >= now);
}

/** The retry headers in their order of trust. `retry-after` as a date is measured against the server's own clock where it tells it. */
function readHeaderHints(headers: WireHeaders, now: number): readonly Hint[] {
  const hints: Hint[] = [];
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms'] as const) {
    const ms = numberOf(headers[name]);
    if (ms !== undefined) hints.push(toHint(now + ms, 'retry-after', `${name} ${headers[name] ?? ''}`));
  }
  const text = headers['retry-after'];
  if (text === undefined) return hints;
  const ms = parseRetryAfter(text, headers['date'], now);
  if (ms !== undefined) hints.push(toHint(now + ms, 'retry-after', `retry-after ${text.slice(0, 60)}`));
  return hints;
}

/**
 * `retry-after` in milliseconds from now: seconds (also with a fraction), a Go duration, an HTTP date, or unix time.
 * `undefined` for rubbish, for negative values and for the past.
 */
export function parseRetryAfter(text: string, serverDate: string | undefined, now: number): number | undefined {
  const seconds = parsePlainNumber(text);
  // No provider means "in 30 years": a number of that size is a point in time.
  if (seconds !== undefined && seconds < 1e9) return seconds * 1000;
  const duration = seconds === undefined ? parseDuration(text) : undefined;
  if (duration !== undefined) return duration;
  const at = parseInstant(text);
  if (at === undefined) return undefined;
  const serverNow = seconds === undefined && serverDate !== undefined ? Date.parse(serverDate) : Number.NaN;
  const delay = at - (Number.isFinite(serverNow) ? serverNow : now);
  return delay >= 0 ? delay : undefined;
}

/** Buckets whose `remaining` is 0 tell when they fill again. The last of them counts: a call needs all. */
function readBucketHints(limits: readonly BucketReading[], now: number): readonly Hint[] {
  let last: Hint | undefined;
  for (const { remaining, resetMs, slot } of limits) {
    if (remaining !== 0 || resetMs === undefined) continue;
    const at = now + resetMs;
    if (at > (last?.at ?? 0)) last = toHint(at, 'bucket', `${slot.replace(/\/\d{1,15}$/, '')} are back in ${Math.ceil(resetMs / 1000)} s`);
  }
  return last === undefined ? [] : [last];
}

/** GitHub Models: the rest of the window that refused, whichever it is. */
function readSharedReset(headers: WireHeaders, now: number): readonly Hint[] {
  const seconds = numberOf(headers['x-ratelimit-timeremaining']);
  return seconds === undefined ? [] : [toHint(now + seconds * 1000, 'bucket', `x-ratelimit-timeremaining ${seconds}`)];
}

/**
 * Plans that are paid by the month tell the end of their windows apart from `retry-after`, which is shorter: Anthropic's unified
 * limit where it rejects, and the windows of ChatGPT's plans that are used up.
 */
function readPlanHints(headers: WireHeaders, now: number): readonly Hint[] {
  const names = headers['anthropic-ratelimit-unified-status'] === 'rejected' ? ['anthropic-ratelimit-unified-reset'] : [];
  for (const window of ['x-codex-primary', 'x-codex-secondary']) {
    if ((numberOf(headers[`${window}-used-percent`]) ?? 0) >= 100) names.push(`${window}-reset-at`);
  }
  const hints = names.flatMap((name) => {
    const at = headers[name] === undefined ? undefined : parseReset(headers[name], now);
    return at === undefined ? [] : [toHint(at, 'reset-date', `${name} ${headers[name]}`)];
  });
  return hints.toSorted((a, b) => b.at - a.at);
}

const DELAY_FIELD = /retry|try_?again|wait|resets?_?(in|after|delay)/i;
const INSTANT_FIELD = /(reset|available|regain|renew)[a-z_-]{0,40}$/i;

function readField(name: string, value: string | number, now: number): readonly Hint[] {
  const said = `${name} ${value}`.slice(0, 80);
  const text = String(value);
  const isInstant = INSTANT_FIELD.test(name) && !DELAY_FIELD.test(name);
  if (isInstant) {
    const at = parseReset(text, now);
    return at === undefined ? [] : [toHint(at, 'reset-date', said)];
  }
  const number = parsePlainNumber(text);
  const ms = number === undefined ? parseDelay(text) : number * (/ms$|milli/i.test(name) ? 1 : 1000);
  return ms === undefined ? [] : [toHint(now + ms, 'body', said)];
}

function readProse(text: string, now: number): readonly Hint[] {
  const delay = readProseDelay(text);
  return delay === undefined ? [] : [toHint(now + delay.ms, 'prose', delay.said)];
}

/** A reset as epoch ms: an instant (unix time, RFC 3339, HTTP date) or a delay (Go duration, seconds). */
function parseReset(text: string, now: number): number | undefined {
  const ms = parseDelay(text);
  return ms === undefined ? parseInstant(text) : now + ms;
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parsePlainNumber(text);
}

function toHint(at: number, source: HoldSource, said: string): Hint {
  // Rounded up: a hold that ends a fraction too early costs a refusal.
  return { at: Math.ceil(at), source, said };
}

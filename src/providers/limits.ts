import type { BucketReading, Counted } from '../failure.ts';
import type { WireHeaders } from '../wire/types.ts';
import { parseResetMs } from './durations.ts';
import { readLimitName, type LimitName } from './limit-names.ts';
import { readPolicies, type Policy } from './limit-policies.ts';

/**
 * Windows that a provider is known to use where its headers name none, ms. Without one it is the minute, which the pool corrects
 * from how answers move. The window is part of a slot's name, so a provider's row is all that changes it.
 */
export type AssumedWindows = Readonly<Partial<Record<Counted, number>>>;

const MINUTE = 60_000;
/** Windows that providers use, for a reset that is later than the assumed window's end. */
const USUAL_WINDOWS = [1000, MINUTE, 3_600_000, 86_400_000, 30 * 86_400_000];
/** Hosts send some forty headers and a dozen of limits; a stranger may send thousands. */
const MOST_HEADERS = 500;
const MOST_LIMITS = 32;
const MOST_NAMES = 100;

/**
 * Limits told by an answer's headers, in any dialect: `x-ratelimit-remaining-tokens-minute`, `anthropic-ratelimit-requests-reset`,
 * `ratelimit-policy: "a";q=100;w=60`. Names are read by their words, not by provider. What is absent, negative or rubbish is left
 * out, as absent is not zero. `now`: epoch ms, for resets that are instants; the server's own `date` is preferred to it.
 */
export function readLimits(
  headers: WireHeaders,
  now: number,
  assumed: AssumedWindows = {},
  readName = readLimitName,
): readonly BucketReading[] {
  const told = limitHeaders(headers);
  // Most providers' answers tell none, and every answer comes through here.
  if (told.length === 0) return NONE;
  const drafts = new Map<string, Draft>();
  const clock = serverClock(headers, now);
  const left = Object.hasOwn(headers, SHARED_RESET) ? parseResetMs(headers[SHARED_RESET], clock) : undefined;
  for (const [header, text] of told) {
    const name = readName(header);
    if (name !== undefined) note(draftOf(drafts, name), name, text, clock);
  }
  for (const policy of readPolicies(headers)) merge(drafts, policy);
  const readings = [...drafts.values()].flatMap((draft) => toReading(draft, assumed, left));
  // Two dialects of one gateway tell the same limit twice.
  return readings.filter(({ slot }, index) => readings.findIndex((other) => other.slot === slot) === index);
}

/** `readLimits` for a provider: its answers name the same few limits again and again, so that each name is read once. */
export function createLimitReader(assumed: AssumedWindows = {}): (headers: WireHeaders, now: number) => readonly BucketReading[] {
  const known = new Map<string, LimitName | undefined>();
  const readName = (header: string): LimitName | undefined => {
    if (known.has(header)) return known.get(header);
    const name = readLimitName(header);
    // A stranger may send other names with each answer.
    if (known.size >= MOST_NAMES) known.clear();
    known.set(header, name);
    return name;
  };
  return (headers, now) => readLimits(headers, now, assumed, readName);
}

const NONE: readonly BucketReading[] = [];

/** GitHub Models tells with a refusal when the limit that refused comes back, whichever it is. */
const SHARED_RESET = 'x-ratelimit-timeremaining';

/** What the headers of one limit say, put together. */
interface Draft {
  readonly subject: string;
  readonly counts: Counted;
  windowMs: number | undefined;
  limit: number | undefined;
  remaining: number | undefined;
  resetMs: number | undefined;
}

function limitHeaders(headers: WireHeaders): readonly (readonly [name: string, text: string])[] {
  const found: (readonly [string, string])[] = [];
  let looked = 0;
  for (const name in headers) {
    if ((looked += 1) > MOST_HEADERS) break;
    const text = headers[name];
    if (text !== undefined && text.length <= 200 && tellsLimit(name)) found.push([name, text]);
  }
  return found;
}

/** By name: answers have the same few headers again and again. */
const TELLING = new Map<string, boolean>();

function tellsLimit(name: string): boolean {
  let telling = TELLING.get(name);
  if (telling !== undefined) return telling;
  telling = /limit|remaining/.test(name);
  if (TELLING.size >= MOST_HEADERS) TELLING.clear();
  // A stranger's names may be long.
  if (name.length <= 100) TELLING.set(name, telling);
  return telling;
}

function draftOf(drafts: Map<string, Draft>, { subject, counts, windowMs }: Pick<LimitName, 'subject' | 'counts' | 'windowMs'>): Draft {
  const key = `${subject}/${windowMs ?? ''}`;
  const known = drafts.get(key);
  if (known !== undefined) return known;
  const draft: Draft = { subject, counts, windowMs, limit: undefined, remaining: undefined, resetMs: undefined };
  if (drafts.size < MOST_LIMITS) drafts.set(key, draft);
  return draft;
}

function note(draft: Draft, { role, unit }: LimitName, text: string, clock: number): void {
  switch (role) {
    case 'limit':
      draft.limit ??= toAmount(text);
      draft.windowMs ??= readWindow(text, draft.limit);
      return;
    case 'remaining':
      draft.remaining ??= toAmount(text);
      return;
    case 'reset':
      draft.resetMs ??= unit === 'ms' && toAmount(text) !== undefined ? toAmount(text) : parseResetMs(text, clock);
      return;
    case 'window':
      draft.windowMs ??= parseResetMs(text, clock);
  }
}

/** A policy has the name of its limit, or there is one limit and it is its. */
function merge(drafts: Map<string, Draft>, policy: Policy): void {
  const draft = draftOf(drafts, { subject: policy.subject, counts: policy.counts, windowMs: undefined });
  draft.windowMs ??= policy.windowMs;
  draft.limit ??= policy.limit;
  draft.remaining ??= policy.remaining;
  draft.resetMs ??= policy.resetMs;
}

function toReading(draft: Draft, assumed: AssumedWindows, left: number | undefined): readonly BucketReading[] {
  const { subject, counts, limit, remaining } = draft;
  if (limit === undefined && remaining === undefined) return [];
  const windowMs = draft.windowMs ?? assumed[counts] ?? MINUTE;
  const resetMs = draft.resetMs ?? (remaining === 0 ? left : undefined);
  return [
    {
      counts,
      slot: `${subject}/${windowMs}`,
      windowMs: draft.windowMs === undefined ? widen(windowMs, { ...draft, resetMs }) : windowMs,
      ...(limit === undefined ? {} : { limit }),
      ...(remaining === undefined ? {} : { remaining }),
      ...(resetMs === undefined ? {} : { resetMs: Math.ceil(resetMs) }),
    },
  ];
}

/**
 * No limit of a minute takes longer than a minute to be whole again: an assumed window that is shorter than the reset is wrong. What
 * is gone of a bucket that refills, and when it is back, tell the rate; else the window is the next usual one.
 */
function widen(windowMs: number, { limit, remaining, resetMs }: Pick<Draft, 'limit' | 'remaining' | 'resetMs'>): number {
  if (resetMs === undefined || resetMs <= windowMs) return windowMs;
  const possible = USUAL_WINDOWS.filter((usual) => usual >= resetMs);
  const gone = (limit ?? 0) - (remaining ?? 0);
  const measured = limit === undefined || remaining === undefined || gone <= 0 ? Number.NaN : (limit * resetMs) / gone;
  return possible.find((usual) => Math.abs(usual - measured) <= usual * 0.1) ?? possible[0] ?? resetMs;
}

/** The clock that the server's instants are of. Its `date` has seconds only, so that ours is finer where both agree. */
function serverClock(headers: WireHeaders, now: number): number {
  const date = headers['date'];
  const server = date === undefined || date.length > 60 ? Number.NaN : Date.parse(date);
  return Number.isFinite(server) && Math.abs(server - now) > 2000 ? server : now;
}

/** The first number of `100`, `9.5`, `100, 100;w=60`. */
function toAmount(text: string): number | undefined {
  const amount = /^\s*(\d{1,15}(?:\.\d{1,15})?)\s*(?:[,;]|$)/.exec(text)?.[1];
  return amount === undefined ? undefined : Number(amount);
}

/** `100, 100;w=60, 1000;w=3600` names the windows of the policies beside the limit that is nearest. */
function readWindow(text: string, limit: number | undefined): number | undefined {
  for (const [, quota, seconds] of text.matchAll(/(?:^|[,\s])(\d{1,15})\s*;\s*w=(\d{1,9})/g)) {
    if (Number(quota) === limit && Number(seconds) > 0) return Number(seconds) * 1000;
  }
  return undefined;
}

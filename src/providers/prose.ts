import { DURATION, parseDelay } from './durations.ts';

/**
 * A delay after a word that promises one: "Please try again in 1h53m56.832s", "retry after 9 seconds", "Please wait 0 seconds",
 * "Your quota will reset after 19h14m47s", "retry-after: 30". A number without a unit is seconds.
 */
const DELAY = new RegExp(
  `\\b(?:try(?:ing)?(?:\\s\\w{1,30}){0,3}?\\W{1,3}again|retry(?:ing)?(?:\\W{1,3}again|\\s(?:your|the|this)\\s\\w{1,30})?|resets?|wait(?:ing)?|available(?:\\W{1,3}again)?|replenish\\w{0,4}|come\\W{1,3}back)` +
    `(?:\\W{1,3}(?:in|after|for|at\\sleast|within|about|approximately|around|another|a\\sfurther)){0,3}\\W{1,3}(${DURATION}|\\d{1,30}(?:\\.\\d{1,30})?(?![\\w/:%-]|\\.\\d|\\s(?:attempts|times|tries|retries|requests|tokens|[kmgt]i?b\\b)))`,
  'i',
);

/** Providers write their delay early; what follows is advertisement, or our own prompt echoed. */
const LONGEST_PROSE = 4000;

/** The first delay that a sentence promises, in milliseconds. */
export function readProseDelay(text: string): { readonly ms: number; readonly said: string } | undefined {
  const match = DELAY.exec(text.slice(0, LONGEST_PROSE));
  const ms = match?.[1] === undefined ? undefined : parseDelay(match[1]);
  return match === null || ms === undefined ? undefined : { ms, said: `"${match[0]}"` };
}

/** A point in time that a sentence names, epoch ms. */
export interface ProseDate {
  readonly at: number;
  readonly said: string;
}

const ISO_DATE =
  /\b(?:access|again|resets?|until|available|renews?|retry|after|wait|allowed)\b[^.\n]{0,40}?\b((\d{4}-\d{2}-\d{2})(?:(?:T|\s{1,3}(?:at\s{1,3})?)(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s{0,3}(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?)/i;
/** `usage limit reached|1732233600`: unix seconds or milliseconds. */
const UNIX_DATE = /\b(?:limit reached\||resets? at:? |until )(\d{10}|\d{13})\b/i;
const NEXT_MONTH = /\b(?:beginning|start|first day) of (?:the )?next (?:calendar )?month\b/i;
const MIDNIGHT_UTC = /\b(?:resets?|again|until|available)\b[^.\n]{0,40}\b(?:midnight|00:00)(?::00)? \(?(?:UTC|GMT)\b/i;

/** A time of today or tomorrow. */
const TIME_UTC =
  /\b(?:resets?|again|until|available|allowed|retry)\b[^.\n\d]{0,40}\b([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))? \(?(?:UTC|GMT)\b/i;

/** Dates by which a sentence says that waiting ends: "You will regain access on 2026-08-01 at 00:00 UTC". UTC where no zone is named. */
export function readProseDates(text: string, now: number): readonly ProseDate[] {
  const prose = text.slice(0, LONGEST_PROSE);
  const dates: ProseDate[] = [];
  const iso = ISO_DATE.exec(prose);
  if (iso !== null) {
    const [, said = '', day = '', time = '00:00', zone = 'Z'] = iso;
    dates.push({ at: Date.parse(`${day}T${time}${/^(?:Z|UTC|GMT)$/i.test(zone) ? 'Z' : zone}`), said: `"${said}"` });
  }
  const unix = UNIX_DATE.exec(prose)?.[1];
  if (unix !== undefined) dates.push({ at: Number(unix) * (unix.length === 10 ? 1000 : 1), said: unix });
  const today = new Date(now);
  if (NEXT_MONTH.test(prose)) {
    dates.push({ at: Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1, 1), said: '"beginning of next month"' });
  }
  if (iso === null && MIDNIGHT_UTC.test(prose)) {
    dates.push({ at: Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() + 1), said: '"midnight UTC"' });
  }
  const time = iso === null ? TIME_UTC.exec(prose) : null;
  if (time !== null) {
    const [said, hours, minutes, seconds = '0'] = time;
    const at = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate(), Number(hours), Number(minutes), Number(seconds));
    if (hours !== '00' || minutes !== '00') dates.push({ at: at < now ? at + 86_400_000 : at, said: `"${said}"` });
  }
  return dates.filter(({ at }) => Number.isFinite(at));
}

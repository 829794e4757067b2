/** When a provider's window ends, where no answer says so: by the wall clock. */
export type Phase = 'minute' | 'utc-day' | 'pacific-day' | 'utc-month';

const MINUTE = 60_000;
const HOUR = 3_600_000;

const SAID: Readonly<Record<Phase, string>> = {
  minute: 'the next minute of the clock',
  'utc-day': 'midnight UTC',
  'pacific-day': 'midnight in Los Angeles',
  'utc-month': 'the 1st of the next month, UTC',
};

/** The end of the window that `now` (epoch ms) is in, and the words for it. */
export function endOf(phase: Phase, now: number): { readonly at: number; readonly said: string } {
  return { at: instantOf(phase, now), said: SAID[phase] };
}

function instantOf(phase: Phase, now: number): number {
  const today = new Date(now);
  switch (phase) {
    case 'minute':
      return (Math.floor(now / MINUTE) + 1) * MINUTE;
    case 'utc-day':
      return Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() + 1);
    case 'utc-month':
      return Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1, 1);
    case 'pacific-day':
      return nextPacificMidnight(now);
  }
}

/** Made once, as making one costs more than a thousand uses. */
const PACIFIC = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
});

/** Clocks there change at two in the morning, so that each midnight is one of two instants. */
function nextPacificMidnight(now: number): number {
  const { year, month, day } = pacificParts(now);
  const summer = Date.UTC(year, month - 1, day + 1) + 7 * HOUR;
  return pacificParts(summer).hour === 0 ? summer : summer + HOUR;
}

function pacificParts(at: number): Readonly<Record<'year' | 'month' | 'day' | 'hour', number>> {
  const parts = PACIFIC.formatToParts(at);
  const read = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value);
  return { year: read('year'), month: read('month'), day: read('day'), hour: read('hour') };
}

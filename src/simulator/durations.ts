const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * A duration as Go prints it, which is how OpenAI writes resets: `0s`, `12ms`, `1.5s`, `6m0s`, `1h2m3s`. Rounded up to
 * whole milliseconds: who waits as long as announced must not come too early.
 */
export function formatGoDuration(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole === 0) return '0s';
  if (whole < SECOND_MS) return `${whole}ms`;
  const seconds = `${Number(((whole % MINUTE_MS) / SECOND_MS).toFixed(3))}s`;
  if (whole < MINUTE_MS) return seconds;
  const minutes = `${Math.floor((whole % HOUR_MS) / MINUTE_MS)}m${seconds}`;
  return whole < HOUR_MS ? minutes : `${Math.floor(whole / HOUR_MS)}h${minutes}`;
}

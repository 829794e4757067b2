import type { LimitRow, Manners } from './case.ts';
import type { Applied } from './provider.ts';

/** Headers of an answer, in OpenAI's names. */
export function toHeaders(manners: Manners, orgId: string, limits: readonly Applied[], now: number): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (manners.ids !== 'none') headers[manners.ids === 'organization' ? 'openai-organization' : 'openai-project'] = orgId;
  if (manners.headers === 'none') return headers;
  for (const { row, law } of limits) {
    const { limit, remaining, resetMs } = law.read(now);
    const name = nameOf(row);
    headers[`x-ratelimit-limit-${name}`] = String(limit);
    headers[`x-ratelimit-remaining-${name}`] = String(remaining);
    headers[`x-ratelimit-reset-${name}`] = toGoDuration(resetMs);
  }
  return headers;
}

/** What a refusal says in words: OpenAI's sentence where it hints in its body, next to nothing where it does not. */
export function toRefusalBody(manners: Manners, { row, law }: Applied, amount: number, waitMs: number, now: number): string {
  const what = `${row.counts === 'requests' ? 'requests' : 'tokens'} per ${unitOf(row)}`;
  const numbers = `Limit ${row.limit}, Used ${Math.max(0, row.limit - law.read(now).remaining)}, Requested ${amount}.`;
  const said = manners.hint === 'body' ? ` on ${what} (${shortOf(row)}): ${numbers} Please try again in ${toGoDuration(waitMs)}.` : '.';
  const message = `Rate limit reached for gpt-bench${said}`;
  return JSON.stringify({
    error: { message, type: row.counts === 'requests' ? 'requests' : 'tokens', param: null, code: 'rate_limit_exceeded' },
  });
}

function nameOf({ counts, windowMs }: LimitRow): string {
  const what = counts === 'input' || counts === 'output' ? `${counts}-tokens` : counts;
  return windowMs >= DAY_MS ? `${what}-day` : what;
}

const DAY_MS = 86_400_000;

function unitOf({ windowMs }: LimitRow): string {
  if (windowMs >= DAY_MS) return 'day';
  return windowMs >= 60_000 ? 'min' : `${windowMs / 1000}s`;
}

function shortOf({ counts, windowMs }: LimitRow): string {
  return `${counts === 'requests' ? 'R' : 'T'}P${windowMs >= DAY_MS ? 'D' : 'M'}`;
}

/** `1m12.5s`, `8.64s`, `120ms`, as Go prints them; rounded up to a millisecond. */
function toGoDuration(ms: number): string {
  const whole = Math.ceil(ms - 1e-6);
  if (whole < 1000) return whole === 0 ? '0s' : `${whole}ms`;
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor((whole % 3_600_000) / 60_000);
  const seconds = `${(whole % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

import type { Dialect, LimitRow, Manners } from './case.ts';
import type { Applied } from './provider.ts';

/** Headers of an answer, in OpenAI's names unless the manners say another way. */
export function toHeaders(
  manners: Manners,
  orgId: string,
  limits: readonly Applied[],
  now: number,
  kind: 'served' | 'refused',
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (manners.ids !== 'none') headers[manners.ids === 'organization' ? 'openai-organization' : 'openai-project'] = orgId;
  const dialect = manners.dialect ?? { reset: 'go' };
  if (manners.headers === 'none' || (dialect.on !== undefined && dialect.on !== kind)) return headers;
  for (const applied of limits) write(headers, dialect, applied, now);
  return headers;
}

function write(headers: Record<string, string>, dialect: Dialect, { row, law }: Applied, now: number): void {
  const read = law.read(now);
  const name = nameOf(row);
  const remaining = dialect.grain === undefined ? read.remaining : Math.round(read.remaining / dialect.grain) * dialect.grain;
  const reset = dialect.reset === 'next' ? toGoDuration(law.waitFor(1, now)) : toReset(dialect, read.resetMs, now);
  if (dialect.names === 'ietf') {
    const item = (header: string, text: string): void => {
      headers[header] = headers[header] === undefined ? text : `${headers[header]}, ${text}`;
    };
    item('ratelimit', `"${name}";r=${remaining};t=${Math.ceil(read.resetMs / 1000)}`);
    item('ratelimit-policy', `"${name}";q=${read.limit};w=${row.windowMs / 1000}`);
    return;
  }
  const named = (role: string): string =>
    dialect.names === 'anthropic' ? `anthropic-ratelimit-${name}-${role}` : `x-ratelimit-${role}-${name}`;
  if (dialect.limit !== false) headers[named('limit')] = String(read.limit);
  headers[named('remaining')] = String(remaining);
  if (reset !== undefined) headers[named('reset')] = reset;
}

function toReset({ reset }: Dialect, resetMs: number, now: number): string | undefined {
  switch (reset) {
    case 'go':
    case 'next':
      return toGoDuration(resetMs);
    case 'seconds':
      return (resetMs / 1000).toFixed(6);
    case 'whole-seconds':
      return String(Math.ceil(resetMs / 1000));
    case 'epoch-s':
      return String(Math.ceil((now + resetMs) / 1000));
    case 'epoch-ms':
      return String(Math.ceil(now + resetMs));
    case 'iso':
      return new Date(Math.ceil((now + resetMs) / 1000) * 1000).toISOString().replace('.000', '');
    case 'none':
      return undefined;
  }
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
  if (windowMs >= DAY_MS) return `${what}-day`;
  return windowMs === HOUR_MS ? `${what}-hour` : what;
}

const HOUR_MS = 3_600_000;
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

import type { Counted } from '../failure.ts';

/** What the name of a header says of a limit. */
export interface LimitName {
  readonly role: 'limit' | 'remaining' | 'reset' | 'window';
  readonly counts: Counted;
  /** Names the limit without its window: `requests`, `project-tokens`, `default-requests` where the name says nothing. */
  readonly subject: string;
  /** `undefined` where the name says none. */
  readonly windowMs: number | undefined;
  /** Of a reset that is a plain number. */
  readonly unit: 'ms' | undefined;
}

/**
 * `x-ratelimit-…`, `ratelimit-…`, `anthropic-ratelimit-…`, Together's `x-tokenlimit-…`, Cohere's `x-trial-endpoint-call-…`. Not
 * `llm_provider-x-ratelimit-…`: a gateway that repeats its upstream's, which are no limits of its caller. And not Anthropic's
 * `priority` ones: what goes beyond that capacity is served as any other, so that it bounds nothing.
 */
const FAMILY = /^(?:[a-z0-9]{1,20}-){0,3}?(rate-?limits?|tokenlimits?|call|(?:monthly|daily)-call)-([a-z0-9_-]{1,80})$/;

const ROLES: Readonly<Record<string, LimitName['role']>> = {
  limit: 'limit',
  quota: 'limit',
  remaining: 'remaining',
  reset: 'reset',
  resets: 'reset',
  renewalperiod: 'window',
  window: 'window',
};

const COUNTS: Readonly<Record<string, Counted>> = {
  request: 'requests',
  requests: 'requests',
  req: 'requests',
  reqs: 'requests',
  call: 'requests',
  calls: 'requests',
  query: 'requests',
  queries: 'requests',
  token: 'tokens',
  tokens: 'tokens',
  input: 'input',
  prompt: 'input',
  output: 'output',
  completion: 'output',
  generated: 'output',
};

const WINDOWS: Readonly<Record<string, number>> = {
  second: 1000,
  sec: 1000,
  '1s': 1000,
  minute: 60_000,
  minutes: 60_000,
  min: 60_000,
  '1m': 60_000,
  hour: 3_600_000,
  hourly: 3_600_000,
  '1h': 3_600_000,
  day: 86_400_000,
  daily: 86_400_000,
  '1d': 86_400_000,
  '24h': 86_400_000,
  month: 30 * 86_400_000,
  monthly: 30 * 86_400_000,
};

/** `rpm`, `tpd`, `itpm`: what is counted and the window in one word. */
const SHORT = /^(r|t|it|ot)p([smhd])$/;
const SHORT_COUNTS: Readonly<Record<string, Counted>> = { r: 'requests', t: 'tokens', it: 'input', ot: 'output' };
const SHORT_WINDOWS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What no request of a chat is counted in, or not by its number. */
const OTHERS = /^(concurren\w*|connections?|inflight|images?|audio|video|files?|batch(es)?|storage|unified|used|query-cost|cost)$/;
const FILLERS = new Set(['per', 'after', 'at', 'in', 'ms']);

/** Reads a header's name; `undefined` where it is of no limit that a chat or an embedding counts in. */
export function readLimitName(header: string): LimitName | undefined {
  const [, family = '', rest = ''] = (header.length > 100 ? null : FAMILY.exec(header)) ?? [];
  const words = rest.split(/[-_]/).filter((word) => word !== '');
  const role = ownOf(ROLES, words[0]) ?? ownOf(ROLES, words.at(-1));
  if (role === undefined || words.some((word) => OTHERS.test(word))) return undefined;
  const about = ownOf(ROLES, words[0]) === undefined ? words.slice(0, -1) : words.slice(1);
  const subject = readSubject([...family.split('-').filter((word) => word === 'monthly' || word === 'daily'), ...about]);
  if (subject === undefined) return undefined;
  const named = subject.counts ?? (family.startsWith('token') ? 'tokens' : 'requests');
  // `call-limit` names its subject in the family, `x-ratelimit-limit` nowhere.
  const prefix = subject.counts === undefined && !family.endsWith('call') ? 'default-' : '';
  return {
    role,
    counts: named,
    subject: `${subject.qualifiers.map((word) => `${word}-`).join('')}${prefix}${named}`,
    windowMs: subject.windowMs,
    unit: role === 'reset' && words.includes('ms') ? 'ms' : undefined,
  };
}

interface Subject {
  readonly counts: Counted | undefined;
  readonly windowMs: number | undefined;
  readonly qualifiers: readonly string[];
}

/** A name whose words say something, though not what is counted, is of something else. */
function readSubject(words: readonly string[]): Subject | undefined {
  let counts: Counted | undefined;
  let windowMs: number | undefined;
  const qualifiers: string[] = [];
  for (const word of words) {
    const [, what = '', per = ''] = SHORT.exec(word) ?? [];
    const counted = ownOf(COUNTS, word) ?? ownOf(SHORT_COUNTS, what);
    const window = ownOf(WINDOWS, word) ?? ownOf(SHORT_WINDOWS, per);
    // `input-tokens` and `tokens-prompt` are of the input: the more special word counts.
    if (counted !== undefined && (counts === undefined || counts === 'tokens')) counts = counted;
    if (window !== undefined) windowMs ??= window;
    if (counted === undefined && window === undefined && !FILLERS.has(word)) qualifiers.push(word);
  }
  return counts === undefined && qualifiers.length > 0 ? undefined : { counts, windowMs, qualifiers };
}

/** Tables are asked with a stranger's words: `constructor` is none of theirs. */
function ownOf<T>(table: Readonly<Record<string, T>>, word: string | undefined): T | undefined {
  return word !== undefined && Object.hasOwn(table, word) ? table[word] : undefined;
}

import type { Random } from '../../clock.ts';
import type { FailureClass, HoldSource, Scope, Verdict } from '../../failure.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Why and until when something may not be used. */
export interface Hold {
  readonly scope: Scope;
  /** `undefined` is all models. */
  readonly model: string | undefined;
  readonly class: FailureClass;
  readonly since: number;
  /** Epoch ms. */
  readonly until: number;
  readonly source: HoldSource;
  /** How many events in a row made this hold: unnamed delays grow with it. */
  readonly strikes: number;
  /** What follows `until`: free use, or one call at a time until one succeeds. */
  readonly release: 'time' | 'probe';
  readonly status: number | undefined;
  readonly why: string;
}

/** First and longest hold where nobody named an end, and what follows it. */
interface Term {
  readonly firstMs: number;
  readonly longestMs: number;
  readonly release: Hold['release'];
}

const RATE: Term = { firstMs: SECOND, longestMs: MINUTE, release: 'time' };
// Money rarely comes back by itself, and a refusal costs a round trip: about one probe an hour at first.
const MONEY: Term = { firstMs: HOUR, longestMs: 24 * HOUR, release: 'probe' };
const SUSPECT: Term = { firstMs: MINUTE, longestMs: HOUR, release: 'probe' };
/** When all keys of a provider fail alike it is the provider, or something before it: look again soon. */
const PROVIDER: Term = { firstMs: 10 * SECOND, longestMs: 10 * MINUTE, release: 'probe' };

function termOf(failure: FailureClass, scope: Scope): Term {
  if (scope === 'provider') return PROVIDER;
  switch (failure) {
    case 'quota_exhausted':
    case 'model_unavailable':
      return MONEY;
    case 'key_invalid':
    case 'key_forbidden':
      return SUSPECT;
    default:
      return RATE;
  }
}

/** What a refused attempt says about a hold. */
export interface Refusal {
  readonly verdict: Verdict;
  readonly scope: Scope;
  readonly model: string | undefined;
  readonly sentAt: number;
  readonly now: number;
  /** When the exhausted bucket has room again, epoch ms; used where the answer named no time. */
  readonly bucketAt: number | undefined;
}

/**
 * The hold after a refusal. Reports only block: a hold is never shortened, refusals sent before it began are the same event,
 * and retries inside it never lengthen it.
 */
export function afterRefusal(previous: Hold | undefined, refusal: Refusal, random: Random): Hold {
  const { verdict, now, sentAt } = refusal;
  if (previous === undefined) return begin(refusal, 1, random);
  if (outweighs(verdict.class, previous.class)) {
    const fresh = begin(refusal, 1, random);
    return fresh.until >= previous.until ? fresh : { ...fresh, until: previous.until };
  }
  if (sentAt <= previous.since) {
    // The same burst: nothing was sent after the hold began in that very millisecond. The server may still have named a later end to this one.
    const named = verdict.until;
    return named !== undefined && named.at > previous.until ? { ...previous, until: named.at, source: named.source } : previous;
  }
  if (now < previous.until) return previous;
  return begin(refusal, previous.class === verdict.class ? previous.strikes + 1 : 1, random);
}

function begin(refusal: Refusal, strikes: number, random: Random): Hold {
  const { verdict, scope, model, now, bucketAt } = refusal;
  const term = termOf(verdict.class, scope);
  const base = { scope, model, class: verdict.class, since: now, strikes, status: verdict.status, why: verdict.why } as const;
  if (verdict.until !== undefined)
    return { ...base, until: Math.max(now + 1, verdict.until.at), source: verdict.until.source, release: term.release };
  if (bucketAt !== undefined && verdict.class === 'rate_limited') return { ...base, until: bucketAt, source: 'bucket', release: 'time' };
  const delay = Math.min(term.longestMs, term.firstMs * 2 ** (strikes - 1));
  // Jitter only ever adds: a herd spreads out, nobody comes early.
  return { ...base, until: now + Math.ceil(delay * (1 + random() / 4)), source: 'default', release: term.release };
}

/** A quota that is spent, or a key that is refused, says more than a rate limit. */
function outweighs(failure: FailureClass, other: FailureClass): boolean {
  return other === 'rate_limited' && failure !== 'rate_limited';
}

/** The hold after an attempt was served: only one that was sent after the hold ended proves anything. */
export function afterServed(hold: Hold, sentAt: number): Hold | undefined {
  return sentAt >= hold.until ? undefined : hold;
}

import type { Asked, Passing } from '../../chat/asked.ts';
import { mayAskAgain } from '../../chat/fetched.ts';
import type { Random } from '../../clock.ts';
import { type AttemptError, isSick } from '../../failure.ts';
import type { Purse } from './budget.ts';

const BASE_MS = 500;
const LONGEST_MS = 20_000;
/** A connection that never opened cost nobody anything: look again soon. */
const RECONNECT_BASE_MS = 100;
const MAX_RECONNECTS = 2;

/** Repeats at one target so far, by what paid for them. */
export type Tried = Readonly<Record<Purse, number>>;

/** What bounds the next attempt. */
export interface Bounds {
  /** Attempts at a sick target in all. */
  readonly attempts: number;
  /** The call has had its one repeat after a timeout. */
  readonly timeoutRepeated: boolean;
  readonly now: number;
  /** Another target, or an answer of the cache, waits to be asked. */
  readonly elsewhere: boolean;
  /** The longest sleep that fits: the deadline, what is left of the waiting time, and what else is on offer. */
  readonly patienceMs: number;
}

/** The most repeats that a plan can ask for. */
export function maxRepeats(attempts: number): number {
  return attempts - 1 + MAX_RECONNECTS;
}

/** What was done once one more repeat begins. */
export function afterRepeat(tried: Tried, purse: Purse): Tried {
  return { ...tried, [purse]: tried[purse] + 1 };
}

/** A repeat after `delayMs`, paid from `purse`. */
export interface Repeat {
  readonly purse: Purse;
  readonly delayMs: number;
}

/**
 * Whether a failed attempt is worth another one at the same target: the ways to pay for it, best first. Empty: give up.
 * A connection that never opened may become an ordinary retry when its reserve is empty.
 */
export function planRepeats(error: AttemptError, tried: Tried, bounds: Bounds, random: Random): readonly Repeat[] {
  const { verdict } = error;
  // A redirect or a wrong certificate stays what it is however often we ask.
  if (!isSick(verdict) || verdict.definitive) return [];
  const hintMs = verdict.until === undefined ? undefined : Math.max(0, verdict.until.at - bounds.now);
  const repeats: Repeat[] = [];
  if (!error.reached && tried.reconnects < MAX_RECONNECTS) {
    repeats.push({ purse: 'reconnects', delayMs: toDelay(RECONNECT_BASE_MS, tried.reconnects, hintMs, random) });
  }
  // A timeout has already cost its whole time, and the provider may have done the work: once is enough, and where somebody else can
  // answer, not even that.
  const hopeless = verdict.class === 'timeout' && (bounds.timeoutRepeated || bounds.elsewhere);
  if (tried.retries + 1 < bounds.attempts && !hopeless) {
    repeats.push({ purse: 'retries', delayMs: toDelay(BASE_MS, tried.retries, hintMs, random) });
  }
  // Sleeping into the deadline helps nobody: the caller learns now what they would learn then.
  return repeats.filter(({ delayMs }) => delayMs < bounds.patienceMs);
}

/**
 * Full jitter without a hint. With one, jitter on top of it and never below: all who were told the same second must not
 * come back in the same millisecond.
 */
function toDelay(baseMs: number, repeats: number, hintMs: number | undefined, random: Random): number {
  if (hintMs !== undefined && hintMs > 0) return hintMs + random() * baseMs;
  return random() * Math.min(LONGEST_MS, baseMs * 2 ** repeats);
}

/**
 * Whether what was asked may be sent twice, where `reached` says that a server may have acted on it. `chat` and `embed` may: they change nothing
 * at the provider, so a repeat costs tokens at worst. What else may, the request of a `fetch` tells.
 */
export function isRepeatable(asked: Asked | Passing, reached: boolean): boolean {
  return asked.operation !== 'fetch' || mayAskAgain(asked.request, { reached, refused: false });
}

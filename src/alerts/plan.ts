import type { Random } from '../clock.ts';

/** How one POST ended. */
export type Outcome =
  | { readonly kind: 'delivered' }
  /** To send it again would not help. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The webhook is sick, busy or away. `retryAfterMs`: what it asks for. */
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs?: number };

const TRIES = 4;
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** Who asks for more than this is not waited for: others are in the queue. */
const LONGEST_HINT_MS = 120_000;

/** How long until the next try, ms; `undefined` where there is none. `tries`: how many there were. Full jitter, and never before the webhook's own hint. */
export function pauseAfter(outcome: Outcome, tries: number, random: Random): number | undefined {
  if (outcome.kind !== 'failed' || tries >= TRIES) return undefined;
  const hint = outcome.retryAfterMs ?? 0;
  if (hint > LONGEST_HINT_MS) return undefined;
  return Math.max(hint, random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1)));
}

/** What an answer means. `now`: epoch ms, for dates. */
export function judge(status: number, retryAfter: string | undefined, now: number): Outcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const reason = `the webhook answered with status ${status}`;
  if (status < 500 && status !== 429 && status !== 408) return { kind: 'refused', reason };
  const retryAfterMs = readRetryAfter(retryAfter, now);
  return { kind: 'failed', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** Seconds, or a date. */
function readRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\s*\d+(?:\.\d+)?\s*$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

import type { SendLog } from './sends.ts';
import type { Row, Sight, Track } from './track.ts';

/** An answer leaves so long before it is here, at most. */
const WAY_MS = 150;
/** Requests may overtake each other within so much. */
const JITTER_MS = 20;
/** Who sent less than this in between proves nothing. */
const LEAST_SENT = 5;
/** Whole numbers and rounded times hide so much. */
const HIDDEN = 2;
/** How far back rows are that the last one is compared with: near ones soon tell, far ones tell surely. */
const BACK = [1, 2, 4, 8, 16, 32, Infinity];

/**
 * Which of `others` cannot draw on a bucket, by position: what was taken between two answers leaves no room for what they surely sent
 * meanwhile, in whichever way the server reads what it says.
 */
export function apartIn({ rows }: Track, own: readonly SendLog[], others: readonly (readonly SendLog[])[]): readonly number[] {
  const last = rows.at(-1);
  if (last === undefined) return [];
  const found = new Set<number>();
  for (const back of BACK) {
    const index = Math.max(0, rows.length - 1 - back);
    const row = rows[index];
    if (row === undefined || row === last) break;
    const spans = [spanOf(row, last, 'admission'), spanOf(row, last, 'answer')];
    const rest = spans.map((span) => span.taken - sentIn(own, span));
    for (const [other, logs] of others.entries()) {
      if (found.has(other)) continue;
      const isTold = spans.every((span, way) => {
        const sent = sentIn(logs, span);
        return sent >= LEAST_SENT && (rest[way] ?? Infinity) + HIDDEN < sent;
      });
      if (isTold) found.add(other);
    }
    if (index === 0) break;
  }
  return [...found];
}

/**
 * True when `later`, of one key, tells of more than `earlier`, of another one, can have grown to in one bucket: others can only have
 * made it less.
 */
export function isOverfull(later: Sight, earlier: Sight, perMs: number): boolean {
  const asked = later.sentAt - earlier.sentAt;
  const answered = later.at - earlier.at;
  // In whichever way the server reads what it says, it must have said the one after the other.
  if (asked < JITTER_MS || answered < WAY_MS) return false;
  const grownMs = Math.max(asked + JITTER_MS, answered + WAY_MS);
  return later.remaining > earlier.remaining + 1 + HIDDEN + perMs * grownMs;
}

/** What left in it was surely counted in the one row and not in the other. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly taken: number;
}

function spanOf(a: Row, b: Row, readAt: 'admission' | 'answer'): Span {
  const taken = b.taken[readAt] - a.taken[readAt];
  // What leaves as an answer comes was not in it.
  if (readAt === 'answer') return { from: a.at, to: b.at - WAY_MS, taken };
  return { from: a.sentAt + JITTER_MS, to: b.sentAt - JITTER_MS, taken };
}

function sentIn(logs: readonly SendLog[], { from, to }: Span): number {
  if (to <= from) return 0;
  return logs.reduce((sum, log) => sum + Math.max(0, log.until(to) - log.until(from - 1)), 0);
}

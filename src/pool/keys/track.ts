import type { BucketReading } from '../../failure.ts';

/** What one answer said of a limit, and when. Instants are epoch ms. */
export interface Sight {
  readonly sentAt: number;
  /** When the answer was here. */
  readonly at: number;
  readonly remaining: number;
  /** Until the bucket is full again, or its window ends; `undefined` where the answer did not tell. */
  readonly resetMs: number | undefined;
}

/** How the limit counts, as far as it is known. */
export interface Shape {
  readonly kind: 'refill' | 'fixed' | 'sliding';
  readonly limit: number;
  readonly windowMs: number;
}

/** When the server read what it said: as the request came, or as the answer left. */
export type ReadAt = 'admission' | 'answer';

/**
 * What the server had taken from a limit, counted from some moment on, for each of both ways to read an answer: only requests move it.
 * A bucket that refills is full at an instant that only requests move as well.
 */
export interface Row {
  readonly sentAt: number;
  readonly at: number;
  readonly taken: Readonly<Record<ReadAt, number>>;
}

/** Rows of one bucket, since it was full or its window began. */
export interface Track {
  readonly limit: number;
  readonly rows: readonly Row[];
  readonly last: Sight;
  /** When it is full again at the earliest, as the last sight says. */
  readonly fullAt: number;
  /** When the window ends, where there is one. */
  readonly endsAt: number | undefined;
  /** How many were noted, those too that were forgotten. */
  readonly noted: number;
  /** The time until it is full tells more than the whole number that is left. */
  readonly fine: boolean;
}

/** So many rows are kept. */
const MOST_ROWS = 48;
/** Rows lie so far apart, unless more than a little was taken. */
const APART_MS = 60;
const APART = 2;
/** A window's end wobbles by the way of its answer and by its rounding. */
const WOBBLE_MS = 1500;

/** Adds a sight: a bucket that may have been full in between, or a window that turned, begins anew. */
export function follow(track: Track | undefined, sight: Sight, shape: Shape): Track {
  // A fine time may be a whole second by chance.
  const fine = track?.fine === true || isFine(sight, shape);
  const row = rowOf(sight, shape, fine);
  const begun = beginAt(sight, shape, row, fine);
  if (track === undefined || track.limit !== shape.limit || track.fine !== fine) return begun;
  if (shape.kind === 'fixed' ? isOtherWindow(track, begun) : track.fullAt <= sight.sentAt) return begun;
  const { rows } = track;
  const before = rows.at(-1) ?? row;
  const isDense = Math.abs(row.at - before.at) < APART_MS && Math.abs(row.taken.answer - before.taken.answer) < APART;
  const next = isDense ? rows : [...(rows.length < MOST_ROWS ? rows : thinned(rows)), row];
  return { ...begun, rows: next, noted: track.noted + (isDense ? 0 : 1) };
}

/** Of the older half every other one goes: what spans long tells most. */
function thinned(rows: readonly Row[]): readonly Row[] {
  const half = rows.length / 2;
  return rows.filter((_, index) => index >= half || index % 2 === 0);
}

function beginAt(sight: Sight, { kind, limit, windowMs }: Shape, row: Row, fine: boolean): Track {
  const { sentAt, at, remaining, resetMs } = sight;
  const endsAt = kind === 'fixed' && resetMs !== undefined ? at + resetMs : undefined;
  const fullAt = kind === 'refill' ? sentAt + (resetMs ?? ((limit - remaining) * windowMs) / limit) : Infinity;
  return { limit, rows: [row], last: sight, fullAt, endsAt, noted: 1, fine };
}

function isOtherWindow(before: Track, now: Track): boolean {
  if (before.endsAt === undefined || now.endsAt === undefined) return now.last.remaining > before.last.remaining + APART;
  return Math.abs(before.endsAt - now.endsAt) > WOBBLE_MS;
}

function rowOf({ sentAt, at, remaining, resetMs }: Sight, { kind, limit, windowMs }: Shape, fine: boolean): Row {
  if (kind !== 'refill') return { sentAt, at, taken: { admission: -remaining, answer: -remaining } };
  const rate = limit / windowMs;
  const missing = fine && resetMs !== undefined ? resetMs * rate : -remaining;
  return { sentAt, at, taken: { admission: sentAt * rate + missing, answer: at * rate + missing } };
}

function isFine({ resetMs }: Sight, { limit, windowMs }: Shape): boolean {
  return resetMs !== undefined && (grainOf(resetMs) * limit) / windowMs < 1;
}

/** How coarsely the server rounds its times. */
function grainOf(resetMs: number): number {
  return [1000, 100, 10].find((grainMs) => resetMs % grainMs === 0) ?? 1;
}

export function sightOf({ remaining, resetMs }: BucketReading, sentAt: number, now: number): Sight | undefined {
  return remaining === undefined ? undefined : { sentAt, at: now, remaining, resetMs };
}

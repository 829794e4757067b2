import { explain, LEAST_SENT, rangeOf } from './explain.ts';
import type { SendLog } from './sends.ts';
import type { ReadAt, Row, Track } from './track.ts';

/** A way to read what answers say: what left `lagMs` before the answer was here the server had not counted. */
interface Reader {
  readonly readAt: ReadAt;
  readonly lagMs: number;
}

/** Of answers, with what a way there and back usually takes. */
const READERS: readonly Reader[] = [
  { readAt: 'admission', lagMs: 0 },
  { readAt: 'answer', lagMs: 20 },
  { readAt: 'answer', lagMs: 60 },
  { readAt: 'answer', lagMs: 150 },
];

/** Requests that left this close to each other may be counted in either order; rows amid more of them are noise. */
const TIE_MS = 5;
const MOST_TIED = 2;
/** Rows that are needed, and how far back they are looked at. */
const LEAST_ROWS = 8;
const LOOK_BACK_MS = 30_000;
/** More than this stays unexplained in no true explanation, in requests squared. */
const MOST_SPREAD = 1.5;
/** So many times worse must every other explanation be, and this is as good as nothing unexplained. */
const CLEARLY = 4;
const NOISE = 0.25;

/** What a key's answers prove of who draws on its bucket. */
export interface Finding {
  /** Positions among the others; `undefined` while several explanations are as good. */
  readonly members: readonly number[] | undefined;
  /** Those of the others who sent enough to tell. */
  readonly busy: ReadonlySet<number>;
  readonly reader: Reader;
  /** What is less, in each way to read, than if all `kin` drew on it: nobody who draws on a bucket is missing in it. */
  readonly missing: number;
}

/** True when so much was taken that somebody else must draw on it. */
export function isStrange({ rows }: Track, own: SendLog): boolean {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return false;
  return READERS.every((reader) => {
    const sent = own.until(instantOf(last, reader)) - own.until(instantOf(first, reader));
    return last.taken[reader.readAt] - first.taken[reader.readAt] - sent >= LEAST_SENT / 2;
  });
}

/** Judges what the answers to the key of `own` say. `kin` are positions of those who are taken for one with it. */
export function judge({ rows }: Track, own: SendLog, others: readonly SendLog[], kin: readonly number[], now: number): Finding | undefined {
  const found = READERS.flatMap((reader) => readWith(reader, rows, own, others, kin, now) ?? []);
  const best = found.toSorted((a, b) => a.spread - b.spread)[0];
  if (best === undefined) return undefined;
  const { reader, busy, members } = best;
  const nearly = CLEARLY * Math.max(best.spread, NOISE);
  const isAlone = found.every((other) => other.spread >= nearly || isSame(other.members, members, busy));
  const proved = best.spread <= MOST_SPREAD && best.rival >= nearly && isAlone;
  return { members: proved ? members : undefined, busy, reader, missing: Math.min(...found.map(({ missing }) => missing)) };
}

function readWith(reader: Reader, all: readonly Row[], own: SendLog, others: readonly SendLog[], kin: readonly number[], now: number) {
  const logs = [own, ...others];
  const rows = all.filter((row) => {
    const at = instantOf(row, reader);
    if (at < now - LOOK_BACK_MS) return false;
    return logs.reduce((sum, log) => sum + log.until(at + TIE_MS) - log.until(at - TIE_MS), 0) <= MOST_TIED;
  });
  if (rows.length < LEAST_ROWS) return undefined;
  const countsOf = (log: SendLog): readonly number[] => rows.map((row) => log.until(instantOf(row, reader)));
  const question = { taken: rows.map(({ taken }) => taken[reader.readAt]), own: countsOf(own), others: others.map(countsOf) };
  const busy = new Set(question.others.flatMap((sent, index) => (rangeOf(sent) >= LEAST_SENT ? [index] : [])));
  return { ...explain(question), reader, busy, missing: missingOf(question, kin) };
}

/** How much less was taken than the key and its kin sent: the last quarter of the rows against the first. */
function missingOf({ taken, own, others }: Parameters<typeof explain>[0], kin: readonly number[]): number {
  const left = taken.map((value, row) => value - (own[row] ?? 0) - kin.reduce((sum, index) => sum + (others[index]?.[row] ?? 0), 0));
  const quarter = Math.ceil(left.length / 4);
  return Math.min(...left.slice(0, quarter)) - Math.max(...left.slice(-quarter));
}

function isSame(a: readonly number[], b: readonly number[], busy: ReadonlySet<number>): boolean {
  const both = [a, b].map((members) => members.filter((index) => busy.has(index)));
  return both[0]?.length === both[1]?.length && both[0]?.every((index) => both[1]?.includes(index)) === true;
}

export function instantOf({ sentAt, at }: Pick<Row, 'sentAt' | 'at'>, { readAt, lagMs }: Reader): number {
  return readAt === 'admission' ? sentAt : at - lagMs;
}

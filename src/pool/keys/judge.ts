import { type Explanation, explain, type Question, rangeOf } from './explain.ts';
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
/** Unexplained requests that show that somebody else draws on a bucket. */
const STRANGE = 3;
/** Who sent less than this proves nothing, for or against. */
const LEAST_SENT = 3;
/** More than this stays unexplained in no true explanation, in requests squared. */
const MOST_SPREAD = 1.5;
/** So many times worse must every other explanation be, and this is as good as nothing unexplained. */
const CLEARLY = 4;
const NOISE = 0.25;

/** What a key's answers prove of who draws on its bucket: by position among the others, how many it sent. */
export interface Finding {
  readonly shares: ReadonlyMap<number, number>;
  readonly apart: ReadonlyMap<number, number>;
  readonly reader: Reader;
  /** What is less, in each way to read, than if all `kin` drew on it: nobody who draws on a bucket is missing in it. */
  readonly missing: number;
}

/** Who may draw on a bucket. */
export interface Parties {
  readonly own: SendLog;
  readonly others: readonly SendLog[];
  /** Positions of those who are taken for one with it. */
  readonly kin: readonly number[];
}

/** True when so much was taken that somebody else must draw on it. */
export function isStrange({ rows }: Track, own: SendLog): boolean {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return false;
  return READERS.every((reader) => {
    const sent = own.until(instantOf(last, reader)) - own.until(instantOf(first, reader));
    return last.taken[reader.readAt] - first.taken[reader.readAt] - sent >= STRANGE;
  });
}

/** Judges what the answers to a key say. `undefined` while they are too few. */
export function judge({ rows }: Track, parties: Parties, now: number): Finding | undefined {
  const found = READERS.flatMap((reader) => readWith(reader, rows, parties, now) ?? []);
  const best = found.toSorted((a, b) => a.spread - b.spread)[0];
  if (best === undefined) return undefined;
  const { reader, sent } = best;
  const nearly = CLEARLY * Math.max(best.spread, NOISE);
  const certain = [...parties.others.keys()].filter((index) => {
    if (best.spread > MOST_SPREAD || (sent[index] ?? 0) < LEAST_SENT || (best.rivals[index] ?? 0) < nearly) return false;
    // Another way to read that explains as much must say the same.
    return found.every((other) => other.spread >= nearly || other.members.includes(index) === best.members.includes(index));
  });
  const proved = certain.map((index) => [index, sent[index] ?? 0] as const);
  return {
    shares: new Map(proved.filter(([index]) => best.members.includes(index))),
    apart: new Map(proved.filter(([index]) => !best.members.includes(index))),
    reader,
    missing: Math.min(...found.map(({ missing }) => missing)),
  };
}

interface Read extends Explanation {
  readonly reader: Reader;
  /** How many each of the others sent. */
  readonly sent: readonly number[];
  readonly missing: number;
}

function readWith(reader: Reader, all: readonly Row[], { own, others, kin }: Parties, now: number): Read | undefined {
  const logs = [own, ...others];
  const rows = all.filter((row) => {
    const at = instantOf(row, reader);
    if (at < now - LOOK_BACK_MS) return false;
    return logs.reduce((sum, log) => sum + log.until(at + TIE_MS) - log.until(at - TIE_MS), 0) <= MOST_TIED;
  });
  if (rows.length < LEAST_ROWS) return undefined;
  const countsOf = (log: SendLog): readonly number[] => rows.map((row) => log.until(instantOf(row, reader)));
  const question = { taken: rows.map(({ taken }) => taken[reader.readAt]), own: countsOf(own), others: others.map(countsOf) };
  return { ...explain(question), reader, sent: question.others.map(rangeOf), missing: missingOf(question, kin) };
}

/** How much less was taken than the key and its kin sent: the last quarter of the rows against the first. */
function missingOf({ taken, own, others }: Question, kin: readonly number[]): number {
  const left = taken.map((value, row) => value - (own[row] ?? 0) - kin.reduce((sum, index) => sum + (others[index]?.[row] ?? 0), 0));
  const quarter = Math.ceil(left.length / 4);
  return Math.min(...left.slice(0, quarter)) - Math.max(...left.slice(-quarter));
}

export function instantOf({ sentAt, at }: Pick<Row, 'sentAt' | 'at'>, { readAt, lagMs }: Reader): number {
  return readAt === 'admission' ? sentAt : at - lagMs;
}

import type { Asked } from '../../chat/asked.ts';
import type { ChatChunk } from '../../chat/chunk.ts';
import type { Whole } from '../../chat/reply.ts';

/** Entries of another version are misses: raise it when their shape changes. */
const VERSION = 1;

/** An answer as it was given: whole, or as the chunks of a stream. */
export type Content =
  | { readonly kind: 'whole'; readonly whole: Whole }
  | { readonly kind: 'chunks'; readonly chunks: readonly ChatChunk[] };

/** An answer as JSON texts, one for each chunk of a stream. */
export type ContentText =
  | { readonly kind: 'whole'; readonly text: string }
  | { readonly kind: 'chunks'; readonly texts: readonly string[] };

/** Instants are epoch ms; `Infinity` is for ever. */
export interface EntryTimes {
  readonly storedAt: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
}

/** Who answered. */
export interface Source {
  readonly provider: string;
  readonly model: string;
}

export interface Entry extends EntryTimes {
  readonly source: Source;
  readonly content: Content;
}

/** The text that is stored. */
export function writeEntry(times: EntryTimes, source: Source, content: ContentText): string {
  // JSON has no Infinity: `null` stands for it.
  const head = JSON.stringify({ version: VERSION, ...times, provider: source.provider, model: source.model });
  // The answer is JSON already; a second walk over it would cost as much as the first.
  const body = content.kind === 'whole' ? `"whole":${content.text}` : `"chunks":[${content.texts.join(',')}]`;
  return `${head.slice(0, -1)},${body}}`;
}

/** `undefined` for what is no entry of this version for this operation: a store may hold anything. */
export function readEntry(stored: unknown, operation: Asked['operation']): Entry | undefined {
  const record = parse(stored);
  if (record?.['version'] !== VERSION) return undefined;
  const times = readTimes(record);
  const content = readContent(record, operation);
  const { provider, model } = record;
  if (times === undefined || content === undefined || typeof provider !== 'string' || typeof model !== 'string') return undefined;
  return { ...times, source: { provider, model }, content };
}

function parse(stored: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof stored !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(stored);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function readTimes(record: Readonly<Record<string, unknown>>): EntryTimes | undefined {
  const storedAt = readInstant(record['storedAt']);
  const freshUntil = readInstant(record['freshUntil']);
  const staleUntil = readInstant(record['staleUntil']);
  if (storedAt === undefined || freshUntil === undefined || staleUntil === undefined) return undefined;
  return { storedAt, freshUntil, staleUntil };
}

function readInstant(value: unknown): number | undefined {
  if (value === null) return Infinity;
  return typeof value === 'number' ? value : undefined;
}

/** Looks as deep as what reads the answer next needs: below that only this program has written. */
function readContent(record: Readonly<Record<string, unknown>>, operation: Asked['operation']): Content | undefined {
  const { whole, chunks } = record;
  if (isRecord(whole)) {
    const isWhole =
      operation !== 'chat'
        ? isRecords(whole['data'])
        : isRecords(whole['choices']) && whole['choices'].every(({ message }) => isRecord(message));
    // Checked above as far as it matters.
    return isWhole ? { kind: 'whole', whole: whole as unknown as Whole } : undefined;
  }
  if (operation !== 'chat' || !isRecords(chunks) || chunks.length === 0) return undefined;
  const areChunks = chunks.every(({ choices }) => isRecords(choices) && choices.every(({ delta }) => isRecord(delta)));
  return areChunks ? { kind: 'chunks', chunks: chunks as unknown as readonly ChatChunk[] } : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isRecords(value: unknown): value is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) && value.every(isRecord);
}

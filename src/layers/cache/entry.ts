import type { Asked, Passing } from '../../chat/asked.ts';
import type { ChatChunk } from '../../chat/chunk.ts';
import type { Whole } from '../../chat/reply.ts';
import { toBytes } from './kinds.ts';

/** Entries of another version are misses: raise it when their shape changes. */
const VERSION = 1;

/** An answer as it was given: whole, or as the chunks of a stream. */
export type Content =
  | { readonly kind: 'whole'; readonly whole: Whole }
  | { readonly kind: 'chunks'; readonly chunks: readonly ChatChunk[] }
  | { readonly kind: 'bytes'; readonly head: Head; readonly pieces: readonly Uint8Array[] };

/** What is kept of the head of an answer of `fetch`: what all may be told who share it. */
export interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer as JSON texts, one for each chunk of a stream. */
export type ContentText =
  | { readonly kind: 'whole'; readonly text: string }
  | { readonly kind: 'chunks'; readonly texts: readonly string[] }
  | { readonly kind: 'bytes'; readonly head: Head; readonly texts: readonly string[] };

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
  return `${head.slice(0, -1)},${writeContent(content)}}`;
}

function writeContent(content: ContentText): string {
  switch (content.kind) {
    case 'whole':
      return `"whole":${content.text}`;
    case 'chunks':
      return `"chunks":[${content.texts.join(',')}]`;
    case 'bytes':
      return `"head":${JSON.stringify(content.head)},"bytes":[${content.texts.join(',')}]`;
  }
}

type Operation = (Asked | Passing)['operation'];

/** `undefined` for what is no entry of this version for this operation: a store may hold anything. */
export function readEntry(stored: unknown, operation: Operation): Entry | undefined {
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
function readContent(record: Readonly<Record<string, unknown>>, operation: Operation): Content | undefined {
  const { whole, chunks, head, bytes } = record;
  if (operation === 'fetch') return readBytes(head, bytes);
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

function readBytes(head: unknown, bytes: unknown): Content | undefined {
  if (!isRecord(head) || !Array.isArray(bytes)) return undefined;
  const { status, headers } = head;
  const texts = (bytes as unknown[]).filter((text) => typeof text === 'string');
  if (typeof status !== 'number' || !isRecord(headers) || texts.length !== bytes.length) return undefined;
  const named = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { kind: 'bytes', head: { status, headers: Object.fromEntries(named) }, pieces: texts.map(toBytes) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isRecords(value: unknown): value is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) && value.every(isRecord);
}

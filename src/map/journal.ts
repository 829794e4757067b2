import type { FileHandle } from 'node:fs/promises';
import type { ChatReply } from '../chat/reply.ts';
import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import { type Entry, type FoundLine, HEADER, type KeptReply, LineCutter, readLine, toLine } from './lines.ts';

const PIECE_BYTES = 65_536;

/** What is done: an append-only file of lines of JSON. Replies stay in it; memory holds the ids and where each line stands. */
export class Journal {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #claimed = new Set<string>();
  #waiting: string[] = [];
  /** Ends when all that was given to it is written; rejects for good with the first failure. */
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle, places: ReadonlyMap<string, Place>) {
    this.#path = path;
    this.#file = file;
    this.#places = places;
  }

  /** Opens or makes the file, and mends what a crash cut off. Rejects with `ConfigError` where it cannot, or where it is no such file. */
  static async open(path: string): Promise<Journal> {
    let file: FileHandle | undefined;
    try {
      const { open } = await import('node:fs/promises');
      file = await open(path, 'a+', 0o600);
      return new Journal(path, file, await recover(path, file));
    } catch (error) {
      await file?.close().catch(() => {});
      throw error instanceof ConfigError ? error : failure('resume from', path, error);
    }
  }

  /** Notes that an item of this id comes. Throws `ConfigError` for one that came before, as both would be one. */
  claim(id: unknown): string {
    if (typeof id !== 'string' || id === '')
      throw new ConfigError(`Cannot ask for the item as 'resume.id' must answer a non-empty string: current value is ${toShown(id)}`);
    if (this.#claimed.has(id))
      throw new ConfigError(`Cannot ask for the item as 'resume.id' must answer another id for each item: current value is ${toShown(id)}`);
    this.#claimed.add(id);
    return id;
  }

  /** True when an earlier run had done it. */
  has(id: string): boolean {
    return this.#places.has(id);
  }

  /** The reply of an earlier run; `undefined` where there is none, or none that can be read any more. */
  async find(id: string): Promise<KeptReply | undefined> {
    const place = this.#places.get(id);
    if (place === undefined) return undefined;
    const bytes = Buffer.alloc(place.length);
    const { bytesRead } = await this.#file.read(bytes, 0, place.length, place.at);
    const entry = bytesRead === place.length ? readLine(bytes.toString('utf8')) : undefined;
    return entry?.id === id ? entry.reply : undefined;
  }

  /** Resolves when the line is written. Lines that come while one is being written go together. Rejects with `ConfigError`. */
  keep(id: string, reply: ChatReply | undefined): Promise<void> {
    this.#waiting.push(toLine(id, reply));
    this.#written = this.#written.then(() => this.#write());
    return this.#written;
  }

  /** Waits for what is being written, brings it to the disk and lets go of the file. */
  async close(): Promise<void> {
    await this.#written.catch(() => {});
    // What is no file on a disk cannot be brought there.
    await this.#file.datasync().catch(() => {});
    await this.#file.close().catch(() => {});
  }

  async #write(): Promise<void> {
    const lines = this.#waiting.splice(0);
    if (lines.length === 0) return;
    try {
      await this.#file.appendFile(lines.join(''));
    } catch (error) {
      throw failure('keep what is done in', this.#path, error);
    }
  }
}

/** Where a line stands in the file, bytes. */
interface Place {
  readonly at: number;
  readonly length: number;
}

async function recover(path: string, file: FileHandle): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>();
  const begin = await beginning(path, file);
  if (begin < HEADER.length) {
    await file.truncate(0);
    await file.appendFile(HEADER);
    return places;
  }
  const note = (line: FoundLine): Entry | undefined => {
    const entry = readLine(line.text);
    if (entry !== undefined) places.set(entry.id, { at: line.at, length: line.length });
    return entry;
  };
  const rest = await readThrough(file, note);
  // Cut while it was written: either all of it is here but its end, or it goes.
  if (rest.length > 0 && note(rest) === undefined) await file.truncate(rest.at);
  else if (rest.length > 0) await file.appendFile('\n');
  return places;
}

/** How much of our first line is there. Whatever else somebody has in a file must not be written to, nor read to its end. */
async function beginning(path: string, file: FileHandle): Promise<number> {
  const bytes = Buffer.alloc(HEADER.length);
  const isFile = (await file.stat()).isFile();
  const bytesRead = isFile ? (await file.read(bytes, 0, HEADER.length, 0)).bytesRead : 0;
  if (isFile && HEADER.startsWith(bytes.toString('utf8', 0, bytesRead))) return bytesRead;
  throw new ConfigError(`Cannot resume from the file as it holds something else than what a map keeps: current value is ${toShown(path)}`);
}

/** Returns what follows the last whole line. */
async function readThrough(file: FileHandle, note: (line: FoundLine) => unknown): Promise<FoundLine> {
  const cutter = new LineCutter();
  const piece = Buffer.alloc(PIECE_BYTES);
  let at = 0;
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, at);
    if (bytesRead === 0) return cutter.rest();
    for (const line of cutter.cut(piece.subarray(0, bytesRead))) note(line);
    at += bytesRead;
  }
}

function failure(task: string, path: string, error: unknown): ConfigError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new ConfigError(`Cannot ${task} the file as its system says ${code}: current value is ${toShown(path)}`, { cause: error });
}

import type { ChatCompletion, ChatReply } from '../chat/reply.ts';

/** The first line: a file that begins otherwise is somebody else's. */
export const HEADER = `${JSON.stringify({ keywheel: 'map', version: 1 })}\n`;

/** A reply as a line keeps it: `raw` would say it twice, and `parsed` is made anew, as a schema may make of it what JSON cannot hold. */
export type KeptReply = ChatCompletion & Pick<ChatReply, 'text' | 'report'>;

/** One line: an item that is done. */
export interface Entry {
  readonly id: string;
  /** Absent in a file that holds ids alone. */
  readonly reply?: KeptReply;
}

export function toLine(id: string, reply: ChatReply | undefined): string {
  if (reply === undefined) return `${JSON.stringify({ id })}\n`;
  const { raw: _raw, parsed: _parsed, ...kept } = reply;
  return `${JSON.stringify({ id, reply: kept })}\n`;
}

/** `undefined` for what is no line of ours, as the rest of one that was cut: its item is asked again. */
export function readLine(line: string): Entry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('id' in value) || typeof value.id !== 'string') return undefined;
  if (!('reply' in value)) return { id: value.id };
  return isReply(value.reply) ? { id: value.id, reply: value.reply } : undefined;
}

function isReply(value: unknown): value is KeptReply {
  if (typeof value !== 'object' || value === null) return false;
  return 'choices' in value && Array.isArray(value.choices) && 'text' in value && typeof value.text === 'string' && 'report' in value;
}

/** A whole line of a file, without its end. */
export interface FoundLine {
  readonly text: string;
  readonly at: number;
  /** Bytes. */
  readonly length: number;
}

const NEWLINE = 10;

/** Cuts a file into lines as its bytes come. */
export class LineCutter {
  #rest: Buffer[] = [];
  #restLength = 0;
  #at = 0;

  /** The lines that end in this piece. */
  *cut(piece: Buffer): Generator<FoundLine> {
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
      this.#keep(piece.subarray(from, end));
      yield this.#found();
      this.#at += this.#restLength + 1;
      [this.#rest, this.#restLength] = [[], 0];
      from = end + 1;
    }
    this.#keep(piece.subarray(from));
  }

  /** What follows the last end of a line. */
  rest(): FoundLine {
    return this.#found();
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    // A copy: the reader fills its buffer anew.
    this.#rest.push(Buffer.from(bytes));
    this.#restLength += bytes.length;
  }

  #found(): FoundLine {
    return { text: Buffer.concat(this.#rest).toString('utf8'), at: this.#at, length: this.#restLength };
  }
}

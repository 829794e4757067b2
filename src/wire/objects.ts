import type { WireBody } from './body.ts';
import { WireError } from './failure.ts';
import type { EventReader, WireEvent } from './types.ts';

/** True for JSON, one document or many, whichever way the type spells it. */
export function isJson(contentType: string | undefined): boolean {
  return /^\s*application\/([\w.-]+\+)?(json|x-ndjson|ndjson|jsonl|x-jsonlines|json-seq)\b/i.test(contentType ?? '');
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b]);
const CLOSING: ReadonlySet<number> = new Set([0x7d, 0x5d]);
const OPEN_BRACE = 0x7b;

/**
 * The objects of a body of JSON, each as an event, as they come: one a line, or the items of one array. Looks at brackets and quotes alone:
 * whether an object is JSON its reader finds out.
 */
export class ObjectReader implements EventReader {
  readonly #body: Pick<WireBody, 'read'>;
  readonly #longest: number;
  readonly #events: WireEvent[] = [];
  /** The object that is under way, in pieces. */
  #pieces: Buffer[] = [];
  #length = 0;
  #depth = 0;
  #inText = false;
  #escaped = false;

  /** `longest`: bytes of one object. */
  constructor(body: Pick<WireBody, 'read'>, longest: number) {
    this.#body = body;
    this.#longest = longest;
  }

  take(): WireEvent | undefined {
    const event = this.#events.shift();
    if (event === undefined && this.#length > this.#longest) {
      throw new WireError('unreadable', `one event of the stream is longer than allowed: more than ${this.#longest} bytes`, {
        reached: true,
      });
    }
    return event;
  }

  async fill(): Promise<boolean> {
    const bytes = await this.#body.read();
    if (bytes !== undefined && this.#length <= this.#longest) this.#feed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return bytes !== undefined;
  }

  #feed(bytes: Buffer): void {
    let start = this.#depth > 0 ? 0 : -1;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      // What is around the objects: spaces, commas, and the brackets of the array that they are in.
      if (this.#depth === 0 && byte !== OPEN_BRACE) continue;
      if (this.#depth === 0) start = at;
      if (!this.#closes(byte)) continue;
      this.#keep(bytes.subarray(start, at + 1));
      this.#events.push({ event: undefined, data: Buffer.concat(this.#pieces).toString('utf8') });
      this.#pieces = [];
      this.#length = 0;
      start = -1;
    }
    if (start >= 0) this.#keep(bytes.subarray(start));
  }

  #keep(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /** True for the byte that ends the object. */
  #closes(byte: number): boolean {
    if (this.#escaped) this.#escaped = false;
    else if (this.#inText) {
      if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inText = false;
    } else if (byte === QUOTE) this.#inText = true;
    else if (OPENING.has(byte)) this.#depth += 1;
    else if (CLOSING.has(byte)) {
      this.#depth -= 1;
      return this.#depth === 0;
    }
    return false;
  }
}

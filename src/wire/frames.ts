import { crc32 } from 'node:zlib';
import type { EventStreamCodec } from '@smithy/eventstream-codec';
import type { WireBody } from './body.ts';
import { WireError } from './failure.ts';
import type { EventReader, WireEvent } from './types.ts';

/** Length of the message, length of its headers, and the checksum of both. */
const PRELUDE = 12;
/** A message without headers and payload: its prelude and its own checksum. */
const SHORTEST = 16;

/** True for an answer in AWS's binary event stream. */
export function isFramed(contentType: string | undefined): boolean {
  return /^\s*application\/vnd\.amazon\.eventstream\b/i.test(contentType ?? '');
}

/**
 * Messages of AWS's binary event stream, the same however the bytes are cut. A wrong checksum is an error: nothing after it can be
 * trusted. Bytes that are left at the end are a message that was cut; the stream is then simply not complete.
 */
export class FrameReader implements EventReader {
  readonly #body: Pick<WireBody, 'read'>;
  readonly #longest: number;
  readonly #buffer = new ByteQueue();
  #codec: EventStreamCodec | undefined;

  /** `longest`: bytes of one message. */
  constructor(body: Pick<WireBody, 'read'>, longest: number) {
    this.#body = body;
    this.#longest = longest;
  }

  take(): WireEvent | undefined {
    const length = this.#lengthOfNext();
    if (length === undefined || this.#codec === undefined || this.#buffer.length < length) return undefined;
    const frame = this.#buffer.shift(length);
    try {
      return toEvent(this.#codec.decode(frame));
    } catch {
      // The decoder's own error says no more.
      throw toDamaged();
    }
  }

  async fill(): Promise<boolean> {
    const [bytes, codec] = await Promise.all([this.#body.read(), this.#codec ?? loadCodec()]);
    this.#codec = codec;
    if (bytes !== undefined) this.#buffer.push(bytes);
    return bytes !== undefined;
  }

  /** Told by the prelude, which is checked before a single byte of the message is waited for. */
  #lengthOfNext(): number | undefined {
    if (this.#buffer.length < PRELUDE) return undefined;
    const prelude = this.#buffer.peek(PRELUDE);
    const length = prelude.readUInt32BE(0);
    if (crc32(prelude.subarray(0, 8)) !== prelude.readUInt32BE(8)) throw toDamaged();
    if (length < SHORTEST || prelude.readUInt32BE(4) > length - SHORTEST) throw toDamaged();
    if (length <= this.#longest) return length;
    throw new WireError('unreadable', `one event of the stream is longer than allowed: more than ${this.#longest} bytes`, {
      reached: true,
    });
  }
}

function toDamaged(): WireError {
  return new WireError('unreadable', 'a message of the event stream is damaged: its checksum or its form is wrong', { reached: true });
}

/** Loaded with the first answer of this kind. */
async function loadCodec(): Promise<EventStreamCodec> {
  const { EventStreamCodec: Codec } = await import('@smithy/eventstream-codec');
  return new Codec(
    (bytes: Uint8Array) => toText(bytes),
    (text) => Buffer.from(text, 'utf8'),
  );
}

type Message = ReturnType<EventStreamCodec['decode']>;

function toEvent({ headers, body }: Message): WireEvent {
  switch (textOf(headers, ':message-type')) {
    case 'exception':
      return { event: textOf(headers, ':exception-type'), data: toText(body), exception: true };
    case 'error': {
      const message = textOf(headers, ':error-message') ?? '';
      return { event: textOf(headers, ':error-code'), data: JSON.stringify({ message }), exception: true };
    }
    default:
      return { event: textOf(headers, ':event-type'), data: toText(body) };
  }
}

function textOf(headers: Message['headers'], name: string): string | undefined {
  const header = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return header?.type === 'string' ? header.value : undefined;
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** Bytes that come in pieces and go in messages. Grows by doubling, as pieces may be single bytes. */
class ByteQueue {
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** The buffer is a piece that came, which is not ours to write to. */
  #borrowed = true;

  get length(): number {
    return this.#end - this.#start;
  }

  push(piece: Uint8Array): void {
    if (this.length === 0) {
      // Mostly a piece holds whole messages: nothing to copy.
      this.#replace(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength), piece.byteLength, true);
      return;
    }
    if (this.#borrowed || this.#end + piece.byteLength > this.#bytes.byteLength) this.#grow(this.length + piece.byteLength);
    this.#bytes.set(piece, this.#end);
    this.#end += piece.byteLength;
  }

  peek(length: number): Buffer {
    return this.#bytes.subarray(this.#start, this.#start + length);
  }

  shift(length: number): Buffer {
    const bytes = this.peek(length);
    this.#start += length;
    return bytes;
  }

  #grow(needed: number): void {
    const bytes = Buffer.alloc(Math.max(needed * 2, 1024));
    bytes.set(this.peek(this.length), 0);
    this.#replace(bytes, this.length, false);
  }

  #replace(bytes: Buffer, length: number, borrowed: boolean): void {
    this.#bytes = bytes;
    this.#start = 0;
    this.#end = length;
    this.#borrowed = borrowed;
  }
}

import { crc32 } from 'node:zlib';
import type { Chunks, StreamEvent } from '../tongue.ts';

/** The media type of AWS's binary streams. */
export const AMAZON_STREAM = 'application/vnd.amazon.eventstream';

/** Bytes of the lengths and their checksum in front of a message. */
const PRELUDE = 12;
/** Bytes of the checksum behind it. */
const TRAILER = 4;
/** A header's value is a text. */
const STRING = 7;

/** Messages of AWS's binary event stream. */
export function toMessages(chunks: Chunks): readonly Uint8Array[] {
  return chunks.map((events) => Buffer.concat(events.map(toMessage)));
}

/** Lengths, their checksum, headers, payload, checksum of all: numbers are big-endian. */
function toMessage({ event = '', data, exception = false }: StreamEvent): Uint8Array {
  const kind = exception ? 'exception' : 'event';
  const headers = Buffer.concat([
    toHeader(`:${kind}-type`, event),
    toHeader(':content-type', 'application/json'),
    toHeader(':message-type', kind),
  ]);
  const payload = Buffer.from(typeof data === 'string' ? data : JSON.stringify(data));
  const message = Buffer.alloc(PRELUDE + headers.length + payload.length + TRAILER);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(headers.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  headers.copy(message, PRELUDE);
  payload.copy(message, PRELUDE + headers.length);
  const end = message.length - TRAILER;
  message.writeUInt32BE(crc32(message.subarray(0, end)), end);
  return message;
}

function toHeader(name: string, value: string): Uint8Array {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([Buffer.of(Buffer.byteLength(name)), Buffer.from(name), Buffer.of(STRING), length, Buffer.from(value)]);
}

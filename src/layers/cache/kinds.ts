import type { End } from '../../call.ts';
import { type ChatChunk, hasOutput } from '../../chat/chunk.ts';
import { Collector } from '../../chat/collect.ts';
import type { ChatCompletion, Usage } from '../../chat/reply.ts';
import { StreamCheck } from '../../chat/storable.ts';

/** What the parts of a stream are: how they are kept, and what they tell. */
export interface Kind<Part> {
  /** As JSON. */
  write(part: Part): string;
  read(text: string): Part;
  /** Looks at the parts of one stream, one after the other; says at its end whether it is worth storing. */
  startCheck(): { see(part: Part): void; isStorable(end: End): boolean };
  /** Whether a reader sees something of the answer now; `streamed`: the call asked for a stream. */
  hasOutput(part: Part, streamed: boolean): boolean;
  usageOf(part: Part): Usage | undefined;
  /** Put together. */
  collect(parts: readonly Part[]): ChatCompletion;
  /** The parts say themselves how the stream ended: its reader sees all of them, and then no error of ours. */
  readonly tellsItself: boolean;
}

export const CHUNKS: Kind<ChatChunk> = {
  write: (chunk) => JSON.stringify(chunk),
  // Written by this program from a chunk.
  read: (text) => JSON.parse(text) as ChatChunk,
  startCheck() {
    const check = new StreamCheck();
    return { see: (chunk) => check.see(chunk), isStorable: () => check.isStorable };
  },
  hasOutput,
  usageOf: ({ usage }) => usage ?? undefined,
  collect(chunks) {
    const collector = new Collector();
    for (const chunk of chunks) collector.add(chunk);
    return collector.reply();
  },
  tellsItself: false,
};

/** Bytes that pass as they are. Who read them beside says at the end what they were worth. */
export const BYTES: Kind<Uint8Array> = {
  // A character a byte: a piece may end within a character of the text.
  write: ({ buffer, byteOffset, byteLength }) => JSON.stringify(Buffer.from(buffer, byteOffset, byteLength).toString('latin1')),
  // As above.
  read: (text) => toBytes(JSON.parse(text) as string),
  startCheck: () => ({ see: () => {}, isStorable: (end) => end.status === 'complete' && end.storable === true }),
  hasOutput: (_bytes, streamed) => streamed,
  usageOf: () => undefined,
  collect: () => new Collector().reply(),
  tellsItself: true,
};

/** Bytes that were written as a text of their own. */
export function toBytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

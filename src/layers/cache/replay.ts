import type { Answer, Call, End, PartsAnswer, RawAnswer } from '../../call.ts';
import type { ChatChunk } from '../../chat/chunk.ts';
import type { ChatCompletion, Whole } from '../../chat/reply.ts';
import { toChunks } from '../../chat/replay.ts';
import { isChat } from '../../chat/storable.ts';
import type { Clock } from '../../clock.ts';
import type { Content, Head } from './entry.ts';
import { BYTES, CHUNKS, type Kind } from './kinds.ts';
import { type Feed, PartsReader } from './reader.ts';

/** An answer that is here already, in the form that the caller asked for. `content` becomes the caller's own. */
export function toAnswer(content: Content, call: Call, clock: Clock): Answer {
  if (content.kind === 'bytes') return toRaw(content.head, replay(content.pieces, BYTES, call, clock));
  if (!call.stream) return toWholeAnswer(content.kind === 'whole' ? content.whole : CHUNKS.collect(content.chunks));
  if (content.kind === 'chunks') return toParts(replay(content.chunks, CHUNKS, call, clock));
  return isChat(content.whole) ? toParts(replay(toChunks(content.whole), CHUNKS, call, clock)) : toWholeAnswer(content.whole);
}

export function toWholeAnswer(whole: Whole): Answer {
  const end: End = { status: 'complete', usage: isChat(whole) ? (whole.usage ?? undefined) : undefined };
  return { kind: 'whole', whole, done: Promise.resolve(end), end };
}

export function toParts(reader: PartsReader<ChatChunk>): PartsAnswer {
  return { kind: 'parts', parts: reader, done: reader.done, collected: () => reader.collected() };
}

export function toRaw({ status, headers }: Head, reader: PartsReader<Uint8Array>): RawAnswer {
  return { kind: 'raw', status, headers, parts: reader, done: reader.done };
}

function replay<Part>(parts: readonly Part[], kind: Kind<Part>, call: Call, clock: Clock): PartsReader<Part> {
  const { deadline, trace } = call;
  return new PartsReader({ kind, feed: new Recording(parts, kind), clock, deadline, trace, live: false });
}

class Recording<Part> implements Feed<Part> {
  readonly #parts: readonly Part[];
  readonly #kind: Kind<Part>;

  constructor(parts: readonly Part[], kind: Kind<Part>) {
    this.#parts = parts;
    this.#kind = kind;
  }

  async at(index: number): Promise<Part | undefined> {
    return this.#parts[index];
  }

  end(): undefined {}

  passed(): void {}

  collected(index: number): ChatCompletion {
    return this.#kind.collect(this.#parts.slice(0, index));
  }

  left(): void {}
}

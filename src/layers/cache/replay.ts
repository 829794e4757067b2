import type { Answer, Call, End } from '../../call.ts';
import type { ChatChunk } from '../../chat/chunk.ts';
import { Collector } from '../../chat/collect.ts';
import type { ChatCompletion, Whole } from '../../chat/reply.ts';
import { toChunks } from '../../chat/replay.ts';
import type { Clock } from '../../clock.ts';
import type { Content } from './entry.ts';
import { type Feed, PartsReader } from './reader.ts';
import { isChat } from '../../chat/storable.ts';

/** An answer that is here already, in the form that the caller asked for. `content` becomes the caller's own. */
export function toAnswer(content: Content, call: Call, clock: Clock): Answer {
  if (!call.stream) return toWholeAnswer(content.kind === 'whole' ? content.whole : collect(content.chunks));
  if (content.kind === 'chunks') return replay(content.chunks, call, clock);
  return isChat(content.whole) ? replay(toChunks(content.whole), call, clock) : toWholeAnswer(content.whole);
}

export function toWholeAnswer(whole: Whole): Answer {
  const end: End = { status: 'complete', usage: isChat(whole) ? (whole.usage ?? undefined) : undefined };
  return { kind: 'whole', whole, done: Promise.resolve(end), end };
}

export function collect(chunks: readonly ChatChunk[]): ChatCompletion {
  const collector = new Collector();
  for (const chunk of chunks) collector.add(chunk);
  return collector.reply();
}

function replay(chunks: readonly ChatChunk[], call: Call, clock: Clock): Answer {
  const { deadline, trace } = call;
  return new PartsReader({ feed: new Recording(chunks), clock, deadline, trace, live: false }).answer;
}

class Recording implements Feed {
  readonly #chunks: readonly ChatChunk[];

  constructor(chunks: readonly ChatChunk[]) {
    this.#chunks = chunks;
  }

  async at(index: number): Promise<ChatChunk | undefined> {
    return this.#chunks[index];
  }

  passed(): void {}

  collected(index: number): ChatCompletion {
    return collect(this.#chunks.slice(0, index));
  }

  left(): void {}
}

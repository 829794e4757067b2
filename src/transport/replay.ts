import type { PartsAnswer } from '../call.ts';
import type { ChatChunk } from '../chat/chunk.ts';
import { toChunks } from '../chat/replay.ts';
import type { ChatCompletion, Usage } from '../chat/reply.ts';

/** A plain answer for a caller who asked for a stream, from a server that does not: one chunk of content, as nobody knows of more. */
export function toReplayed(whole: ChatCompletion, usage: Usage | undefined): PartsAnswer {
  return { kind: 'parts', parts: replay(toChunks(whole)), done: Promise.resolve({ status: 'complete', usage }), collected: () => whole };
}

async function* replay(chunks: readonly ChatChunk[]): AsyncGenerator<ChatChunk, undefined> {
  yield* chunks;
  return undefined;
}

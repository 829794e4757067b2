import type { PartsAnswer } from '../call.ts';
import { toChunks } from '../chat/replay.ts';
import type { ChatCompletion, Usage } from '../chat/reply.ts';

/** A plain answer for a caller who asked for a stream, from a server that does not: one chunk of content, as nobody knows of more. */
export function toReplayed(whole: ChatCompletion, usage: Usage | undefined): PartsAnswer {
  return { kind: 'parts', parts: replay(toChunks(whole)), done: Promise.resolve({ status: 'complete', usage }), collected: () => whole };
}

/** What is at hand already, part by part. */
export async function* replay<Part>(parts: readonly Part[]): AsyncGenerator<Part, undefined> {
  yield* parts;
  return undefined;
}

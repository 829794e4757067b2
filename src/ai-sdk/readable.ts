import type { StreamedReply } from './caller.ts';
import type { StreamParts } from './stream.ts';
import type { LanguageModelV3StreamPart, SharedV3Warning } from './spec.ts';

type Part = LanguageModelV3StreamPart;

/** What becomes of a reply that is read. */
export interface Reading {
  readonly parts: StreamParts;
  readonly warnings: SharedV3Warning[];
  readonly signal: AbortSignal | undefined;
  /** What the AI SDK is told of a failure. */
  readonly toError: (failure: unknown) => unknown;
}

/**
 * The reply as a stream of parts. Nothing is read before it is asked for; to cancel it aborts the call. An abort ends it with the caller's own
 * reason, any other failure with an `error` and a `finish`, as content was seen already.
 */
export function toReadable(reply: StreamedReply, { parts, warnings, signal, toError }: Reading): ReadableStream<Part> {
  const iterator = reply[Symbol.asyncIterator]();
  let isOver = false;
  let isCancelled = false;
  const end = (last: readonly Part[]): readonly Part[] => {
    isOver = true;
    return last;
  };
  /** Until there is something to tell: some chunks have nothing. */
  const next = async (): Promise<readonly Part[]> => {
    try {
      for (let read = await iterator.next(); read.done !== true; read = await iterator.next()) {
        const written = parts.chunk(read.value);
        if (written.length > 0) return written;
      }
      return end(parts.finish(await reply.reply()));
    } catch (failure) {
      if (signal?.aborted === true) throw failure;
      return end(parts.fail(toError(failure), failure));
    }
  };
  return new ReadableStream<Part>(
    {
      start(controller) {
        controller.enqueue({ type: 'stream-start', warnings });
      },
      async pull(controller) {
        const written = await next();
        // Cancelled in the meantime: nobody is there to be told.
        if (isCancelled) return;
        for (const part of written) controller.enqueue(part);
        if (isOver) controller.close();
      },
      async cancel() {
        isCancelled = true;
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

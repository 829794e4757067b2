import type { PartsAnswer } from '../call.ts';
import type { ChatChunk } from '../chat/chunk.ts';
import type { ChatReply } from '../chat/reply.ts';
import { StreamInterruptedError, withReport } from '../errors.ts';
import type { CallReport } from '../report.ts';

/**
 * A streamed reply: an async iterable of OpenAI's chunks, which can be read once. `break` aborts it; a stream that nobody reads
 * for a minute is aborted too.
 */
export class ChatStream<Reply extends ChatReply = ChatReply> implements AsyncIterable<ChatChunk> {
  readonly #answer: PartsAnswer;
  readonly #toReply: () => Reply | Promise<Reply>;
  readonly #toReport: () => CallReport;
  #reading = false;

  /** @internal */
  constructor(answer: PartsAnswer, toReply: () => Reply | Promise<Reply>, toReport: () => CallReport) {
    this.#answer = answer;
    this.#toReply = toReply;
    this.#toReport = toReport;
  }

  /** Throws a `TypeError` when the stream was read before: what it gave is gone, and an empty loop would hide that. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ChatChunk> {
    if (this.#reading) throw new TypeError('Cannot read the stream as it can be read once, and was: `reply()` gives the whole of it');
    this.#reading = true;
    return this.#answer.parts;
  }

  /**
   * The whole reply, put together from the chunks. Reads the stream when nobody has; otherwise waits until its reader is done.
   * Rejects with `StreamInterruptedError` when the stream failed or its reader left early, and with `OutputError` when what it said
   * does not fit the `schema`.
   */
  async reply(): Promise<Reply> {
    if (!this.#reading) for await (const _ of this) continue;
    const end = await this.#answer.done;
    if (end.status === 'complete') return this.#toReply();
    if (end.status === 'failed') throw end.error;
    const error = new StreamInterruptedError('Cannot give the whole reply as its reader left the stream early', {
      class: 'aborted',
      partial: this.#answer.collected(),
    });
    throw withReport(error, this.#toReport());
  }
}

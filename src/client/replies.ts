import type { Answer, Call, WholeAnswer } from '../call.ts';
import type { Output } from '../chat/output.ts';
import {
  type ChatCompletion,
  type ChatReply,
  type Embeddings,
  type EmbedReply,
  type ModelList,
  type ModelsReply,
  readText,
} from '../chat/reply.ts';
import { toEmbedUsage } from '../chat/usage.ts';
import type { Clock } from '../clock.ts';
import { OutputError, withReport } from '../errors.ts';
import type { CallReport } from '../report.ts';
import { parseAnswer } from './output.ts';
import { ChatStream } from './stream.ts';

/** Makes of answers what callers hold. */
export class Replies {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ofChat(call: Call, answer: Answer): ChatReply | ChatStream | Promise<ChatReply> {
    // The operation decides the shape.
    if (answer.kind === 'whole') return this.#ofWhole(call, answer.whole as ChatCompletion, answer.raw);
    if (answer.kind === 'raw') throw new TypeError('A chat was answered with bytes');
    const toReport = (): CallReport => this.#report(call);
    return new ChatStream(answer, () => this.#ofWhole(call, answer.collected()), toReport);
  }

  ofEmbed(call: Call, answer: Answer): EmbedReply {
    const { whole, raw = whole } = wholeOf(answer);
    // As above.
    const { usage: counted, ...rest } = whole as Embeddings;
    const usage = toEmbedUsage(counted);
    return { ...rest, ...(usage === undefined ? {} : { usage }), report: this.#report(call), raw };
  }

  ofModels(call: Call, answer: Answer): ModelsReply {
    const { whole, raw = whole } = wholeOf(answer);
    // As above.
    return { ...(whole as ModelList), report: this.#report(call), raw };
  }

  #ofWhole(call: Call, whole: ChatCompletion, raw: unknown = whole): ChatReply | Promise<ChatReply> {
    if (call.output !== undefined) return this.#parsed(call, call.output, whole, raw);
    return { ...whole, text: readText(whole), report: this.#report(call), raw };
  }

  async #parsed(call: Call, wanted: Output, whole: ChatCompletion, raw: unknown): Promise<ChatReply> {
    try {
      const parsed = await parseAnswer(call, wanted, whole);
      const reply = { ...whole, text: readText(whole), report: this.#report(call), raw, parsed };
      return reply;
    } catch (error) {
      throw error instanceof OutputError ? withReport(error, this.#report(call)) : error;
    }
  }

  #report(call: Call): CallReport {
    return call.trace.report(this.#clock.now());
  }
}

/** Plain calls are answered whole: layers that turn one kind into the other do it above the transport. */
function wholeOf(answer: Answer): WholeAnswer {
  if (answer.kind !== 'whole') throw new TypeError('A plain call was answered with a stream');
  return answer;
}

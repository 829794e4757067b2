import type { LanguageModelV3CallOptions, LanguageModelV3Prompt, LanguageModelV3StreamPart } from '@ai-sdk/provider';
import type { KeywheelCaller } from '../../src/ai-sdk/index.ts';
import type { ChatChunk, Delta } from '../../src/chat/chunk.ts';
import { Collector } from '../../src/chat/collect.ts';
import type { ChatCompletion, ChatReply, EmbedReply, ReplyMessage } from '../../src/chat/reply.ts';
import type { ChatRequest, EmbedRequest } from '../../src/chat/request.ts';
import type { CallOptions } from '../../src/options/types.ts';
import type { CallReport } from '../../src/report.ts';

export const REPORT: CallReport = {
  id: 'call-1',
  operation: 'chat',
  requested: 'fast',
  stream: false,
  provider: 'openai',
  model: 'm',
  key: 'a',
  cache: 'off',
  attempts: [],
  waitedMs: 0,
  durationMs: 1,
  tags: {},
};

const HEAD = { id: 'reply-1', created: 1_700_000_000, model: 'm' };

/** A whole reply that says this. */
export function replyOf(message: Partial<ReplyMessage>, more: Partial<ChatCompletion> = {}, finish: string | null = 'stop'): ChatReply {
  const full: ReplyMessage = { role: 'assistant', content: null, ...message };
  const choices = [{ index: 0, message: full, finish_reason: finish }];
  return { ...HEAD, object: 'chat.completion', choices, text: full.content ?? '', report: REPORT, raw: 'as it came', ...more };
}

/** One chunk with this delta. */
export function chunkOf(delta: Delta, more: Partial<ChatChunk> = {}, finish: string | null = null): ChatChunk {
  return { ...HEAD, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }], ...more };
}

/** What a fake client was asked. */
export interface Asked {
  readonly request: ChatRequest | EmbedRequest;
  readonly options: CallOptions | undefined;
}

/** A client that gives this answer, or fails with it, and remembers what it was asked. */
export function fakeClient(answer: ChatReply | EmbedReply | Error | readonly (ChatChunk | Error)[]): KeywheelCaller & {
  readonly asked: Asked[];
  readonly left: () => number;
  /** How many chunks were asked for. */
  readonly read: () => number;
} {
  const asked: Asked[] = [];
  let left = 0;
  let read = 0;
  // Each test asks for what its answer is.
  const give = async (request: Asked['request'], options?: CallOptions): Promise<never> => {
    asked.push({ request, options });
    if (answer instanceof Error) throw answer;
    return (
      Array.isArray(answer)
        ? streaming(answer as readonly (ChatChunk | Error)[], { onRead: () => (read += 1), onLeft: () => (left += 1) })
        : answer
    ) as never;
  };
  return { chat: give, embed: give, asked, left: () => left, read: () => read };
}

/** As a `ChatStream`: read once, and put together from what was read. */
function streaming(
  chunks: readonly (ChatChunk | Error)[],
  { onRead, onLeft }: { readonly onRead: () => void; readonly onLeft: () => void },
) {
  const collector = new Collector();
  return {
    async *[Symbol.asyncIterator]() {
      let isRead = false;
      try {
        for (const chunk of chunks) {
          onRead();
          if (chunk instanceof Error) throw chunk;
          collector.add(chunk);
          yield chunk;
        }
        isRead = true;
      } finally {
        if (!isRead) onLeft();
      }
    },
    async reply(): Promise<ChatReply> {
      const whole = collector.reply();
      return { ...whole, text: whole.choices[0]?.message.content ?? '', report: REPORT, raw: whole };
    },
  };
}

const PROMPT: LanguageModelV3Prompt = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }];

/** A call that asks `Hi`. */
export function call(more: Partial<LanguageModelV3CallOptions> = {}): LanguageModelV3CallOptions {
  return { prompt: PROMPT, ...more };
}

/** Everything that a stream says. */
export async function readParts(stream: ReadableStream<LanguageModelV3StreamPart>): Promise<LanguageModelV3StreamPart[]> {
  const parts: LanguageModelV3StreamPart[] = [];
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) parts.push(read.value);
  return parts;
}

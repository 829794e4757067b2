import type { ChatChunk } from '../chat/chunk.ts';
import type { ChatReply, EmbedReply } from '../chat/reply.ts';
import type { ChatRequest, EmbedRequest } from '../chat/request.ts';
import type { CallOptions } from '../options/types.ts';

/** A streamed reply, as far as it is needed here. */
export interface StreamedReply extends AsyncIterable<ChatChunk> {
  reply(): Promise<ChatReply>;
}

/** What is asked of a client. By its shape, not its class: it may come from another copy of the package, or wrap one. */
export interface KeywheelCaller {
  chat(request: ChatRequest, options?: CallOptions): Promise<ChatReply | StreamedReply>;
  embed(request: EmbedRequest, options?: CallOptions): Promise<EmbedReply>;
}

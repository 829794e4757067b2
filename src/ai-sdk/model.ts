import type { ChatReply } from '../chat/reply.ts';
import type { KeywheelCaller, StreamedReply } from './caller.ts';
import { toContent } from './content.ts';
import { toCallError } from './errors.ts';
import type { Loose } from './json.ts';
import { toReadable } from './readable.ts';
import { toChatCall } from './request.ts';
import { toReplyMetadata, toResponse } from './response.ts';
import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3GenerateResult } from './spec.ts';
import { StreamParts } from './stream.ts';
import { toFinishReason, toUsage } from './usage.ts';

/** What needs no download, as nobody else could: files that stand at a provider. */
const SUPPORTED: Readonly<Record<string, readonly RegExp[]>> = {
  '*/*': [/^gs:\/\//, /^s3:\/\//, /^https:\/\/generativelanguage\.googleapis\.com\/v\w+\/files\//],
};

/** A language model that asks `client.chat`. A plain object without `this`: AI SDK 7 reads it through a proxy. */
export function toLanguageModel(client: KeywheelCaller, modelId: string, settings: Loose): LanguageModelV3 {
  const doGenerate = async (call: LanguageModelV3CallOptions): Promise<LanguageModelV3GenerateResult> => {
    const { request, options, warnings } = toChatCall(modelId, settings, call, false);
    try {
      // Not asked for a stream, so it is none.
      const reply = (await client.chat(request, options)) as ChatReply;
      return {
        content: toContent(reply),
        finishReason: toFinishReason(reply.choices[0]),
        usage: toUsage(reply.usage),
        providerMetadata: toReplyMetadata(reply),
        request: { body: request },
        response: { ...toResponse(reply), body: reply.raw },
        warnings,
      };
    } catch (error) {
      throw toCallError(error, modelId, request);
    }
  };
  const doStream: LanguageModelV3['doStream'] = async (call) => {
    const { request, options, warnings } = toChatCall(modelId, settings, call, true);
    const toError = (failure: unknown): unknown => toCallError(failure, modelId, request);
    try {
      // Asked for a stream, so it is one.
      const reply = (await client.chat(request, options)) as StreamedReply;
      const parts = new StreamParts(call.includeRawChunks === true);
      return { stream: toReadable(reply, { parts, warnings, signal: options.signal, toError }), request: { body: request } };
    } catch (error) {
      throw toError(error);
    }
  };
  // The types want lists that can be changed; nobody changes them.
  const supportedUrls = (settings['supportedUrls'] ?? SUPPORTED) as Record<string, RegExp[]>;
  return { specificationVersion: 'v3', provider: 'keywheel', modelId, supportedUrls, doGenerate, doStream };
}

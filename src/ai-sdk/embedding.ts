import type { EmbedReply } from '../chat/reply.ts';
import type { EmbedRequest } from '../chat/request.ts';
import type { KeywheelCaller } from './caller.ts';
import { toCallError } from './errors.ts';
import { type Loose, toJson } from './json.ts';
import { KEYWHEEL } from './metadata.ts';
import { warnOfHeaders } from './request.ts';
import { readSettings } from './settings.ts';
import type { EmbeddingModelV3, SharedV3Warning } from './spec.ts';

/** An embedding model that asks `client.embed`, which cuts long lists itself. As of a language model, nothing of it needs `this`. */
export function toEmbeddingModel(client: KeywheelCaller, modelId: string, settings: Loose): EmbeddingModelV3 {
  const doEmbed: EmbeddingModelV3['doEmbed'] = async (call) => {
    const warnings: SharedV3Warning[] = [];
    const warn = (warning: SharedV3Warning): void => void warnings.push(warning);
    const { options, fields } = readSettings(settings, call.providerOptions, call.abortSignal, warn);
    warnOfHeaders(call.headers, warn);
    // No text has no embedding, and a request without input is none.
    if (call.values.length === 0) return { embeddings: [], warnings };
    const request: EmbedRequest = { model: modelId, input: call.values, ...fields };
    try {
      const reply = await client.embed(request, options);
      return {
        embeddings: toVectors(reply),
        ...(reply.usage === undefined ? {} : { usage: { tokens: reply.usage.prompt_tokens } }),
        providerMetadata: { [KEYWHEEL]: toJson({ report: reply.report }) },
        response: { body: reply.raw },
        warnings,
      };
    } catch (error) {
      throw toCallError(error, modelId, request);
    }
  };
  return {
    specificationVersion: 'v3',
    provider: 'keywheel',
    modelId,
    maxEmbeddingsPerCall: Infinity,
    supportsParallelCalls: true,
    doEmbed,
  };
}

/** In the order of the values, whatever order they came in. */
function toVectors({ data }: EmbedReply): number[][] {
  return data
    .toSorted((a, b) => a.index - b.index)
    .map(({ embedding }) => (typeof embedding === 'string' ? fromBase64(embedding) : [...embedding]));
}

/** Who asks for base64 gets floats of four bytes, the least significant first. */
function fromBase64(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readFloatLE(index * 4));
}

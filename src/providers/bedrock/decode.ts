import { Collector } from '../../chat/collect.ts';
import type { ModelList, Whole } from '../../chat/reply.ts';
import { isLoose, type Loose } from '../loose.ts';
import type { DecodeContext } from '../provider.ts';
import { isBroken } from './finish.ts';
import { ConverseDecoder, toSpoilt } from './stream.ts';
import { toEmbeddings } from './vectors.ts';

/** A whole answer with status 200; what is no answer is an error in the provider's own shape. */
export function decodeWhole(body: unknown, context: DecodeContext): { readonly whole: Whole } | { readonly error: unknown } {
  if (!isLoose(body)) return { error: body };
  const { asked } = context;
  if (asked.operation === 'models') return toResult(toModels(body), body);
  if (asked.operation === 'embed') return toResult(toEmbeddings(body, asked.request, context.model), body);
  const { output } = body;
  const message = isLoose(output) ? output['message'] : undefined;
  const content = isLoose(message) ? message['content'] : undefined;
  const { stopReason } = body;
  if (!Array.isArray(content)) return { error: typeof stopReason === 'string' && isBroken(stopReason) ? toSpoilt(stopReason) : body };
  const chunks = new ConverseDecoder(context).decodeMessage((content as unknown[]).filter(isLoose), body);
  if (chunks === undefined) return { error: toSpoilt(stopReason) };
  const collector = new Collector();
  for (const chunk of chunks) collector.add(chunk);
  return { whole: collector.reply() };
}

function toResult(whole: Whole | undefined, body: Loose): { readonly whole: Whole } | { readonly error: unknown } {
  return whole === undefined ? { error: body } : { whole };
}

/** By the names that a request takes; the rest of what is told stays. */
function toModels({ modelSummaries: models, ...others }: Loose): ModelList | undefined {
  if (!Array.isArray(models)) return undefined;
  const data = (models as unknown[]).filter(isLoose).flatMap((model): ModelList['data'] => {
    const { modelId: id, providerName: owner } = model;
    if (typeof id !== 'string') return [];
    return [{ ...model, id, object: 'model', ...(typeof owner === 'string' ? { owned_by: owner } : {}) }];
  });
  return { ...others, object: 'list', data };
}

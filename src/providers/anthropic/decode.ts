import { Collector } from '../../chat/collect.ts';
import type { ModelList, Whole } from '../../chat/reply.ts';
import { isLoose, type Loose } from '../loose.ts';
import { saysError } from '../openai/decode.ts';
import type { DecodeContext } from '../provider.ts';
import { MessageDecoder } from './stream.ts';

/** A whole answer with status 200; what is no message or list is an error in the provider's own shape. */
export function decodeWhole(body: unknown, context: DecodeContext): { readonly whole: Whole } | { readonly error: unknown } {
  if (!isLoose(body) || saysError(body)) return { error: body };
  if (context.asked.operation === 'models') return Array.isArray(body['data']) ? { whole: toModels(body) } : { error: body };
  if (!Array.isArray(body['content'])) return { error: body };
  const decoder = new MessageDecoder(context);
  const collector = new Collector();
  collector.add(decoder.begin(body));
  for (const chunk of decoder.end()) collector.add(chunk);
  return { whole: collector.reply() };
}

function toModels(body: Loose): ModelList {
  const listed = (body['data'] as unknown[]).filter(isLoose);
  return {
    ...body,
    object: 'list',
    data: listed.map((model) => ({
      owned_by: 'anthropic',
      ...model,
      ...toCreated(model),
      id: typeof model['id'] === 'string' ? model['id'] : '',
      object: 'model',
    })),
  };
}

function toCreated({ created_at: at }: Loose): { readonly created?: number } {
  const ms = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return Number.isNaN(ms) ? {} : { created: Math.floor(ms / 1000) };
}

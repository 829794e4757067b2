import { Collector } from '../../chat/collect.ts';
import type { ChatCompletion, Embeddings, ModelList, Whole } from '../../chat/reply.ts';
import { isLoose, type Loose } from '../loose.ts';
import { saysError } from '../openai/decode.ts';
import type { DecodeContext } from '../provider.ts';
import { findFailure } from './finish.ts';
import { ChatDecoder } from './stream.ts';
import { countOf } from './usage.ts';

/** Fields of an answer that have a place of their own. */
const ANSWER_FIELDS = new Set(['id', 'message', 'finish_reason', 'usage', 'object', 'created', 'model', 'choices']);
const MESSAGE_FIELDS = new Set(['role', 'content', 'tool_calls', 'citations', 'tool_plan']);

/** A whole answer with status 200; what is none is an error in the provider's own shape. */
export function decodeWhole(body: unknown, context: DecodeContext): { readonly whole: Whole } | { readonly error: unknown } {
  if (!isLoose(body)) return { error: body };
  const failure = findFailure(body);
  if (failure !== undefined) return { error: failure };
  const whole = saysError(body) ? undefined : READERS[context.asked.operation](body, context);
  return whole === undefined ? { error: body } : { whole };
}

const READERS: Readonly<Record<DecodeContext['asked']['operation'], (body: Loose, context: DecodeContext) => Whole | undefined>> = {
  chat: toChat,
  embed: toEmbeddings,
  models: toModels,
};

/** Read as a stream is: its parts come at once. */
function toChat(body: Loose, context: DecodeContext): ChatCompletion | undefined {
  const { message } = body;
  if (!isLoose(message)) return undefined;
  const decoder = new ChatDecoder(context);
  decoder.name(body['id']);
  const { content, tool_plan: plan } = message;
  const deltas = [
    keep(message, MESSAGE_FIELDS),
    ...(typeof plan === 'string' && plan !== '' ? [{ tool_plan: plan }] : []),
    ...(typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content)).map((part) => decoder.part(part)),
    ...listOf(message['tool_calls']).map((call) => decoder.call(call)),
    ...listOf(message['citations']).map((citation) => decoder.citation(citation)),
  ];
  const collector = new Collector();
  for (const delta of deltas) collector.add(decoder.chunk(delta));
  collector.add({ ...keep(body, ANSWER_FIELDS), ...decoder.last(body) });
  return collector.reply();
}

/** Vectors of the type that was asked for; of others, where the caller's options asked for them, beside them. */
function toEmbeddings(body: Loose, { asked, model }: DecodeContext): Embeddings | undefined {
  const { embeddings, texts: _texts, ...more } = body;
  const byType: Loose | undefined = Array.isArray(embeddings)
    ? { float: embeddings as unknown }
    : isLoose(embeddings)
      ? embeddings
      : undefined;
  if (byType === undefined) return undefined;
  const wanted = asked.request['encoding_format'] === 'base64' ? ['base64', 'float'] : ['float', 'base64'];
  const type = [...wanted, ...Object.keys(byType)].find((name) => Array.isArray(byType[name]));
  if (type === undefined) return undefined;
  const { [type]: vectors, ...others } = byType;
  const usage = readUnits(body['meta']);
  return {
    ...more,
    ...(Object.keys(others).length === 0 ? {} : { embeddings: others }),
    object: 'list',
    // The provider's vectors are taken at its word.
    data: (vectors as (readonly number[] | string)[]).map((embedding, index) => ({ object: 'embedding', index, embedding })),
    model,
    ...(usage === undefined ? {} : { usage }),
  };
}

function readUnits(meta: unknown): { readonly prompt_tokens: number; readonly total_tokens: number } | undefined {
  const told = isLoose(meta) ? [meta['billed_units'], meta['tokens']].filter(isLoose) : [];
  const tokens = told.map((units) => countOf(units, 'input_tokens')).find((count) => count !== undefined);
  return tokens === undefined ? undefined : { prompt_tokens: tokens, total_tokens: tokens };
}

function toModels(body: Loose): ModelList | undefined {
  const { models, ...more } = body;
  if (!Array.isArray(models)) return undefined;
  const data = (models as unknown[]).filter(isLoose).map((model) => {
    const { name } = model;
    return { ...model, id: typeof name === 'string' ? name : '', object: 'model' as const, owned_by: 'cohere' };
  });
  return { ...more, object: 'list', data };
}

function keep(from: Loose, known: ReadonlySet<string>): Loose {
  return Object.fromEntries(Object.entries(from).filter(([field, value]) => !known.has(field) && value !== null));
}

function listOf(value: unknown): readonly Loose[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isLoose) : [];
}

import type { Asked } from '../../chat/asked.ts';
import type { EmbedRequest } from '../../chat/request.ts';
import type { Embeddings } from '../../chat/reply.ts';
import { isCount } from '../../chat/usage.ts';
import type { WireRequest } from '../../wire/types.ts';
import { mergeOptions, refuseUnknown, refusing, toWireRequest, type Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';
import type { Provider } from '../provider.ts';
import { isVertex, toModelPath, toResourceName } from './address.ts';

const KNOWN: ReadonlySet<string> = new Set(['input', 'dimensions', 'encoding_format']);

/** Options that Google has with each text; a caller says them once. */
const PER_TEXT: ReadonlySet<string> = new Set(['taskType', 'task_type', 'title']);
const PER_REQUEST: ReadonlySet<string> = new Set([...PER_TEXT, 'outputDimensionality']);

/** AI Studio embeds contents in a batch; Vertex predicts for instances. */
export function encodeEmbed(asked: Asked & { readonly operation: 'embed' }, model: string, provider: Provider): WireRequest {
  const { request, operation } = asked;
  const unsupported = refusing(asked, provider);
  refuseUnknown(request, KNOWN, unsupported);
  const texts = toTexts(request, unsupported);
  const { dimensions, encoding_format: format } = request;
  if (format !== undefined && format !== 'float' && format !== 'base64') unsupported.refuse('encoding_format', format);
  const options = readOptions(request, provider);
  const size = dimensions === undefined ? {} : { outputDimensionality: dimensions };
  const body: Record<string, unknown> = isVertex(provider)
    ? { instances: texts.map((content) => ({ content, ...pick(options, PER_TEXT, toSnake) })), ...toParameters(size) }
    : {
        requests: texts.map((text) => ({
          model: toResourceName(model),
          content: { parts: [{ text }] },
          ...size,
          ...pick(options, PER_REQUEST),
        })),
      };
  mergeOptions(body, request, provider, isVertex(provider) ? PER_TEXT : PER_REQUEST);
  const method = isVertex(provider) ? 'predict' : 'batchEmbedContents';
  return toWireRequest(provider, { path: toModelPath(model, method), operation, body });
}

/** Google embeds texts, not tokens. */
function toTexts({ input }: EmbedRequest, unsupported: Unsupported): readonly unknown[] {
  const texts: readonly unknown[] = typeof input === 'string' ? [input] : input;
  const wrong = texts.findIndex((text) => typeof text !== 'string');
  if (wrong >= 0) unsupported.refuse('input', texts[wrong], `input[${wrong}]`, 'must be a text there');
  return texts;
}

function readOptions({ providerOptions }: EmbedRequest, { name }: Provider): Loose {
  return (providerOptions !== undefined && Object.hasOwn(providerOptions, name) ? providerOptions[name] : undefined) ?? {};
}

function pick(options: Loose, names: ReadonlySet<string>, rename = (name: string): string => name): Loose {
  return Object.fromEntries(Object.entries(options).flatMap(([name, value]) => (names.has(name) ? [[rename(name), value]] : [])));
}

/** Vertex spells the fields of an instance its own way. */
function toSnake(name: string): string {
  return name === 'taskType' ? 'task_type' : name;
}

function toParameters(parameters: Loose): Loose {
  return Object.keys(parameters).length === 0 ? {} : { parameters };
}

/** Either answer in OpenAI's shape; `undefined` for what is none. Only Vertex counts tokens, and tells them with each text. */
export function decodeEmbeddings(body: unknown, { encoding_format: format }: EmbedRequest, model: string): Embeddings | undefined {
  if (!isLoose(body)) return undefined;
  const { embeddings, embedding, predictions, usageMetadata, ...rest } = body;
  const listed = embeddings ?? (embedding === undefined ? predictions : [embedding]);
  if (!Array.isArray(listed)) return undefined;
  const items = (listed as unknown[]).map(readItem);
  const vectors = items.map(readVector);
  if (vectors.some((vector) => vector === undefined)) return undefined;
  const tokens = readTokens(items, usageMetadata);
  return {
    ...rest,
    object: 'list',
    data: vectors.map((vector = [], index) => ({ object: 'embedding', index, embedding: format === 'base64' ? toBase64(vector) : vector })),
    model,
    ...(tokens === undefined ? {} : { usage: { prompt_tokens: tokens, total_tokens: tokens } }),
  };
}

/** A prediction has its embedding one level down. */
function readItem(item: unknown): unknown {
  return isLoose(item) && isLoose(item['embeddings']) ? item['embeddings'] : item;
}

function readVector(item: unknown): readonly number[] | undefined {
  const values = isLoose(item) ? item['values'] : undefined;
  return Array.isArray(values) && values.every((value) => typeof value === 'number') ? values : undefined;
}

function readTokens(items: readonly unknown[], metadata: unknown): number | undefined {
  const told = isLoose(metadata) ? metadata['promptTokenCount'] : undefined;
  if (isCount(told)) return told;
  let sum = 0;
  for (const item of items) {
    const statistics = isLoose(item) ? item['statistics'] : undefined;
    const tokens = isLoose(statistics) ? (statistics['token_count'] ?? statistics['tokenCount']) : undefined;
    if (!isCount(tokens)) return undefined;
    sum += tokens;
  }
  return items.length === 0 ? undefined : sum;
}

/** As OpenAI packs them: 32-bit floats, little-endian. */
function toBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [position, value] of vector.entries()) bytes.writeFloatLE(value, position * 4);
  return bytes.toString('base64');
}

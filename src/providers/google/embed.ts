import type { Asked } from '../../chat/asked.ts';
import type { EmbedRequest } from '../../chat/request.ts';
import type { Embeddings } from '../../chat/reply.ts';
import { isCount } from '../../chat/usage.ts';
import type { WireRequest } from '../../wire/types.ts';
import { refuseUnknown, refusing, toWireRequest } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';
import { toWrong } from '../parts.ts';
import type { Provider } from '../provider.ts';
import { isVertex, toAddress, toResourceName } from './address.ts';
import { addOptions, readOptions } from './options.ts';

const KNOWN: ReadonlySet<string> = new Set(['input', 'dimensions', 'encoding_format']);

/** Options that have a place of their own: with each text, or, on Vertex, among the parameters. A caller says them once. */
const PER_TEXT = ['taskType', 'title'];
const SIZE = 'outputDimensionality';

/** AI Studio embeds contents in a batch; Vertex predicts for instances. */
export function encodeEmbed(asked: Asked & { readonly operation: 'embed' }, model: string, provider: Provider): WireRequest {
  const { request, operation } = asked;
  const unsupported = refusing(asked, provider);
  refuseUnknown(request, KNOWN, unsupported);
  const texts = toTexts(request);
  const { dimensions, encoding_format: format } = request;
  if (format !== undefined && format !== 'float' && format !== 'base64') unsupported.refuse('encoding_format', format);
  const options = readOptions(request, provider);
  const size = { ...(dimensions === undefined ? {} : { [SIZE]: dimensions }), ...pick(options, [SIZE]) };
  const body = isVertex(provider) ? toInstances(texts, options, size) : toBatch(texts, { ...size, ...pick(options, PER_TEXT) }, model);
  addOptions(body, request, provider, { joined: ['parameters'], without: new Set([...PER_TEXT, SIZE]) });
  const { provider: at, path } = toAddress(provider, model, isVertex(provider) ? 'predict' : 'batchEmbedContents');
  return toWireRequest(at, { path, operation, body });
}

function toBatch(texts: readonly unknown[], details: Loose, model: string): Record<string, unknown> {
  return { requests: texts.map((text) => ({ model: toResourceName(model), content: { parts: [{ text }] }, ...details })) };
}

/** Vertex spells the fields of an instance its own way. */
function toInstances(texts: readonly unknown[], { taskType, title }: Loose, size: Loose): Record<string, unknown> {
  const details = { ...(taskType === undefined ? {} : { task_type: taskType }), ...(title === undefined ? {} : { title }) };
  return { instances: texts.map((content) => ({ content, ...details })), ...(Object.keys(size).length === 0 ? {} : { parameters: size }) };
}

function pick(options: Loose, names: readonly string[]): Loose {
  return Object.fromEntries(names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
}

/** Google embeds texts, not tokens. Nothing can be left out of an input: its places are the places of the answer. */
function toTexts({ input }: EmbedRequest): readonly unknown[] {
  const texts: readonly unknown[] = typeof input === 'string' ? [input] : input;
  const wrong = texts.findIndex((text) => typeof text !== 'string');
  if (wrong >= 0)
    throw toWrong(`input[${wrong}]`, 'must be a text there, as Google takes no tokens', texts[wrong], 'the embeddings request');
  return texts;
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

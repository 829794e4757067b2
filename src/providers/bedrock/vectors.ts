import type { Embeddings } from '../../chat/reply.ts';
import type { EmbedRequest } from '../../chat/request.ts';
import { isCount } from '../../chat/usage.ts';
import { isLoose, type Loose } from '../loose.ts';

type Vector = readonly number[];

/** What the embedding models of Bedrock answer, each family in its own shape; `undefined` for what is no answer. */
export function toEmbeddings(body: Loose, { encoding_format: encoding }: EmbedRequest, model: string): Embeddings | undefined {
  const { embedding, embeddings, inputTextTokenCount, inputTokenCount, response_type: _, ...others } = body;
  const vectors = readVectors(embedding, embeddings);
  if (vectors === undefined) return undefined;
  const tokens = inputTextTokenCount ?? inputTokenCount;
  return {
    ...others,
    object: 'list',
    data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: encoding === 'base64' ? toBase64(vector) : vector })),
    model,
    ...(isCount(tokens) ? { usage: { prompt_tokens: tokens, total_tokens: tokens } } : {}),
  };
}

/** Titan's one, Nova's and Cohere's list, Cohere's lists by type of number. */
function readVectors(one: unknown, many: unknown): readonly Vector[] | undefined {
  if (isVector(one)) return [one];
  const listed: unknown = isLoose(many) ? many['float'] : many;
  if (!Array.isArray(listed) || listed.length === 0) return undefined;
  const vectors = (listed as unknown[]).map((item) => (isLoose(item) ? item['embedding'] : item));
  return vectors.every(isVector) ? vectors : undefined;
}

function isVector(value: unknown): value is Vector {
  return Array.isArray(value) && value.length > 0 && (value as unknown[]).every((item) => typeof item === 'number');
}

/** As OpenAI writes it: 32-bit floats, the lowest byte first. */
function toBase64(vector: Vector): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [position, value] of vector.entries()) bytes.writeFloatLE(value, position * 4);
  return bytes.toString('base64');
}

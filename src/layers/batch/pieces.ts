import type { EmbedRequest } from '../../chat/request.ts';
import type { Embeddings } from '../../chat/reply.ts';
import { isCount } from '../../chat/usage.ts';

type Input = EmbedRequest['input'];
type Item = Embeddings['data'][number];

/** The input in pieces of at most `most` inputs. A text is one input, and so is a list of tokens. */
export function toPieces(input: Input, most: number): readonly Input[] {
  if (!isMany(input) || input.length <= most) return [input];
  const pieces: Input[] = [];
  // Texts or lists of tokens: a slice is of the same kind.
  for (let from = 0; from < input.length; from += most) pieces.push(input.slice(from, from + most));
  return pieces;
}

export function countInputs(input: Input): number {
  return isMany(input) ? input.length : 1;
}

function isMany(input: Input): input is readonly string[] | readonly (readonly number[])[] {
  return Array.isArray(input) && typeof input[0] !== 'number';
}

/** The data of one piece in the order of its inputs; `undefined` when there is not one for each. */
export function toOrdered(data: Embeddings['data'], inputs: number): readonly Item[] | undefined {
  if (data.length !== inputs || !data.every((item: unknown) => typeof item === 'object' && item !== null)) return undefined;
  const ordered: Item[] = [];
  for (const item of data) if (item.index >= 0 && item.index < inputs && Number.isInteger(item.index)) ordered[item.index] ??= item;
  // Numbers that do not count the inputs say nothing: then the order does.
  return Object.keys(ordered).length === inputs ? ordered : data;
}

/** One answer of many: what is said beside data and usage is the first one's. */
export function mergePieces(answers: readonly Embeddings[], data: readonly (readonly Item[])[]): Embeddings {
  const [first] = answers;
  const { usage: _, ...rest } = first ?? { object: 'list' as const, model: '' };
  const usage = sumUsage(answers.map((answer) => answer.usage));
  return { ...rest, data: data.flat().map((item, index) => ({ ...item, index })), ...(usage === undefined ? {} : { usage }) };
}

/** Absent is not zero: without the count of one piece there is none of the whole. */
function sumUsage(usages: readonly Embeddings['usage'][]): Embeddings['usage'] {
  const [first] = usages;
  if (first == null || usages.some((usage) => usage == null)) return undefined;
  const summed: Record<string, number> = {};
  for (const field of Object.keys(first)) {
    const counts = usages.map((usage) => (usage as Readonly<Record<string, unknown>>)[field]);
    if (counts.every(isCount)) summed[field] = counts.reduce((sum, count) => sum + count, 0);
  }
  const { prompt_tokens: prompt, total_tokens: total } = summed;
  if (prompt === undefined) return undefined;
  return { ...summed, prompt_tokens: prompt, total_tokens: total ?? prompt };
}

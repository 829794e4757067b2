import type { Embeddings, Usage, Whole } from './reply.ts';

type Counted = Readonly<Record<string, unknown>>;

/** Tokens of a whole answer; `undefined` when the server did not count: absent is not zero. */
export function readUsage(whole: Whole): Usage | undefined {
  return 'choices' in whole ? toUsage(whole['usage']) : countOf(whole['usage'], 0);
}

/**
 * Of a chat, counted once, however servers count: cached tokens are part of the prompt, reasoning is part of the completion. What was
 * written is told by its own number or by the total. What is normalised stays as it is.
 */
export function toUsage(usage: unknown): Usage | undefined {
  return countOf(usage, undefined);
}

/** `unsaid` is the output where nothing tells it: embeddings have none. */
function countOf(usage: unknown, unsaid: number | undefined): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage;
  if (!isCount(prompt)) return undefined;
  if (completion != null && !isCount(completion)) return undefined;
  const details = withDetails(usage);
  const output = completion ?? (isCount(total) && total > prompt ? total - prompt : unsaid);
  if (output === undefined) return undefined;
  const apart = reasoningApart(details['completion_tokens_details'], prompt + output, total);
  return {
    ...details,
    prompt_tokens: prompt,
    completion_tokens: output + apart,
    total_tokens: isCount(total) ? total : prompt + output,
  };
}

/** Of embeddings: tokens of the input, and what else the provider said, without a count of output. `undefined` when it did not count. */
export function toEmbedUsage(usage: unknown): Embeddings['usage'] {
  const counted = countOf(usage, 0);
  if (counted === undefined) return undefined;
  const { completion_tokens: _, completion_tokens_details: _details, ...said } = counted;
  return said;
}

/** True for a number of tokens. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

/** DeepSeek, Moonshot and Perplexity have some of the details beside the counts. */
function withDetails(usage: Counted): Counted {
  const cached = usage['prompt_cache_hit_tokens'] ?? usage['cached_tokens'];
  const reasoning = usage['reasoning_tokens'];
  return {
    ...usage,
    ...detail(usage['prompt_tokens_details'], 'prompt_tokens_details', 'cached_tokens', cached),
    ...detail(usage['completion_tokens_details'], 'completion_tokens_details', 'reasoning_tokens', reasoning),
  };
}

function detail(details: unknown, place: string, name: string, count: unknown): Counted {
  const known = isRecord(details) ? details : {};
  return !isCount(count) || isCount(known[name]) ? {} : { [place]: { ...known, [name]: count } };
}

/** xAI counts reasoning beside the completion: then the total is the sum of all three. */
function reasoningApart(details: unknown, sum: number, total: unknown): number {
  const reasoning = isRecord(details) ? details['reasoning_tokens'] : undefined;
  return isCount(reasoning) && total === sum + reasoning ? reasoning : 0;
}

function isRecord(value: unknown): value is Counted {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

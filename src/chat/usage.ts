import type { Usage, Whole } from './reply.ts';

/** Tokens of a whole answer; `undefined` when the server did not count: absent is not zero. */
export function readUsage(whole: Whole): Usage | undefined {
  return toUsage(whole['usage']);
}

/** An answer to embeddings has no completion tokens, and none were made: there the absent number is a zero. */
export function toUsage(usage: unknown): Usage | undefined {
  if (usage === null || typeof usage !== 'object' || Array.isArray(usage)) return undefined;
  const counted = usage as Readonly<Record<string, unknown>>;
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = counted;
  if (!isCount(prompt)) return undefined;
  if (completion != null && !isCount(completion)) return undefined;
  const output = completion ?? (isCount(total) ? total - prompt : 0);
  return {
    ...counted,
    prompt_tokens: prompt,
    completion_tokens: Math.max(0, output),
    total_tokens: isCount(total) ? total : prompt + output,
  };
}

/** True for a number of tokens. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

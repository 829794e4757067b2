import type { Usage } from '../../chat/reply.ts';
import { isCount } from '../../chat/usage.ts';
import { isLoose, type Loose } from '../loose.ts';

/**
 * What is billed, where it is told; else what was processed, which holds Cohere's own preamble too. Both stay beside it. Cached tokens are of
 * what was processed: they are a part of the prompt only where that is what is counted.
 */
export function toUsage(usage: unknown): Usage | undefined {
  if (!isLoose(usage)) return undefined;
  const counted = [usage['billed_units'], usage['tokens']].filter(isLoose).find((units) => hasCounts(units));
  if (counted === undefined) return undefined;
  const prompt = countOf(counted, 'input_tokens') ?? 0;
  const completion = countOf(counted, 'output_tokens') ?? 0;
  const cached = countOf(usage, 'cached_tokens');
  return {
    ...usage,
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached === undefined || cached > prompt ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
  };
}

export function countOf(units: Loose, field: string): number | undefined {
  const value = units[field];
  return isCount(value) ? value : undefined;
}

function hasCounts(units: Loose): boolean {
  return countOf(units, 'input_tokens') !== undefined || countOf(units, 'output_tokens') !== undefined;
}

import type { Usage } from '../../chat/reply.ts';
import { isCount } from '../../chat/usage.ts';
import { isLoose, type Loose } from '../loose.ts';

/** Fields that say the same as the neutral ones. The `…Count` ones are older names. */
const ABSORBED = new Set([
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'cacheReadInputTokens',
  'cacheWriteInputTokens',
  'cacheReadInputTokenCount',
  'cacheWriteInputTokenCount',
]);

/** Bedrock's input is what no cache served: the whole of it is the sum of three. Absent is not zero. */
export function toUsage(usage: unknown): Usage | undefined {
  if (!isLoose(usage)) return undefined;
  const [input, output] = [countOf(usage, 'inputTokens'), countOf(usage, 'outputTokens')];
  if (input === undefined || output === undefined) return undefined;
  const read = countOf(usage, 'cacheReadInputTokens') ?? countOf(usage, 'cacheReadInputTokenCount');
  const written = countOf(usage, 'cacheWriteInputTokens') ?? countOf(usage, 'cacheWriteInputTokenCount');
  const prompt = input + (read ?? 0) + (written ?? 0);
  const cache = {
    ...(read === undefined ? {} : { cached_tokens: read }),
    ...(written === undefined ? {} : { cache_write_tokens: written }),
  };
  return {
    ...more(usage),
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    ...(Object.keys(cache).length === 0 ? {} : { prompt_tokens_details: cache }),
  };
}

function more(usage: Loose): Loose {
  const isEmpty = (value: unknown): boolean => value === null || (isLoose(value) && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(usage).filter(([field, value]) => !ABSORBED.has(field) && !isEmpty(value)));
}

function countOf(counted: Loose, field: string): number | undefined {
  const value = counted[field];
  return isCount(value) ? value : undefined;
}

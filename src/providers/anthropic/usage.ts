import type { Usage } from '../../chat/reply.ts';
import { isCount } from '../../chat/usage.ts';
import { isLoose, type Loose } from '../loose.ts';

/** Fields that say the same as the neutral ones. */
const ABSORBED = new Set([
  'input_tokens',
  'output_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'output_tokens_details',
]);

/**
 * Anthropic's input is what no cache served: the whole of it is the sum of three. The output includes the thinking. What was summed up on the
 * way (`compaction`) is told only step by step and is added; the steps of an advisor are another model's. Absent is not zero.
 */
export function toUsage(usage: unknown): Usage | undefined {
  if (!isLoose(usage)) return undefined;
  const input = totalOf(usage, 'input_tokens');
  const output = totalOf(usage, 'output_tokens');
  if (input === undefined || output === undefined) return undefined;
  const read = totalOf(usage, 'cache_read_input_tokens');
  const written = totalOf(usage, 'cache_creation_input_tokens');
  const thinking = isLoose(usage['output_tokens_details']) ? countOf(usage['output_tokens_details'], 'thinking_tokens') : undefined;
  const prompt = input + (read ?? 0) + (written ?? 0);
  const more = Object.entries(usage).filter(([field, value]) => !ABSORBED.has(field) && value !== null);
  return {
    ...Object.fromEntries(more),
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    ...(read === undefined && written === undefined
      ? {}
      : {
          prompt_tokens_details: {
            ...(read === undefined ? {} : { cached_tokens: read }),
            ...(written === undefined ? {} : { cache_write_tokens: written }),
          },
        }),
    ...(thinking === undefined ? {} : { completion_tokens_details: { reasoning_tokens: thinking } }),
  };
}

/** Later counts of a stream are of the whole answer; what they leave out still holds. */
export function mergeUsage(before: Loose | undefined, later: unknown): Loose | undefined {
  if (!isLoose(later)) return before;
  return { ...before, ...Object.fromEntries(Object.entries(later).filter(([, value]) => value !== null)) };
}

/** A count of the whole answer. */
function totalOf(usage: Loose, field: string): number | undefined {
  const told = countOf(usage, field);
  if (told === undefined) return undefined;
  const { iterations } = usage;
  const steps = Array.isArray(iterations) ? (iterations as unknown[]).filter(isLoose) : [];
  return steps.filter(({ type }) => type === 'compaction').reduce((total, step) => total + (countOf(step, field) ?? 0), told);
}

function countOf(counted: Loose, field: string): number | undefined {
  const value = counted[field];
  return isCount(value) ? value : undefined;
}

import type { Usage } from '../../chat/reply.ts';
import { isCount } from '../../chat/usage.ts';
import { isLoose, type Loose } from '../openai/decode.ts';

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
  const { input, output } = totalsOf(usage);
  if (input === undefined || output === undefined) return undefined;
  const read = countOf(usage, 'cache_read_input_tokens');
  const written = countOf(usage, 'cache_creation_input_tokens');
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

function totalsOf(usage: Loose): { readonly input: number | undefined; readonly output: number | undefined } {
  const { iterations } = usage;
  const steps = Array.isArray(iterations) ? (iterations as unknown[]).filter(isLoose) : [];
  const compactions = steps.filter(({ type }) => type === 'compaction');
  const sum = (field: string): number => compactions.reduce((total, step) => total + (countOf(step, field) ?? 0), 0);
  const add = (field: string): number | undefined => {
    const told = countOf(usage, field);
    return told === undefined ? undefined : told + sum(field);
  };
  return { input: add('input_tokens'), output: add('output_tokens') };
}

function countOf(counted: Loose, field: string): number | undefined {
  const value = counted[field];
  return isCount(value) ? value : undefined;
}

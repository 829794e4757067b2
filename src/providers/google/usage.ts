import type { Usage } from '../../chat/reply.ts';
import { isCount } from '../../chat/usage.ts';
import { isLoose, type Loose } from '../loose.ts';

/** Counters that have a place in the neutral shape; what else Google counts is kept under its own name. */
const READ: ReadonlySet<string> = new Set([
  'promptTokenCount',
  'cachedContentTokenCount',
  'candidatesTokenCount',
  'responseTokenCount',
  'toolUsePromptTokenCount',
  'thoughtsTokenCount',
  'totalTokenCount',
]);

/**
 * Google's prompt includes what was cached, but not what its own tools put in; its candidates are without the thoughts. It leaves out
 * what is zero: only the total tells then. `undefined` when it did not count: absent is not zero.
 */
export function readUsage(metadata: unknown): Usage | undefined {
  if (!isLoose(metadata)) return undefined;
  const asked = count(metadata['promptTokenCount']);
  if (asked === undefined) return undefined;
  const fromTools = count(metadata['toolUsePromptTokenCount']);
  const thoughts = count(metadata['thoughtsTokenCount']);
  const told = count(metadata['totalTokenCount']);
  const prompt = asked + (fromTools ?? 0);
  const said = count(metadata['candidatesTokenCount']) ?? count(metadata['responseTokenCount']);
  const completion = said === undefined && told !== undefined ? Math.max(told - prompt, thoughts ?? 0) : (said ?? 0) + (thoughts ?? 0);
  const cached = count(metadata['cachedContentTokenCount']);
  return {
    ...Object.fromEntries(Object.entries(metadata).filter(([name]) => !READ.has(name))),
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: told ?? prompt + completion,
    ...toDetails('prompt_tokens_details', {
      cached_tokens: cached,
      audio_tokens: ofModality(metadata['promptTokensDetails'], 'AUDIO'),
      tool_use_tokens: fromTools,
    }),
    ...toDetails('completion_tokens_details', {
      reasoning_tokens: thoughts,
      audio_tokens: ofModality(metadata['candidatesTokensDetails'], 'AUDIO'),
      image_tokens: ofModality(metadata['candidatesTokensDetails'], 'IMAGE'),
    }),
  };
}

function count(value: unknown): number | undefined {
  return isCount(value) ? value : undefined;
}

function ofModality(details: unknown, modality: string): number | undefined {
  const found = Array.isArray(details) ? (details as unknown[]).find((item) => isLoose(item) && item['modality'] === modality) : undefined;
  return isLoose(found) ? count(found['tokenCount']) : undefined;
}

function toDetails(name: string, counts: Readonly<Record<string, number | undefined>>): Loose {
  const told = Object.entries(counts).filter(([, value]) => value !== undefined);
  return told.length === 0 ? {} : { [name]: Object.fromEntries(told) };
}

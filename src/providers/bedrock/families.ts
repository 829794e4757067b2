import { modelFacts, type ModelFacts } from '../anthropic/models.ts';
import { FORMATS } from '../reasoning-details.ts';

/** Whose models they are, as far as requests differ. `unknown`: an id that names none, as those of application inference profiles. */
export type Family = 'claude' | 'nova' | 'gpt-oss' | 'openai' | 'open' | 'mistral' | 'cohere' | 'titan' | 'other' | 'unknown';

/** By the names in model ids, of inference profiles (`us.anthropic.claude-…`) and of ARNs. */
const FAMILIES: readonly (readonly [RegExp, Family])[] = [
  [/claude|anthropic\./, 'claude'],
  [/amazon\.nova/, 'nova'],
  [/amazon\.titan/, 'titan'],
  [/openai\.gpt-oss/, 'gpt-oss'],
  [/openai\./, 'openai'],
  [/(deepseek|qwen|moonshot(ai)?|minimax|zai|nvidia|xai)\./, 'open'],
  [/mistral\./, 'mistral'],
  [/cohere\./, 'cohere'],
  [/^([a-z-]+\.)?[a-z0-9-]+\.[a-z0-9]/, 'other'],
];

export function familyOf(model: string): Family {
  const name = model.toLowerCase();
  return FAMILIES.find(([pattern]) => pattern.test(name))?.[1] ?? 'unknown';
}

/** What is known of a Claude model; `undefined` for others. */
export function claudeFacts(model: string): ModelFacts | undefined {
  return familyOf(model) === 'claude' ? modelFacts(model) : undefined;
}

/** Who wrote a piece of reasoning, as its `format` says it: Claude's is read by Anthropic, too. */
export function formatOf(model: string): string {
  return familyOf(model) === 'claude' ? CLAUDE : BEDROCK;
}

export const CLAUDE = FORMATS.claude;
export const BEDROCK = FORMATS.bedrock;

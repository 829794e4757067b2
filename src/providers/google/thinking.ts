import type { ChatRequest } from '../../chat/request.ts';
import type { Unsupported } from '../encoding.ts';
import { readEffort, type Effort } from '../efforts.ts';
import { isLoose, type Loose } from '../loose.ts';

/** Google's own table for its OpenAI-compatible endpoint: models before the third generation know budgets only. */
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

/**
 * How much to think. Budget and level exclude each other there; where the caller gives both, the budget is the more exact one.
 * Whoever asks for thinking sees it: thoughts are charged in any case.
 */
export function toThinkingConfig(request: ChatRequest, model: string, unsupported: Unsupported): Loose | undefined {
  const asked = readThinking(request.thinking, unsupported);
  if (asked === 'disabled') return { thinkingBudget: 0 };
  if (asked?.budget !== undefined) return { thinkingBudget: asked.budget, includeThoughts: true };
  const effort = toEffort(readEffort(toLower(request.reasoning_effort), unsupported), model);
  if (asked === undefined) return effort;
  // Thinking without a measure: the model decides.
  return { ...effort, includeThoughts: true };
}

/** Models of the third generation on, and those whose generation the name does not tell, think by level. */
export function thinksByLevel(model: string): boolean {
  const generation = /gemini-(\d+)/i.exec(model)?.[1];
  return generation === undefined || Number(generation) >= 3;
}

function readThinking(thinking: unknown, unsupported: Unsupported): 'disabled' | { readonly budget?: number } | undefined {
  if (thinking === undefined || thinking === null) return undefined;
  const { type, budget_tokens: budget }: Loose = isLoose(thinking) ? thinking : {};
  if (type === 'disabled') return 'disabled';
  if (typeof budget === 'number') return { budget };
  if (type === 'enabled' || type === 'adaptive' || type === 'auto') return {};
  unsupported.refuse('thinking', thinking);
  return undefined;
}

/** Google's own levels are shouted. */
function toLower(effort: unknown): unknown {
  return typeof effort === 'string' ? effort.toLowerCase() : effort;
}

function toEffort(word: Effort | undefined, model: string): Loose | undefined {
  if (word === undefined) return undefined;
  // No level says it: a budget of zero does, and models that cannot stop thinking refuse it.
  if (word === 'none') return { thinkingBudget: 0 };
  if (thinksByLevel(model)) return { thinkingLevel: toLevel(word, model).toUpperCase(), includeThoughts: true };
  return { thinkingBudget: BUDGETS[word], includeThoughts: true };
}

/** More than the most is the most. The first `pro` of the third generation knew two levels, and none knows the lowest: Google rounds the same way. */
function toLevel(word: Effort, model: string): string {
  if (word === 'xhigh' || word === 'max') return 'high';
  if (/gemini-3-pro(?!-image)/i.test(model) && word === 'medium') return 'high';
  return word === 'minimal' && /gemini-\d[\d.]*-pro/i.test(model) ? 'low' : word;
}

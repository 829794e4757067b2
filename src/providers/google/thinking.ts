import type { ChatRequest } from '../../chat/request.ts';
import type { Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';

/** Google's own table for its OpenAI-compatible endpoint: models before the third generation know budgets only. */
const BUDGETS: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};
const LEVELS: ReadonlySet<string> = new Set(['minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

/**
 * How much to think. Budget and level exclude each other there; where the caller gives both, the budget is the more exact one.
 * Whoever asks for thinking sees it: thoughts are charged in any case.
 */
export function toThinkingConfig(request: ChatRequest, model: string, unsupported: Unsupported): Loose | undefined {
  const asked = readThinking(request.thinking, unsupported);
  if (asked === 'disabled') return { thinkingBudget: 0 };
  if (asked?.budget !== undefined) return { thinkingBudget: asked.budget, includeThoughts: true };
  const effort = readEffort(request.reasoning_effort, model, unsupported);
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

function readEffort(effort: unknown, model: string, unsupported: Unsupported): Loose | undefined {
  if (effort === undefined || effort === null) return undefined;
  const word = typeof effort === 'string' ? effort.toLowerCase() : '';
  // No level says it: a budget of zero does, and models that cannot stop thinking refuse it.
  if (word === 'none') return { thinkingBudget: 0 };
  if (thinksByLevel(model)) {
    if (LEVELS.has(word)) return { thinkingLevel: toLevel(word, model).toUpperCase(), includeThoughts: true };
  } else {
    const budget = Object.hasOwn(BUDGETS, word) ? BUDGETS[word] : undefined;
    if (budget !== undefined) return { thinkingBudget: budget, includeThoughts: true };
  }
  unsupported.refuse('reasoning_effort', effort);
  return undefined;
}

/** More than the most is the most. The first `pro` of the third generation knew two levels, and none knows the lowest: Google rounds the same way. */
function toLevel(word: string, model: string): string {
  if (word === 'xhigh' || word === 'max') return 'high';
  if (/gemini-3-pro(?!-image)/i.test(model) && word === 'medium') return 'high';
  return word === 'minimal' && /gemini-\d[\d.]*-pro/i.test(model) ? 'low' : word;
}

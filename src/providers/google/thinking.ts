import type { ChatRequest } from '../../chat/request.ts';
import type { Unsupported } from '../encoding.ts';
import { readEffort, type Effort } from '../efforts.ts';
import { isLoose, type Loose } from '../loose.ts';

/** Google's own table for its OpenAI-compatible endpoint: models before the third generation know budgets only. */
const BUDGETS: Readonly<Record<Exclude<Effort, 'none'>, number>> = {
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
  const word = readEffort(toLower(request.reasoning_effort), unsupported);
  if (asked === 'disabled') return toLeast(model);
  if (formOf(model) === 'none') {
    const why = 'is not known to this model';
    if (asked !== undefined) unsupported.refuse('thinking', request.thinking, 'thinking', why);
    if (word !== undefined && word !== 'none') unsupported.refuse('reasoning_effort', word, 'reasoning_effort', why);
    return undefined;
  }
  if (asked?.budget !== undefined) return { thinkingBudget: asked.budget, includeThoughts: true };
  const effort = toEffort(word, model, request.max_completion_tokens ?? request.max_tokens);
  if (asked === undefined) return effort;
  // Thinking without a measure: the model decides.
  return { ...effort, includeThoughts: true };
}

/** Models of the third generation on, and those whose generation the name does not tell, think by level. */
export function thinksByLevel(model: string): boolean {
  return formOf(model) === 'level';
}

/** How a model is told how much to think; `none`: it does not. */
function formOf(model: string): 'level' | 'budget' | 'none' {
  if (/gemma-[123]/i.test(model)) return 'none';
  const [, version] = /gemini-(\d+(?:\.\d+)?)/i.exec(model) ?? [];
  if (version === undefined || Number(version) >= 3) return 'level';
  return Number(version) < 2.5 || /-(image|tts)\b/i.test(model) ? 'none' : 'budget';
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

function toEffort(word: Effort | undefined, model: string, maxTokens: unknown): Loose | undefined {
  if (word === undefined) return undefined;
  if (word === 'none') return toLeast(model);
  if (thinksByLevel(model)) return { thinkingLevel: toLevel(word, model).toUpperCase(), includeThoughts: true };
  const budget = fit(BUDGETS[word], maxTokens);
  return budget < leastOf(model) ? toLeast(model) : { thinkingBudget: budget, includeThoughts: true };
}

/** Room for the answer behind the thoughts, which count as well. */
const ANSWER = 4096;

function fit(budget: number, maxTokens: unknown): number {
  return typeof maxTokens !== 'number' ? budget : Math.min(budget, Math.max(maxTokens - ANSWER, Math.floor(maxTokens / 2)));
}

/** As little as the model can: not all can stop. */
function toLeast(model: string): Loose | undefined {
  const form = formOf(model);
  if (form === 'none') return undefined;
  if (form === 'level') return { thinkingLevel: toLevel('minimal', model).toUpperCase() };
  return { thinkingBudget: isPro(model) ? leastOf(model) : 0 };
}

/** The smallest budget that is taken for thinking. */
function leastOf(model: string): number {
  if (isPro(model)) return 128;
  return /-flash-lite/i.test(model) ? 512 : 1;
}

function isPro(model: string): boolean {
  return /gemini-(\d[\d.]*-)?pro/i.test(model);
}

/** More than the most is the most. The first `pro` of the third generation knew two levels, and none knows the lowest: Google rounds the same way. */
function toLevel(word: Effort, model: string): string {
  if (word === 'xhigh' || word === 'max') return 'high';
  if (/gemini-3-pro(?!-image)/i.test(model) && word === 'medium') return 'high';
  return word === 'minimal' && isPro(model) ? 'low' : word;
}

import type { ChatRequest } from '../../chat/request.ts';
import { readEffort } from '../efforts.ts';
import type { Unsupported } from '../encoding.ts';
import { isLoose } from '../loose.ts';
import { modelFacts, type ModelFacts } from './models.ts';

type Body = Readonly<Record<string, unknown>>;

/** What `thinking` and `reasoning_effort` become. */
export interface Thinking {
  readonly maxTokens: number;
  readonly thinking?: Body;
  readonly effort?: string;
}

/** What thinking must fit to. */
export interface Around {
  /** The model must call a tool. */
  readonly isForced: boolean;
  /** The last answer begins without thinking, and is not over: results of its calls are given, or its end is asked for. */
  readonly lacksThinking: boolean;
  /** A budget is one for all steps of a turn, so it may be above `max_tokens`. */
  readonly isInterleaved: boolean;
}

/** The least budget that the API takes. */
const LEAST_BUDGET = 1024;
/** Room for the answer behind the thoughts. */
const ANSWER = 4096;
/** `reasoning_effort` for models that take a budget of tokens instead. */
const BUDGETS: Readonly<Record<string, number>> = {
  minimal: LEAST_BUDGET,
  low: 2048,
  medium: 8192,
  high: 24_576,
  xhigh: 49_152,
  max: 49_152,
};
const DEFAULT_BUDGET = 8192;

/**
 * `thinking` goes as it is, but for a missing budget. `reasoning_effort` becomes `output_config.effort` with adaptive thinking where the
 * model has them, else a budget (`BUDGETS`) that leaves room within `max_tokens`; `none` turns thinking off, or makes it as short as the
 * model can. Beside a forced tool there is no thinking, so an effort alone does not ask for it. An answer that another model began
 * without thoughts cannot be gone on with in thought: it is a hint that is left out until the next turn.
 */
export function toThinking(request: ChatRequest, model: string, around: Around, unsupported: Unsupported): Thinking {
  const facts = modelFacts(model);
  const asked = toAsked(request, facts, around, unsupported);
  const { thinking, ...others } = asked;
  // Adaptive thinking asks for no thoughts before.
  if (!facts.strict || thinking?.['type'] !== 'enabled') return asked;
  if (around.lacksThinking) return others;
  const budget = thinking['budget_tokens'];
  if (around.isInterleaved || typeof budget !== 'number' || budget < asked.maxTokens) return asked;
  unsupported.refuse('thinking', budget, 'thinking.budget_tokens', `must be below max_tokens (${asked.maxTokens}) there`);
  return others;
}

/** True when thoughts come before the answer. */
export function isThinking(thinking: unknown): boolean {
  return isLoose(thinking) && (thinking['type'] === 'enabled' || thinking['type'] === 'adaptive');
}

function toAsked(request: ChatRequest, facts: ModelFacts, { isForced }: Around, unsupported: Unsupported): Thinking {
  const given = request.max_completion_tokens ?? request.max_tokens ?? undefined;
  const own = toOwn(request.thinking, facts, given);
  // A model that knows efforts takes the word as it is; a budget is made of the known ones.
  const effort = facts.thinking === 'budget' ? readEffort(request.reasoning_effort, unsupported) : request.reasoning_effort;
  if (effort == null) return withRoom(own === undefined ? {} : { thinking: own }, facts, given);
  if (own !== undefined) return withRoom({ thinking: own, ...toEffort(effort, facts) }, facts, given);
  if (effort === 'none') return withRoom(toNone(facts), facts, given);
  if (facts.thinking === false) {
    unsupported.refuse('reasoning_effort', effort, 'reasoning_effort', 'is not known to this model');
    return withRoom({}, facts, given);
  }
  const asked = toEffort(effort, facts);
  if (isForced) return withRoom(asked, facts, given);
  if (facts.thinking === 'adaptive') return withRoom({ ...asked, thinking: { type: 'adaptive' } }, facts, given);
  const budget = fit((Object.hasOwn(BUDGETS, effort) ? BUDGETS[effort] : undefined) ?? DEFAULT_BUDGET, given ?? facts.maxTokens);
  return withRoom({ ...asked, ...(budget === undefined ? {} : { thinking: { type: 'enabled', budget_tokens: budget } }) }, facts, given);
}

/** The caller's own. */
function toOwn(thinking: ChatRequest['thinking'], facts: ModelFacts, given: number | undefined): Body | undefined {
  if (thinking === null || typeof thinking !== 'object') return undefined;
  if (thinking.type !== 'enabled' || thinking.budget_tokens !== undefined) return thinking;
  if (facts.thinking === 'adaptive') return { ...thinking, type: 'adaptive' };
  return { ...thinking, budget_tokens: fit(DEFAULT_BUDGET, given ?? facts.maxTokens) ?? LEAST_BUDGET };
}

function toNone({ without }: ModelFacts): Omit<Thinking, 'maxTokens'> {
  return without === 'effort' ? { effort: 'low' } : { thinking: { type: without } };
}

/** The level that comes nearest; words that nobody knows go as they are. */
function toEffort(effort: string, { efforts }: ModelFacts): { readonly effort?: string } {
  if (efforts === undefined || effort === 'none') return {};
  if (effort === 'minimal') return { effort: 'low' };
  if (efforts.includes(effort) || (effort !== 'xhigh' && effort !== 'max')) return { effort };
  return { effort: efforts.at(-1) ?? effort };
}

/** `undefined`: there is no room to think in. */
function fit(budget: number, maxTokens: number): number | undefined {
  const fitting = Math.min(budget, Math.max(maxTokens - ANSWER, Math.floor(maxTokens / 2)));
  return fitting >= LEAST_BUDGET ? fitting : undefined;
}

/** The model's default is raised above a budget, as thoughts count towards it; what the caller gave is theirs. */
function withRoom(asked: Omit<Thinking, 'maxTokens'>, facts: ModelFacts, given: number | undefined): Thinking {
  const budget = asked.thinking?.['budget_tokens'];
  const needed = typeof budget === 'number' ? budget + ANSWER : 0;
  return { ...asked, maxTokens: given ?? Math.max(facts.maxTokens, needed) };
}

import { readEffort } from '../efforts.ts';
import type { Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';

/** How much a model is asked to think, in the words of the request. */
export interface AskedReasoning {
  readonly effort: unknown;
  readonly thinking: unknown;
  /** Where models of one provider differ. */
  readonly model: string;
  readonly unsupported: Unsupported;
}

/** Fields of the body that ask for it; they replace `reasoning_effort` and `thinking`. */
export type ReasoningForm = (asked: AskedReasoning) => Loose;

/** As the caller says it. */
export const asItCame: ReasoningForm = ({ effort, thinking }) => ({
  ...(effort === undefined ? {} : { reasoning_effort: effort }),
  ...(thinking === undefined ? {} : { thinking }),
});

/** By effort alone: a budget becomes the effort that is nearest to it. `words` are those of a server that knows fewer. */
export function byEffort(words: Readonly<Record<string, string>> = {}): ReasoningForm {
  return (asked) => {
    const effort = effortOf(asked);
    return effort === undefined
      ? {}
      : { reasoning_effort: typeof effort === 'string' ? (Object.hasOwn(words, effort) ? words[effort] : effort) : effort };
  };
}

/** Budgets below these are the effort before them, in tokens. */
const LOW_BELOW = 4096;
const MEDIUM_BELOW = 16_384;

function effortOf({ effort, thinking }: AskedReasoning): unknown {
  if (effort !== undefined && effort !== null) return effort;
  if (!isLoose(thinking)) return undefined;
  if (thinking['type'] === 'disabled') return 'none';
  const budget = thinking['budget_tokens'];
  if (typeof budget !== 'number') return 'medium';
  if (budget < LOW_BELOW) return 'low';
  return budget < MEDIUM_BELOW ? 'medium' : 'high';
}

/** `thinking` alone says whether; a budget has no place. `withEffort`: and `reasoning_effort` how much. */
export function byThinking({ withEffort }: { readonly withEffort: boolean }): ReasoningForm {
  return ({ effort: asked, thinking, unsupported }) => {
    // Whether is all that the word says there.
    const effort = withEffort ? asked : readEffort(asked, unsupported);
    const isOff = effort === 'none' || effort === 'minimal';
    const how = withEffort && effort !== undefined && effort !== null && !isOff ? { reasoning_effort: effort } : {};
    if (isLoose(thinking)) {
      const { budget_tokens: _budget, ...said } = thinking;
      return { thinking: said, ...(said['type'] === 'disabled' ? {} : how) };
    }
    if (effort === undefined || effort === null) return {};
    return { thinking: { type: isOff ? 'disabled' : 'enabled' }, ...how };
  };
}

/** OpenRouter's `reasoning`: an effort or a budget. */
export const byReasoning: ReasoningForm = ({ effort, thinking }) => {
  if (effort !== undefined && effort !== null) return { reasoning: { effort } };
  if (!isLoose(thinking)) return {};
  if (thinking['type'] === 'disabled') return { reasoning: { enabled: false } };
  const budget = thinking['budget_tokens'];
  return { reasoning: typeof budget === 'number' ? { max_tokens: budget } : { enabled: true } };
};

/** Together: an effort, or `reasoning` on or off. */
export const byEffortOrSwitch: ReasoningForm = ({ effort, thinking }) => {
  if (effort === 'none') return { reasoning: { enabled: false } };
  if (effort !== undefined && effort !== null) return { reasoning_effort: effort };
  return isLoose(thinking) ? { reasoning: { enabled: thinking['type'] !== 'disabled' } } : {};
};

/** Servers that render templates: an effort as it is, thinking as the template's own switch. */
export const byTemplate: ReasoningForm = ({ effort, thinking }) => ({
  ...(effort === undefined || effort === null ? {} : { reasoning_effort: effort }),
  ...(isLoose(thinking) ? { chat_template_kwargs: { enable_thinking: thinking['type'] !== 'disabled' } } : {}),
});

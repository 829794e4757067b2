import { toThinking, type Around } from '../anthropic/thinking.ts';
import type { ChatRequest } from '../../chat/request.ts';
import { readEffort, type Effort } from '../efforts.ts';
import type { Unsupported } from '../encoding.ts';
import type { Loose } from '../loose.ts';
import { claudeFacts, familyOf, type Family } from './families.ts';

/** What `thinking` and `reasoning_effort` become. */
export interface Asked {
  /** `additionalModelRequestFields`: Converse itself has no word for it. */
  readonly fields: Loose;
  /** Where the thoughts need room and the caller gave no limit. */
  readonly maxTokens?: number;
}

const NONE: Asked = { fields: {} };
/** Nova knows three levels. */
const NOVA_EFFORTS: Readonly<Record<Exclude<Effort, 'none'>, string>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};
/** Opus 4.5 takes an effort behind a beta header, the later ones without. */
const EFFORT_BETA = 'effort-2025-11-24';

/** Each family in its own words; for models that have none, or that the id does not tell, it is refused. */
export function toReasoning(request: ChatRequest, model: string, around: Around, unsupported: Unsupported): Asked {
  const { reasoning_effort: effort, thinking } = request;
  if (effort == null && thinking == null) return NONE;
  const family = familyOf(model);
  if (family === 'claude') return toClaude(request, model, around, unsupported);
  const isOff = thinking?.type === 'disabled' || (thinking == null && effort === 'none');
  if (family === 'nova') return isOff ? { fields: { reasoningConfig: { type: 'disabled' } } } : toNova(request, unsupported);
  const form = EFFORT[family];
  // What does not think is not made to stop.
  if (form === undefined && isOff) return NONE;
  if (thinking != null && !isOff) unsupported.refuse('thinking', thinking, 'thinking', 'cannot be expressed for this model');
  if (effort == null || (isOff && thinking != null)) return NONE;
  if (form !== undefined) return { fields: form(effort) };
  unsupported.refuse('reasoning_effort', effort, 'reasoning_effort', 'cannot be expressed for this model');
  return NONE;
}

const EFFORT: Readonly<Partial<Record<Family, (effort: string) => Loose>>> = {
  'gpt-oss': (effort) => ({ reasoning_effort: effort }),
  open: (effort) => ({ reasoning_effort: effort }),
  openai: (effort) => ({ reasoning: { effort } }),
};

function toClaude(request: ChatRequest, model: string, around: Around, unsupported: Unsupported): Asked {
  const { maxTokens, thinking, effort } = toThinking(request, model, around, unsupported);
  const facts = claudeFacts(model);
  const isSilent = thinking?.['type'] === 'disabled' && facts?.thinking === false;
  return {
    fields: {
      ...(thinking === undefined || isSilent ? {} : { thinking }),
      ...(effort === undefined ? {} : { output_config: { effort } }),
      ...(effort !== undefined && facts?.thinking === 'budget' ? { anthropic_beta: [EFFORT_BETA] } : {}),
    },
    ...(thinking?.['budget_tokens'] === undefined ? {} : { maxTokens }),
  };
}

function toNova({ reasoning_effort: effort, thinking }: ChatRequest, unsupported: Unsupported): Asked {
  if (thinking?.budget_tokens !== undefined) {
    unsupported.refuse('thinking', thinking, 'thinking.budget_tokens', 'cannot be expressed for this model, which knows reasoning_effort');
  }
  const known = readEffort(effort, unsupported);
  if (known === undefined && thinking == null) return NONE;
  const level = known === undefined || known === 'none' ? 'medium' : NOVA_EFFORTS[known];
  return { fields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: level } } };
}

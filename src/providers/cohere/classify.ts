import type { Verdict } from '../../failure.ts';
import type { WireFailure } from '../../wire/types.ts';
import { classifyAnswer } from '../classify.ts';
import { readIds } from '../ids.ts';
import type { Provider } from '../provider.ts';
import { UNKNOWN, type Rule } from '../rules/rule.ts';

/** Cohere's errors are a message and no code: only what the general words do not cover. */
const RULES: readonly Rule[] = [
  { status: [498], class: 'key_invalid', scope: 'key', taken: 'the key was refused' },
  {
    status: [400, 404, 410],
    says: /\bmodel\b.{0,80}\b(was|has been|is) (removed|retired|deprecated|discontinued)\b/i,
    class: 'model_unavailable',
    scope: 'group',
    perModel: true,
    taken: 'the model is not available any more',
  },
  {
    status: [400, 422],
    says: /\bblocked (input|output|prompt|response|content)\b|\b(input|output|prompt) (was )?blocked\b/i,
    class: 'content_filtered',
    scope: 'request',
    taken: 'refused for its content',
  },
  // The end of a message, as the decoder tells it.
  { status: [UNKNOWN], code: /^timeout$/, class: 'timeout', scope: 'route', taken: 'the provider ran out of time' },
];

export function classify(failure: WireFailure, provider: Provider, now: number): Verdict {
  return classifyAnswer(failure, now, { rules: RULES, ids: readIds(failure.headers), userRules: provider.rules });
}

import { REFUSED_OR_FAILED, UNKNOWN, type Rule } from './rule.ts';

/** The request itself: before all others, as no key and no time changes it. */
export const REQUEST_RULES: readonly Rule[] = [
  {
    code: /^(model_)?context_(length|window)|^exceed_context|^context_(size|limit)|^(max_tokens|token_limit|max_input_tokens)_exceeded$|^(prompt|input)_too_(long|large)$/,
    class: 'context_length',
    scope: 'request',
    taken: 'longer than the context of the model',
  },
  {
    status: REFUSED_OR_FAILED,
    says: /context.?(length|window|size|limit).{0,60}(exceed|overflow|too long)|(exceed|larger than|longer than|beyond|overflow).{0,80}context.?(length|window|size|limit)?\b.{0,20}(of|length|window|size|limit)|maximum context length|(input|prompt) token count.{0,60}exceeds|too many (input |prompt )?tokens: (total|size|the)|(prompt|input|conversation|messages?) (is|are|was) too (long|large)|reduce the length of (the|your) (messages|prompt|input)|input is too large to process|prompt tokens.{0,40}(exceed|limit)|longer than the model.{0,20}context|range of input length|\b(prompt|input|messages?)\b.{0,30}\d tokens\b.{0,40}\b(max(imum)?|at most|only)\b|\b(inputs?|prompt)[`_ ]{1,2}tokens\b.{0,60}\bmust be (<|less|at most|smaller)/i,
    class: 'context_length',
    scope: 'request',
    taken: 'longer than the context of the model',
  },
  {
    code: /^content_(filter|policy|moderation|blocked|violation)|responsible_ai|moderation_(blocked|failed)|^(safety|prohibited_content|policy_violation|refusal)$|data_inspection_failed|^invalid_prompt$|(bio|cyber|usage|safety)_policy|sensitive_content|guardrail/,
    class: 'content_filtered',
    scope: 'request',
    taken: 'refused for its content',
  },
  {
    status: REFUSED_OR_FAILED,
    says: /content.{0,20}(management |filter(ing)? |usage )polic|content.?filter|(?<!\b(account|key|user|organi[sz]ation)\b.{0,30})flagged (as|for|by)|(input|prompt|content|output|response|request) (was|is|has been|were) (flagged|blocked|filtered)|(violat|against|block|rejected).{0,60}(usage polic|content polic|safety (system|polic|guideline)|acceptable use|moderation)|inappropriate content|safety system|guardrails?\b.{0,60}\b(failed|blocked|denied|intervened|triggered|rejected)|\b(in|out)put (is |contains |has |new_)?sensitive/i,
    class: 'content_filtered',
    scope: 'request',
    taken: 'refused for its content',
  },
];

/** Larger than what the limit or the server takes at once. Numbers in prose are tested beside these (`isOversize`). */
export const OVERSIZE_RULES: readonly Rule[] = [
  {
    code: /^(request|payload|body|entity|content)_too_large$|^string_above_max_length$|^request_entity_too_large$/,
    class: 'request_too_large',
    scope: 'request',
    taken: 'larger than what is accepted at once',
  },
  {
    says: /\b(request|payload|request entity|body|content) (is )?too large\b|(payload|request body|body size|request size).{0,40}(exceed|larger than|limit)|single request.{0,40}(exceed|larger than)/i,
    status: [400, 413, 422, 429, UNKNOWN],
    class: 'request_too_large',
    scope: 'request',
    taken: 'larger than what is accepted at once',
  },
];

import { REFUSED_OR_FAILED, UNKNOWN, type Rule } from './rule.ts';

/** The request itself: before all others, as no key and no time changes it. */
export const REQUEST_RULES: readonly Rule[] = [
  {
    code: /^(model_)?context_(length|window)|^exceed_context|^context_(size|limit)|^(max_tokens|token_limit|max_input_tokens)_exceeded$|^(prompt|input|characters)_too_(long|large)$/,
    class: 'context_length',
    scope: 'request',
    taken: 'longer than the context of the model',
  },
  {
    status: REFUSED_OR_FAILED,
    says: /context.?(length|window|size|limit).{0,60}(exceed|overflow|too long)|(exceed|larger than|longer than|beyond|overflow).{0,80}context.?(length|window|size|limit)?\b.{0,20}(of|length|window|size|limit)|maximum context length|(input|prompt) token count.{0,60}exceeds|too many (input |prompt )?tokens: (total|size|the)|(prompt|input|conversation|messages?) (is|are|was) too (long|large)|reduce the length of (the|your) (messages|prompt|input)|input is too large to process|prompt tokens.{0,40}(exceed|limit)|longer than the model.{0,20}context|range of input length|\b(prompt|input|messages?)\b.{0,30}\d tokens\b.{0,40}\b(max(imum)?|at most|only)\b|\b(inputs?|prompt)[`_ ]{1,2}tokens\b.{0,60}\bmust be (<|less|at most|smaller)|\b(prompt|input|conversation|messages)\b(?! (array|list)|[[.]).{0,30}\bexceeds? (the )?(max(imum)?|allowed|permitted) (\w{1,20} )?(length|tokens)|\bmax(imum)? input characters\b|(prompt ?|输入|提示词?|上下文).{0,8}(超长|过长|长度.{0,4}超)/i,
    class: 'context_length',
    scope: 'request',
    taken: 'longer than the context of the model',
  },
  {
    code: /^content_(filter|policy|moderation|blocked|violation)|responsible_ai|moderation_(blocked|failed)|^(safety|prohibited_content|policy_violation|refusal)$|data_inspection_failed|^invalid_prompt$|(bio|cyber|usage|safety)_policy|sensitive_(content|words?|text|information|data)|safety_check|faq_rule_blocked|custom_role_blocked|ip_?infringement|^(prompt|input|output|response)_(is_)?blocked$|^illegal_(prompt|content|image_content)$|guardrail/,
    class: 'content_filtered',
    scope: 'request',
    taken: 'refused for its content',
  },
  {
    status: [...REFUSED_OR_FAILED, 421],
    says: /content.{0,20}(management |filter(ing)? |usage )polic|content.?filter|(?<!\b(account|key|user|organi[sz]ation)\b.{0,30})flagged (as|for|by)|(input|prompt|content|output|response|request) (was|is|has been|were) (flagged|blocked|filtered)|(violat|against|block|rejected).{0,60}(usage polic|content polic|safety (system|polic|guideline)|acceptable use|moderation)|inappropriate content|safety system|guardrails?\b.{0,60}\b(failed|blocked|denied|intervened|triggered|rejected)|\b(in|out)put (is |contains |has |new_)?sensitive|\b(violat\w{1,4}|breach\w{0,3}|against)\b.{0,60}\b(usage|content|safety|community|use) (guidelines?|standards?|rules?|polic(y|ies))|\bsafety_check|\bcontent exists risk|considered high risk|\b(blocked|rejected|refused|stopped|denied|flagged) (by|for|due to|because of) (the |our |its |your )?(content|safety|moderation|faq|custom) ?(safety|moderation|filter\w{0,3}|rules?|polic(y|ies)|checks?|guidelines|reasons|system|$)|\b(safety|content|moderation) (policy|check|filter|rule) (was |has been )?(triggered|failed|violated)|\bfailed (the |a |our )?(content|safety|moderation) (check|review|inspection)|\bcontains? sensitive (words?|content|topics?)|\bprompt violates? (our|the) terms|suspected of (being involved in )?(ip|copyright) infring|敏感(内容|词|信息|话题)|违规(内容|词|信息)|内容.{0,6}(违规|不合规|审核不|安全审)|(输入|输出|提示词).{0,10}(违规|不合规)/i,
    class: 'content_filtered',
    scope: 'request',
    taken: 'refused for its content',
  },
];

/** The model, not the caller, wrote what cannot be used: another try or another model may not. */
export const OUTPUT_RULES: readonly Rule[] = [
  {
    status: [UNKNOWN, 400, 422, 424, 500, 502],
    code: /^tool_use_failed$|^(json|output|tool_call|function_call|response|schema)_(validate|validation|parse|parsing|generation|generate)_(failed|failure|error)$|^(malformed|invalid|unparsable)_(function_call|tool_call|model_output|generation|completion|model_response)$/,
    says: /\bmodel\b.{0,20}\b(failed to|unable to|did not|could not) (generate|produce|create|return|write)\b.{0,30}\b(valid|json|tool|function)\b|\bmodel (produced|generated|returned|wrote|output)\b.{0,40}\b(invalid|malformed|unparsable|not valid|(could not|cannot) be parsed)\b|^error parsing (the )?(tool|function) call/im,
    class: 'bad_output',
    scope: 'request',
    taken: 'the model wrote what cannot be used',
  },
  {
    // llama.cpp, of what the model wrote: a request of the caller's is refused with a 400.
    status: [UNKNOWN, 500],
    says: /^failed to parse input at pos \d/im,
    class: 'bad_output',
    scope: 'request',
    taken: 'the model wrote what cannot be used',
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

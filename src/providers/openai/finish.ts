import { isLoose, type Loose } from '../loose.ts';

/** Other words for OpenAI's, as compatible servers and the models' own engines have them. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  stop: ['eos', 'eos_token', 'stop_sequence', 'end_turn', 'complete', 'completed', 'done'],
  length: ['max_tokens', 'max_length', 'model_length', 'model_context_window_exceeded', 'max_output_tokens'],
  tool_calls: ['tool_use', 'tool_call'],
  content_filter: ['sensitive', 'safety', 'refusal', 'content_filtered', 'recitation', 'blocklist', 'prohibited_content'],
};
const OPENAI_WORD = new Map(Object.entries(WORDS).flatMap(([own, words]) => words.map((word) => [word, own] as const)));

/** Reasons that are failures: the answer is not what the model would have said. */
const FAILURES: ReadonlySet<string> = new Set(['error', 'network_error', 'insufficient_system_resource']);

const NO_END = { finish_reason: null };

/** Why a choice ended in OpenAI's words; a server's own word is kept beside it. What nobody knows stays as it is. */
export function toFinish(
  reason: unknown,
  native?: unknown,
): { readonly finish_reason: string | null; readonly native_finish_reason?: unknown } {
  if (typeof reason !== 'string' || reason === '') return NO_END;
  const word = OPENAI_WORD.get(reason.toLowerCase());
  return word === undefined ? { finish_reason: reason } : { finish_reason: word, native_finish_reason: native ?? reason };
}

/** True for a choice that says that it failed: OpenRouter, Z.ai and DeepSeek report a failure half-way so. */
export function isFailed(choice: Loose): boolean {
  const reason = choice['finish_reason'];
  return isTold(choice['error']) || (typeof reason === 'string' && FAILURES.has(reason));
}

/** Its error, in the shape for `classify`. */
export function toFailure({ error, finish_reason: reason }: Loose): Loose {
  return { error: isTold(error) ? error : { type: 'server_error', message: `the answer ended with finish_reason '${String(reason)}'` } };
}

/** An error that says something: `null`, `false`, `''` and `{}` beside a good answer say nothing. */
export function isTold(error: unknown): boolean {
  if (isLoose(error)) return Object.keys(error).length > 0;
  return Array.isArray(error) ? error.length > 0 : typeof error === 'string' && error !== '';
}

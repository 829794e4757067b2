import type { FinishReason } from '../../chat/reply.ts';

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
  refusal: 'content_filter',
};

/** Bedrock's word for the end in OpenAI's. An answer that came as a tool's input is no call; what nobody knows is an end. */
export function toFinishReason(native: string, said: { readonly answered: boolean; readonly calls: number }): FinishReason {
  const reason = Object.hasOwn(REASONS, native) ? (REASONS[native] ?? 'stop') : said.calls > 0 ? 'tool_calls' : 'stop';
  return reason === 'tool_calls' && said.answered && said.calls === 0 ? 'stop' : reason;
}

/** True for an answer that the model spoilt: `malformed_model_output`, `malformed_tool_use`. */
export function isBroken(native: string): boolean {
  return native.startsWith('malformed_');
}

import type { FinishReason } from '../../chat/reply.ts';
import { isLoose, type Loose } from '../loose.ts';

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

/** Why a message ended, in OpenAI's words, with Anthropic's own beside them. */
export interface End {
  readonly finish: FinishReason | null;
  readonly refusal?: string;
  readonly extra: Loose;
}

/** An answer that came as a tool's input is no call. */
export function readEnd(told: Loose, blocks: { readonly answered: boolean; readonly calls: number }): End {
  const { stop_reason: reason, stop_sequence: sequence, stop_details: details } = told;
  const native = typeof reason === 'string' && reason !== '' ? reason : undefined;
  return {
    finish: native === undefined ? null : toFinish(native, blocks),
    ...(native === 'refusal' ? { refusal: toRefusal(details) } : {}),
    extra: {
      ...(native === undefined ? {} : { native_finish_reason: native }),
      ...(typeof sequence === 'string' ? { stop_sequence: sequence } : {}),
      ...(isLoose(details) ? { stop_details: details } : {}),
    },
  };
}

function toFinish(native: string, { answered, calls }: { readonly answered: boolean; readonly calls: number }): FinishReason {
  if (native === 'tool_use' && answered && calls === 0) return 'stop';
  return Object.hasOwn(REASONS, native) ? (REASONS[native] ?? 'stop') : 'stop';
}

function toRefusal(details: unknown): string {
  const explanation = isLoose(details) ? details['explanation'] : undefined;
  return typeof explanation === 'string' && explanation !== '' ? explanation : 'The model refused to answer.';
}

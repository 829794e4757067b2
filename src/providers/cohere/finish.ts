import type { FinishReason } from '../../chat/reply.ts';
import type { Loose } from '../loose.ts';

const REASONS: Readonly<Record<string, FinishReason>> = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  USER_CANCEL: 'stop',
  MAX_TOKENS: 'length',
  ERROR_LIMIT: 'length',
  TOOL_CALL: 'tool_calls',
  ERROR_TOXIC: 'content_filter',
};
/** Ends that are failures, as codes for `classify`. */
const FAILURES: Readonly<Record<string, string>> = { ERROR: 'server_error', TIMEOUT: 'timeout' };

/** Why a message ended: in OpenAI's words and Cohere's own. */
export function readFinish(told: unknown): { readonly finish: FinishReason | null; readonly extra: Loose } {
  if (typeof told !== 'string' || told === '') return { finish: null, extra: {} };
  return { finish: Object.hasOwn(REASONS, told) ? (REASONS[told] ?? 'stop') : 'stop', extra: { native_finish_reason: told } };
}

/** The error of a message that says that it failed, in a shape for `classify`. */
export function findFailure({ finish_reason: told, error }: Loose): unknown {
  if (typeof told !== 'string' || !Object.hasOwn(FAILURES, told)) return undefined;
  // What it says of itself is more than that it failed: a limit, for one, is no sickness.
  const said = typeof error === 'string' && error !== '' ? error : undefined;
  if (said !== undefined && told === 'ERROR') return { error: { message: said } };
  return { error: { code: FAILURES[told], message: said ?? `The answer ended with finish_reason '${told}'` } };
}

import type { ChatChunk } from './chunk.ts';
import type { ChatCompletion, Whole } from './reply.ts';

/**
 * Ends of a choice that the model chose itself. Everything else is cut short, filtered, failed or unknown
 * (`length`, `model_length`, `content_filter`, `error`, `insufficient_system_resource`, none): such an answer is not worth keeping.
 */
const OWN_ENDS: ReadonlySet<unknown> = new Set(['stop', 'eos', 'stop_sequence', 'end_turn', 'tool_calls', 'tool_use', 'function_call']);

/** True for embeddings, and for a reply in which every choice came to its own end and none refused. */
export function isStorable(whole: Whole): boolean {
  if (isGiven(whole['error'])) return false;
  if (!isChat(whole)) return Array.isArray(whole.data) && whole.data.length > 0;
  return (
    whole.choices.length > 0 &&
    whole.choices.every(({ finish_reason, message }) => OWN_ENDS.has(finish_reason) && !isGiven(message.refusal))
  );
}

/** True for the word of an end that the model chose itself. */
export function isOwnEnd(reason: unknown): boolean {
  return OWN_ENDS.has(reason);
}

export function isChat(whole: Whole): whole is ChatCompletion {
  return Array.isArray(whole['choices']);
}

/** The same question for a stream, asked chunk by chunk. */
export class StreamCheck {
  readonly #ended = new Map<number, boolean>();
  #spoilt = false;

  see(chunk: ChatChunk): void {
    if (isGiven(chunk['error'])) this.#spoilt = true;
    for (const { index, delta, finish_reason } of chunk.choices) {
      if (isGiven(delta?.refusal)) this.#spoilt = true;
      if (isGiven(finish_reason)) this.#ended.set(index, OWN_ENDS.has(finish_reason));
      else if (!this.#ended.has(index)) this.#ended.set(index, false);
    }
  }

  get isStorable(): boolean {
    return !this.#spoilt && this.#ended.size > 0 && [...this.#ended.values()].every(Boolean);
  }
}

/** Providers send `null` and `''` for nothing. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

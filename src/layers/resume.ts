import type { Answer, Call, Layer, Send } from '../call.ts';
import { isContinuable } from './resume/continuation.ts';
import { ResumingParts } from './resume/parts.ts';

/**
 * Goes on with a stream of plain text that broke off after its first content: asks the targets that can continue an assistant's message
 * to do so, with what was said so far. Off unless the call asks for it. The one layer that wraps the reading of a stream.
 */
export function resume(): Layer {
  return (next) => (call) => (call.settings.resume && call.stream ? resumed(next, call) : next(call));
}

async function resumed(next: Send, call: Call): Promise<Answer> {
  const answer = await next(call);
  if (answer.kind !== 'parts' || !isContinuable(call)) return answer;
  return new ResumingParts(next, call, answer).answer;
}

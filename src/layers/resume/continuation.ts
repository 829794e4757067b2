import type { Call } from '../../call.ts';
import type { ChatChunk } from '../../chat/chunk.ts';
import type { ChatRequest } from '../../chat/request.ts';
import { isRotatable, isSick, type Verdict } from '../../failure.ts';

/** A stream that keeps breaking off is not worth more than this. */
export const MOST_CONTINUATIONS = 3;

/** One choice of plain text: no tools, no form that the text must have as a whole. */
export function isContinuable({ asked, stream }: Call): boolean {
  if (asked.operation !== 'chat' || !stream) return false;
  const { request } = asked;
  const isText = request.response_format === undefined || request.response_format.type === 'text';
  const hasTools = (request.tools?.length ?? 0) > 0 || request['functions'] !== undefined;
  return isText && !hasTools && (request.n ?? 1) === 1 && request.logprobs !== true && request['modalities'] === undefined;
}

/** True for failures that another key or target may not meet. */
export function mayContinueAfter(verdict: Verdict): boolean {
  return isSick(verdict) || isRotatable(verdict);
}

/** The same call, asked to go on after `said`; `undefined` where none of its targets can. */
export function toContinuation(call: Call, said: string): Call | undefined {
  const targets = call.targets.filter(({ provider }) => provider.capabilities.continuation);
  if (targets.length === 0 || call.asked.operation !== 'chat') return undefined;
  // Providers refuse an assistant's message that ends in white space, and begin the rest with it again.
  const content = said.trimEnd();
  if (content === '') return undefined;
  const request: ChatRequest = {
    ...call.asked.request,
    // `prefix` is the word of Mistral and DeepSeek for it; protocols without one leave it out.
    messages: [...call.asked.request.messages, { role: 'assistant', content, prefix: true }],
  };
  return { ...call, targets, asked: { operation: 'chat', request } };
}

/** How much white space `said` ends in, which a continuation may begin with again. */
export function gapOf(said: string): number {
  return said.length - said.trimEnd().length;
}

/** The text without the part of the gap that it repeats, and what is left of the gap for the next text. */
export function withoutRepeat(gap: number, text: string): { readonly content: string; readonly gap: number } {
  const repeated = Math.min(gap, text.length - text.trimStart().length);
  const content = text.slice(repeated);
  return { content, gap: content === '' ? gap - repeated : 0 };
}

/** True when the chunk says something that cannot be continued as text: a tool call, a refusal, a second choice. */
export function isMoreThanText({ choices }: ChatChunk): boolean {
  return choices.some(
    ({ index, delta }) => index > 0 || (delta.tool_calls?.length ?? 0) > 0 || (delta.refusal ?? '') !== '' || delta['audio'] != null,
  );
}

import type { Call } from '../../call.ts';
import type { ChatChunk } from '../../chat/chunk.ts';
import type { ChatRequest } from '../../chat/request.ts';
import { isRotatable, isSick, type Verdict } from '../../failure.ts';

/** A stream that keeps breaking off is not worth more than this. */
export const MOST_CONTINUATIONS = 3;

/** A stream that broke off has no count of its tokens. */
const CHARACTERS_PER_TOKEN = 4;

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

/** The same call, asked to go on after `said`; `undefined` where none of its targets can, or its limit leaves nothing to say. */
export function toContinuation(call: Call, said: string): Call | undefined {
  const targets = call.targets.filter(({ provider }) => provider.capabilities.continuation);
  if (targets.length === 0 || call.asked.operation !== 'chat') return undefined;
  // Providers refuse an assistant's message that ends in white space, and begin the rest with it again.
  const content = said.trimEnd();
  const limits = toRest(call.asked.request, said);
  if (content === '' || limits === undefined) return undefined;
  const request: ChatRequest = {
    ...call.asked.request,
    ...limits,
    // `prefix` is the word of Mistral and DeepSeek for it; protocols without one leave it out.
    messages: [...call.asked.request.messages, { role: 'assistant', content, prefix: true }],
  };
  return { ...call, targets, asked: { operation: 'chat', request } };
}

/** The limit of the answer that counts, less an estimate of what was said; `undefined` when nothing is left of it. */
function toRest({ max_tokens, max_completion_tokens }: ChatRequest, said: string): Partial<ChatRequest> | undefined {
  const most = max_completion_tokens ?? max_tokens;
  if (most == null) return {};
  const left = most - Math.ceil(said.length / CHARACTERS_PER_TOKEN);
  if (left < 1) return undefined;
  return max_completion_tokens == null ? { max_tokens: left } : { max_completion_tokens: left };
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

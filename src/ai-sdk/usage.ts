import type { ChatReply, FinishReason, Usage } from '../chat/reply.ts';
import { toJson } from './json.ts';
import type { LanguageModelV3FinishReason, LanguageModelV3Usage } from './spec.ts';

/** Tokens in the AI SDK's words. What the provider did not count is `undefined`: absent is not zero. */
export function toUsage(usage: Usage | null | undefined): LanguageModelV3Usage {
  const { prompt_tokens: input, completion_tokens: output } = usage ?? {};
  const cacheRead = usage?.prompt_tokens_details?.cached_tokens;
  const cacheWrite = usage?.prompt_tokens_details?.cache_write_tokens;
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens;
  const knowsCache = cacheRead !== undefined || cacheWrite !== undefined;
  return {
    inputTokens: {
      total: input,
      noCache: knowsCache ? less(input, (cacheRead ?? 0) + (cacheWrite ?? 0)) : undefined,
      cacheRead,
      cacheWrite,
    },
    outputTokens: { total: output, text: reasoning === undefined ? undefined : less(output, reasoning), reasoning },
    ...(usage == null ? {} : { raw: toJson(usage) }),
  };
}

/** Servers that count one of them apart would make it negative. */
function less(total: number | undefined, part: number): number | undefined {
  return total === undefined ? undefined : Math.max(0, total - part);
}

const REASONS: Readonly<Record<string, LanguageModelV3FinishReason['unified']>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
};

/** Why the reply ended. A refusal is one, whatever word its provider ends it with. */
export function toFinishReason(choice: ChatReply['choices'][number] | undefined): LanguageModelV3FinishReason {
  const raw: FinishReason | undefined = choice?.finish_reason ?? undefined;
  const { refusal, content } = choice?.message ?? {};
  const isRefusal = typeof refusal === 'string' && refusal !== '' && (content == null || content === '');
  const known = raw !== undefined && Object.hasOwn(REASONS, raw) ? REASONS[raw] : undefined;
  return { unified: isRefusal ? 'content-filter' : (known ?? 'other'), raw };
}

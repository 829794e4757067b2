import type { CallReport } from '../report.ts';
import type { ToolCall } from './request.ts';

/** Why a choice ended. Providers of OpenAI's shape may add values of their own. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call' | (string & {});

/** Tokens as the provider counted them. Absent is not zero. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: {
    readonly cached_tokens?: number;
    readonly audio_tokens?: number;
    readonly [extra: string]: unknown;
  } | null;
  readonly completion_tokens_details?: {
    readonly reasoning_tokens?: number;
    readonly audio_tokens?: number;
    readonly [extra: string]: unknown;
  } | null;
  readonly [extra: string]: unknown;
}

/** What the model wrote. */
export interface ReplyMessage {
  readonly role: 'assistant';
  readonly content: string | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ToolCall[];
  readonly [extra: string]: unknown;
}

/** One of the `n` answers that were asked for. */
export interface Choice {
  readonly index: number;
  readonly message: ReplyMessage;
  readonly finish_reason: FinishReason | null;
  readonly logprobs?: unknown;
}

/** A whole reply in OpenAI's shape, as it comes from below: nothing of the provider's answer is lost. */
export interface ChatCompletion {
  readonly id: string;
  readonly object: 'chat.completion';
  /** Unix seconds. */
  readonly created: number;
  /** The model that the provider says it used. */
  readonly model: string;
  readonly choices: readonly Choice[];
  readonly usage?: Usage | null;
  readonly [extra: string]: unknown;
}

/** What `client.chat()` resolves to. */
export interface ChatReply extends ChatCompletion {
  /** Text of the first choice; `''` when it has none. */
  readonly text: string;
  /** What the call did and why. */
  readonly report: CallReport;
  /** The provider's own answer, parsed, untouched. For a stream, the reply put together from its chunks. */
  readonly raw: unknown;
}

/** Embeddings in OpenAI's shape. */
export interface Embeddings {
  readonly object: 'list';
  readonly data: readonly { readonly object: 'embedding'; readonly index: number; readonly embedding: readonly number[] | string }[];
  readonly model: string;
  readonly usage?: { readonly prompt_tokens: number; readonly total_tokens: number };
  readonly [extra: string]: unknown;
}

/** What `client.embed()` resolves to. */
export interface EmbedReply extends Embeddings {
  /** What the call did and why. */
  readonly report: CallReport;
  /** The provider's own answer, parsed, untouched. */
  readonly raw: unknown;
}

/** Text of the first choice; `''` when it has none. */
export function readText(completion: ChatCompletion): string {
  return completion.choices[0]?.message.content ?? '';
}

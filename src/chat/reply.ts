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
    /** Read from the provider's prompt cache; part of `prompt_tokens`. */
    readonly cached_tokens?: number;
    /** Written to it; part of `prompt_tokens`. */
    readonly cache_write_tokens?: number;
    readonly audio_tokens?: number;
    readonly [extra: string]: unknown;
  } | null;
  readonly completion_tokens_details?: {
    /** Part of `completion_tokens`. */
    readonly reasoning_tokens?: number;
    readonly audio_tokens?: number;
    readonly [extra: string]: unknown;
  } | null;
  readonly [extra: string]: unknown;
}

/**
 * A piece of the model's reasoning as its provider wants it back, in OpenRouter's shape. `format` names who wrote it: a message that is
 * sent on to another provider goes without.
 */
export interface ReasoningDetail {
  readonly type: 'reasoning.text' | 'reasoning.summary' | 'reasoning.encrypted' | (string & {});
  readonly text?: string | null;
  readonly summary?: string;
  /** Proof that the text is the model's own (Anthropic's thinking, Bedrock's reasoning). */
  readonly signature?: string | null;
  /** What only the provider can read. */
  readonly data?: string;
  readonly format?: string | null;
  readonly id?: string | null;
  readonly index?: number;
  readonly [extra: string]: unknown;
}

/** A source that the model cites, in OpenAI's shape. */
export interface Annotation {
  readonly type: 'url_citation' | (string & {});
  readonly url_citation?: { readonly url: string; readonly title?: string; readonly start_index?: number; readonly end_index?: number };
  readonly [extra: string]: unknown;
}

/** What the model wrote. Give it back as it is in the next request: providers want their reasoning and signatures again. */
export interface ReplyMessage {
  readonly role: 'assistant';
  readonly content: string | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ToolCall[];
  /** The model's reasoning as text, where the provider shows it. */
  readonly reasoning_content?: string | null;
  readonly reasoning_details?: readonly ReasoningDetail[];
  readonly annotations?: readonly Annotation[];
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
  /** The provider's own answer, parsed, untouched. Of a stream and of a cached answer it is not at hand: there it is the reply itself. */
  readonly raw: unknown;
}

/** A reply to a request with a `schema`. */
export interface ParsedReply<Parsed> extends ChatReply {
  /** What the schema made of the text. `undefined` where the model calls tools instead. */
  readonly parsed: Parsed;
}

/** Embeddings in OpenAI's shape. */
export interface Embeddings {
  readonly object: 'list';
  readonly data: readonly { readonly object: 'embedding'; readonly index: number; readonly embedding: readonly number[] | string }[];
  readonly model: string;
  /** As the provider counted. Absent is not zero. */
  readonly usage?: { readonly prompt_tokens: number; readonly total_tokens: number; readonly [extra: string]: unknown };
  readonly [extra: string]: unknown;
}

/** Models that a provider offers, in OpenAI's shape. */
export interface ModelList {
  readonly object: 'list';
  readonly data: readonly { readonly id: string; readonly object: 'model'; readonly [extra: string]: unknown }[];
  readonly [extra: string]: unknown;
}

/** A whole answer, by operation: a chat, embeddings, or a list of models. */
export type Whole = ChatCompletion | Embeddings | ModelList;

/** What `client.embed()` resolves to. */
export interface EmbedReply extends Embeddings {
  /** What the call did and why. */
  readonly report: CallReport;
  /** The provider's own answer, parsed, untouched; of a batch, the answers of its pieces. A cached answer is the reply itself. */
  readonly raw: unknown;
}

/** What `client.models()` resolves to. */
export interface ModelsReply extends ModelList {
  /** What the call did and why. */
  readonly report: CallReport;
  /** The provider's own answer, parsed, untouched. */
  readonly raw: unknown;
}

/** Text of the first choice; `''` when it has none. */
export function readText(completion: ChatCompletion): string {
  return completion.choices[0]?.message.content ?? '';
}
